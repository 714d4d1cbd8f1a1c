/*
 * commit: one last look at the publisher; then the runner syncs SWITCHED, the only sync of the
 * pause.
 *
 * Leaves:  nothing. Undo, while the switch is not on disk: the subscriber is told that
 *          it is undone.
 * Fails:   a failover, a lock that was lost, a fence that does not hold.
 */
#include "sql_files.h"
#include "steps.h"

#include "last_look.h"
#include "state.h"

static const struct act commit_run[] = {
    {.on = ON_PUBLISHER,
     .flags = ACT_PREPARED,
     .sql = &sql_commit_look,
     .values = last_look_values,
     .judge = last_look_publisher_judge},
};
/* The first of all undo: from here on this attempt cannot open the subscriber any more, whoever
   goes on with it. Short, for clients wait; a subscriber that does not answer stops nothing. */
static const struct act commit_undo[] = {
    {.on = ON_SUBSCRIBER,
     .flags = ACT_JUDGES_FAILURE | ACT_EACH,
     .sql = &sql_state_undo,
     .timeout_ms = 500,
     .connect_ms = 500,
     .values = state_undo_values,
     .judge = state_undone_judge},
};
static const struct acts commit_acts = {.run = commit_run,
                                        .run_count = ACTS_COUNT(commit_run),
                                        .undo = commit_undo,
                                        .undo_count = ACTS_COUNT(commit_undo)};

const struct step_type step_commit = {
    .id = "commit",
    .title = "Switch: from here on only forward",
    .undo_note = "{subscriber} is told that this attempt is undone, before anything else is",
    .deadline_ms = 30000,
    ACTS_STEP(commit_acts),
};
