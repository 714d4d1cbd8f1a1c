/*
 * finish: takes away what the cutover needed, in the order of rule F2. Every row may be repeated.
 * The fence of the server that clients have left is never removed here, and it is left as it is.
 */
#include "plans.h"

#include "../steps/steps.h"

/* clang-format off */
#define FINISH_ROWS(SIDE)                                                                          \
    {                                                                                              \
        {&step_lock, SIDE, 0, "one operator at a time"},                                           \
        {&step_drop_subscriptions, SIDE, 0, "before the slots: one in use cannot be dropped"},     \
        {&step_drop_slots, SIDE, 0, "no server keeps WAL for the other any more"},                 \
        {&step_drop_publications, SIDE, 0, "after the slots"},                                     \
        {&step_restore_identities, SIDE, 0, "after the publications, which needed them"},          \
        {&step_drop_guard, SIDE, 0, "before the schema that its function is in"},                  \
        {&step_drop_markers, SIDE, 0, "our own tables last"},                                      \
        {&step_tidy, SIDE, 0, "files and passwords that served the run"},                          \
    }
/* clang-format on */

static const struct plan_row rows[] = FINISH_ROWS(SIDE_GREEN);
static const struct plan_row rows_on_blue[] = FINISH_ROWS(SIDE_BLUE);

const struct plan plan_finish = {
    .id = "finish",
    .title = "Take away what the cutover needed",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = false,
    .from = SIDE_GREEN,
    .to = SIDE_GREEN,
};

/* Behind a rollback. */
const struct plan plan_finish_on_blue = {
    .id = "finish",
    .title = "Take away what the cutover needed",
    .rows = rows_on_blue,
    .count = sizeof(rows_on_blue) / sizeof(rows_on_blue[0]),
    .undo_by_itself = false,
    .from = SIDE_BLUE,
    .to = SIDE_BLUE,
};
