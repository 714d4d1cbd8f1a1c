/*
 * origins: each origin is advanced to the clone's LSN, flushed, and read back (rule B5).
 *
 * Needs:   disabled subscriptions, no worker; slots that nobody has used: their position is still
 *          the one they were made with, and not behind the clone (rule B1: a slot that has gone
 *          further would silently skip what lies between).
 * Fails:   any of this is not so. Never repeated once a subscription was enabled.
 */
#include "sql_files.h"
#include "steps.h"

#include "../../replication/lsn.h"
#include "subscription.h"

#include <string.h>

/* On disk before the first subscription is enabled: what was applied since must not come again. */
static bool is_advanced(struct step_io *io)
{
    return journal_has(io->journal, "origins.advanced", "yes");
}

static bool slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    sql_set(&values->sql, "slot", target->database->slot);
    return !io_explains(io) && !target->database->is_enabled && !is_advanced(io);
}

static enum act_verdict slot_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "checking that the slot still has everything since the clone";
    const char *recorded = io_fact(io, "db.%s.slot_lsn", target->database->name);
    const char *clone = journal_get(io->journal, "clone.lsn");
    const char *wal_status = reply_value(reply, 0, "wal_status");
    uint64_t made_at, confirmed, cloned_at;
    bool is_active = true;

    if (!lsn_parse(recorded, &made_at) || !lsn_parse(clone, &cloned_at))
        return act_fail(io, target, doing, "the journal has no position for it");
    if (!reply_lsn(reply, 0, "confirmed_flush_lsn", &confirmed) ||
        !reply_bool(reply, 0, "active", &is_active))
        return act_fail(io, target, doing, "slot %s is gone", target->database->slot);
    if (is_active || confirmed != made_at)
        return act_fail(io, target, doing, "somebody has used slot %s", target->database->slot);
    if (wal_status && strcmp(wal_status, "reserved") != 0 && strcmp(wal_status, "extended") != 0)
        return act_fail(io, target, doing, "slot %s: wal_status is %s", target->database->slot,
                        wal_status);
    if (made_at > cloned_at)
        return act_fail(io, target, doing, "the slot begins at %s, behind the clone's %s", recorded,
                        clone);
    return ACT_DONE;
}

static bool advance_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "L", io_fact(io, "clone.lsn"));
    return subscription_values(io, target, values) && !target->database->is_enabled &&
           !is_advanced(io);
}

static enum act_verdict advance_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    int64_t advanced = 0;

    if (!reply_number(reply, 0, "advanced", &advanced) || advanced != 1)
        return act_fail(io, target, "advancing the replication origin",
                        "%lld origins were advanced, not 1", (long long) advanced);
    return ACT_DONE;
}

static bool read_back_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return subscription_values(io, target, values) && !io_explains(io) &&
           !target->database->is_enabled;
}

static enum act_verdict read_back_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    static const char doing[] = "reading the replication origin back";
    const char *clone = journal_get(io->journal, "clone.lsn");
    uint64_t wanted, found;
    bool is_enabled = true;

    if (!lsn_parse(clone, &wanted) || !reply_lsn(reply, 0, "remote_lsn", &found))
        return act_fail(io, target, doing, "it has no position");
    if (!reply_bool(reply, 0, "is_enabled", &is_enabled) || is_enabled)
        return act_fail(io, target, doing, "the subscription was enabled by somebody else");
    if (is_advanced(io) ? found < wanted : found != wanted)
        return act_fail(io, target, doing, "it is at %s, not at %s",
                        reply_value(reply, 0, "remote_lsn"), clone);
    return ACT_DONE;
}

static enum act_verdict advanced_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        journal_set(io->journal, "origins.advanced", "yes");
    return ACT_DONE;
}

static const struct act origins_run[] = {
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_slot_look, .values = slot_values, .judge = slot_judge},
    {.on = ON_GREEN_DATABASES,
     .sql = &sql_origin_advance,
     .values = advance_values,
     .judge = advance_judge},
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_subscription_look,
     .values = read_back_values,
     .judge = read_back_judge},
    {.on = ON_TOOL, .judge = advanced_judge},
};
static const struct acts origins_acts = {.run = origins_run, .run_count = ACTS_COUNT(origins_run)};

const struct step_type step_origins = {
    .id = "origins",
    .title = "Advance the replication origins to the clone's LSN",
    .undo_note = "green is removed",
    .deadline_ms = 60000,
    ACTS_STEP(origins_acts),
};
