/*
 * attending.h: what the operator wants to happen beside a command, and to be told: hooks
 * ([hooks], step_hooks.h) and notifications ([notify NAME], notify.h).
 *
 * A command that was not opened with it attends nothing: every function here does nothing then.
 * Nothing of it is needed by recover, which comes when clients wait: that only tells, at its end,
 * and runs what stands behind the whole command.
 */
#ifndef PGCUTOVER_COMMANDS_ATTENDING_H
#define PGCUTOVER_COMMANDS_ATTENDING_H

#include "procedure.h"

/* Looks at the configuration of both; EXIT_USAGE when something of it cannot be used. */
bool attending_open(struct procedure *procedure, struct fault *fault)
    __attribute__((warn_unused_result));
void attending_close(struct procedure *procedure);
/* Before anything is begun: runs the hooks of the whole command, which may say no; then those
   behind it have run, too. Else attending_end() comes in any case. */
bool attending_begin(struct procedure *procedure, const struct plan *plan, struct fault *fault)
    __attribute__((warn_unused_result));
/* Tells that it begins. The runner runs hooks around its rows, and what it reports is told. */
void attending_take(struct procedure *procedure, struct runner *runner);
/* Of struct runner's turn and pause. */
void attending_turn(struct procedure *procedure);
void attending_pause(struct procedure *procedure, bool begins);
/* The plan has ended, the watch is over: tells it, waits at most two seconds for what is still
   being told, and runs the hooks behind the command. Does not wait for who reads our output. */
void attending_end(struct procedure *procedure, const struct runner *runner,
                   enum run_result result);
/* The same when `plan` was interrupted, or its switch was in doubt: what it had begun is undone, or
   gone forward with, or `code` says that it is not. Ends the watch; returns `code`. */
enum exit_code attending_recovered(struct procedure *procedure, const struct plan *plan,
                                   enum exit_code code);
/* For dry runs: what would run, and who would be told. */
void attending_explain(const struct procedure *procedure, const struct plan *plan,
                       struct text *out);

#endif
