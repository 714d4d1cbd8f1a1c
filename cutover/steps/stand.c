/*
 * stand: the subscriber stands as it was left: the same server, closed, ours, and told of this
 * attempt. Where nothing is replicated this takes the place of prove.
 */
#include "sql_files.h"
#include "steps.h"

#include "last_look.h"
#include "survey.h"

static const struct act stand_run[] = {
    {.on = ON_SUBSCRIBER,
     .flags = ACT_PREPARED,
     .sql = &sql_commit_look_subscriber,
     .values = survey_lock_values,
     .judge = last_look_subscriber_judge},
};
static const struct acts stand_acts = {.run = stand_run, .run_count = ACTS_COUNT(stand_run)};

const struct step_type step_stand = {
    .id = "stand",
    .title = "See that {subscriber} stands as it was left",
    .undo_note = "nothing to undo",
    .deadline_ms = 30000,
    ACTS_STEP(stand_acts),
};
