/*
 * Prepare, abort and finish under faults: the same command again ends well, or abort leaves blue as
 * it was before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <string.h>

#define TRIES_MAX 4

static struct start fresh, switched;

static int set_up(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    start_init(&fresh);
    if (explore_set_up(state) < 0)
        return -1;
    sim_begin(&sim, &prepared);
    outcome = engine_run(&sim, &plan_cutover);
    sim_pass(&sim, 500);
    start_keep(&switched, &sim);
    sim_end(&sim);
    return outcome.result == RUN_DONE ? 0 : -1;
}

static int tear_down(void **state)
{
    start_free(&fresh);
    start_free(&switched);
    return explore_tear_down(state);
}

static struct outcome run(struct sim *sim, const struct plan *plan)
{
    explore_runs++;
    return engine_run(sim, plan);
}

static struct outcome undo(struct sim *sim)
{
    explore_runs++;
    return engine_abort(sim);
}

static uint64_t count_effects(const struct start *start, const struct plan *plan)
{
    static struct sim sim;
    struct outcome outcome;

    sim_begin(&sim, start);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = run(&sim, plan);
    if (outcome.result != RUN_DONE)
        complain(&sim, FAULT_NONE, 0, "it is not done", &outcome);
    sim_end(&sim);
    return outcome.effects;
}

/* Runs `plan` with the fault from `start` on; what was dead lives again when it has ended. */
static struct outcome begin(struct sim *sim, const struct start *start, const struct plan *plan,
                            enum fault_mode mode, uint64_t at)
{
    struct outcome outcome;

    sim_begin(sim, start);
    sim_fault(sim, mode, at);
    sim->victim = (int) (at % SERVERS);
    outcome = run(sim, plan);
    if (mode != FAULT_CRASH_LATE)
        sim_settle(sim);
    if (mode == FAULT_DEAD_PLACE)
        sim_revive(sim);
    return outcome;
}

static void note(struct sim *sim, enum fault_mode mode, uint64_t at, const char *wrong,
                 const struct outcome *outcome)
{
    if (*wrong)
        complain(sim, mode, at, wrong, outcome);
}

static void repeat_prepare(enum fault_mode mode, uint64_t at, bool cut_over)
{
    static struct sim sim;
    struct outcome outcome = begin(&sim, &fresh, &plan_prepare, mode, at);
    const char *wrong;
    int tries = 0;

    while (outcome.result != RUN_DONE && tries++ < TRIES_MAX)
        outcome = run(&sim, &plan_prepare);
    sim_settle(&sim);
    wrong = outcome.result == RUN_DONE ? end_prepared(&sim) : "prepare, repeated, does not end";
    note(&sim, mode, at, wrong, &outcome);
    if (cut_over && !*wrong) {
        outcome = run(&sim, &plan_cutover);
        wrong = outcome.result == RUN_DONE ? end_of_leg(&sim) : "the cutover behind it fails";
        note(&sim, mode, at, wrong, &outcome);
    }
    sim_end(&sim);
}

static void test_prepare_repeated_after_a_fault_at_every_effect(void **state)
{
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = count_effects(&fresh, &plan_prepare);
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++)
        for (at = 1; at <= effects; at++)
            repeat_prepare((enum fault_mode) mode, at, at % 5 == (uint64_t) mode % 5);
    explore_end();
}

static void abort_prepare(enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome = begin(&sim, &fresh, &plan_prepare, mode, at);
    const char *wrong;
    int tries = 0;

    do
        outcome = undo(&sim);
    while (outcome.result != RUN_UNDONE && tries++ < TRIES_MAX);
    sim_settle(&sim);
    wrong = outcome.result == RUN_UNDONE ? end_aborted(&sim) : "abort does not end";
    note(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
}

static void test_abort_after_a_fault_at_every_effect(void **state)
{
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = count_effects(&fresh, &plan_prepare);
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++)
        for (at = 1; at <= effects; at++)
            abort_prepare((enum fault_mode) mode, at);
    explore_end();
}

