/*
 * observe.h: are the servers still those that the run has prepared?
 */
#ifndef PGCUTOVER_STEPS_OBSERVE_H
#define PGCUTOVER_STEPS_OBSERVE_H

#include "acts.h"

/* Of server_identity. */
enum act_verdict observe_subscriber_judge(struct step_io *io, struct target *target,
                                          struct reply *reply);

/* Who both servers are, and that no other operator is at work. Needs sql_files.h and survey.h; a
   judge of the publisher's server_identity, and one that is called databases_judge. */
/* clang-format off */
#define OBSERVE_SERVERS_ACTS(publisher_judge)                                                      \
    {.on = ON_PUBLISHER,                                                                           \
     .sql = &sql_operator_lock,                                                                    \
     .values = survey_lock_values,                                                                 \
     .judge = survey_lock_judge},                                                                  \
    {.on = ON_SUBSCRIBER,                                                                          \
     .sql = &sql_operator_lock,                                                                    \
     .values = survey_lock_values,                                                                 \
     .judge = survey_lock_judge},                                                                  \
    {.on = ON_PUBLISHER, .sql = &sql_server_identity, .judge = publisher_judge},                   \
    {.on = ON_PUBLISHER, .sql = &sql_databases, .judge = databases_judge},                         \
    {.on = ON_SUBSCRIBER, .sql = &sql_server_identity, .judge = observe_subscriber_judge}
/* clang-format on */

#endif
