/*
 * harness.h: one engine after the other on the same world, as the program's commands do it.
 */
#ifndef PGCUTOVER_TESTS_SIM_HARNESS_H
#define PGCUTOVER_TESTS_SIM_HARNESS_H

#include "../../cutover/engine/runner.h"
#include "sim.h"

#define PAUSE_BUDGET_MS 5000
#define UNDO_BUDGET_MS 60000

/* A state of the world and of the journal's disk that many runs begin with. */
struct start {
    struct model model;
    struct sqlite3 *database;
    int64_t now_ns;
    uint64_t sessions;
};

struct outcome {
    enum run_result result;
    enum side side;
    bool crashed;
    uint64_t effects;
    size_t failed_row;
    enum exit_code exit_code; /* of the fault */
    char fault[400], where[160], hint[400];
    char probe[160], account[160]; /* the facts of the pooler that has a probe; "": none */
    int probes, failed;
    bool is_sound; /* the client probe raises no alarm */
};

/* An empty one: green not prepared. */
void start_init(struct start *start);
void start_free(struct start *start);
/* Keeps where the simulation stands. */
void start_keep(struct start *start, struct sim *sim);

void sim_begin(struct sim *sim, const struct start *start);
void sim_end(struct sim *sim);
/* What was dead answers again. */
void sim_revive(struct sim *sim);
/* The next engine meets this fault; effects are counted from here. */
void sim_fault(struct sim *sim, enum fault_mode mode, uint64_t at);

/* A copy of the journal's disk, as somebody takes a run directory to another host; the caller
   closes it with sqlite3_close(). */
struct sqlite3 *sim_copy_disk(struct sim *sim);

/* The second pooler is driven by a hook, for all engines from now on. */
void harness_use_hook(void);
/* [pause] client_probe, for all engines from now on. */
void harness_use_client_probe(bool is_wanted);
/* [rollback] reverse, for all engines from now on: it is wanted unless somebody says otherwise. */
void harness_use_way_back(bool is_wanted);
/* A new process: its own world and journal over the same disk. */
struct outcome engine_run(struct sim *sim, const struct plan *plan);
/* What `abort` does: recovers what moves the clients, then undoes prepare. Not for clients on
 * green. */
struct outcome engine_abort(struct sim *sim);
/* What `recover` does with the plan that moved the clients last. */
struct outcome engine_recover(struct sim *sim);

/* What `rollback --accept-data-loss` lists, and notes in its journal. */
void engine_list_loss(struct sim *sim, struct text *out);

/* "" when the world is as it must be; else what is not. Static buffer. */

/* Clients are on this server, by this plan, which has ended so: done or undone. */
const char *end_at(struct sim *sim, int server, const struct plan *plan);
/* What the disk says: the plan of the leg, and where clients are. */
const struct plan *end_leg(struct sim *sim);
int end_side(struct sim *sim);
/* The journal explains the end: an intent for each row that is done, the facts of the end. */
const char *end_in_journal(struct sim *sim, const struct plan *plan);
/* Prepared: origins advanced once, everything on green exactly once. */
const char *end_prepared(struct sim *sim);
/* Nothing of the run is left on blue, and green is gone. */
const char *end_aborted(struct sim *sim);
/* Clients are on this server, nothing of the run is left on either side. */
const char *end_finished(struct sim *sim, int server);

#endif
