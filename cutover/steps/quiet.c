/*
 * quiet: waits for a moment in which the hold will be short. Nobody is held yet.
 *
 * The wait may have been long, so that it is looked again whether anything drifted since observe,
 * a pooler's file among it, and whether the fence that was recorded still is the right one; then
 * waits once more, shortly.
 *
 * Fails:   never a quiet moment within quiet_wait, or replication that is stuck: exit code 7,
 *          nothing was changed. The last word says what was in the way.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "acts.h"
#include "arm_poolers.h"
#include "counters.h"
#include "ddl.h"
#include "drift.h"
#include "keep.h"
#include "last_look.h"
#include "logins.h"
#include "pause.h"
#include "quiet.h"
#include "relations.h"
#include "state.h"
#include "subscription.h"
#include "survey.h"
#include "watched.h"

/* Older than this, a transaction would hold everybody for as long again. */
#define OLDEST_MS 100
/* An ANALYZE takes transaction ids and may spoil the proof of silence; it is not waited for long.
 */
#define ANALYZE_TRIES 300

bool quiet_values(struct step_io *io, struct target *target, struct act_values *values)
{
    int64_t allowed = io_world(io)->config->quiet_wait_ms * NS_PER_MS;

    if (target->tries == 0 && !io_explains(io)) {
        int64_t end = io->driver->now_ns(io->driver) + allowed;

        if (end < io->deadline_ns)
            io->deadline_ns = end;
    }
    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    return true;
}

static enum act_verdict not_yet(struct step_io *io)
{
    step_nap(io, 20);
    return ACT_AGAIN;
}

static int64_t slots_wanted(const struct world *world)
{
    int64_t wanted = 0;
    size_t i;

    for (i = 0; i < world->database_count; i++)
        wanted += world->databases[i].replicate;
    return wanted;
}

enum act_verdict quiet_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "waiting for a quiet moment";
    int64_t oldest, behind = 0, slots, inactive, prepared, analyzing;

    if (!reply_number(reply, 0, "oldest_ms", &oldest) || !reply_number(reply, 0, "slots", &slots) ||
        !reply_number(reply, 0, "inactive", &inactive) ||
        !reply_number(reply, 0, "prepared", &prepared) ||
        !reply_number(reply, 0, "analyzing", &analyzing))
        return act_fail(io, target, doing, "no answer");
    if (io_explains(io))
        return ACT_DONE;
    /* the others' distance says nothing about the one that is not there */
    if (!io_world(io)->loses &&
        (slots < slots_wanted(io->world) || !reply_number(reply, 0, "behind", &behind)))
        return act_fail(io, target, doing, "a slot is gone, or has no position");
    if (inactive > 0) {
        step_waits_for(io, "the reader of a slot to come back");
        return not_yet(io);
    }
    if (prepared > 0) {
        step_waits_for(io, "%lld prepared transactions to be ended", (long long) prepared);
        return not_yet(io);
    }
    if (oldest > OLDEST_MS) {
        const char *who = reply_value(reply, 0, "oldest");

        step_waits_for(io, "the transaction of %s, open for %lld ms", who ? who : "somebody",
                       (long long) oldest);
        return not_yet(io);
    }
    if (behind > QUIET_BEHIND_BYTES) {
        step_waits_for(io, "{subscriber} to catch up: %lld kB behind", (long long) (behind / 1024));
        return not_yet(io);
    }
    if (analyzing > 0 && target->tries < ANALYZE_TRIES) {
        step_waits_for(io, "an ANALYZE to end");
        return not_yet(io);
    }
    return ACT_DONE;
}

/* What arm wrote in every database: a connection that is dead but open looks as if it had nothing
   to send. */
static enum act_verdict armed_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (io_explains(io) || string_equal(reply_value(reply, 0, "value"), state_armed(io)))
        return ACT_DONE;
    step_waits_for(io, "what was written on {publisher} to arrive in %s", target->name);
    return not_yet(io);
}

/* Undoing an older fence would give back what was revoked since. */
enum act_verdict quiet_fence_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *fence = reply_value(reply, 0, "fence"), *unfence = reply_value(reply, 0, "unfence");

    if (io_explains(io))
        return ACT_DONE;
    if (fence && unfence && io_has(io, "{publisher}.fence", fence) &&
        io_has(io, "{publisher}.unfence", unfence))
        return ACT_DONE;
    act_fail(io, target, "working out the fence once more",
             "a database, or who may connect to one, changed since this {procedure} began");
    fault_hint(&io->fault, "\"pgcutover {procedure} --execute\" once more");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

enum act_verdict quiet_sequences_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    if (!reply_number(reply, 0, "count", &target->database->sequence_count))
        return act_fail(io, target, "listing the sequences", "no answer");
    world_keep(&target->database->sequence_sql, reply_value(reply, 0, "statement"));
    return ACT_DONE;
}

bool quiet_unchanged_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[0] = io_fact(io, "pooler.%s.file", target->pooler->config->name);
    values->arguments[1] = SUFFIX_BEFORE;
    return values->arguments[0] && !io_explains(io);
}

static const struct act quiet_run[] = {
    QUIET_ACT,
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_marker_look,
     .values = pause_marker_values,
     .judge = armed_judge},
    QUIET_FILES_ACT,
    DDL_BASE_ACTS,
    DRIFT_ACTS,
    RELATIONS_ACTS,
    QUIET_SEQUENCES_ACT,
    QUIET_FENCE_ACT,
    COUNTERS_ACT,
    PAUSE_PREPARE_ACTS,
    LOGINS_WAIT_ACTS,
    WATCHED_ACT,
    QUIET_ACT,
};
static const struct acts quiet_acts = {.run = quiet_run, .run_count = ACTS_COUNT(quiet_run)};

const struct step_type step_quiet = {
    .id = "quiet",
    .title = "Wait for a quiet moment",
    .undo_note = "nothing to undo",
    .deadline_ms = INT64_C(24) * 3600 * 1000,
    ACTS_STEP(quiet_acts),
};
