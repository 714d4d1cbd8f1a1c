/*
 * drop_slots: no server keeps WAL for the other any more.
 */
#include "slot_drop.h"
#include "sql_files.h"
#include "steps.h"

#include <string.h>

bool slot_drop_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    sql_set(&values->sql, "slot", target->database->slot);
    return true;
}

enum act_verdict slot_drop_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    if (strcmp(reply->fault.code, "55006") == 0) {
        step_waits_for(io, "the reader of slot %s to go", target->database->slot);
        step_nap(io, 100);
        return ACT_AGAIN;
    }
    io->fault = reply->fault;
    return ACT_FAILED;
}

static const struct act drop_run[] = {slot_drop_act(ON_BLUE_DATABASES),
                                      slot_drop_act(ON_GREEN_DATABASES)};
static const struct acts drop_acts = {.run = drop_run, .run_count = ACTS_COUNT(drop_run)};

const struct step_type step_drop_slots = {
    .id = "drop_slots",
    .title = "Drop the slots",
    .undo_note = "none",
    .deadline_ms = 120000,
    ACTS_STEP(drop_acts),
};
