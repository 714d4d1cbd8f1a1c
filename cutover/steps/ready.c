/*
 * ready: green is ready; the journal says so, and `cutover` asks for it.
 */
#include "steps.h"

#include "acts.h"

static enum act_verdict ready_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (io_explains(io))
        return ACT_DONE;
    journal_set(io->journal, "green.ready", "yes");
    /* a repeat makes no other green: clone.c forgets it with the one that it discards */
    if (!journal_get(io->journal, "green.ready_since"))
        journal_setf(io->journal, "green.ready_since", "%lld",
                     (long long) io->driver->wall_us(io->driver));
    return ACT_DONE;
}

static const struct act ready_run[] = {{.on = ON_TOOL, .judge = ready_judge}};
static const struct acts ready_acts = {.run = ready_run, .run_count = ACTS_COUNT(ready_run)};

const struct step_type step_ready = {
    .id = "ready",
    .title = "Green is ready",
    .undo_note = "nothing to undo",
    .deadline_ms = 1000,
    ACTS_STEP(ready_acts),
};
