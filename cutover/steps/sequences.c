/*
 * sequences: what was read from the publisher inside the fence is set on the subscriber, all at
 * once a database.
 *
 * Sequences are never replicated (rule F1). Setting them is harmless when the cutover is undone:
 * they are set again by the next one.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "pause.h"

static enum act_verdict read_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *list = reply_value(reply, 0, "list");
    int64_t count = -1;

    if (!list || !reply_number(reply, 0, "count", &count) ||
        count != target->database->sequence_count)
        return act_fail(io, target, "reading the sequences", "%lld came, not %lld",
                        (long long) count, (long long) target->database->sequence_count);
    world_keep(&target->database->sequence_values, list);
    return ACT_DONE;
}

/* Has the subscriber had clients? What they were told is not given out again. Else blue alone
   knows: a sequence that was set back there since the clone was taken is set back on green, too. */
static bool keeps(struct step_io *io)
{
    const struct world *world = io->world;

    return world->subscriber == &world->blue || journal_get(io->journal, "rollback.state");
}

static bool set_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list = target->database->sequence_values;

    sql_set(&values->sql, "list", io_explains(io) ? sql_unknown : list);
    sql_set(&values->sql, "keeps", keeps(io) ? "true" : "false");
    sql_set(&values->sql, "loses", io_world(io)->loses ? "true" : "false");
    return target->database->sequence_sql != NULL;
}

static enum act_verdict set_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t count = -1;

    /* one that was made on the publisher alone has no meaning here: its tables are lost, too */
    if (io_world(io)->loses && reply_number(reply, 0, "count", &count) && count >= 0 &&
        count <= target->database->sequence_count)
        return ACT_DONE;
    if (!reply_number(reply, 0, "count", &count) || count != target->database->sequence_count)
        return act_fail(io, target, "setting the sequences", "%lld were set, not %lld",
                        (long long) count, (long long) target->database->sequence_count);
    return ACT_DONE;
}

static const struct act sequences_run[] = {
    {.on = ON_PUBLISHER_DATABASES,
     .flags = ACT_PREPARED,
     .sql = &sql_sequences_read,
     .values = pause_sequences_values,
     .judge = read_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_sequences_set,
     .values = set_values,
     .judge = set_judge},
};
static const struct acts sequences_acts = {.run = sequences_run,
                                           .run_count = ACTS_COUNT(sequences_run)};

const struct step_type step_sequences = {
    .id = "sequences",
    .title = "Set the sequences on {subscriber} to where {publisher}'s stand",
    .undo_note = "nothing to undo: {subscriber} is closed, and they are set again next time",
    .deadline_ms = 30000,
    ACTS_STEP(sequences_acts),
};
