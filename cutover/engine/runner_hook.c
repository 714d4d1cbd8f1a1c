/*
 * The operator's hooks around rows: the loop goes on while one runs, and so does the heartbeat.
 *
 * Happy path:  the row's intent is on disk -> hooks before it -> the row, its end on disk -> hooks
 *              after it.
 * Failures:    before the commit point as if the row had failed; behind it the hook's owner tells
 *              of it and the plan goes on. An interrupt ends the hook before the commit point.
 */
#include "runner_internal.h"

void runner_turn(struct runner *runner)
{
    runner_wait(runner, runner_now(runner) + TURN_MS * NS_PER_MS);
}

static bool poll_hooks(struct runner *runner, const struct hook_moment *moment, struct fault *fault)
{
    enum step_verdict verdict;

    while ((verdict = runner->hook(runner->hook_context, moment, fault)) == STEP_WAIT) {
        if (moment->may_stop && runner->driver->is_interrupted(runner->driver)) {
            runner->hook(runner->hook_context, NULL, NULL);
            fault_set(fault, "waiting for a hook", NULL, "interrupted",
                      "the operator or the system asked us to stop");
            return false;
        }
        runner_turn(runner);
    }
    return verdict == STEP_DONE || !moment->may_stop;
}

bool runner_hooks(struct runner *runner, size_t index, bool is_after)
{
    struct hook_moment moment = {.plan = runner->plan,
                                 .index = index,
                                 .is_after = is_after,
                                 .may_stop = !runner_is_switched(runner),
                                 .side = runner->side};
    struct poll poll = {
        .row = &runner->plan->rows[index], .index = index, .started_ns = runner_now(runner)};

    if (!runner->hook || poll_hooks(runner, &moment, &poll.io.fault))
        return true;
    runner->fault = poll.io.fault;
    runner->failed_row = index;
    runner_report(runner, EVENT_ROW_FAILED, &poll, &runner->fault, NULL);
    return false;
}
