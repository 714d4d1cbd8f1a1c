/*
 * turn: replication goes the other way from now on (rule F3), from the position before the first
 * write of a client on the subscriber.
 *
 * Needs:   unfollow: were both directions enabled, each change would come back; reverse; open,
 * whose transaction has noted that position on the subscriber
 *          ("open N at L").
 * Leaves:  the publisher fenced, and following the subscriber: the rollback window is
 *          open.
 * Crash:   may be repeated. An origin is set only while the subscription has never been
 *          in use; what clients write meanwhile is kept by the slot.
 * Fails:   a server that is gone: clients are served all the same; "recover" goes on.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../../replication/lsn.h"
#include "../base/text.h"
#include "arm_poolers.h"
#include "reverse.h"
#include "slot_drop.h"
#include "subscription.h"

#include <string.h>

#define FOLLOW_NAP_MS 100

static const char doing[] = "turning the replication round";

/* Clients are on the subscriber, whatever becomes of the way back. */
static enum act_verdict barred(struct step_io *io, const struct target *target, const char *what,
                               const char *why)
{
    act_fail(io, target, doing, "%s %s %s", what, target->database->slot, why);
    fault_hint(&io->fault,
               "\"pgcutover recover --execute\" goes on; with [rollback] reverse = no it "
               "gives the way back up, and finish takes away what is left");
    return ACT_FAILED;
}

static bool position_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "id", "3");
    return reverse_is_wanted(io) && !io_explains(io);
}

/* "open N at L", of this attempt */
static enum act_verdict position_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const char *state = reply_value(reply, 0, "value"),
               *attempt = io_get(io, "{procedure}.attempt");
    const char *wanted = arena_print(io->arena, "open %s at ", attempt ? attempt : "?");
    uint64_t lsn;

    if (state && string_starts(state, wanted) && lsn_parse(state + strlen(wanted), &lsn)) {
        io_set(io, "{procedure}.opened_at", state + strlen(wanted));
        return ACT_DONE;
    }
    act_fail(io, target, doing, "{subscriber} was not opened by this attempt: it stands at %s",
             state ? state : "nothing");
    fault_hint(&io->fault, "is this the newest copy of the run directory?");
    io->fault.exit_code = EXIT_AMBIGUOUS;
    return ACT_FAILED;
}

static bool slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return reverse_is_wanted(io) && slot_drop_values(io, target, values);
}

static bool new_slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return slot_values(io, target, values) && !io_explains(io);
}

/* A slot that has gone further would silently skip what lies between (rule B1). */
static enum act_verdict new_slot_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const char *opened = io_get(io, "{procedure}.opened_at");
    const char *status = reply_value(reply, 0, "wal_status");
    uint64_t from, confirmed;
    bool is_active = false;

    if (!lsn_parse(opened, &from) || !reply_lsn(reply, 0, "confirmed_flush_lsn", &confirmed) ||
        !reply_bool(reply, 0, "active", &is_active))
        return barred(io, target, "slot", "is gone");
    if (status && !string_equal(status, "reserved") && !string_equal(status, "extended"))
        return barred(io, target, "slot", arena_print(io->arena, "has wal_status %s", status));
    if (confirmed > from && !target->database->was_in_use)
        return barred(io, target, "slot", "has been used by somebody");
    return ACT_DONE;
}

static enum act_verdict new_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct database *database = target->database;
    uint64_t from, at = 0;

    if (subscription_look_judge(io, target, reply) != ACT_DONE)
        return ACT_FAILED;
    if (io_explains(io))
        return ACT_DONE;
    if (!database->has_subscription)
        return barred(io, target, "subscription", "is gone");
    database->has_origin = reply_lsn(reply, 0, "remote_lsn", &at) && at > 0;
    if (!lsn_parse(io_get(io, "{procedure}.opened_at"), &from))
        return act_fail(io, target, doing, "the journal has no position for it");
    database->was_in_use = database->has_origin && (database->is_enabled || at > from);
    if (database->has_origin ? at < from : database->is_enabled)
        return act_fail(io, target, doing, "subscription %s is in use, but not from %s on",
                        database->slot, io_get(io, "{procedure}.opened_at"));
    return ACT_DONE;
}

