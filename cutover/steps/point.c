/*
 * point: the staged files take the place of the poolers' files, are read, and are seen to be.
 *
 * Needs:   every entry held, blue fenced: a pooler that restarts now reaches a closed server.
 * Leaves:  entries that go to green, still held. Undo puts the copies back and reads them again.
 * Fails:   a pooler that did not take the file, whatever its RELOAD answered.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"

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
    return file_values(io, target, values, SUFFIX_GREEN);
}

static bool restore_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[2] = SUFFIX_GREEN;
    if (file_values(io, target, values, SUFFIX_BLUE))
        return true;
    target->pooler->must_restore = false; /* nothing was ever recorded, so nothing was switched */
    return false;
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
            return act_fail(io, target, doing, "entry %s is not held any more", name);
    }
    return ACT_DONE;
}

static enum act_verdict at_green_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    size_t count;
    struct pooler_address *green = pooler_green(io, &count);

    return see(io, target, reply, green, count, true);
}

static enum act_verdict at_blue_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    size_t count;
    struct pooler_address *blue = pooler_blue(io, &count);

    return see(io, target, reply, blue, count, false);
}

static enum act_verdict load_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;
    size_t i;

    (void) target, (void) reply;
    pooler_load(io);
    for (i = 0; i < world->pooler_count; i++)
        world->poolers[i].must_restore = true;
    return ACT_DONE;
}

static enum act_verdict restored_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    (void) io, (void) reply;
    target->pooler->must_restore = false;
    return ACT_DONE;
}

static const struct act point_run[] = {
    {.on = ON_POOLER_HOSTS, .script = &script_file_switch, .values = switch_values},
    {.on = ON_CONSOLES, .sql = &sql_pooler_reload},
    {.on = ON_CONSOLES, .sql = &sql_pooler_login_retry, .values = pooler_retry_soon_values},
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = at_green_judge},
};
static const struct act point_undo[] = {
    {.on = ON_TOOL, .judge = load_judge},
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_EACH,
     .script = &script_file_restore,
     .values = restore_values,
     .judge = restored_judge},
    {.on = ON_CONSOLES, .flags = ACT_EACH, .sql = &sql_pooler_reload},
    {.on = ON_CONSOLES, .flags = ACT_EACH, .sql = &sql_pooler_databases, .judge = at_blue_judge},
};
static const struct acts point_acts = {.run = point_run,
                                       .run_count = ACTS_COUNT(point_run),
                                       .undo = point_undo,
                                       .undo_count = ACTS_COUNT(point_undo)};

const struct step_type step_point = {
    .id = "point",
    .title = "Point the poolers to green",
    .undo_note = "the files as they were, read again",
    .deadline_ms = 30000,
    ACTS_STEP(point_acts),
};
