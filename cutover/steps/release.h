/*
 * release.h: RESUME everywhere, and see that it is so. The release of the cutover, and the undo of
 * its hold.
 */
#ifndef PGCUTOVER_STEPS_RELEASE_H
#define PGCUTOVER_STEPS_RELEASE_H

#include "acts.h"
#include "hooks.h"
#include "lost.h"
#include "sql_files.h"

int64_t release_stagger_ms(struct step_io *io, struct target *target, int64_t since_ms);
bool release_entry_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict release_entry_judge(struct step_io *io, struct target *target,
                                     struct reply *reply);
bool release_look_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict release_look_judge(struct step_io *io, struct target *target, struct reply *reply);
/* Clients of all entries of a process that wait for a server, in SHOW POOLS; -1: not known. */
int release_waiting(const struct console *console, const struct reply *pools);
/* Waits until nobody waits for a server any more, but not for long. */
bool release_served_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict release_served_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);

#define RELEASE_LOAD                                                                               \
    {                                                                                              \
        .on = ON_TOOL, .judge = lost_load_judge                                                    \
    }
/* `more`: further flags of the RESUME. */
#define RELEASE_ENTRIES(more)                                                                      \
    {.on = ON_ENTRIES,                                                                             \
     .flags = ACT_JUDGES_FAILURE | ACT_EACH | (more),                                              \
     .sql = &sql_pooler_resume,                                                                    \
     .values = release_entry_values,                                                               \
     .delay_ms = release_stagger_ms,                                                               \
     .judge = release_entry_judge},                                                                \
        HOOKS_RELEASE(release_stagger_ms),                                                         \
        {.on = ON_CONSOLES,                                                                        \
         .flags = ACT_JUDGES_FAILURE | ACT_EACH,                                                   \
         .sql = &sql_pooler_databases,                                                             \
         .values = release_look_values,                                                            \
         .judge = release_look_judge},                                                             \
        HOOKS_SEE_RELEASED

#endif
