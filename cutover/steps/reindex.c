/*
 * reindex: builds indexes anew that green's host sorts differently than blue's did, or may.
 * Before `enable`: what apply does not find in them it leaves out without a word.
 *
 * Needs:   collations.differ, of the checks: the libraries (c, i) whose releases differ, or may.
 * Leaves:  indexes that are right for the server that uses them.
 * Fails:   REINDEX's own error; a repeat begins anew.
 */
#include "script_files.h"
#include "steps.h"

#include "places.h"

static const char *differ(struct step_io *io)
{
    const char *providers = journal_get(io->journal, "collations.differ");

    return providers || !io_explains(io) ? providers : sql_unknown;
}

static bool reindex_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *providers = differ(io);
    const char *list[] = {config->green.bin_directory,
                          place_work(io),
                          config->green.socket_directory,
                          config->green.port,
                          io_fact(io, "blue.superuser"),
                          providers,
                          NULL};

    (void) target;
    if (!providers || !*providers || journal_has(io->journal, "green.reindexed", providers))
        return false;
    act_arguments(values, list);
    /* a job that has succeeded is not run again: for other libraries it is another one */
    values->job = place_job(io, arena_print(io->arena, "reindex-%s", providers));
    values->work = place_work(io);
    return true;
}

static enum act_verdict reindex_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target, (void) reply;
    journal_set(io->journal, "green.reindexed", differ(io));
    return ACT_DONE;
}

static const struct act reindex_run[] = {
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB,
     .script = &script_reindex,
     .values = reindex_values,
     .judge = reindex_judge},
};
static const struct acts reindex_acts = {.run = reindex_run, .run_count = ACTS_COUNT(reindex_run)};

const struct step_type step_reindex = {
    .id = "reindex",
    .title = "Build anew the indexes that green sorts differently",
    .undo_note = "nothing to undo: green is removed",
    .deadline_ms = INT64_C(7) * 24 * 3600 * 1000,
    ACTS_STEP(reindex_acts),
};
