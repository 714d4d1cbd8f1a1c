/*
 * finish: takes away what the cutover needed, in the order of rule F2. Every row may be repeated.
 * Blue's fence is never removed here, and blue is left as it is.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_lock, SIDE_GREEN, 0, "one operator at a time"},
    {&step_drop_subscriptions, SIDE_GREEN, 0, "before the slots: one in use cannot be dropped"},
    {&step_drop_slots, SIDE_GREEN, 0, "blue keeps no more WAL"},
    {&step_drop_publications, SIDE_GREEN, 0, "after the slots"},
    {&step_restore_identities, SIDE_GREEN, 0, "after the publications, which needed them"},
    {&step_drop_guard, SIDE_GREEN, 0, "before the schema that its function is in"},
    {&step_drop_markers, SIDE_GREEN, 0, "our own tables last"},
    {&step_tidy, SIDE_GREEN, 0, "files and passwords that served the run"},
};

const struct plan plan_finish = {
    .id = "finish",
    .title = "Take away what the cutover needed",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
};
