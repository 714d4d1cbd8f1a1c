/*
 * commit: one last look at blue; then the runner syncs SWITCHED, the only sync of the pause.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"
#include "survey.h"

static bool commit_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *fenced_at = io_world(io)->fenced_at;

    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    sql_set(&values->sql, "fenced_at", *fenced_at ? fenced_at : "infinity");
    return survey_lock_values(io, target, values);
}

static enum act_verdict commit_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "looking once more before the switch";
    const char *system = reply_value(reply, 0, "system_identifier");
    int64_t clients = -1, prepared = -1, open_databases = -1;
    bool is_in_recovery = true, holds_lock = false;

    if (io_explains(io))
        return ACT_DONE;
    if (!system || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) ||
        !reply_number(reply, 0, "clients", &clients) ||
        !reply_number(reply, 0, "prepared", &prepared) ||
        !reply_number(reply, 0, "open_databases", &open_databases) ||
        !reply_bool(reply, 0, "holds_lock", &holds_lock))
        return act_fail(io, target, doing, "no answer");
    if (!journal_has(io->journal, "blue.system_identifier", system) || is_in_recovery)
        return act_fail(io, target, doing, "another server answers for blue: a failover happened");
    if (!holds_lock)
        return act_fail(io, target, doing, "the operator's lock was lost with its session");
    if (open_databases != 0 || clients != 0 || prepared != 0)
        return act_fail(io, target, doing,
                        "the fence does not hold: %lld open databases, %lld clients, %lld prepared",
                        (long long) open_databases, (long long) clients, (long long) prepared);
    return ACT_DONE;
}

static const struct act commit_run[] = {
    {.on = ON_BLUE, .sql = &sql_commit_look, .values = commit_values, .judge = commit_judge},
};
static const struct acts commit_acts = {.run = commit_run, .run_count = ACTS_COUNT(commit_run)};

const struct step_type step_commit = {
    .id = "commit",
    .title = "Switch: from here on only forward",
    .undo_note = "none: this is the commit point",
    .deadline_ms = 30000,
    ACTS_STEP(commit_acts),
};
