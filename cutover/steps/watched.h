/*
 * watched.h: nothing that clients would wait for begins while nobody watches us.
 */
#ifndef PGCUTOVER_STEPS_WATCHED_H
#define PGCUTOVER_STEPS_WATCHED_H

#include "acts.h"

/* Asks the watchdog for a sign of life, and waits for it. */
enum act_verdict watched_judge(struct step_io *io, struct target *target, struct reply *reply);

#define WATCHED_ACT                                                                                \
    {                                                                                              \
        .on = ON_TOOL, .judge = watched_judge                                                      \
    }

#endif
