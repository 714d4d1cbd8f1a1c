#include "state.h"

#include "../base/text.h"

#include <string.h>

static const char hint[] =
    "has the cutover been recovered, or repeated, from another host? Look on which side clients "
    "have written before anything is released; blue must stay fenced if it was green";

enum act_verdict state_begin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        journal_setf(io->journal, "cutover.attempt", "%lld",
                     (long long) io->driver->wall_us(io->driver));
    return ACT_DONE;
}

const char *state_armed(struct step_io *io)
{
    const char *attempt = io_fact(io, "cutover.attempt");

    return attempt && !io_explains(io) ? arena_print(io->arena, "armed %s", attempt) : sql_unknown;
}

bool state_armed_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "id", "3");
    sql_set(&values->sql, "value", state_armed(io));
    return true;
}

bool state_attempt_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *attempt = io_fact(io, "cutover.attempt");

    (void) target;
    sql_set(&values->sql, "attempt", io_explains(io) ? sql_unknown : attempt);
    return attempt != NULL;
}

static enum act_verdict refuse(struct step_io *io, const struct target *target, const char *doing,
                               const char *cause)
{
    act_fail(io, target, doing, "%s", cause);
    fault_hint(&io->fault, "%s", hint);
    io->fault.exit_code = EXIT_AMBIGUOUS;
    return ACT_FAILED;
}

enum act_verdict state_undone_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *state = reply->state == REPLY_OK ? reply_value(reply, 0, "state") : NULL;

    if (reply->state == REPLY_OK && !state)
        return act_fail(io, target, "noting on green that the cutover is undone", "no answer");
    /* by whatever attempt: an old copy of the run directory may know of an earlier one only */
    if (state && string_starts(state, "open "))
        return refuse(io, target, "undoing the cutover", "green has been opened to clients");
    return ACT_DONE;
}

enum act_verdict state_opened_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    if (!string_equal(reply->fault.code, "22P02")) {
        io->fault = reply->fault;
        return ACT_FAILED;
    }
    return refuse(io, target, "opening green to clients",
                  arena_print(io->arena, "green does not wait for this attempt any more (%s)",
                              reply->fault.cause));
}
