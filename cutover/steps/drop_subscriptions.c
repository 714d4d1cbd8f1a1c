/*
 * drop_subscriptions: neither server follows the other any more, for good.
 *
 * slot_name = NONE comes first: a plain DROP would reach over to the other server for the slot
 * (rule F2).
 */
#include "sql_files.h"
#include "steps.h"

#include "subscription.h"

static const struct act drop_run[] = {
    {.on = ON_GREEN_DATABASES,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_GREEN_DATABASES, .sql = &sql_subscription_drop, .values = subscription_exists},
    {.on = ON_BLUE_DATABASES,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_subscription_drop, .values = subscription_exists},
};
static const struct acts drop_acts = {.run = drop_run, .run_count = ACTS_COUNT(drop_run)};

const struct step_type step_drop_subscriptions = {
    .id = "drop_subscriptions",
    .title = "Drop the subscriptions",
    .undo_note = "none",
    .deadline_ms = 120000,
    ACTS_STEP(drop_acts),
};
