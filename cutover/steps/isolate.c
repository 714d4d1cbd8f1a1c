/*
 * isolate: takes from the clone what would start working behind blue's back (rule A4): cloned
 * subscriptions, slots, the publication, prepared transactions; and closes it to everybody.
 *
 * Needs:   clone.lsn recorded and synced: after the upgrade it could not be found out any more.
 * Leaves:  the clone shut down cleanly; CONNECT revoked in it, which pg_upgrade carries to green.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "places.h"

static bool isolate_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          place_clone(io),
                          place_work(io),
                          place_run(io),
                          io_fact(io, "blue.superuser"),
                          NULL};

    (void) target;
    act_arguments(values, list);
    values->job = place_job(io, "isolate");
    values->work = place_work(io);
    return !journal_get(io->journal, "clone.isolated");
}

static enum act_verdict isolate_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target, (void) reply;
    journal_set(io->journal, "clone.isolated", "yes");
    return ACT_DONE;
}

static const struct act isolate_run[] = {
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB,
     .script = &script_isolate,
     .values = isolate_values,
     .judge = isolate_judge},
};
static const struct acts isolate_acts = {.run = isolate_run, .run_count = ACTS_COUNT(isolate_run)};

const struct step_type step_isolate = {
    .id = "isolate",
    .title = "Isolate the clone, and close it",
    .undo_note = "removed with the work directory",
    .deadline_ms = 1800000,
    ACTS_STEP(isolate_acts),
};
