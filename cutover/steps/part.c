/*
 * part: neither server follows the other any more, for good.
 *
 * Needs:   give_up.
 * Leaves:  no subscription and no slot on either side: nothing of green can come to blue behind the
 *          switch, and no server keeps WAL for the other. Clients notice nothing. Undo leaves it
 * so. Order:   the subscriptions, without their slots; then the slots.
 */
#include "sql_files.h"
#include "steps.h"

#include "slot_drop.h"
#include "subscription.h"

static const struct act part_run[] = {
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_SUBSCRIBER_DATABASES, .sql = &sql_subscription_drop, .values = subscription_exists},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_PUBLISHER_DATABASES, .sql = &sql_subscription_drop, .values = subscription_exists},
    slot_drop_act(ON_PUBLISHER_DATABASES),
    slot_drop_act(ON_SUBSCRIBER_DATABASES),
};
static const struct acts part_acts = {.run = part_run, .run_count = ACTS_COUNT(part_run)};

const struct step_type step_part = {
    .id = "part",
    .title = "Part the servers: neither follows the other any more",
    .undo_note = "none: clients stay on {publisher}, without a way back",
    .deadline_ms = 120000,
    ACTS_STEP(part_acts),
};
