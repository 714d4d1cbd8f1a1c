/*
 * The operator's hooks around the rows of a cutover and a rollback: at every moment one says no,
 * takes long, or the engine dies beside it. Clients end on one side, released, with everything, and
 * are never held for a hook.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <stdio.h>
#include <string.h>

#define LONG_NS (45 * NS_PER_S)

enum way { SAYS_NO, TAKES_LONG, DIES_BESIDE };

/* The one that misbehaves, by its number, and what it saw. */
static struct {
    enum way way;
    int at, count;
    int64_t begun_ns;
    bool is_behind; /* it ran behind the switch */
    const char *held;
} hook;

static bool is_anybody_held(const struct sim *sim)
{
    int i, j;

    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES; j++)
            if (sim->model.processes[i].entries[j].paused)
                return true;
    return false;
}

static enum step_verdict misbehave(struct sim *sim, struct fault *fault)
{
    if (hook.way == TAKES_LONG) {
        hook.begun_ns = hook.begun_ns ? hook.begun_ns : sim->now_ns;
        if (sim->now_ns < hook.begun_ns + LONG_NS)
            return STEP_WAIT;
        hook.count++;
        return STEP_DONE;
    }
    hook.count++;
    if (hook.way == DIES_BESIDE) {
        sim->is_dead = true;
        sim->dead_ns = sim->now_ns;
    }
    fault_set(fault, "running the hook", NULL, "exit 3", "it says no");
    return STEP_FAILED;
}

static enum step_verdict at_hook(void *context, const struct hook_moment *moment,
                                 struct fault *fault)
{
    struct sim *sim = context;

    if (sim->is_dead)
        return STEP_FAILED; /* it is none of a living engine */
    if (is_anybody_held(sim))
        hook.held = moment->plan->rows[moment->index].step->id;
    if (hook.count != hook.at) {
        hook.count++;
        return STEP_DONE;
    }
    hook.is_behind = !moment->may_stop;
    return misbehave(sim, fault);
}

static struct outcome run(struct sim *sim, const struct start *start, const struct plan *plan,
                          enum way way, int at)
{
    struct outcome outcome;

    memset(&hook, 0, sizeof(hook));
    hook.way = way;
    hook.at = at;
    sim_begin(sim, start);
    sim->step_hook = at_hook;
    outcome = engine_run(sim, plan);
    explore_runs++;
    if (needs_recover(&outcome))
        outcome = recover(sim, FAULT_NONE, 0);
    return outcome;
}

static const char *wrong_end(struct sim *sim, const struct plan *plan, enum way way,
                             const struct outcome *outcome)
{
    bool goes_through = way == TAKES_LONG || hook.is_behind;

    if (hook.held)
        return print_some("clients were held when a hook of %s ran", hook.held);
    if (sim->model.longest_hold_ns > PAUSE_BUDGET_MS * NS_PER_MS)
        return "clients were held too long";
    if (outcome->side != (goes_through ? plan->to : plan->from))
        return "it ends on the wrong side";
    if (outcome->result != (goes_through ? RUN_DONE : RUN_UNDONE))
        return "it is another end";
    if (!goes_through && sim->model.longest_hold_ns)
        return "clients were held for nothing";
    return end_of_leg(sim);
}

static int explore_way(const struct start *start, const struct plan *plan, enum way way)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;
    int at, moments;

    outcome = run(&sim, start, plan, way, -1);
    moments = hook.count;
    sim_end(&sim);
    for (at = 0; at < moments; at++) {
        outcome = run(&sim, start, plan, way, at);
        wrong = wrong_end(&sim, plan, way, &outcome);
        if (*wrong)
            complain(&sim, FAULT_NONE, (uint64_t) at, wrong, &outcome);
        sim_end(&sim);
    }
    return moments;
}

static void explore_ways(const struct start *start, const struct plan *plan)
{
    enum way way;

    explore_begin();
    for (way = SAYS_NO; way <= DIES_BESIDE; way++)
        assert_true(explore_way(start, plan, way) > 10);
    explore_end();
}

static void test_hooks_around_the_cutover(void **state)
{
    (void) state;
    explore_ways(&prepared, &plan_cutover);
}

static void test_hooks_around_the_rollback(void **state)
{
    (void) state;
    explore_ways(&on_green, &plan_rollback);
}

/* prepare stops; again, without the hook, it goes on. */
static void test_hooks_around_prepare(void **state)
{
    static struct sim sim;
    struct start fresh;
    struct outcome outcome;
    int at;

    (void) state;
    explore_begin();
    start_init(&fresh);
    for (at = 0; at < 2 * (int) plan_prepare.count; at++) {
        memset(&hook, 0, sizeof(hook));
        hook.at = at;
        sim_begin(&sim, &fresh);
        sim.step_hook = at_hook;
        outcome = engine_run(&sim, &plan_prepare);
        if (outcome.result != RUN_FAILED)
            complain(&sim, FAULT_NONE, (uint64_t) at, "it did not stop", &outcome);
        sim.step_hook = NULL;
        outcome = engine_run(&sim, &plan_prepare);
        if (outcome.result != RUN_DONE || *end_prepared(&sim))
            complain(&sim, FAULT_NONE, (uint64_t) at, end_prepared(&sim), &outcome);
        explore_runs += 2;
        sim_end(&sim);
    }
    start_free(&fresh);
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hooks_around_the_cutover),
        cmocka_unit_test(test_hooks_around_the_rollback),
        cmocka_unit_test(test_hooks_around_prepare),
    };

    return cmocka_run_group_tests(tests, explore_set_up_legs, explore_tear_down_legs);
}
