/*
 * relations.h: the comparison of published and subscribed tables, for prepare and observe.
 */
#ifndef PGCUTOVER_STEPS_RELATIONS_H
#define PGCUTOVER_STEPS_RELATIONS_H

#include "acts.h"

/* For sql_publication_tables on blue, then sql_subscription_tables on green. */
enum act_verdict relations_blue_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);
enum act_verdict relations_green_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);

#endif
