/*
 * slots: a logical slot a database; its confirmed position is the only safe lower bound.
 *
 * Needs:   publications, committed.
 * Leaves:  slots that keep WAL on blue until `finish` or `abort`; facts db.X.slot_lsn.
 * Fails:   a transaction stays open: creation waits for all of them, up to the deadline.
 * Crash:   a slot of ours without a recorded position was never used: it is made anew, as long as
 *          no clone was begun (row 3 of the crash matrix).
 */
#include "sql_files.h"
#include "steps.h"

#include "slot_create.h"
#include "slot_drop.h"

#include <string.h>

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct database *database = target->database;

    database->has_slot = reply_rows(reply) > 0;
    if (database->has_slot || !journal_get(io->journal, "clone.attempt"))
        return ACT_DONE;
    act_fail(io, target, "looking for the slot", "slot %s is gone from blue", database->slot);
    fault_hint(&io->fault, "what was written since the clone cannot reach green any more: "
                           "\"pgcutover abort --execute\", then prepare again");
    return ACT_FAILED;
}

/* Ours without a position: nobody has used it, nothing depends on it. */
static bool drop_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *recorded = io_fact(io, "db.%s.slot_lsn", target->database->name);

    if (!target->database->has_slot || (recorded && recorded != sql_unknown))
        return false;
    target->database->has_slot = false;
    return slot_drop_values(io, target, values);
}

static bool create_values(struct step_io *io, struct target *target, struct act_values *values)
{
    step_waits_for(io, "the transactions that are open on blue (creating a slot waits for them)");
    return !target->database->has_slot && slot_drop_values(io, target, values);
}

enum act_verdict slot_create_failed(struct step_io *io, struct reply *reply)
{
    io->fault = reply->fault;
    if (strcmp(io->fault.code, "57014") != 0) /* statement_timeout, or somebody cancelled it */
        return ACT_FAILED;
    fault_hint(&io->fault, "a transaction that has written something stays open there: "
                           "pg_stat_activity, the oldest xact_start with a backend_xid");
    io->fault.exit_code = EXIT_TRANSIENT;
    return ACT_FAILED;
}

static enum act_verdict create_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *lsn = reply_value(reply, 0, "lsn");
    char key[160];

    if (reply->state == REPLY_FAILED)
        return slot_create_failed(io, reply);
    if (!lsn)
        return act_fail(io, target, "creating the slot", "the server gave no position");
    snprintf(key, sizeof(key), "db.%s.slot_lsn", target->database->name);
    journal_set(io->journal, key, lsn);
    journal_set(io->journal, "settle.xmax", NULL); /* of slots made before: waited for anew */
    return ACT_DONE;
}

static const struct act slots_run[] = {
    {.on = ON_BLUE_DATABASES,
     .sql = &sql_slot_look,
     .values = slot_drop_values,
     .judge = look_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_slot_drop, .values = drop_values},
    {.on = ON_BLUE_DATABASES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_slot_create,
     .timeout_ms = 580000,
     .values = create_values,
     .judge = create_judge},
};
static const struct act slots_undo[] = {slot_drop_act(ON_BLUE_DATABASES)};
static const struct acts slots_acts = {
    .run = slots_run,
    .run_count = ACTS_COUNT(slots_run),
    .undo = slots_undo,
    .undo_count = ACTS_COUNT(slots_undo),
};

const struct step_type step_slots = {
    .id = "slots",
    .title = "Create the replication slots",
    .undo_note = "the slots are dropped: they keep WAL on blue",
    .deadline_ms = 600000,
    ACTS_STEP(slots_acts),
};