/* Abort itself meets the fault; the same command again ends it. */
static bool abort_with_fault(enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;
    uint64_t effects;
    int tries = 0;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, mode, at);
    sim.victim = (int) (at % SERVERS);
    outcome = undo(&sim);
    effects = outcome.effects;
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    if (mode == FAULT_DEAD_PLACE)
        sim_revive(&sim);
    while ((outcome.crashed || outcome.result != RUN_UNDONE) && tries++ < TRIES_MAX)
        outcome = undo(&sim);
    sim_settle(&sim);
    wrong = outcome.result == RUN_UNDONE ? end_aborted(&sim) : "abort, repeated, does not end";
    note(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
    return effects >= at;
}

static void test_abort_repeated_after_a_fault_at_every_effect(void **state)
{
    uint64_t at;
    int mode;

    (void) state;
    explore_begin();
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++) {
        for (at = 1; abort_with_fault((enum fault_mode) mode, at); at++)
            ;
        assert_true(at > 10);
    }
    explore_end();
}

/* The cutover dies, and abort is what the operator types next. */
static void test_abort_of_a_cutover_that_died(void **state)
{
    uint64_t effects, at;

    (void) state;
    explore_begin();
    effects = count_effects(&prepared, &plan_cutover);
    for (at = 1; at <= effects; at++) {
        static struct sim sim;
        struct outcome outcome = begin(&sim, &prepared, &plan_cutover, FAULT_CRASH_AFTER, at);
        const char *side = sim_durable(&sim, "side");

        if (!side || strcmp(side, "green") != 0) { /* else abort refuses */
            outcome = undo(&sim);
            sim_settle(&sim);
            note(&sim, FAULT_CRASH_AFTER, at,
                 outcome.result == RUN_UNDONE ? end_aborted(&sim) : "abort does not end", &outcome);
        }
        sim_end(&sim);
    }
    explore_end();
}

static void test_finish_repeated_after_a_fault_at_every_effect(void **state)
{
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = count_effects(&switched, &plan_finish);
    assert_true(effects > 15);
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++)
        for (at = 1; at <= effects; at++) {
            static struct sim sim;
            struct outcome outcome =
                begin(&sim, &switched, &plan_finish, (enum fault_mode) mode, at);
            int tries = 0;

            while ((outcome.crashed || outcome.result != RUN_DONE) && tries++ < TRIES_MAX)
                outcome = run(&sim, &plan_finish);
            sim_settle(&sim);
            note(&sim, (enum fault_mode) mode, at,
                 outcome.result == RUN_DONE ? end_finished(&sim, GREEN) : "finish does not end",
                 &outcome);
            sim_end(&sim);
        }
    explore_end();
}

/* A job that ends badly: what it worked on is thrown away and taken anew, the slots wait. */
static void test_prepare_repeated_after_a_job_that_ends_badly(void **state)
{
    static const char *const jobs[] = {"recover-", "upgrade-"};
    size_t i;

    (void) state;
    explore_begin();
    for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        static struct sim sim;
        struct outcome first, second;

        sim_begin(&sim, &fresh);
        sim.bad_job = jobs[i];
        first = run(&sim, &plan_prepare);
        second = run(&sim, &plan_prepare);
        if (first.result != RUN_FAILED)
            complain(&sim, FAULT_NONE, i, "the job's failure was not noticed", &first);
        note(&sim, FAULT_NONE, i,
             second.result == RUN_DONE ? end_prepared(&sim) : "prepare, repeated, does not end",
             &second);
        sim_end(&sim);
    }
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare_repeated_after_a_fault_at_every_effect),
        cmocka_unit_test(test_abort_after_a_fault_at_every_effect),
        cmocka_unit_test(test_abort_repeated_after_a_fault_at_every_effect),
        cmocka_unit_test(test_abort_of_a_cutover_that_died),
        cmocka_unit_test(test_finish_repeated_after_a_fault_at_every_effect),
        cmocka_unit_test(test_prepare_repeated_after_a_job_that_ends_badly),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
