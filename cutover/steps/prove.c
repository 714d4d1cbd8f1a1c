/*
 * prove: the subscriber has everything that was ever acknowledged on the publisher.
 *
 * Needs:   the fence.
 * How:     a new marker in every database; then T, the flushed position behind them; every slot
 *          confirmed up to T, and every marker seen on the subscriber: position and content (rule
 * C2).
 *
 * Around it the proof of silence: snapshots before and after, between which only our own
 * transaction ids lie (rule D2.6). Autovacuum may spoil that one; the fence and the markers suffice
 * then, and the journal says which proof was used.
 *
 * Meanwhile it is looked whether anybody changed the schema since it was compared (ddl.h).
 *
 * Fails:   not confirmed or not seen within the budget: undo.
 */
#include "sql_files.h"
#include "steps.h"

#include "../../replication/lsn.h"
#include "../base/text.h"
#include "ddl.h"
#include "last_look.h"
#include "pause.h"
#include "survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_TRIES 5

static bool is_silent(const struct reply *reply, int64_t *ret_xmax)
{
    int64_t xmin, xmax;
    char form[64];
    const char *text = reply_value(reply, 0, "snapshot");

    if (!text || !reply_number(reply, 0, "xmin", &xmin) || !reply_number(reply, 0, "xmax", &xmax))
        return false;
    snprintf(form, sizeof(form), "%lld:%lld:", (long long) xmax, (long long) xmax);
    *ret_xmax = xmax;
    return strcmp(form, text) == 0 && xmin == xmax;
}

static enum act_verdict before_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;

    if (reply_rows(reply) != 1)
        return act_fail(io, target, "reading the snapshot", "no answer");
    world->silent_from = 0;
    if (is_silent(reply, &world->silent_from) || io_explains(io))
        return ACT_DONE;
    world->silent_from = 0;
    step_nap(io, 1);
    return target->tries < SNAPSHOT_TRIES ? ACT_AGAIN : ACT_DONE;
}

static bool marker_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "id", "1");
    sql_set(&values->sql, "value", io_explains(io) ? sql_unknown : io_world(io)->marker);
    return true;
}

static enum act_verdict marker_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (!reply_number(reply, 0, "xid", &target->database->marker_xid))
        return act_fail(io, target, "writing a marker", "no answer");
    return ACT_DONE;
}

static enum act_verdict target_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (!reply_lsn(reply, 0, "lsn", &io_world(io)->target_lsn))
        return act_fail(io, target, "reading the flushed position", "no answer");
    if (!io_explains(io))
        io_set(io, "{procedure}.target", reply_value(reply, 0, "lsn"));
    return ACT_DONE;
}

/*
 * A WAL sender before 13 may keep to itself that it has passed what other databases wrote behind
 * its own marker, until the subscriber speaks by itself (every ten seconds): it asks once, and
 * takes the answer to something else for that. A second marker, behind T, makes every subscriber
 * speak.
 */
static bool is_taciturn(struct step_io *io)
{
    const char *version = io_get(io, "{publisher}.version_num");

    return version && atoi(version) < 130000;
}

static bool again_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return is_taciturn(io) && marker_values(io, target, values);
}

/* Every database's slot must be in the answer: one that is missing has not confirmed anything. */
static enum act_verdict confirmed_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    struct world *world = io->world;
    size_t i;
    int row;

    for (i = 0; i < world->database_count && !io_explains(io); i++) {
        struct database *database = &world->databases[i];
        uint64_t confirmed = 0;
        bool is_active = false;

        if (!database->replicate)
            continue;
        for (row = reply_rows(reply) - 1; row >= 0; row--)
            if (string_equal(reply_value(reply, row, "slot_name"), database->slot))
                break;
        if (!reply_lsn(reply, row, "confirmed_flush_lsn", &confirmed) ||
            !reply_bool(reply, row, "active", &is_active))
            return act_fail(io, target, "waiting until {subscriber} has everything",
                            "slot %s is gone or has no position", database->slot);
        if (confirmed < world->target_lsn || !is_active) {
            step_waits_for(io, "slot %s to confirm %lld more bytes", database->slot,
                           (long long) (world->target_lsn - confirmed));
            step_nap(io, 1);
            return ACT_AGAIN;
        }
    }
    return ACT_DONE;
}

static enum act_verdict seen_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (io_explains(io) || string_equal(reply_value(reply, 0, "value"), io_world(io)->marker))
        return ACT_DONE;
    step_waits_for(io, "the marker to arrive in %s", target->database->name);
    step_nap(io, 1);
    return ACT_AGAIN;
}

static enum act_verdict after_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;
    int64_t until = 0, markers = 0;
    bool silent = world->silent_from && is_silent(reply, &until);
    size_t i;

    if (reply_rows(reply) != 1)
        return act_fail(io, target, "reading the snapshot", "no answer");
    for (i = 0; i < world->database_count; i++)
        markers += world->databases[i].replicate ? is_taciturn(io) ? 2 : 1 : 0;
    /* the markers took exactly the ids between the two snapshots */
    silent = silent && until == world->silent_from + markers;
    for (i = 0; i < world->database_count; i++)
        if (world->databases[i].replicate && (world->databases[i].marker_xid < world->silent_from ||
                                              world->databases[i].marker_xid >= until))
            silent = false;
    if (!io_explains(io))
        io_set(io, "{procedure}.proof", silent ? "silence" : "fence and markers");
    return ACT_DONE;
}

static const struct act prove_run[] = {
    {.on = ON_PUBLISHER, .sql = &sql_snapshot_look, .judge = before_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_marker_write,
     .values = marker_values,
     .judge = marker_judge},
    {.on = ON_PUBLISHER, .sql = &sql_wal_flush_lsn, .judge = target_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_marker_write,
     .values = again_values,
     .judge = marker_judge},
    {.on = ON_PUBLISHER,
     .flags = ACT_PREPARED,
     .sql = &sql_slots_progress,
     .judge = confirmed_judge},
    {.on = ON_SUBSCRIBER,
     .flags = ACT_TOGETHER | ACT_PREPARED,
     .sql = &sql_commit_look_subscriber,
     .values = survey_lock_values,
     .judge = last_look_subscriber_judge},
    DDL_LOOK_ACTS,
    DDL_CLOSER_LOOK_ACT,
    /* a slot confirms what the subscriber has on disk: looked at once, as a rule, instead of all
     * the while
     */
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_PREPARED,
     .sql = &sql_marker_look,
     .values = pause_marker_values,
     .judge = seen_judge},
    {.on = ON_PUBLISHER, .flags = ACT_TOGETHER, .sql = &sql_snapshot_look, .judge = after_judge},
};
static const struct acts prove_acts = {.run = prove_run, .run_count = ACTS_COUNT(prove_run)};

const struct step_type step_prove = {
    .id = "prove",
    .title = "Prove that {subscriber} has everything",
    .undo_note = "nothing to undo",
    .deadline_ms = 30000,
    ACTS_STEP(prove_acts),
};
