/*
 * tidy: files that served the run: copies beside the poolers' files, passwords, jobs. Green itself
 * stays; so does blue, fenced.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "arm_poolers.h"
#include "places.h"

static bool tidy_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list[] = {place_clone(io), place_work(io), place_run(io), NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

static const struct act tidy_run[] = {
    poolers_disarm_files,
    {.on = ON_BLUE_HOST, .script = &script_password_remove, .values = place_forget_values},
    {.on = ON_GREEN_HOST, .script = &script_tidy, .timeout_ms = 300000, .values = tidy_values},
};
static const struct acts tidy_acts = {.run = tidy_run, .run_count = ACTS_COUNT(tidy_run)};

const struct step_type step_tidy = {
    .id = "tidy",
    .title = "Remove the files that served the run",
    .undo_note = "none",
    .deadline_ms = 360000,
    ACTS_STEP(tidy_acts),
};
