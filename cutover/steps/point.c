/*
 * point: the staged files take the place of the poolers' files, are read, and are seen to be.
 *
 * Needs:   every entry held, the publisher fenced: a pooler that restarts now reaches a
 *          closed server.
 * Leaves:  entries that go to the subscriber, still held. Undo puts the copies back and
 *          reads them again.
 * Fails:   a pooler that did not take the file, whatever its RELOAD answered. One that
 *          does not answer is left behind (lost.h).
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"
#include "hooks.h"
#include "lost.h"

static bool file_values(struct step_io *io, struct target *target, struct act_values *values,
                        const char *suffix)
{
    const char *file = io_fact(io, "pooler.%s.file", target->pooler->config->name);

    values->arguments[0] = file;
    values->arguments[1] = suffix;
    return file != NULL;
}

static bool switch_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return file_values(io, target, values, SUFFIX_AFTER) && lost_values(io, target, values);
}

/* Hosts that hang must leave time for what is behind them in this row: clients wait. */
static int64_t half_of_the_row_ms(struct step_io *io)
{
    return (io->deadline_ns - io->driver->now_ns(io->driver)) / NS_PER_MS / 2 + 1;
}

static bool restore_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[2] = SUFFIX_AFTER;
    values->timeout_ms = half_of_the_row_ms(io);
    return file_values(io, target, values, SUFFIX_BEFORE);
}

/* A process that was started again holds nobody. Its clients meet a closed publisher or a closed
   subscriber: errors for a while, never the wrong side. */
static void note_loose(struct step_io *io, const struct target *target, const char *entry)
{
    journal_event(io->journal, "loose",
                  arena_print(io->arena, "%s: entry %s is not held any more", target->name, entry),
                  io->driver->wall_us(io->driver));
}

static enum act_verdict see(struct step_io *io, struct target *target, struct reply *reply,
                            const struct pooler_address *addresses, size_t count, bool held)
{
    static const char doing[] = "seeing where a pooler points";
    struct console *console = target->console;
    size_t i;

    for (i = 0; i < console->entry_count && !io_explains(io); i++) {
        const char *name = console->entries[i].name;

        if (pgbouncer_is_set_aside(reply, name))
            continue;
        if (!pgbouncer_is_at(reply, name, addresses, count))
            return act_fail(io, target, doing, "entry %s does not go to %s:%s", name,
                            addresses[0].host ? addresses[0].host : "a socket", addresses[0].port);
        if (held && !pgbouncer_is_paused(reply, name))
            note_loose(io, target, name);
    }
    return ACT_DONE;
}

static enum act_verdict at_subscriber_judge(struct step_io *io, struct target *target,
                                            struct reply *reply)
{
    size_t count;
    struct pooler_address *subscriber = pooler_subscriber(io, &count);

    if (reply->state == REPLY_FAILED)
        return lost_judge(io, target, reply);
    return see(io, target, reply, subscriber, count, true);
}

static enum act_verdict at_publisher_judge(struct step_io *io, struct target *target,
                                           struct reply *reply)
{
    size_t count;
    struct pooler_address *publisher = pooler_publisher(io, &count);

    return see(io, target, reply, publisher, count, false);
}

static bool retry_soon_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return pooler_retry_soon_values(io, target, values) && lost_values(io, target, values);
}

/* At once: clients are held, see pooler_no_minimum_values(). */
static bool no_minimum_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return pooler_no_minimum_values(io, target, values) && lost_values(io, target, values);
}

/* Behind the RELOAD, which takes the file's min_pool_size: as long as that is in force, PgBouncer
   may log in for entries that are held. */
#define NO_MINIMUM_AT_ONCE                                                                         \
    {                                                                                              \
        .on = ON_ENTRIES, .flags = ACT_TOGETHER | ACT_JUDGES_FAILURE,                              \
        .sql = &sql_pooler_min_pool_size, .timeout_ms = 1000,                                      \
        .values = pooler_no_minimum_at_once_values                                                 \
    }

static const struct act point_run[] = {
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_JUDGES_FAILURE,
     .script = &script_file_switch,
     .values = switch_values,
     .judge = lost_judge},
    HOOKS_POINT,
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_reload,
     .values = lost_values,
     .judge = lost_judge},
    NO_MINIMUM_AT_ONCE,
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_min_pool_size,
     .values = no_minimum_values,
     .judge = lost_judge},
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE | ACT_TOGETHER,
     .sql = &sql_pooler_login_retry,
     .values = retry_soon_values,
     .judge = lost_judge},
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_databases,
     .values = lost_values,
     .judge = at_subscriber_judge},
    HOOKS_SEE_POINTED,
    {.on = ON_TOOL, .judge = lost_not_all_judge},
};
static const struct act point_undo[] = {
    {.on = ON_TOOL, .judge = lost_load_judge},
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_EACH,
     .script = &script_file_restore,
     .values = restore_values},
    /* from 1.25 on RELOAD fails when any file of the pooler is broken: one that is not ours is to
       keep nobody held */
    {.on = ON_CONSOLES, .flags = ACT_EACH | ACT_JUDGES_FAILURE, .sql = &sql_pooler_reload},
    NO_MINIMUM_AT_ONCE,
    HOOKS_POINT_BACK,
    {.on = ON_CONSOLES,
     .flags = ACT_EACH | ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_min_pool_size,
     .values = pooler_no_minimum_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_databases,
     .judge = at_publisher_judge},
    HOOKS_SEE_POINTED_BACK,
};
static const struct acts point_acts = {.run = point_run,
                                       .run_count = ACTS_COUNT(point_run),
                                       .undo = point_undo,
                                       .undo_count = ACTS_COUNT(point_undo)};

const struct step_type step_point = {
    .id = "point",
    .title = "Point the poolers to {subscriber}",
    .undo_note = "the files as they were, read again",
    .deadline_ms = 30000,
    ACTS_STEP(point_acts),
};