static bool advance_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "L", io_fact(io, "{procedure}.opened_at"));
    return reverse_subscription_values(io, target, values) &&
           (io_explains(io) || (!target->database->has_origin && !target->database->is_enabled));
}

static enum act_verdict advance_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    int64_t advanced = 0;

    if (!reply_number(reply, 0, "advanced", &advanced) || advanced != 1)
        return act_fail(io, target, doing, "%lld origins were advanced, not 1",
                        (long long) advanced);
    return ACT_DONE;
}

static bool look_again_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return reverse_subscription_values(io, target, values) && !io_explains(io);
}

/* Read back before anything is applied. */
static enum act_verdict advanced_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    if (new_judge(io, target, reply) != ACT_DONE)
        return ACT_FAILED;
    return target->database->has_origin
               ? ACT_DONE
               : act_fail(io, target, doing, "the origin of %s has no position",
                          target->database->slot);
}

static bool enable_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return reverse_subscription_values(io, target, values) &&
           (io_explains(io) || !target->database->is_enabled);
}

/* "Active" is asserted for each: without head-room for workers there is only a line in a log. */
static enum act_verdict follows_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    bool is_enabled = false;

    if (!reply_bool(reply, 0, "is_enabled", &is_enabled) || !is_enabled)
        return act_fail(io, target, doing, "subscription %s is not enabled",
                        target->database->slot);
    if (reply_value(reply, 0, "worker_pid"))
        return ACT_DONE;
    step_waits_for(io, "an apply worker in %s; if none comes, its server's log says why",
                   target->name);
    step_nap(io, FOLLOW_NAP_MS);
    return ACT_AGAIN;
}

static enum act_verdict active_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    bool is_active = false;

    if (!reply_bool(reply, 0, "active", &is_active))
        return barred(io, target, "slot", "is gone");
    if (is_active)
        return ACT_DONE;
    step_waits_for(io, "a reader of slot %s on {subscriber}", target->database->slot);
    step_nap(io, FOLLOW_NAP_MS);
    return ACT_AGAIN;
}

static enum act_verdict end_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (io_explains(io))
        return ACT_DONE;
    io_set(io, "way_back",
           reverse_is_wanted(io)
               ? arena_print(io->arena, "%lld", (long long) io->driver->wall_us(io->driver))
               : NULL);
    return ACT_DONE;
}

static const struct act turn_run[] = {
    {.on = ON_SUBSCRIBER,
     .sql = &sql_marker_look,
     .values = position_values,
     .judge = position_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_look,
     .values = look_again_values,
     .judge = new_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_slot_look,
     .values = new_slot_values,
     .judge = new_slot_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_origin_advance,
     .values = advance_values,
     .judge = advance_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_look,
     .values = look_again_values,
     .judge = advanced_judge},
    {.on = ON_PUBLISHER_DATABASES, .sql = &sql_subscription_enable, .values = enable_values},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_look,
     .values = look_again_values,
     .judge = follows_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_slot_look,
     .values = new_slot_values,
     .judge = active_judge},
    {.on = ON_TOOL, .judge = end_judge},
    {.on = ON_POOLER_HOSTS, /* what served an undo; where a host is down, finish does it */
     .flags = ACT_JUDGES_FAILURE,
     .script = &script_file_remove,
     .values = pooler_unstage_values},
};
static const struct acts turn_acts = {.run = turn_run, .run_count = ACTS_COUNT(turn_run)};

const struct step_type step_turn = {
    .id = "turn",
    .title = "Let {publisher} follow {subscriber}: the way back is open",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 120000,
    ACTS_STEP(turn_acts),
};
