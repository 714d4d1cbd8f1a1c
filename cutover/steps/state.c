#include "state.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

static const char hint[] =
    "has the {procedure} been recovered, or repeated, from another host? Look on which side "
    "clients "
    "have written before anything is released; {publisher} must stay fenced if it was {subscriber}";

enum act_verdict state_begin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        io_set(io, "{procedure}.attempt",
               arena_print(io->arena, "%lld", (long long) io->driver->wall_us(io->driver)));
    return ACT_DONE;
}

const char *state_armed(struct step_io *io)
{
    const char *attempt = io_fact(io, "{procedure}.attempt");

    return attempt && !io_explains(io) ? arena_print(io->arena, "armed %s", attempt) : sql_unknown;
}

bool state_armed_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "id", "3");
    sql_set(&values->sql, "value", state_armed(io));
    return true;
}

/* Before arm there is none of ours: the state is looked at all the same. */
bool state_undo_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *attempt = io_fact(io, "{procedure}.attempt");

    (void) target;
    sql_set(&values->sql, "attempt", io_explains(io) ? sql_unknown : attempt ? attempt : "none");
    return true;
}

bool state_attempt_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *attempt = io_fact(io, "{procedure}.attempt");

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

/* Of the move before this one: its state has come along, as every change of the table does. */
static bool is_of_last_move(struct step_io *io, const char *state)
{
    const struct world *world = io->world;
    const char *other = string_equal(world->leg, "cutover") ? "rollback" : "cutover";
    const char *attempt = journal_get(io->journal, arena_print(io->arena, "%s.attempt", other));

    return attempt && string_starts(state, arena_print(io->arena, "open %s at ", attempt));
}

/* Attempts are numbered by the time at which they began. */
static bool is_newer(struct step_io *io, const char *state)
{
    const char *ours = io_get(io, "{procedure}.attempt"), *number = strchr(state, ' ');

    return ours && number && atoll(number + 1) > atoll(ours) &&
           (string_starts(state, "armed ") || string_starts(state, "undone "));
}

enum act_verdict state_undone_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *state = reply->state == REPLY_OK ? reply_value(reply, 0, "state") : NULL;

    if (reply->state == REPLY_FAILED && target->tries == 0 && target->link->session &&
        target->link->session->is_broken && !string_equal(reply->fault.code, "timeout"))
        return ACT_AGAIN; /* our session was ended, by whoever has overtaken us for instance */
    if (reply->state == REPLY_OK && !state)
        return act_fail(io, target, "noting on {subscriber} that the {procedure} is undone",
                        "no answer");
    if (state && is_newer(io, state))
        return refuse(io, target, "undoing the {procedure}",
                      arena_print(io->arena,
                                  "a later attempt is at work, or was: {subscriber} "
                                  "stands at %s",
                                  state));
    /* by whatever attempt: an old copy of the run directory may know of an earlier one only */
    if (state && string_starts(state, "open ") && !is_of_last_move(io, state))
        return refuse(io, target, "undoing the {procedure}",
                      "{subscriber} has been opened to clients");
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
    return refuse(io, target, "opening {subscriber} to clients",
                  arena_print(io->arena,
                              "{subscriber} does not wait for this attempt any more (%s)",
                              reply->fault.cause));
}
