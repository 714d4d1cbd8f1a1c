/*
 * settle: waits until every transaction that ran when the slots were made has ended (rule A5).
 *
 * Neutralises, on every version, slots whose start point lies inside a transaction: whatever they
 * might have decoded by half commits before the clone and is skipped.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

static enum act_verdict snapshot_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const char *xmax = reply_value(reply, 0, "xmax");

    if (!xmax)
        return act_fail(io, target, "reading the snapshot", "no answer");
    if (!journal_get(io->journal, "settle.xmax"))
        journal_set(io->journal, "settle.xmax", xmax);
    return ACT_DONE;
}

static bool settle_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "xmax", io_fact(io, "settle.xmax"));
    return !io_explains(io);
}

static enum act_verdict settle_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    bool is_settled = false;
    const char *oldest = reply_value(reply, 0, "oldest");

    if (!reply_bool(reply, 0, "is_settled", &is_settled))
        return act_fail(io, target, "waiting for old transactions", "no answer");
    if (is_settled)
        return ACT_DONE;
    step_waits_for(io, "%s", oldest ? oldest : "a transaction");
    step_nap(io, 100);
    return ACT_AGAIN;
}

static const struct act settle_run[] = {
    {.on = ON_BLUE, .sql = &sql_snapshot_look, .judge = snapshot_judge},
    {.on = ON_BLUE, .sql = &sql_settle_look, .values = settle_values, .judge = settle_judge},
};
static const struct acts settle_acts = {.run = settle_run, .run_count = ACTS_COUNT(settle_run)};

const struct step_type step_settle = {
    .id = "settle",
    .title = "Wait for the transactions that ran when the slots were made",
    .undo_note = "nothing to undo",
    .deadline_ms = 3600000,
    ACTS_STEP(settle_acts),
};
