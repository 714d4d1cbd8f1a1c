/*
 * target: chooses the exact position at which the clone leaves blue, and writes behind it.
 *
 * Needs:   the clone copied: the target must lie behind the end of the copy.
 * Leaves:  fact clone.target, synced before recovery starts. The write behind it lets even an idle
 *          blue reach it (rule B2; an insert position may lie behind the header of an empty page).
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

static bool target_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return !journal_get(io->journal, "clone.target");
}

static enum act_verdict target_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    uint64_t lsn;

    if (!reply_lsn(reply, 0, "lsn", &lsn))
        return act_fail(io, target, "reading the position for the clone", "no answer");
    journal_set(io->journal, "clone.target", reply_value(reply, 0, "lsn"));
    return ACT_DONE;
}

static bool behind_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "id", "2");
    sql_set(&values->sql, "value",
            io_explains(io) ? sql_unknown /* the run will read another one */
                            : arena_print(io->arena, "behind %s", io_fact(io, "clone.target")));
    return !journal_get(io->journal, "clone.lsn");
}

static const struct act target_run[] = {
    {.on = ON_BLUE, .sql = &sql_wal_insert_lsn, .values = target_values, .judge = target_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_marker_write, .values = behind_values},
};
static const struct acts target_acts = {.run = target_run, .run_count = ACTS_COUNT(target_run)};

const struct step_type step_target = {
    .id = "target",
    .title = "Choose the clone's LSN, and write behind it",
    .undo_note = "nothing to undo",
    .deadline_ms = 60000,
    ACTS_STEP(target_acts),
};
