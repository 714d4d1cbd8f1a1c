/*
 * relations.h: the comparison of published and subscribed tables, for prepare, observe and quiet.
 */
#ifndef PGCUTOVER_STEPS_RELATIONS_H
#define PGCUTOVER_STEPS_RELATIONS_H

#include "acts.h"

/* For sql_publication_tables on blue, then sql_subscription_tables on green. */
enum act_verdict relations_blue_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);
enum act_verdict relations_green_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);

/* Needs sql_files.h and subscription.h. */
#define RELATIONS_ACTS                                                                             \
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_tables, .judge = relations_blue_judge},      \
    {                                                                                              \
        .on = ON_GREEN_DATABASES, .flags = ACT_GREEN_LATER, .sql = &sql_subscription_tables,       \
        .values = subscription_values, .judge = relations_green_judge                              \
    }

#endif
