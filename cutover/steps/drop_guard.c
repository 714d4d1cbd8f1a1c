/*
 * drop_guard: blue accepts DDL again, as far as its fence lets anybody.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

static const struct act drop_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_guard_drop},
};
static const struct acts drop_acts = {.run = drop_run, .run_count = ACTS_COUNT(drop_run)};

const struct step_type step_drop_guard = {
    .id = "drop_guard",
    .title = "Drop the event triggers that refuse DDL",
    .undo_note = "none",
    .deadline_ms = 60000,
    ACTS_STEP(drop_acts),
};
