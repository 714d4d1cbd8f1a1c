/*
 * give_up: the journal forgets the way back, if there is one left.
 *
 * Leaves:  no fact way_back; the fact {procedure}.parted. Undo does not bring it back: what `part`
 * takes apart behind this cannot be put together again without a gap.
 */
#include "steps.h"

#include "acts.h"

static enum act_verdict give_up_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target, (void) reply;
    if (io_get(io, "way_back"))
        step_says(io, "the way back is given up: {subscriber} follows {publisher} no more");
    if (io_explains(io))
        return ACT_DONE;
    io_set(io, "way_back", NULL);
    io_set(io, "{procedure}.parted", "yes");
    return ACT_DONE;
}

static const struct act give_up_run[] = {{.on = ON_TOOL, .judge = give_up_judge}};
static const struct acts give_up_acts = {.run = give_up_run, .run_count = ACTS_COUNT(give_up_run)};

const struct step_type step_give_up = {
    .id = "give_up",
    .title = "Give the way back up",
    .undo_note = "none: clients stay on {publisher}, without a way back",
    .deadline_ms = 1000,
    ACTS_STEP(give_up_acts),
};
