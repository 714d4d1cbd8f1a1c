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

void complain(struct sim *sim, enum fault_mode mode, uint64_t at, const char *wrong,
              const struct outcome *outcome);
bool needs_recover(const struct outcome *outcome);
/* The end of a cutover, whichever it is, must be the one that the disk names. "": it is. */
const char *end_of_cutover(struct sim *sim);
/* The second pooler dies as if its power was cut: it drops every packet, and its host does; at
   every effect of this name behind which clients are on green. What is to be done for the others is
   done, the fault says `where`, and it is recovered when the pooler is there again. Returns how
   often the fault came from waiting for it in vain, with this hint, within its time. */
unsigned explore_lost(const char *effect, const char *where, const char *hint);
/* Recovers until it has ended, at most three times; only the first meets the fault. */
struct outcome recover(struct sim *sim, enum fault_mode mode, uint64_t at);

#endif
