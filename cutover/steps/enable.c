/*
 * enable: replication begins. From here on no origin is ever advanced again.
 *
 * Leaves:  enabled subscriptions. One that was disabled by an error, a lost connection to blue
 * among them, is given another chance: what cannot be applied disables it again, and catch_up sees
 * that.
 */
#include "sql_files.h"
#include "steps.h"

#include "subscription.h"

static bool enable_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return subscription_values(io, target, values) && !target->database->is_enabled;
}

static const struct act enable_run[] = {
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_GREEN_DATABASES, .sql = &sql_subscription_forgive, .values = enable_values},
    {.on = ON_GREEN_DATABASES, .sql = &sql_subscription_enable, .values = enable_values},
};
static const struct acts enable_acts = {.run = enable_run, .run_count = ACTS_COUNT(enable_run)};

const struct step_type step_enable = {
    .id = "enable",
    .title = "Enable the subscriptions",
    .undo_note = "green is removed",
    .deadline_ms = 60000,
    ACTS_STEP(enable_acts),
};
