/*
 * rollback --accept-data-loss: moves the pooled clients back from green to blue when there is no
 * way back. What was written on green since the cutover stays on green: blue is opened as it was
 * left.
 *
 * The rows are those of moving.h but for what is about replication: nothing has to arrive, so
 * nothing is proven, and nothing is turned round. The journal knows it as a "rollback", too; which
 * of the two it is, is the fact "rollback.loses" (cutover/commands/leg.c).
 */
#include "plans.h"

#include "../steps/steps.h"

static const struct plan_row rows[] = {
    {&step_servers, SIDE_GREEN, 0, "clients come to this blue only, and only while it is closed"},
    {&step_inventory, SIDE_GREEN, 0,
     "the fence ends whom PAUSE does not reach: told while there is time"},
    {&step_record, SIDE_GREEN, 0,
     "on disk before the first effect: recover knows only the journal"},
    {&step_give_up, SIDE_GREEN, 0, "on disk before it is taken apart: nobody may rely on it then"},
    {&step_part, SIDE_GREEN, 0, "nothing of green may come to blue behind clients' backs"},
    {&step_arm, SIDE_GREEN, 0, "all that takes time, while clients notice nothing"},
    {&step_probe, SIDE_GREEN, 0,
     "a way to {subscriber} that is barred is found before anybody waits"},
    {&step_calm, SIDE_GREEN, ROW_ARM, "the hold lasts as long as the longest open transaction"},
    {&step_hold, SIDE_GREEN, ROW_PAUSE, "clients wait; fewer sessions are left to be ended"},
    {&step_fence, SIDE_NOBODY, ROW_PAUSE, "correctness does not rest on the poolers"},
    {&step_stand, SIDE_NOBODY, ROW_PAUSE, "the servers have the last word, not a file"},
    {&step_sequences, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,
     "an id that somebody has seen is never given again, though its row is lost"},
    {&step_point, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,
     "both sides are closed: nobody gets through"},
    {&step_commit, SIDE_BLUE, ROW_PAUSE | ROW_COMMIT, "the commit point of the whole {procedure}"},
    {&step_open, SIDE_BLUE, ROW_PAUSE, "not before the switch is on disk"},
    {&step_release, SIDE_BLUE, ROW_PAUSE, "clients go on, on {subscriber}"},
    {&step_confirm, SIDE_BLUE, 0, "seen, not assumed"},
    {&step_forsake, SIDE_BLUE, 0,
     "{publisher} lacks what is written now: it is no target any more"},
};

const struct plan plan_rollback_lossy = {
    .id = "rollback",
    .title = "Move the clients back to blue, without what they wrote on green",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .undo_by_itself = true,
    .from = SIDE_GREEN,
    .to = SIDE_BLUE,
};
