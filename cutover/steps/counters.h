/*
 * counters.h: how much was written in each table of green until just before the switch. What a
 * rollback without a way back would lose is counted from there.
 */
#ifndef PGCUTOVER_STEPS_COUNTERS_H
#define PGCUTOVER_STEPS_COUNTERS_H

#include "acts.h"

/* Only of a cutover; not while a plan is printed. */
bool counters_values(struct step_io *io, struct target *target, struct act_values *values);
/* Facts "db.X.counters". Counters that cannot be had stop nobody: what is lost is unknown then. */
enum act_verdict counters_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Needs sql_files.h. */
#define COUNTERS_ACT                                                                               \
    {                                                                                              \
        .on = ON_GREEN_DATABASES, .flags = ACT_JUDGES_FAILURE, .sql = &sql_counters,               \
        .values = counters_values, .judge = counters_judge                                         \
    }

#endif
