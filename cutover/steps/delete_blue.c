/*
 * delete_blue: blue is stopped, and its data directory is removed. Only for finish --delete-blue.
 *
 * Needs:   find_blue, whose facts are on disk.
 * Leaves:  the facts blue.deleted and blue.remains (what became of the directory).
 *          Whatever blue has outside of that directory stays.
 * Crash:   may be repeated: a mark in the directory says that what is left of it may go.
 */
#include "script_files.h"
#include "steps.h"

#include "../base/text.h"
#include "acts.h"
#include "places.h"

#include <string.h>

#define DELETE_MS (INT64_C(2) * 3600 * 1000)

static bool delete_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *postmaster = journal_get(io->journal, "blue.postmaster");
    const char *list[] = {config->blue.data_directory,
                          place_run(io),
                          io_fact(io, "blue.system_identifier"),
                          io_fact(io, "blue.directory"),
                          postmaster ? postmaster : "",
                          config->blue.stop_command ? config->blue.stop_command : "",
                          NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

static enum act_verdict delete_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (io_explains(io))
        return ACT_DONE;
    if (!reply->output ||
        !(string_starts(reply->output, "removed ") || string_starts(reply->output, "emptied ") ||
          string_equal(reply->output, "gone\n")))
        return act_fail(io, target, script_delete_blue.doing, "no answer");
    journal_setf(io->journal, "blue.remains", "%.*s", (int) strcspn(reply->output, " \n"),
                 reply->output);
    journal_setf(io->journal, "blue.deleted", "%lld", (long long) io->driver->wall_us(io->driver));
    journal_set(io->journal, "blue.deleting", NULL);
    return ACT_DONE;
}

static const struct act delete_run[] = {
    {.on = ON_BLUE_HOST,
     .script = &script_delete_blue,
     .timeout_ms = DELETE_MS,
     .values = delete_values,
     .judge = delete_judge},
};
static const struct acts delete_acts = {.run = delete_run, .run_count = ACTS_COUNT(delete_run)};

const struct step_type step_delete_blue = {
    .id = "delete_blue",
    .title = "Stop blue and remove its data directory",
    .undo_note = "none: it is gone",
    .deadline_ms = DELETE_MS + 60000,
    ACTS_STEP(delete_acts),
};
