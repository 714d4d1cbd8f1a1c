/*
 * calm: the wait for a quiet moment of a plan in which nothing follows anybody (quiet.c). What
 * drifted since the cutover is not looked for: it is lost, and was told.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "keep.h"
#include "last_look.h"
#include "pause.h"
#include "quiet.h"
#include "survey.h"
#include "watched.h"

static const struct act calm_run[] = {
    QUIET_ACT,
    QUIET_FILES_ACT,
    QUIET_SEQUENCES_ACT,
    QUIET_FENCE_ACT,
    PAUSE_PREPARE(ON_PUBLISHER, sql_barrier_look, pause_name_values),
    PAUSE_PREPARE(ON_PUBLISHER, sql_terminate_clients, pause_clients_values),
    PAUSE_PREPARE(ON_PUBLISHER, sql_prepared_count, NULL),
    PAUSE_PREPARE(ON_PUBLISHER, sql_commit_look, last_look_values),
    PAUSE_PREPARE(ON_PUBLISHER_DATABASES, sql_sequences_read, pause_sequences_values),
    PAUSE_PREPARE(ON_SUBSCRIBER, sql_commit_look_subscriber, survey_lock_values),
    WATCHED_ACT,
    QUIET_ACT,
};
static const struct acts calm_acts = {.run = calm_run, .run_count = ACTS_COUNT(calm_run)};

const struct step_type step_calm = {
    .id = "calm",
    .title = "Wait for a quiet moment",
    .undo_note = "nothing to undo",
    .deadline_ms = INT64_C(24) * 3600 * 1000,
    ACTS_STEP(calm_acts),
};
