/*
 * places.h: names and paths that several steps derive from the configuration and the run's facts.
 *
 * Everything returned lives in the arena of `io`.
 */
#ifndef PGCUTOVER_STEPS_PLACES_H
#define PGCUTOVER_STEPS_PLACES_H

#include "acts.h"

const char *place_work(struct step_io *io); /* green's data directory + ".pgcutover" */
/* The same of either server; NULL: its data directory is not known. */
const char *place_work_of(struct step_io *io, const struct server *server);
const char *place_clone(struct step_io *io); /* green's data directory + ".clone" */
const char *place_run(struct step_io *io);   /* the run's id */
/* `server` as the other one's host reaches it, its password in the work directory there; `dbname`
   NULL: none. */
const char *place_conninfo(struct step_io *io, const struct server *server, const char *dbname);
/* A .pgpass with the password that the other one's host is given for it, else with the one that got
   us into `server`; empty: none was needed. */
const char *place_password_file(struct step_io *io, struct server *server);
/* For password_remove on blue's host, where reverse has left a password file. */
bool place_forget_values(struct step_io *io, struct target *target, struct act_values *values);
/* Sets script arguments from a NULL-terminated list. */
void act_arguments(struct act_values *values, const char *const *list);
/* A job's id, new for every clone that is taken: "upgrade-2". */
const char *place_job(struct step_io *io, const char *name);

#endif
