/*
 * differ: is there anything now that replication does not carry? What `observe` compares, without
 * asking whether the servers replicate. Reads only, and waits for nobody.
 *
 * Fails:   with exit code 4 and the difference; otherwise nobody knows.
 */
#include "sql_files.h"
#include "steps.h"

#include "drift.h"

static const struct act differ_run[] = {DRIFT_ACTS};
static const struct acts differ_acts = {.run = differ_run, .run_count = ACTS_COUNT(differ_run)};

const struct step_type step_differ = {
    .id = "differ",
    .title = "Look for what is not replicated",
    .undo_note = "nothing to undo",
    .deadline_ms = 20000,
    ACTS_STEP(differ_acts),
};
