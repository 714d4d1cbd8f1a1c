/*
 * slot_create.h: a slot that could not be created, of prepare and of the way back.
 */
#ifndef PGCUTOVER_STEPS_SLOT_CREATE_H
#define PGCUTOVER_STEPS_SLOT_CREATE_H

#include "acts.h"

/* Does not block; never ACT_DONE. Creation waits for the transactions that are open: where it was
 * ended while it waited (57014), the fault names them and may be tried again. Rule A5. */
enum act_verdict slot_create_failed(struct step_io *io, struct reply *reply);

#endif
