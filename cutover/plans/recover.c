/*
 * recover: before anything is undone or finished, the dead engine's sessions are ended.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_evict, SIDE_BLUE, 0, "nothing that the engine asked for may take effect later"},
};

const struct plan plan_evict = {
    .id = "evict",
    .title = "End what is left of the engine",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
};
