/*
 * spans.h: when each row of a run was at work, kept in samples.db for the report: the journal has
 * the ends of rows, and of rows in the pause the intents are written together, before the first
 * begins.
 *
 * Kept in memory and written as a row outside the pause begins, and at the end: what a killed
 * engine had not written is not known. What cannot be written is no fault of the run.
 */
#ifndef PGCUTOVER_COMMANDS_SPANS_H
#define PGCUTOVER_COMMANDS_SPANS_H

#include "procedure.h"

/* Of an event of the runner. Blocks on the disk, but not in the pause. */
void spans_note(struct procedure *procedure, const struct event *event);
/* Writes the rest, and frees. */
void spans_end(struct procedure *procedure);

#endif
