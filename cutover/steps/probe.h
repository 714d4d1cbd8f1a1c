/*
 * probe.h: what record does for probe.
 */
#ifndef PGCUTOVER_STEPS_PROBE_H
#define PGCUTOVER_STEPS_PROBE_H

#include "acts.h"

/* Works out what will be tried, and notes that an undo has to look for it. */
enum act_verdict probe_plan_judge(struct step_io *io, struct target *target, struct reply *reply);
bool probe_values(struct step_io *io, struct target *target, struct act_values *values);
/* Refuses entries that are called as those that will be tried. */
enum act_verdict probe_name_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Of a login that a pooler was asked for: probe_login.c. */
enum act_verdict probe_login_judge(struct step_io *io, struct target *target, struct reply *reply);
#define PROBE_LOGIN_MS 2000

/* At the end of record, behind the files. */
#define PROBE_RECORD_ACTS                                                                          \
    {.on = ON_TOOL, .judge = probe_plan_judge},                                                    \
    {                                                                                              \
        .on = ON_CONSOLES, .sql = &sql_pooler_databases, .values = probe_values,                   \
        .judge = probe_name_judge                                                                  \
    }

#endif
