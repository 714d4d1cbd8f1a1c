/*
 * lock: one operator at a time, also for what comes behind the cutover.
 *
 * Leaves:  the operator's lock, held by our sessions on both servers.
 * Fails:   with exit code 6 when another run holds it. A server that does not answer has no lock to
 *          give; the rows that need it will say so.
 */
#include "steps.h"

#include "lock.h"

enum act_verdict lock_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    return reply->state == REPLY_FAILED ? ACT_DONE : survey_lock_judge(io, target, reply);
}

static const struct act lock_run[] = {LOCK_ACTS(10000, ACT_TIMEOUT_MS)};
static const struct acts lock_acts = {.run = lock_run, .run_count = ACTS_COUNT(lock_run)};

const struct step_type step_lock = {
    .id = "lock",
    .title = "Take the operator's lock on both servers",
    .undo_note = "nothing to undo: the locks end with our sessions",
    .deadline_ms = 30000,
    ACTS_STEP(lock_acts),
};
