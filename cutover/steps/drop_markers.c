/*
 * drop_markers: our own tables, last.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

static const struct act drop_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_marker_drop},
    {.on = ON_GREEN_DATABASES, .flags = ACT_TOGETHER, .sql = &sql_marker_drop},
};
static const struct acts drop_acts = {.run = drop_run, .run_count = ACTS_COUNT(drop_run)};

const struct step_type step_drop_markers = {
    .id = "drop_markers",
    .title = "Drop the marker tables",
    .undo_note = "none",
    .deadline_ms = 60000,
    ACTS_STEP(drop_acts),
};
