/*
 * drift.h: the same statement on the publisher and on the subscriber, whose rows must be the same
 * set.
 */
#ifndef PGCUTOVER_STEPS_DRIFT_H
#define PGCUTOVER_STEPS_DRIFT_H

#include "acts.h"

/* Each returns rows of `item`, and of `told` where people must not see that: the publisher's are
   kept, the subscriber's are compared with them. */
enum act_verdict drift_publisher_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);
enum act_verdict drift_subscriber_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);

/* Lines of a reply, sorted: what is compared, a tab, what is told. Caller frees; NULL: a row
   without a value. */
char *drift_items(const struct reply *reply);
/* Tells what only one of them has, "only on {publisher}: ..."; returns how many there are. */
int drift_differences(struct text *text, const char *publisher, const char *subscriber);

#define DRIFT_ACTS_CLUSTER(statement)                                                              \
    {.on = ON_PUBLISHER, .sql = &statement, .timeout_ms = 60000, .judge = drift_publisher_judge},  \
    {                                                                                              \
        .on = ON_SUBSCRIBER, .sql = &statement, .timeout_ms = 60000,                               \
        .judge = drift_subscriber_judge                                                            \
    }
#define DRIFT_ACTS_DATABASES(statement)                                                            \
    {.on = ON_PUBLISHER_DATABASES,                                                                 \
     .sql = &statement,                                                                            \
     .timeout_ms = 60000,                                                                          \
     .judge = drift_publisher_judge},                                                              \
    {                                                                                              \
        .on = ON_SUBSCRIBER_DATABASES, .sql = &statement, .timeout_ms = 60000,                     \
        .judge = drift_subscriber_judge                                                            \
    }

/* Everything that is not replicated, compared: for `observe`, and again behind the wait of `quiet`.
   Needs sql_files.h. */
#define DRIFT_ACTS                                                                                 \
    DRIFT_ACTS_CLUSTER(sql_compare_roles), DRIFT_ACTS_CLUSTER(sql_compare_memberships),            \
        DRIFT_ACTS_CLUSTER(sql_compare_settings), DRIFT_ACTS_CLUSTER(sql_compare_database_acl),    \
        DRIFT_ACTS_DATABASES(sql_compare_columns), DRIFT_ACTS_DATABASES(sql_compare_indexes),      \
        DRIFT_ACTS_DATABASES(sql_compare_sequences), DRIFT_ACTS_DATABASES(sql_compare_objects),    \
        DRIFT_ACTS_DATABASES(sql_compare_large_objects), DRIFT_ACTS_DATABASES(sql_compare_grants)

#endif
