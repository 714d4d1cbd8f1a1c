/*
 * workplace: the work directory on green's host, with blue's password in a file of mode 0600.
 *
 * Needs:   green's host; its data directory not there, or ours from an earlier attempt.
 * Leaves:  <data_directory>.pgcutover; `abort` removes it with everything of this run.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "places.h"

static bool work_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list[] = {place_work(io), place_run(io), NULL};

    (void) target;
    act_arguments(values, list);
    values->input = place_password_file(io, &io_world(io)->blue);
    return true;
}

static bool remove_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          config->green.bin_directory,
                          config->green.data_directory,
                          place_clone(io),
                          place_work(io),
                          place_run(io),
                          config->green.stop_command ? config->green.stop_command : "",
                          NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

static const struct act workplace_run[] = {
    {.on = ON_GREEN_HOST, .script = &script_work_make, .values = work_values},
};
static const struct act workplace_undo[] = {
    {.on = ON_BLUE_HOST, .script = &script_password_remove, .values = place_forget_values},
    {.on = ON_GREEN_HOST, .script = &script_remove, .timeout_ms = 300000, .values = remove_values},
};
static const struct acts workplace_acts = {
    .run = workplace_run,
    .run_count = ACTS_COUNT(workplace_run),
    .undo = workplace_undo,
    .undo_count = ACTS_COUNT(workplace_undo),
};

const struct step_type step_workplace = {
    .id = "workplace",
    .title = "Make the work directory on green's host",
    .undo_note = "green is stopped; it, the clone and the work directory are removed",
    .deadline_ms = 360000,
    ACTS_STEP(workplace_acts),
};
