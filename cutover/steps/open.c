/*
 * open: the subscriber gets the privileges and settings that the publisher had before its fence;
 * or, when nothing was replicated, back those that it had before its own.
 *
 * Needs:   SWITCHED on disk. Until then the subscriber is closed, so that undo was always right.
 * Fails:   with EXIT_AMBIGUOUS when this attempt was undone from elsewhere.
 */
#include "sql_files.h"
#include "steps.h"

#include "state.h"

static bool open_values(struct step_io *io, struct target *target, struct act_values *values)
{
    /* without replication the publisher may have roles and databases that are not known here */
    const char *statements =
        io_fact(io, io_world(io)->loses ? "{subscriber}.unfence" : "{publisher}.unfence");

    sql_set(&values->sql, "statements", statements);
    return state_attempt_values(io, target, values) && statements;
}

static const struct act open_run[] = {
    {.on = ON_SUBSCRIBER,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_open,
     .values = open_values,
     .judge = state_opened_judge},
};
static const struct acts open_acts = {.run = open_run, .run_count = ACTS_COUNT(open_run)};

const struct step_type step_open = {
    .id = "open",
    .title = "Open {subscriber} to clients",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 10000,
    ACTS_STEP(open_acts),
};
