/*
 * slot_drop.h: dropping the slots, for finish and for undo.
 */
#ifndef PGCUTOVER_STEPS_SLOT_DROP_H
#define PGCUTOVER_STEPS_SLOT_DROP_H

#include "acts.h"

bool slot_drop_values(struct step_io *io, struct target *target, struct act_values *values);
/* A slot whose reader has just gone is in use for a moment longer (55006): asked again. */
enum act_verdict slot_drop_judge(struct step_io *io, struct target *target, struct reply *reply);

#define slot_drop_act(where)                                                                       \
    {                                                                                              \
        .on = (where), .flags = ACT_JUDGES_FAILURE, .sql = &sql_slot_drop,                         \
        .values = slot_drop_values, .judge = slot_drop_judge                                       \
    }

#endif
