/*
 * sampling.h: the lag while the engine is at work, for the report: a companion of the runner that
 * asks as `watch` does, each second, and keeps it in samples.db. What it cannot measure is a gap.
 *
 * In the pause nobody is asked and nothing is written. Nothing of it fails a row.
 */
#ifndef PGCUTOVER_COMMANDS_SAMPLING_H
#define PGCUTOVER_COMMANDS_SAMPLING_H

#include "procedure.h"

struct sampling;

/* Before the plan is run: from the row of the step `from` on. */
struct sampling *sampling_begin(struct procedure *procedure, struct runner *runner,
                                const char *from);
/* When it has ended: writes the rest, and frees. Clients must not be held. NULL-safe. */
void sampling_end(struct sampling *sampling);

#endif
