/*
 * runner_internal.h: one step being polled, for runner*.c only.
 */
#ifndef PGCUTOVER_ENGINE_RUNNER_INTERNAL_H
#define PGCUTOVER_ENGINE_RUNNER_INTERNAL_H

#include "runner.h"

/* The heartbeat and the interrupt flag are looked at this often even when nothing happens. */
#define TURN_MS 50

/* One step being polled. */
struct poll {
    struct step_io io;
    void *memory;
    const struct plan_row *row;
    size_t index;
    int64_t started_ns, said_ns;
    bool is_done;
};

int64_t runner_now(struct runner *runner);
/* Waits until something happens, or until then; whoever goes along has his turn. */
void runner_wait(struct runner *runner, int64_t until_ns);
void runner_report(struct runner *runner, enum event_kind kind, const struct poll *poll,
                   const struct fault *fault, const char *text);

void poll_begin(struct runner *runner, struct poll *poll, size_t index, enum step_mode mode);
void poll_end(struct poll *poll);
/*
 * Polls steps that run together to the end of the next one; *ret_ended is that one. Returns true
 * when it is done; else its io.fault says why.
 */
bool poll_until_one_ends(struct runner *runner, struct poll *polls, size_t count,
                         struct poll **ret_ended);
bool poll_until_end(struct runner *runner, struct poll *poll);

/* A turn of the loop with nothing to poll: whoever watches us must not take it for a stall. */
void runner_turn(struct runner *runner);
/* False: a hook stops the plan; runner->fault says why, and it was reported. */
bool runner_hooks(struct runner *runner, size_t index, bool is_after);

#endif
