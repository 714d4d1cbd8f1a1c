/*
 * clone: a copy of blue by pg_basebackup, taken after the slots (rule A0).
 *
 * Needs:   workplace; settle.
 * Leaves:  <data_directory>.clone; facts clone.attempt, clone.copied.
 * Fails:   tablespaces, no disk, no replication connection. A clone that was broken later (a failed
 *          upgrade, a lost position) is discarded here and taken anew, while the slots wait.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "places.h"

#include <stdlib.h>

static bool is_copied(struct step_io *io)
{
    return journal_get(io->journal, "clone.copied") != NULL;
}

static bool discard_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          config->green.bin_directory,
                          config->green.data_directory,
                          place_clone(io),
                          place_work(io),
                          place_run(io),
                          NULL};

    (void) target;
    act_arguments(values, list);
    return journal_has(io->journal, "clone.broken", "yes");
}

static enum act_verdict discard_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    static const char *const facts[] = {
        "clone.broken",   "clone.copied",      "clone.target",    "clone.lsn",
        "clone.isolated", "green.upgraded",    "green.reindexed", "green.system_identifier",
        "green.timeline", "green.ready_since", "origins.advanced"};
    const char *attempt = journal_get(io->journal, "clone.attempt");
    size_t i;

    (void) target, (void) reply;
    for (i = 0; i < ACTS_COUNT(facts); i++)
        journal_set(io->journal, facts[i], NULL);
    journal_setf(io->journal, "clone.attempt", "%d", attempt ? atoi(attempt) + 1 : 1);
    return ACT_DONE;
}

static bool clone_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          place_clone(io),
                          place_work(io),
                          place_run(io),
                          place_conninfo(io, &io_world(io)->blue, NULL),
                          NULL};

    (void) target;
    if (!io_explains(io) && !journal_get(io->journal, "clone.attempt"))
        journal_set(io->journal, "clone.attempt", "1");
    act_arguments(values, list);
    values->job = place_job(io, "clone");
    values->work = place_work(io);
    return !is_copied(io);
}

static enum act_verdict clone_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    journal_set(io->journal, "clone.copied", "yes");
    return ACT_DONE;
}

static const struct act clone_run[] = {
    {.on = ON_GREEN_HOST,
     .script = &script_clone_discard,
     .timeout_ms = 300000,
     .values = discard_values,
     .judge = discard_judge},
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB,
     .script = &script_clone,
     .values = clone_values,
     .judge = clone_judge},
};
static const struct acts clone_acts = {.run = clone_run, .run_count = ACTS_COUNT(clone_run)};

const struct step_type step_clone = {
    .id = "clone",
    .title = "Copy blue",
    .undo_note = "removed with the work directory",
    .deadline_ms = INT64_C(7) * 24 * 3600 * 1000,
    ACTS_STEP(clone_acts),
};
