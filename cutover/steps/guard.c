/*
 * guard: where the configuration wants it, blue refuses DDL until the end of the run: it is not
 * replicated, and drift would stop the cutover (rule A8).
 *
 * Needs:   the schema of the marker tables; the clone, which must not have the triggers.
 * Leaves:  a function in schema pgcutover and three event triggers in every database of blue. One
 *          that an operator has disabled stays so.
 * Fails:   a database without PL/pgSQL.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

#define GUARDS 3

static bool look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return io_world(io)->config->blue.refuse_ddl;
}

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t count;

    if (!reply_number(reply, 0, "count", &count))
        return act_fail(io, target, sql_guard_look.doing, "no answer");
    target->database->is_guarded = count == GUARDS;
    return ACT_DONE;
}

static bool create_values(struct step_io *io, struct target *target, struct act_values *values)
{
    /* ours, of whichever command of this run; a plan may be printed before there is a run */
    sql_set(&values->sql, "application_name",
            io_fact(io, "run") == sql_unknown ? sql_unknown : io_world(io)->application_name);
    return look_values(io, target, values) && !target->database->is_guarded;
}

static const struct act guard_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_guard_look, .values = look_values, .judge = look_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_guard_create, .values = create_values},
};
/* Whatever the configuration says now. */
static const struct act guard_undo[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_guard_drop},
};
static const struct acts guard_acts = {
    .run = guard_run,
    .run_count = ACTS_COUNT(guard_run),
    .undo = guard_undo,
    .undo_count = ACTS_COUNT(guard_undo),
};

const struct step_type step_guard = {
    .id = "guard",
    .title = "Let blue refuse DDL, where that is wanted",
    .undo_note = "the event triggers are dropped",
    .deadline_ms = 60000,
    ACTS_STEP(guard_acts),
};
