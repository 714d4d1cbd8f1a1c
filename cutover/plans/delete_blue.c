/*
 * delete_blue: behind `finish`, and only when the operator has named the cluster.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_find_blue, SIDE_GREEN, 0, "what is removed must be blue, and nothing else"},
    {&step_delete_blue, SIDE_GREEN, 0, "the last of all: nothing brings it back"},
};

const struct plan plan_delete_blue = {
    .id = "delete_blue",
    .title = "Delete blue",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
    .from = SIDE_GREEN,
    .to = SIDE_GREEN,
};
