/*
 * rollback: moves the pooled clients back from green to blue (moving.h). Nothing is lost: what was
 * written on green since the cutover has been replicated to blue.
 */
#include "plans.h"

#include "moving.h"

static const struct plan_row rows[] = {
    {&step_observe, SIDE_GREEN, 0, "what the cutover left must still be so"},
    MOVING_ROWS(SIDE_GREEN, SIDE_BLUE),
};

const struct plan plan_rollback = {
    .id = "rollback",
    .title = "Move the clients back to blue",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = true,
    .from = SIDE_GREEN,
    .to = SIDE_BLUE,
};
