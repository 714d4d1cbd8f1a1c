/*
 * subscription.h: looking at the subscription of a database, for the steps that need it.
 */
#ifndef PGCUTOVER_STEPS_SUBSCRIPTION_H
#define PGCUTOVER_STEPS_SUBSCRIPTION_H

#include "acts.h"

bool subscription_values(struct step_io *io, struct target *target, struct act_values *values);
/* Like it, but only where subscription_look found one. */
bool subscription_exists(struct step_io *io, struct target *target, struct act_values *values);
/* For sql_subscription_look: has_subscription, is_enabled. */
enum act_verdict subscription_look_judge(struct step_io *io, struct target *target,
                                         struct reply *reply);

#endif
