/*
 * reverse.h: the subscription of the way back, for reverse and turn.
 */
#ifndef PGCUTOVER_STEPS_REVERSE_H
#define PGCUTOVER_STEPS_REVERSE_H

#include "acts.h"

/* Does the configuration want a way back? */
bool reverse_is_wanted(struct step_io *io);
/* For subscription_look, where it is. */
bool reverse_subscription_values(struct step_io *io, struct target *target,
                                 struct act_values *values);

#endif
