/*
 * step_hooks.h: [hooks] directory: programs of the operator around rows and around whole commands.
 * (A pooler of kind hook, cutover/poolers/hook.h, is another thing.)
 *
 * Executables in the directory are named before-PLAN, after-PLAN, before-PLAN-STEP or
 * after-PLAN-STEP, each with an ending behind a "." where there are several; they run one after the
 * other, by name. A name that means nothing is a fault: a hook that never runs is noticed too late.
 */
#ifndef PGCUTOVER_COMMANDS_STEP_HOOKS_H
#define PGCUTOVER_COMMANDS_STEP_HOOKS_H

#include "../base/host.h"
#include "../engine/runner.h"

struct config;
struct journal;
struct terminal;
struct text;

/* --- their names: step_hook_names.c ----------------------------------------------------------- */

struct step_hook {
    char *name;                 /* of the file */
    const struct plan_row *row; /* NULL: of the whole command */
    char plan[16];
    bool is_after;
};

/* What the name of a file means; false: nothing, or a row of the pause, and the fault says so. */
bool step_hook_parse(const char *name, struct step_hook *ret_hook, struct fault *fault)
    __attribute__((warn_unused_result));
/* Does it run at that moment? `row` NULL: of the whole command. In the order of the names, but for
   that of the first row of the pause, which runs behind those of the last row before it. */
bool step_hook_is_of(const struct step_hook *hook, const struct plan *plan,
                     const struct plan_row *row, bool is_after);

/* --- running them ----------------------------------------------------------------------------- */

/* What hooks are told and what they use; all of it must outlive them. */
struct step_hooks_with {
    const struct config *config;
    struct driver *driver;
    struct host *host;              /* this one; freed with them */
    struct journal *const *journal; /* the one there is by then; NULL: nothing is noted */
    struct terminal *terminal;      /* NULL: nothing is told */
    const char *directory;          /* of the run; NULL: none */
};

struct step_hooks;

/* Reads the directory; blocks on local files. EXIT_USAGE when something in it cannot be used. Takes
   `host` in any case. *ret_hooks is NULL when there are none. */
bool step_hooks_new(const struct step_hooks_with *with, struct step_hooks **ret_hooks,
                    struct fault *fault) __attribute__((warn_unused_result));
void step_hooks_free(struct step_hooks *hooks); /* NULL-safe; ends what runs */
/* Of struct runner: `hooks` is what step_hooks_new() gave. */
enum step_verdict step_hooks_poll(void *hooks, const struct hook_moment *moment,
                                  struct fault *fault);
/* Those of a whole command, to their end. `outcome` NULL: before it. False: one of them, or an
   interrupt, stops it; never behind it. */
bool step_hooks_around(struct step_hooks *hooks, const struct plan *plan, enum side side,
                       const char *outcome, struct fault *fault)
    __attribute__((warn_unused_result));
/* For dry runs: which would run where. Hooks may be NULL. */
void step_hooks_explain(const struct step_hooks *hooks, const struct plan *plan, struct text *out);

#endif
