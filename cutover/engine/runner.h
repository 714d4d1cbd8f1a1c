/*
 * runner.h: runs a plan: polls its steps, keeps deadlines, journals, undoes.
 *
 * Rules (docs/crash-safety.md): an intent is synced before its row, except for the rows of the
 * pause, whose intents are synced all at once at the end of the ROW_ARM row; the ROW_COMMIT row
 * ends with the one sync of the pause. A failure before the commit point undoes backwards, each row
 * as if it might have happened; after it the plan only goes forward.
 */
#ifndef PGCUTOVER_ENGINE_RUNNER_H
#define PGCUTOVER_ENGINE_RUNNER_H

#include "step.h"

enum event_kind {
    EVENT_ROW_STARTED,
    EVENT_ROW_DONE,
    EVENT_ROW_FAILED,
    EVENT_WAITING,
    EVENT_UNDO_STARTED,
    EVENT_UNDONE,
    EVENT_UNDO_FAILED,
    EVENT_SWITCHED,
    EVENT_SAID, /* behind EVENT_ROW_DONE */
};

struct event {
    enum event_kind kind;
    const struct plan *plan;
    const struct plan_row *row; /* NULL where it makes no sense */
    size_t index;
    int64_t elapsed_ns;
    enum side side;
    const struct fault *fault;
    const char *text;
};

enum run_result {
    RUN_DONE,
    RUN_FAILED,    /* stopped; nothing undone (prepare) or failed after the commit point */
    RUN_UNDONE,    /* failed before the commit point, everything undone */
    RUN_STUCK,     /* undo itself did not end: `recover` goes on */
    RUN_AMBIGUOUS, /* the journal cannot say whether the commit point was passed */
    RUN_REFUSED,   /* a server contradicts the journal (EXIT_AMBIGUOUS): undo stopped at once */
};

/* Where programs of the operator may run: around a row, never while clients are held. */
struct hook_moment {
    const struct plan *plan;
    size_t index; /* of the row */
    bool is_after;
    bool may_stop; /* before the commit point: STEP_FAILED stops the plan as a failed row does */
    enum side side;
};

enum companion_time { COMPANION_BEFORE, COMPANION_HELD, COMPANION_AFTER }; /* of the pause */

/* Something that goes on beside the rows, from the row of a step to the end of the plan, on
   sessions of its own. What it meets never fails a row. It must not block. */
struct companion {
    const char *from; /* id of that step */
    /* Called behind the rows in every turn; returns when it wants to be called again, at the
       latest. */
    int64_t (*poll)(struct companion *companion, enum companion_time time);
    struct companion *next; /* another one; NULL: none */
    bool begun;             /* the runner's */
};

struct runner {
    const struct plan *plan;
    void *world;
    struct journal *journal;
    struct driver *driver;
    int64_t pause_budget_ms; /* PAUSE to RESUME; the rows may use 3/5 of it, the rest is for undo */
    int64_t undo_budget_ms;  /* how long undo is repeated before RUN_STUCK */
    void (*report)(void *sink, const struct event *event); /* may be NULL */
    void *sink;
    void (*turn)(void *context); /* called every turn of the loop (heartbeat); may be NULL */
    void (*pause)(void *context,
                  bool begins); /* clients are held from now on; are let go; or NULL */
    void *turn_context;         /* of both */
    /* Polled until it is done, before and after every row that is not of the pause, and behind the
       pause; not between the last row before the pause and it, nor in undo. `moment` NULL: nobody
       waits any more, what runs is to be ended. May be NULL. */
    enum step_verdict (*hook)(void *context, const struct hook_moment *moment, struct fault *fault);
    void *hook_context;
    struct companion *companion; /* the first of them; may be NULL */

    /* results */
    struct fault fault;      /* why the plan failed */
    struct fault undo_fault; /* why undo did not end */
    enum side side;
    int64_t held_ns; /* from the first row of the pause to the end of the last, or of undo */
    size_t failed_row;
    bool pause_began; /* clients were held */
    bool pause_ended; /* and let go */

    int64_t pause_started_ns;
};

/* Runs the rows from `first` on. Facts: "<plan>.state" = running | done | failed | undone. */
enum run_result runner_run(struct runner *runner, size_t first);
/* Undoes rows `last`..0, asking reality; used by recover and abort. */
enum run_result runner_undo(struct runner *runner, size_t last);
/* Is it behind the commit point? Never true of a plan without one. */
bool runner_is_switched(const struct runner *runner);
/* Prints what every row would do; effects are not made. The caller puts the names into `out`. */
bool runner_explain(struct runner *runner, struct text *out);

/* Undo never interrupts itself: the caller says how interrupts are forgotten once undo begins. */
#endif
