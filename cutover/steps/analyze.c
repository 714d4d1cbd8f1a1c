/*
 * analyze: statistics for the planner; pg_upgrade up to 17 carries none.
 */
#include "script_files.h"
#include "steps.h"

#include "places.h"

static bool analyze_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.bin_directory,
                          place_work(io),
                          config->green.socket_directory,
                          config->green.port,
                          io_fact(io, "blue.superuser"),
                          "2",
                          NULL};

    (void) target;
    act_arguments(values, list);
    values->job = place_job(io, "analyze");
    values->work = place_work(io);
    return !journal_get(io->journal, "green.analyzed");
}

static enum act_verdict analyze_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target, (void) reply;
    journal_set(io->journal, "green.analyzed", "yes");
    return ACT_DONE;
}

static const struct act analyze_run[] = {
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB,
     .script = &script_analyze,
     .values = analyze_values,
     .judge = analyze_judge},
};
static const struct acts analyze_acts = {.run = analyze_run, .run_count = ACTS_COUNT(analyze_run)};

const struct step_type step_analyze = {
    .id = "analyze",
    .title = "Analyze green",
    .undo_note = "nothing to undo",
    .deadline_ms = INT64_C(7) * 24 * 3600 * 1000,
    ACTS_STEP(analyze_acts),
};
