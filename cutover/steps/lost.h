/*
 * lost.h: a pooler that is lost behind the fence stops nobody else: it reaches a publisher that is
 * closed, or a subscriber that is closed until the switch, whatever its file says, so that it can
 * never write to the wrong side (docs/poolers.md, "A pooler that is lost").
 *
 * Lost is who does not answer: a process whose connection breaks twice or times out, a host whose
 * shell does. Who answers with an error is not lost: that is a failure as any other.
 */
#ifndef PGCUTOVER_STEPS_LOST_H
#define PGCUTOVER_STEPS_LOST_H

#include "acts.h"

/* Is the target's process, or the host of its file, lost? */
bool lost_is(const struct target *target);
/* Has the target's connection failed, and not what was asked on it? */
bool lost_is_broken(const struct target *target, const struct reply *reply);
/* Nobody is lost any more, until that is found again. */
void lost_forget(struct world *world);
/* For a process that has not armed the poolers: files and entries from the journal. In an undo
   nobody is lost any more: everybody is asked again. ON_TOOL. */
enum act_verdict lost_load_judge(struct step_io *io, struct target *target, struct reply *reply);
/* Closes what connections there are to those who are lost: one that is half open would be waited
   for. Only while nothing is in flight. */
void lost_hang_up(struct world *world);
/* For acts of which success is enough, with ACT_JUDGES_FAILURE. */
enum act_verdict lost_judge(struct step_io *io, struct target *target, struct reply *reply);
/* False for who is lost; else gives the act no more than a fifth of the budget: everybody waits. */
bool lost_values(struct step_io *io, struct target *target, struct act_values *values);
/* Behind the switch, who does not answer is waited for, and so is who has not served its clients,
   ten seconds in all. The values of such an act say when it begins; all of them may be needed for
   one try: what is left is at least 1. */
void lost_wait_begins(struct step_io *io, const struct target *target);
int64_t lost_left_ms(struct step_io *io, const struct target *target);
/* The reply has failed: it is asked again, or, when the time is over, lost: the step's fault. */
enum act_verdict lost_wait_judge(struct step_io *io, struct target *target, struct reply *reply);
/* Clients of the target still wait to be served. */
enum act_verdict lost_serve_judge(struct step_io *io, const struct target *target, int64_t waiting);
/* At least one process must be left: ON_TOOL. */
enum act_verdict lost_not_all_judge(struct step_io *io, struct target *target, struct reply *reply);

#endif
