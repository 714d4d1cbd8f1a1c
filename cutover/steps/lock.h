/*
 * lock.h: the operator's lock on both servers, where either may be gone.
 */
#ifndef PGCUTOVER_STEPS_LOCK_H
#define PGCUTOVER_STEPS_LOCK_H

#include "acts.h"
#include "sql_files.h"
#include "survey.h"

enum act_verdict lock_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Where clients wait a server that is gone must not take the time of the other. */
#define LOCK_ACTS(its_connect_ms, its_timeout_ms)                                                  \
    {.on = ON_BLUE,                                                                                \
     .flags = ACT_JUDGES_FAILURE,                                                                  \
     .sql = &sql_operator_lock,                                                                    \
     .timeout_ms = its_timeout_ms,                                                                 \
     .connect_ms = its_connect_ms,                                                                 \
     .values = survey_lock_values,                                                                 \
     .judge = lock_judge},                                                                         \
    {                                                                                              \
        .on = ON_GREEN, .flags = ACT_JUDGES_FAILURE | ACT_TOGETHER, .sql = &sql_operator_lock,     \
        .timeout_ms = its_timeout_ms, .connect_ms = its_connect_ms, .values = survey_lock_values,  \
        .judge = lock_judge                                                                        \
    }

#endif
