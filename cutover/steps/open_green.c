/*
 * open_green: green gets the privileges and settings that blue had before its fence.
 *
 * Needs:   SWITCHED on disk. Until then green is closed, so that undo was always right.
 * Fails:   with EXIT_AMBIGUOUS when this attempt was undone from elsewhere.
 */
#include "sql_files.h"
#include "steps.h"

#include "state.h"

static bool open_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *statements = io_fact(io, "blue.unfence");

    sql_set(&values->sql, "statements", statements);
    return state_attempt_values(io, target, values) && statements;
}

static const struct act open_green_run[] = {
    {.on = ON_GREEN,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_open_green,
     .values = open_values,
     .judge = state_opened_judge},
};
static const struct acts open_green_acts = {.run = open_green_run,
                                            .run_count = ACTS_COUNT(open_green_run)};

const struct step_type step_open_green = {
    .id = "open_green",
    .title = "Open green to clients",
    .undo_note = "none: clients are on green",
    .deadline_ms = 10000,
    ACTS_STEP(open_green_acts),
};
