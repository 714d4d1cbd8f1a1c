/*
 * forsake: green lacks what is written on blue from now on, and nothing can bring it there: it is
 * never cut over to again. Everything on it stays as it is until `abort` removes it.
 *
 * Leaves:  no fact green.ready; nothing staged beside the poolers' files.
 */
#include "script_files.h"
#include "steps.h"

#include "arm_poolers.h"

static enum act_verdict forsake_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        io_set(io, "green.ready", NULL);
    return ACT_DONE;
}

static const struct act forsake_run[] = {
    {.on = ON_TOOL, .judge = forsake_judge},
    {.on = ON_POOLER_HOSTS, /* what served an undo; where a host is down, abort does without it */
     .flags = ACT_JUDGES_FAILURE,
     .script = &script_file_remove,
     .values = pooler_unstage_values},
};
static const struct acts forsake_acts = {.run = forsake_run, .run_count = ACTS_COUNT(forsake_run)};

const struct step_type step_forsake = {
    .id = "forsake",
    .title = "Forsake {publisher}: it is no target of a cutover any more",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 60000,
    ACTS_STEP(forsake_acts),
};
