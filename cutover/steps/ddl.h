/*
 * ddl.h: did anybody change the schema on the publisher since it was compared with the subscriber's
 * (rule A8)?
 *
 * The comparison takes too long for the pause. So quiet takes a form of the publisher's catalogs
 * right before it compares. Inside the fence, while the subscriber catches up, prove looks whether
 * any catalog row was written since, and how many there are: a fifth of a millisecond. Only if so,
 * it takes the form once more.
 */
#ifndef PGCUTOVER_STEPS_DDL_H
#define PGCUTOVER_STEPS_DDL_H

#include "acts.h"

enum act_verdict ddl_base_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict ddl_base_total_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);
enum act_verdict ddl_total_judge(struct step_io *io, struct target *target, struct reply *reply);
/* Only where the total says that something was written. */
bool ddl_look_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict ddl_look_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict ddl_shared_base_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);
enum act_verdict ddl_shared_look_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);

/* Each needs sql_files.h. */
#define DDL_ACT(where, flag, statement, its_judge)                                                 \
    {                                                                                              \
        .on = where, .flags = flag, .sql = &statement, .judge = its_judge                          \
    }
#define DDL_BASE_ACTS                                                                              \
    DDL_ACT(ON_PUBLISHER_DATABASES, 0, sql_catalog_since, NULL),                                   \
        DDL_ACT(ON_PUBLISHER_DATABASES, ACT_PREPARE, sql_catalog_look, NULL),                      \
        DDL_ACT(ON_PUBLISHER_DATABASES, ACT_PREPARE, sql_catalog_total, NULL),                     \
        DDL_ACT(ON_PUBLISHER, ACT_PREPARE, sql_shared_look, NULL),                                 \
        DDL_ACT(ON_PUBLISHER_DATABASES, ACT_PREPARED, sql_catalog_total, ddl_base_total_judge),    \
        DDL_ACT(ON_PUBLISHER_DATABASES, ACT_PREPARED, sql_catalog_look, ddl_base_judge),           \
        DDL_ACT(ON_PUBLISHER, ACT_PREPARED, sql_shared_look, ddl_shared_base_judge)
/* Together with the act before them. */
#define DDL_LOOK_ACTS                                                                              \
    DDL_ACT(ON_PUBLISHER_DATABASES, ACT_TOGETHER | ACT_PREPARED, sql_catalog_total,                \
            ddl_total_judge),                                                                      \
        DDL_ACT(ON_PUBLISHER, ACT_TOGETHER | ACT_PREPARED, sql_shared_look, ddl_shared_look_judge)
/* Behind them. */
#define DDL_CLOSER_LOOK_ACT                                                                        \
    {                                                                                              \
        .on = ON_PUBLISHER_DATABASES, .flags = ACT_PREPARED, .sql = &sql_catalog_look,             \
        .values = ddl_look_values, .judge = ddl_look_judge                                         \
    }

#endif
