/*
 * last_look.h: what must still be so when the switch is made (rule D2.7): the same servers, still
 * closed, still ours. The subscriber is looked at while it catches up, for opening it looks once
 * more (state.h); the publisher at the very end.
 */
#ifndef PGCUTOVER_STEPS_LAST_LOOK_H
#define PGCUTOVER_STEPS_LAST_LOOK_H

#include "acts.h"

/* Of commit_look; commit_look_green wants survey_lock_values(). */
bool last_look_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict last_look_publisher_judge(struct step_io *io, struct target *target,
                                           struct reply *reply);
enum act_verdict last_look_subscriber_judge(struct step_io *io, struct target *target,
                                            struct reply *reply);

#endif
