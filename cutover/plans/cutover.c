/*
 * cutover: moves the pooled clients from blue to green.
 *
 * Until `commit` every failure undoes everything by itself, and clients go on with blue; behind it
 * there is only forward. From `hold` to `release` nothing is opened, parsed or synced that could
 * have been before.
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_observe, SIDE_BLUE, 0, "what prepare saw must still be so"},
    {&step_review, SIDE_BLUE, 0, "before anything is changed: what a person agreed to must be so"},
    {&step_inventory, SIDE_BLUE, 0,
     "the fence ends whom PAUSE does not reach: told while there is time"},
    {&step_record, SIDE_BLUE, 0, "on disk before the first effect: recover knows only the journal"},
    {&step_arm, SIDE_BLUE, 0, "all that takes time, while clients notice nothing"},
    {&step_probe, SIDE_BLUE, 0, "a way to green that is barred is found before anybody waits"},
    {&step_quiet, SIDE_BLUE, ROW_ARM, "the hold lasts as long as the longest open transaction"},
    {&step_hold, SIDE_BLUE, ROW_PAUSE, "clients wait; fewer sessions are left to be ended"},
    {&step_fence, SIDE_NOBODY, ROW_PAUSE, "correctness does not rest on the poolers"},
    {&step_prove, SIDE_NOBODY, ROW_PAUSE, "only behind a fence does \"everything\" mean something"},
    {&step_sequences, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,
     "exact, for nobody can take a value any more"},
    {&step_point, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,
     "blue is closed and green is closed: nobody gets through"},
    {&step_commit, SIDE_GREEN, ROW_PAUSE | ROW_COMMIT, "the commit point of the whole cutover"},
    {&step_open_green, SIDE_GREEN, ROW_PAUSE, "not before the switch is on disk"},
    {&step_release, SIDE_GREEN, ROW_PAUSE, "clients go on, on green"},
    {&step_confirm, SIDE_GREEN, 0, "seen, not assumed"},
};

const struct plan plan_cutover = {
    .id = "cutover",
    .title = "Move the clients to green",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = true,
};
