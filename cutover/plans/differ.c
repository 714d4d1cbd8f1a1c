/*
 * differ: what the way back would not carry, for `status`. Reads only.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_differ, SIDE_GREEN, 0, "told while it can still be cured"},
};

const struct plan plan_differ = {
    .id = "differ",
    .title = "Look for what is not replicated",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
    .from = SIDE_GREEN,
    .to = SIDE_GREEN,
};
