/*
 * servers: both servers, before a rollback that loses what was written since the cutover. They are
 * not compared, for what differs is what is lost; but they must be those of the run, and it is
 * tried whether blue can be opened as it was left: nothing that is taken apart later comes back.
 *
 * Needs:   the fact {subscriber}.unfence, from the cutover: how blue is opened again.
 * Leaves:  the operator's lock on both; the fact {procedure}.timeline, green's: either server may
 *          have failed over since the cutover, but not during this. Reads only.
 * Fails:   exit code 4: another server answers; blue is open, so that clients may have written
 *          there; a database of the run is gone from green, so that its sequences cannot be read; a
 *          role that clients came in by is gone from blue.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "observe.h"
#include "survey.h"

static const char doing[] = "looking at the servers before the {procedure}";

static enum act_verdict stale(struct step_io *io)
{
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static enum act_verdict unfence_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) reply;
    if (io_explains(io) || io_get(io, "{subscriber}.unfence"))
        return ACT_DONE;
    return act_fail(io, target, doing, "the journal does not know how {subscriber} was opened");
}

static enum act_verdict publisher_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    const char *timeline = reply_value(reply, 0, "timeline");
    bool is_in_recovery = true;

    if (!timeline || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery))
        return act_fail(io, target, doing, "no answer");
    if (!survey_pin(io, target, "green.system_identifier",
                    reply_value(reply, 0, "system_identifier")))
        return ACT_FAILED;
    if (is_in_recovery) {
        act_fail(io, target, doing, "a standby answers at {publisher}'s address");
        fault_hint(&io->fault, "let the primary answer there; then again");
        return stale(io);
    }
    io_set(io, "{procedure}.timeline", timeline);
    return ACT_DONE;
}

/* What was created there is lost with it; what was dropped there cannot be asked. */
static enum act_verdict databases_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    const struct world *world = io->world;
    size_t i;
    int row;

    for (i = 0; i < world->database_count; i++) {
        for (row = reply_rows(reply) - 1; row >= 0; row--)
            if (string_equal(reply_value(reply, row, "datname"), world->databases[i].name))
                break;
        if (row >= 0)
            continue;
        act_fail(io, target, doing, "database %s is gone from {publisher}",
                 world->databases[i].name);
        fault_hint(&io->fault, "make an empty one of that name there; then again");
        return stale(io);
    }
    return ACT_DONE;
}

static enum act_verdict closed_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t open = -1;

    if (!reply_number(reply, 0, "open", &open))
        return act_fail(io, target, doing, "no answer");
    if (open == 0)
        return ACT_DONE;
    act_fail(io, target, doing, "%lld databases of {subscriber} are open to clients",
             (long long) open);
    fault_hint(&io->fault, "has somebody taken its fence away? Look whether clients have written "
                           "there, and close it again, before anybody is moved");
    return stale(io);
}

static enum act_verdict marker_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply_value(reply, 0, "value") || io_explains(io))
        return ACT_DONE;
    act_fail(io, target, doing, "the run's marker is gone from {subscriber}");
    return stale(io);
}

static bool marker_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) target;
    sql_set(&values->sql, "id", "3");
    return true;
}

/* What the statement ends with when everything before was good. */
#define TRIED "22012"

static bool try_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "statements", io_fact(io, "{subscriber}.unfence"));
    return true;
}

static enum act_verdict try_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (io_explains(io))
        return ACT_DONE;
    if (reply->state == REPLY_OK)
        return act_fail(io, target, "trying to open {subscriber}", "it was not taken back");
    if (string_equal(reply->fault.code, TRIED))
        return ACT_DONE;
    io->fault = reply->fault;
    fault_hint(&io->fault, "it is opened with the privileges that it had before the cutover: a "
                           "role or a database that they name has to be there");
    if (string_starts(reply->fault.code, "42") || string_starts(reply->fault.code, "3D"))
        io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static const struct act servers_run[] = {
    {.on = ON_TOOL, .judge = unfence_judge},
    OBSERVE_SERVERS_ACTS(publisher_judge),
    {.on = ON_SUBSCRIBER, .sql = &sql_open_look, .judge = closed_judge},
    {.on = ON_SUBSCRIBER, .sql = &sql_marker_look, .values = marker_values, .judge = marker_judge},
    {.on = ON_SUBSCRIBER,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_unfence_try,
     .values = try_values,
     .judge = try_judge},
};
static const struct acts servers_acts = {.run = servers_run, .run_count = ACTS_COUNT(servers_run)};

const struct step_type step_servers = {
    .id = "servers",
    .title = "Look whether both servers are those of the cutover",
    .undo_note = "nothing to undo",
    .deadline_ms = 60000,
    ACTS_STEP(servers_acts),
};
