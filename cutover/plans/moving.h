/*
 * moving.h: the rows that move the pooled clients from one server to the other: those of the
 * cutover and, with the sides exchanged, those of the rollback.
 *
 * Until `commit` every failure undoes everything by itself, and clients go on where they were;
 * behind it there is only forward. From `hold` to `release` nothing is opened, parsed or synced
 * that could have been before.
 */
#ifndef PGCUTOVER_PLANS_MOVING_H
#define PGCUTOVER_PLANS_MOVING_H

#include "../steps/steps.h"

/* Behind `observe`. */
/* clang-format off */
#define MOVING_ROWS(FROM, TO)                                                                      \
    {&step_inventory, FROM, 0,                                                                     \
     "the fence ends whom PAUSE does not reach: told while there is time"},                        \
    {&step_record, FROM, 0, "on disk before the first effect: recover knows only the journal"},    \
    {&step_reverse, FROM, 0, "before the first write on {subscriber}: it keeps what comes then"},  \
    {&step_arm, FROM, 0, "all that takes time, while clients notice nothing"},                     \
    {&step_probe, FROM, 0, "a way to {subscriber} that is barred is found before anybody waits"},  \
    {&step_quiet, FROM, ROW_ARM, "the hold lasts as long as the longest open transaction"},        \
    {&step_hold, FROM, ROW_PAUSE, "clients wait; fewer sessions are left to be ended"},            \
    {&step_fence, SIDE_NOBODY, ROW_PAUSE, "correctness does not rest on the poolers"},             \
    {&step_prove, SIDE_NOBODY, ROW_PAUSE,                                                          \
     "only behind a fence does \"everything\" mean something"},                                    \
    {&step_sequences, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,                                       \
     "exact, for nobody can take a value any more"},                                               \
    {&step_point, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER,                                           \
     "both sides are closed: nobody gets through"},                                                \
    {&step_commit, TO, ROW_PAUSE | ROW_COMMIT, "the commit point of the whole {procedure}"},       \
    {&step_open, TO, ROW_PAUSE, "not before the switch is on disk"},                               \
    {&step_release, TO, ROW_PAUSE, "clients go on, on {subscriber}"},                              \
    {&step_confirm, TO, 0, "seen, not assumed"},                                                   \
    {&step_unfollow, TO, 0, "were both directions enabled, changes would go round"},               \
    {&step_turn, TO, 0, "the way back: clients are served first; nothing is lost meanwhile"}
/* clang-format on */

#endif
