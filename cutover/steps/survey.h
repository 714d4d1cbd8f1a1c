/*
 * survey.h: judges that the checks and the observe step share with the survey.
 */
#ifndef PGCUTOVER_STEPS_SURVEY_H
#define PGCUTOVER_STEPS_SURVEY_H

#include "acts.h"

/* For sql_server_identity on blue: pins what must never change during a run. */
enum act_verdict survey_identity_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);
/* A fact that is already there must stay what it was. False: see io->fault. */
bool survey_pin(struct step_io *io, const struct target *target, const char *key,
                const char *value);
/* For sql_databases on blue: pins the list, and adds the databases to the world. */
enum act_verdict survey_databases_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);

/* For sql_operator_lock, on blue or green. */
bool survey_lock_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict survey_lock_judge(struct step_io *io, struct target *target, struct reply *reply);

#endif
