/*
 * drop_publications: after the slots; a publication that goes first makes their readers fail.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

static const struct act drop_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_drop},
    {.on = ON_GREEN_DATABASES, .flags = ACT_TOGETHER, .sql = &sql_publication_drop},
};
static const struct acts drop_acts = {.run = drop_run, .run_count = ACTS_COUNT(drop_run)};

const struct step_type step_drop_publications = {
    .id = "drop_publications",
    .title = "Drop the publications",
    .undo_note = "none",
    .deadline_ms = 60000,
    ACTS_STEP(drop_acts),
};
