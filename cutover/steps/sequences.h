/*
 * sequences.h: reading the sequences inside the fence, in flight together with the proof.
 */
#ifndef PGCUTOVER_STEPS_SEQUENCES_H
#define PGCUTOVER_STEPS_SEQUENCES_H

#include "acts.h"

bool sequences_read_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict sequences_read_judge(struct step_io *io, struct target *target,
                                      struct reply *reply);

#endif
