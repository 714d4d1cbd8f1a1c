/*
 * state.h: an attempt at the cutover, as the subscriber knows it: marker 3 of its maintenance
 * database.
 *
 *   armed N    written on the publisher by `arm`, replicated as any marker: N is this attempt
 *   open N at L  by open, in the transaction that opens the subscriber
 *   undone N   by the first row of an undo
 *
 * The table is replicated: before "armed N" has arrived, the subscriber of a rollback shows how the
 * cutover before it has ended.
 *
 * Both changes are made from "armed N" only, so that whichever comes first wins, whoever makes it:
 * an engine whose host slept through its own undo cannot open the subscriber, and who has an old
 * copy of the run directory cannot undo what is open (docs/crash-safety.md, "Two hosts").
 */
#ifndef PGCUTOVER_STEPS_STATE_H
#define PGCUTOVER_STEPS_STATE_H

#include "acts.h"

/* Begins an attempt: fact cutover.attempt. */
enum act_verdict state_begin_judge(struct step_io *io, struct target *target, struct reply *reply);
/* For marker_write. */
bool state_armed_values(struct step_io *io, struct target *target, struct act_values *values);
/* For state_undo. Sets `attempt`, to what no state is when none was begun. */
bool state_undo_values(struct step_io *io, struct target *target, struct act_values *values);
/* Sets `attempt`; false: none was begun. */
bool state_attempt_values(struct step_io *io, struct target *target, struct act_values *values);
/* "armed N" in the arena of `io`. */
const char *state_armed(struct step_io *io);
/* Of state_undo: fails with EXIT_AMBIGUOUS when the subscriber is open. A subscriber that does not
   answer stops no undo. */
enum act_verdict state_undone_judge(struct step_io *io, struct target *target, struct reply *reply);
/* Of open: an attempt that was undone ends with EXIT_AMBIGUOUS. */
enum act_verdict state_opened_judge(struct step_io *io, struct target *target, struct reply *reply);

#endif
