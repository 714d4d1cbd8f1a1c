/*
 * keep.h: [fence] keep_roles, as statements want them.
 */
#ifndef PGCUTOVER_STEPS_KEEP_H
#define PGCUTOVER_STEPS_KEEP_H

#include "acts.h"

/* Sets `keep`, a PostgreSQL array. Always true. */
bool keep_values(struct step_io *io, struct target *target, struct act_values *values);

#endif
