/*
 * arm_poolers.h: the poolers' part of arm: files staged, consoles opened, entries known.
 */
#ifndef PGCUTOVER_STEPS_ARM_POOLERS_H
#define PGCUTOVER_STEPS_ARM_POOLERS_H

#include "acts.h"

#define SUFFIX_AFTER "pgcutover-after"
#define SUFFIX_BEFORE "pgcutover-before"
#define SUFFIX_PROBE "pgcutover-probe"

bool pooler_file_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict pooler_file_judge(struct step_io *io, struct target *target, struct reply *reply);
bool pooler_stage_after_values(struct step_io *io, struct target *target,
                               struct act_values *values);
bool pooler_stage_before_values(struct step_io *io, struct target *target,
                                struct act_values *values);
enum act_verdict pooler_entries_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);
enum act_verdict pooler_config_judge(struct step_io *io, struct target *target,
                                     struct reply *reply);
enum act_verdict pooler_unchanged_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);
bool pooler_retry_soon_values(struct step_io *io, struct target *target, struct act_values *values);
/* In an undo: only where the way back is known. */
bool pooler_retry_soon_again_values(struct step_io *io, struct target *target,
                                    struct act_values *values);
bool pooler_retry_as_before_values(struct step_io *io, struct target *target,
                                   struct act_values *values);
/*
 * An entry with a min_pool_size logs in to its server every third of a second while it is held, the
 * hold ends the login, and that counts as a failed one: clients that come at the release get errors
 * (PgBouncer src/janitor.c, check_pool_size() and per_loop_pause(); docs/poolers.md). So there is
 * none from arm to confirm; an entry's own cannot be SET, and is refused. A RELOAD sets it back.
 * `pooler_minimum_values`: as it was found; false: it was 0.
 */
bool pooler_minimum_values(struct step_io *io, struct target *target, struct act_values *values);
bool pooler_no_minimum_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict pooler_no_minimum_judge(struct step_io *io, struct target *target,
                                         struct reply *reply);
/* For the moment of a RELOAD: on the connection of the first entry, when it is open. */
bool pooler_no_minimum_at_once_values(struct step_io *io, struct target *target,
                                      struct act_values *values);
/*
 * With max_db_connections = 1 no further login begins where there is a server connection, so that
 * none is cut off: logins.h. Pools do not grow meanwhile, so it is in force for a moment only. A
 * RELOAD sets it back. `pooler_as_many_values`: as it was found.
 */
bool pooler_few_values(struct step_io *io, struct target *target, struct act_values *values);
bool pooler_as_many_values(struct step_io *io, struct target *target, struct act_values *values);
bool pooler_unstage_values(struct step_io *io, struct target *target, struct act_values *values);
/* For a process that knows entries and files from the journal only (recover). */
void pooler_load(struct step_io *io);
/* A server's addresses as pooler files spell them, in io's arena; the first is what is written. */
struct pooler_address *pooler_addresses(struct step_io *io, const struct server *server,
                                        size_t *ret_count);
struct pooler_address *pooler_publisher(struct step_io *io, size_t *ret_count);
struct pooler_address *pooler_subscriber(struct step_io *io, size_t *ret_count);

/* Acts that put settings and staged files back. */
#define poolers_disarm_settings                                                                    \
    {.on = ON_CONSOLES, .sql = &sql_pooler_max_db_connections, .values = pooler_as_many_values},   \
        {.on = ON_CONSOLES,                                                                        \
         .flags = ACT_TOGETHER,                                                                    \
         .sql = &sql_pooler_min_pool_size,                                                         \
         .values = pooler_minimum_values},                                                         \
    {                                                                                              \
        .on = ON_CONSOLES, .flags = ACT_TOGETHER, .sql = &sql_pooler_login_retry,                  \
        .values = pooler_retry_as_before_values                                                    \
    }
#define poolers_disarm_files                                                                       \
    {                                                                                              \
        .on = ON_POOLER_HOSTS, .script = &script_file_remove, .values = pooler_unstage_values      \
    }

#endif
