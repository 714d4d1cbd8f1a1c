/*
 * release.h: RESUME everywhere, and see that it is so. The release of the cutover, and the undo of
 * its hold.
 */
#ifndef PGCUTOVER_STEPS_RELEASE_H
#define PGCUTOVER_STEPS_RELEASE_H

#include "acts.h"

#define RELEASE_ACTS 3
extern const struct act release_acts[RELEASE_ACTS];

#endif
