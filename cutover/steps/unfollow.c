/*
 * unfollow: the subscriber does not follow the publisher any more, for good: behind the switch
 * nothing may come from there, and what the publisher gets from now on is not to be sent back.
 *
 * Needs:   the way back prepared; without one the subscriptions stay, disabled.
 * Order:   the subscription, without its slot (DROP would reach over for it); then the slot.
 */
#include "sql_files.h"
#include "steps.h"

#include "reverse.h"
#include "slot_drop.h"
#include "subscription.h"

static bool subscription_drop_values(struct step_io *io, struct target *target,
                                     struct act_values *values)
{
    return reverse_is_wanted(io) && subscription_exists(io, target, values);
}

static bool old_slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return reverse_is_wanted(io) && slot_drop_values(io, target, values);
}

static const struct act unfollow_run[] = {
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_subscription_look,
     .values = reverse_subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_subscription_drop,
     .values = subscription_drop_values},
    {.on = ON_PUBLISHER_DATABASES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_slot_drop,
     .values = old_slot_values,
     .judge = slot_drop_judge},
};
static const struct acts unfollow_acts = {.run = unfollow_run,
                                          .run_count = ACTS_COUNT(unfollow_run)};

const struct step_type step_unfollow = {
    .id = "unfollow",
    .title = "Let {subscriber} follow {publisher} no more",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 120000,
    ACTS_STEP(unfollow_acts),
};
