/*
 * restore_identities: each table's replica identity as prepare found it, on both sides. A table
 * that had FULL before keeps it: only what prepare changed was recorded.
 */
#include "sql_files.h"
#include "steps.h"

#include "restore.h"

static const struct act restore_run[] = {restore_identities_act(ON_GREEN_DATABASES),
                                         restore_identities_act(ON_BLUE_DATABASES)};
static const struct acts restore_acts = {.run = restore_run, .run_count = ACTS_COUNT(restore_run)};

const struct step_type step_restore_identities = {
    .id = "restore_identities",
    .title = "Restore the replica identities",
    .undo_note = "none",
    .deadline_ms = 600000,
    ACTS_STEP(restore_acts),
};
