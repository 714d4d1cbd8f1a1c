/*
 * prepare: makes green ready while clients notice nothing. The order is rule A0's.
 *
 * A failure undoes nothing by itself: hours of copying may stand behind it. The same command again
 * finds out where things stand and goes on; `abort` undoes everything.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_survey, SIDE_BLUE, 0,
     "everything later relies on it; identities are recorded before they change"},
    {&step_identities, SIDE_BLUE, 0,
     "before the publication: it makes UPDATE fail on tables without one"},
    {&step_markers, SIDE_BLUE, 0, "before the publication and the clone, so that both have them"},
    {&step_publications, SIDE_BLUE, 0,
     "before the slots: decoding looks them up as they were then"},
    {&step_slots, SIDE_BLUE, 0, "before the clone: they keep every change that the clone lacks"},
    {&step_settle, SIDE_BLUE, 0, "before the clone: no transaction may lie half before the slots"},
    {&step_workplace, SIDE_BLUE, 0, "the clone needs a place and a password file"},
    {&step_clone, SIDE_BLUE, 0, "after the slots"},
    {&step_target, SIDE_BLUE, 0, "behind the end of the copy"},
    {&step_recover, SIDE_BLUE, 0,
     "the LSN must be known before the upgrade: it cannot be found out after"},
    {&step_isolate, SIDE_BLUE, 0, "before its first start as another server"},
    {&step_upgrade, SIDE_BLUE, 0, "on the clone: blue is not touched"},
    {&step_start_green, SIDE_BLUE, 0, "closed before anybody can reach it"},
    {&step_extensions, SIDE_BLUE, 0, "before changes arrive"},
    {&step_reindex, SIDE_BLUE, 0, "before changes arrive: apply looks rows up in these indexes"},
    {&step_subscriptions, SIDE_BLUE, 0,
     "disabled: enabled now they would begin at the slot, not at the clone"},
    {&step_relations, SIDE_BLUE, 0, "a table that is not subscribed to is lost without an error"},
    {&step_origins, SIDE_BLUE, 0, "exactly once, before the first start"},
    {&step_enable, SIDE_BLUE, 0, "replication begins"},
    {&step_guard, SIDE_BLUE, 0,
     "after the clone: green must not refuse, and is given no DDL either"},
    {&step_catch_up, SIDE_BLUE, 0, "what blue wrote since the clone"},
    {&step_analyze, SIDE_BLUE, 0, "after catching up, before clients"},
    {&step_ready, SIDE_BLUE, 0, "the operator chooses the moment of the cutover"},
};

const struct plan plan_prepare = {
    .id = "prepare",
    .title = "Make green ready",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
};
