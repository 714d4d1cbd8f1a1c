/*
 * steps.h: all steps, for the plans. Each is a table of acts in the file of its name.
 */
#ifndef PGCUTOVER_STEPS_STEPS_H
#define PGCUTOVER_STEPS_STEPS_H

#include "../engine/step.h"

/* prepare */
extern const struct step_type step_survey, step_identities, step_markers, step_publications,
    step_slots, step_settle, step_workplace, step_clone, step_target, step_recover, step_isolate,
    step_upgrade, step_start_green, step_extensions, step_subscriptions, step_relations,
    step_origins, step_enable, step_guard, step_catch_up, step_analyze, step_ready;

/* cutover */
extern const struct step_type step_observe, step_review, step_inventory, step_record, step_arm,
    step_probe, step_quiet, step_hold, step_fence, step_prove, step_sequences, step_point,
    step_commit, step_open_green, step_release, step_confirm;

/* finish */
extern const struct step_type step_lock, step_drop_subscriptions, step_drop_slots,
    step_drop_publications, step_restore_identities, step_drop_guard, step_drop_markers, step_tidy;

/* recover */
extern const struct step_type step_evict;

#endif
