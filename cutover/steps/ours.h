/*
 * ours.h: a statement of ours whose answer we gave up waiting for must not take effect behind its
 * undo.
 */
#ifndef PGCUTOVER_STEPS_OURS_H
#define PGCUTOVER_STEPS_OURS_H

#include "acts.h"

bool ours_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict ours_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Ends what is still running of ours on a server; first of all in an undo. Needs sql_files.h. */
#define OURS_ACT(server)                                                                           \
    {                                                                                              \
        .on = (server), .sql = &sql_terminate_ours, .values = ours_values, .judge = ours_judge     \
    }

#endif
