/*
 * relations.h: the comparison of published and subscribed tables, for prepare, observe and quiet.
 */
#ifndef PGCUTOVER_STEPS_RELATIONS_H
#define PGCUTOVER_STEPS_RELATIONS_H

#include "acts.h"

/* For sql_publication_tables on one server, then sql_subscription_tables on the other. */
enum act_verdict relations_published_judge(struct step_io *io, struct target *target,
                                           struct reply *reply);
enum act_verdict relations_subscribed_judge(struct step_io *io, struct target *target,
                                            struct reply *reply);

/* Needs sql_files.h and subscription.h. */
#define RELATIONS_ACTS                                                                             \
    {.on = ON_PUBLISHER_DATABASES,                                                                 \
     .sql = &sql_publication_tables,                                                               \
     .judge = relations_published_judge},                                                          \
    {                                                                                              \
        .on = ON_SUBSCRIBER_DATABASES, .flags = ACT_GREEN_LATER, .sql = &sql_subscription_tables,  \
        .values = subscription_values, .judge = relations_subscribed_judge                         \
    }

#endif
