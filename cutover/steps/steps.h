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
    step_origins, step_enable, step_guard, step_catch_up, step_analyze, step_ready, step_reindex;

/* cutover, rollback */
extern const struct step_type step_observe, step_review, step_inventory, step_record, step_reverse,
    step_arm, step_probe, step_quiet, step_hold, step_fence, step_prove, step_sequences, step_point,
    step_commit, step_open, step_release, step_confirm, step_unfollow, step_turn;

/* rollback without a way back */
extern const struct step_type step_servers, step_give_up, step_part, step_calm, step_stand,
    step_forsake;

/* finish */
extern const struct step_type step_lock, step_drop_subscriptions, step_drop_slots,
    step_drop_publications, step_restore_identities, step_drop_guard, step_drop_markers, step_tidy;

/* finish --delete-blue */
extern const struct step_type step_find_blue, step_delete_blue;

/* recover */
extern const struct step_type step_evict;

/* status */
extern const struct step_type step_differ;

#endif
