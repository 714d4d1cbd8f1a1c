/*
 * ready: green is ready; the journal says so, and `cutover` asks for it.
 */
#include "steps.h"

#include "acts.h"

static enum act_verdict ready_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        journal_set(io->journal, "green.ready", "yes");
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
