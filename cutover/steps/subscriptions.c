/*
 * subscriptions: made disabled, with the relation set filled in and without a copy (rule A3).
 *
 * Needs:   green reaches blue with the password file in the work directory: no password is part of
 *          a statement, so none can get into a server's log.
 * Leaves:  a disabled subscription a database; its origin is still at zero.
 */
#include "sql_files.h"
#include "steps.h"

#include "places.h"
#include "subscription.h"

#include <stdlib.h>

/* Green counts errors; a blue before 15 cannot. */
static const char *statistics(struct step_io *io, const struct target *target)
{
    bool is_blue = target->link == &target->database->blue;
    const char *version = journal_get(io->journal, "blue.version_num");

    return is_blue && version && atoi(version) < 150000 ? "(SELECT NULL::oid AS subid LIMIT 0)"
                                                        : "pg_stat_subscription_stats";
}

bool subscription_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "subscription", target->database->slot);
    sql_set(&values->sql, "statistics", statistics(io, target));
    return true;
}

enum act_verdict subscription_look_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    struct database *database = target->database;
    bool is_enabled = false;

    database->has_subscription = reply_rows(reply) > 0;
    database->is_enabled = false;
    if (!database->has_subscription)
        return ACT_DONE;
    if (!reply_bool(reply, 0, "is_enabled", &is_enabled))
        return act_fail(io, target, "looking at the subscription", "no answer");
    database->is_enabled = is_enabled;
    return ACT_DONE;
}

static bool create_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "conninfo",
            place_conninfo(io, &io_world(io)->blue, target->database->name));
    return subscription_values(io, target, values) && !target->database->has_subscription;
}

bool subscription_exists(struct step_io *io, struct target *target, struct act_values *values)
{
    bool later = io_explains(io) && !journal_get(io->journal, "green.ready");

    return subscription_values(io, target, values) && (target->database->has_subscription || later);
}

static const struct act subscriptions_run[] = {
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_GREEN_DATABASES,
     .sql = &sql_subscription_create,
     .timeout_ms = 120000,
     .values = create_values},
};
static const struct acts subscriptions_acts = {.run = subscriptions_run,
                                               .run_count = ACTS_COUNT(subscriptions_run)};

const struct step_type step_subscriptions = {
    .id = "subscriptions",
    .title = "Create the subscriptions, disabled",
    .undo_note = "green is stopped and removed; the slots are dropped on blue",
    .deadline_ms = 300000,
    ACTS_STEP(subscriptions_acts),
};
