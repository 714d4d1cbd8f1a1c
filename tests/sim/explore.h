/*
 * explore.h: what the programs of this folder share: one run with faults, and what is wrong with
 * its end.
 */
#ifndef PGCUTOVER_TESTS_SIM_EXPLORE_H
#define PGCUTOVER_TESTS_SIM_EXPLORE_H

#include "harness.h"

/* How often an engine was run, and how much was wrong since explore_begin(). */
extern unsigned explore_runs, explore_complaints;

/* Complaints are counted from here on. */
void explore_begin(void);
/* Fails the test when there were any. */
void explore_end(void);
/* The world when prepare has ended. */
extern struct start prepared;
/* For cmocka: makes `prepared`; -1 when prepare does not end well. */
int explore_set_up(void **state);
/* Frees it, and prints how many runs there were. */
int explore_tear_down(void **state);
/* Behind a cutover, and behind a rollback. */
extern struct start on_green, back_on_blue;
/* The same two for these, too. */
int explore_set_up_legs(void **state);
int explore_tear_down_legs(void **state);

void complain(struct sim *sim, enum fault_mode mode, uint64_t at, const char *wrong,
              const struct outcome *outcome);
bool needs_recover(const struct outcome *outcome);
/* The end of what moved the clients last, whichever it is, must be the one that the disk names. "":
   it is. */
const char *end_of_leg(struct sim *sim);
/* The second pooler dies as if its power was cut: it drops every packet, and its host does; at
   every effect of this name behind which clients are on green. What is to be done for the others is
   done, the fault says `where`, and it is recovered when the pooler is there again. Returns how
   often the fault came from waiting for it in vain, with this hint, within its time. */
unsigned explore_lost(const char *effect, const char *where, const char *hint);
/* --- one plan that moves the clients, under faults: explore_leg.c ----------------------------- */

/* What is explored from now on; before, it is the cutover from `prepared`. */
void explore_from(const struct start *start, const struct plan *plan);
/* Begins there; the plan's engine meets this fault. */
void explore_start(struct sim *sim, enum fault_mode mode, uint64_t at);
struct outcome explore_run(struct sim *sim);
/* How many effects it has without a fault; complains when it does not end well. */
uint64_t explore_effects(void);
/* One fault, and its end. */
void explore_fault(enum fault_mode mode, uint64_t at, int victim);
/* Every mode, but for what dies or restarts, at every effect. */
void explore_faults(void);
/* A server or a pooler process restarts beside every effect. */
void explore_restarts(void);
/* The undo from every `every`-th effect meets a second fault. */
void explore_undo(unsigned every);
/* At every effect its place dies for good. */
void explore_deaths(void);
/* From every effect on nothing is applied any more. */
void explore_stalls(void);

/* What is asked of each such plan, as tests of cmocka. */
void test_a_fault_at_every_effect(void **state);
/* Blue, green or a pooler process restarts: its sessions, locks and pauses are gone. */
void test_a_restart_at_every_effect(void **state);
void test_a_place_dies_at_every_effect(void **state);
/* However far it is behind: clients get there when it has everything, or stay where they are. */
void test_a_subscriber_that_lags(void **state);

/* Recovers until it has ended, at most three times; only the first meets the fault. */
struct outcome recover(struct sim *sim, enum fault_mode mode, uint64_t at);

#endif
