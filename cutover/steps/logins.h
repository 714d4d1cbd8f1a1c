/*
 * logins.h: server connections that are just logging in, and what must not come in between.
 *
 * PAUSE ends them, and so does a RELOAD, of every entry, in a PgBouncer before 1.24 that talks TLS
 * to its servers. That counts as a failed login: clients of that pool that come next and find no
 * server connection get an error, at once, for as long as no login has succeeded (PgBouncer
 * src/janitor.c, per_loop_pause(); src/objects.c, tag_pool_dirty(), disconnect_server() and
 * check_fast_fail(); docs/poolers.md). So both are sent right behind an answer that says that
 * nobody logs in; and so that none begins while that answer and the command are under way, the
 * process is told before to open no more connections (pooler_few_values). What is left are entries
 * without any server connection, or with idle ones of other users only, and those with a
 * max_db_connections of their own (PgBouncer src/objects.c, launch_new_connection()).
 *
 * A login that never ends, as to an address that swallows packets, is not waited for: the time is
 * bounded, shorter where clients are held already. Nothing here blocks.
 */
#ifndef PGCUTOVER_STEPS_LOGINS_H
#define PGCUTOVER_STEPS_LOGINS_H

#include "acts.h"
#include "sql_files.h"

/* Forgets what was seen before. */
enum act_verdict logins_begin_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Every console: `values` of the RELOADs that are sent to all. */
bool logins_all(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict logins_calm_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict logins_last_judge(struct step_io *io, struct target *target, struct reply *reply);
int64_t logins_reload_ms(struct step_io *io, struct target *target, int64_t since_ms);

/*
 * RELOAD where `needed`, as soon as nobody logs in and nobody can begin to. `more`: its flags;
 * `few`: pooler_few_values, where it is needed; `later_ms`: logins_reload_ms, but 0 where it is
 * not. The RELOAD takes back what was SET.
 */
#define LOGINS_RELOAD(more, needed, few, later_ms)                                                 \
    {.on = ON_TOOL, .judge = logins_begin_judge},                                                  \
        {.on = ON_CONSOLES,                                                                        \
         .flags = ACT_JUDGES_FAILURE,                                                              \
         .sql = &sql_pooler_pools,                                                                 \
         .timeout_ms = 2000,                                                                       \
         .values = (needed),                                                                       \
         .judge = logins_calm_judge},                                                              \
        {.on = ON_CONSOLES,                                                                        \
         .flags = ACT_JUDGES_FAILURE,                                                              \
         .sql = &sql_pooler_max_db_connections,                                                    \
         .timeout_ms = 2000,                                                                       \
         .values = (few)},                                                                         \
        {.on = ON_CONSOLES,                                                                        \
         .flags = ACT_JUDGES_FAILURE,                                                              \
         .sql = &sql_pooler_pools,                                                                 \
         .timeout_ms = 2000,                                                                       \
         .values = (needed),                                                                       \
         .judge = logins_last_judge},                                                              \
    {                                                                                              \
        .on = ON_CONSOLES, .flags = ACT_TOGETHER | (more), .sql = &sql_pooler_reload,              \
        .values = (needed), .delay_ms = (later_ms)                                                 \
    }

/* Before anybody is held: waits until every entry was calm once; which never is is noted. */
enum act_verdict logins_wait_judge(struct step_io *io, struct target *target, struct reply *reply);
#define LOGINS_WAIT_ACTS                                                                           \
    {.on = ON_TOOL, .judge = logins_begin_judge},                                                  \
    {                                                                                              \
        .on = ON_CONSOLES, .sql = &sql_pooler_pools, .judge = logins_wait_judge                    \
    }

/* Together with the PAUSEs, each of which waits for its entry's calm moment. */
enum act_verdict logins_hold_judge(struct step_io *io, struct target *target, struct reply *reply);
int64_t logins_hold_ms(struct step_io *io, struct target *target, int64_t since_ms);
#define LOGINS_HOLD_ACT                                                                            \
    {                                                                                              \
        .on = ON_CONSOLES, .sql = &sql_pooler_pools, .judge = logins_hold_judge                    \
    }

#endif
