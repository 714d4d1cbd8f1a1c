/*
 * markers: a small table in every database, in which a marker is written and looked for.
 *
 * And, where a probe of a pooler leads to, the table that the client probe writes to.
 *
 * Leaves:  schema pgcutover on blue (and so on the clone), until `finish` or `abort`.
 */
#include "sql_files.h"
#include "steps.h"

#include "client_probe_table.h"

static const struct act markers_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_marker_create},
    CLIENT_PROBE_TABLE_ACTS,
};
static const struct act markers_undo[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_marker_drop},
};
static const struct acts markers_acts = {
    .run = markers_run,
    .run_count = ACTS_COUNT(markers_run),
    .undo = markers_undo,
    .undo_count = ACTS_COUNT(markers_undo),
};

const struct step_type step_markers = {
    .id = "markers",
    .title = "Make the marker tables",
    .undo_note = "the tables are dropped",
    .deadline_ms = 60000,
    ACTS_STEP(markers_acts),
};
