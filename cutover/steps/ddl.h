/*
 * ddl.h: did anybody change the schema on blue since it was compared with green's (rule A8)?
 *
 * The comparison takes too long for the pause. So quiet takes a form of blue's catalogs right
 * before it compares, and inside the fence, while green catches up, prove looks whether the form is
 * still the same and whether any catalog row was written since. Prepared in arm, a look costs half
 * a millisecond.
 */
#ifndef PGCUTOVER_STEPS_DDL_H
#define PGCUTOVER_STEPS_DDL_H

#include "acts.h"

enum act_verdict ddl_base_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict ddl_look_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict ddl_shared_base_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);
enum act_verdict ddl_shared_look_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);

/* Each needs sql_files.h. */
#define DDL_PREPARE_ACTS                                                                           \
    {.on = ON_BLUE_DATABASES, .sql = &sql_catalog_prepare},                                        \
    {                                                                                              \
        .on = ON_BLUE, .sql = &sql_shared_prepare                                                  \
    }
#define DDL_BASE_ACTS                                                                              \
    {.on = ON_BLUE_DATABASES, .sql = &sql_catalog_base, .judge = ddl_base_judge},                  \
    {                                                                                              \
        .on = ON_BLUE, .sql = &sql_shared_look, .judge = ddl_shared_base_judge                     \
    }
/* Together with the act before them. */
#define DDL_LOOK_ACTS                                                                              \
    {.on = ON_BLUE_DATABASES,                                                                      \
     .flags = ACT_TOGETHER,                                                                        \
     .sql = &sql_catalog_look,                                                                     \
     .judge = ddl_look_judge},                                                                     \
    {                                                                                              \
        .on = ON_BLUE, .flags = ACT_TOGETHER, .sql = &sql_shared_look,                             \
        .judge = ddl_shared_look_judge                                                             \
    }

#endif
