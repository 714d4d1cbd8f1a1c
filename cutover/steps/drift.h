/*
 * drift.h: the same statement on blue and on green, whose rows must be the same set.
 */
#ifndef PGCUTOVER_STEPS_DRIFT_H
#define PGCUTOVER_STEPS_DRIFT_H

#include "acts.h"

/* Each returns rows of `item`, and of `told` where people must not see that: blue's are kept,
   green's are compared with them. */
enum act_verdict drift_blue_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict drift_green_judge(struct step_io *io, struct target *target, struct reply *reply);

#define DRIFT_ACTS_CLUSTER(statement)                                                              \
    {.on = ON_BLUE, .sql = &statement, .timeout_ms = 60000, .judge = drift_blue_judge},            \
    {                                                                                              \
        .on = ON_GREEN, .sql = &statement, .timeout_ms = 60000, .judge = drift_green_judge         \
    }
#define DRIFT_ACTS_DATABASES(statement)                                                            \
    {.on = ON_BLUE_DATABASES, .sql = &statement, .timeout_ms = 60000, .judge = drift_blue_judge},  \
    {                                                                                              \
        .on = ON_GREEN_DATABASES, .sql = &statement, .timeout_ms = 60000,                          \
        .judge = drift_green_judge                                                                 \
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
