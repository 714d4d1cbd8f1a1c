/*
 * places.h: names and paths that several steps derive from the configuration and the run's facts.
 *
 * Everything returned lives in the arena of `io`.
 */
#ifndef PGCUTOVER_STEPS_PLACES_H
#define PGCUTOVER_STEPS_PLACES_H

#include "acts.h"

const char *place_work(struct step_io *io);  /* green's data directory + ".pgcutover" */
const char *place_clone(struct step_io *io); /* green's data directory + ".clone" */
const char *place_run(struct step_io *io);   /* the run's id */
/* blue as green's host reaches it, its password in the work directory; `dbname` NULL: none. */
const char *place_blue_from_green(struct step_io *io, const char *dbname);
/* Sets script arguments from a NULL-terminated list. */
void act_arguments(struct act_values *values, const char *const *list);
/* A job's id, new for every clone that is taken: "upgrade-2". */
const char *place_job(struct step_io *io, const char *name);

#endif
