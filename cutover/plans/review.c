/*
 * review: looks at everything that a plan depends on, outside of a cutover: to save it, or to
 * compare it in a dry run. Reads only.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_review, SIDE_BLUE, 0, "what is saved is what was seen"},
};

const struct plan plan_review = {
    .id = "review",
    .title = "Look at what a plan depends on",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
};
