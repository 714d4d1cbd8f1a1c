/*
 * cutover: moves the pooled clients from blue to green (moving.h).
 */
#include "plans.h"

#include "moving.h"

static const struct plan_row rows[] = {
    {&step_observe, SIDE_BLUE, 0, "what prepare saw must still be so"},
    {&step_review, SIDE_BLUE, 0, "before anything is changed: what a person agreed to must be so"},
    MOVING_ROWS(SIDE_BLUE, SIDE_GREEN),
};

const struct plan plan_cutover = {
    .id = "cutover",
    .title = "Move the clients to green",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = true,
    .from = SIDE_BLUE,
    .to = SIDE_GREEN,
};
