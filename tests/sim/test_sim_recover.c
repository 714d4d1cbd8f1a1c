/*
 * The engine dies at every effect of the cutover, and what recovers meets a fault as well, or dies
 * as well: at every effect of its own. Pairs are sampled, each time others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

/* Of the effects of one recover every EVERY-th meets the fault. */
#define EVERY 6

/* The world as the death at effect `at` leaves it; false: there are not so many effects. */
static bool die(enum fault_mode mode, uint64_t at, struct start *ret_start)
{
    static struct sim sim;
    struct outcome outcome;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, mode, at);
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    sim_settle(&sim);
    if (outcome.crashed)
        start_keep(ret_start, &sim);
    sim_end(&sim);
    return outcome.crashed;
}

/* Returns how many effects the recover had. */
static uint64_t recover_from(const struct start *start, enum fault_mode mode, uint64_t at,
                             uint64_t died_at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, start);
    outcome = recover(&sim, mode, at);
    wrong = end_of_cutover(&sim);
    if (!*wrong && needs_recover(&outcome))
        wrong = "recover did not end";
    if (*wrong)
        complain(&sim, mode, at,
                 print_some("dead at %llu: %s", (unsigned long long) died_at, wrong), &outcome);
    sim_end(&sim);
    return outcome.effects;
}

static void test_recover_meets_a_fault(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL,           FAULT_LOST_AFTER,
                                            FAULT_TIMEOUT_BEFORE, FAULT_CRASH_BEFORE,
                                            FAULT_CRASH_AFTER,    FAULT_CRASH_LATE};
    uint64_t at, then, effects;
    struct start dead;
    size_t i;

    (void) state;
    explore_begin();
    for (at = 1; die(FAULT_CRASH_AFTER, at, &dead); at++) {
        effects = recover_from(&dead, FAULT_NONE, 0, at);
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = 1 + (at + i) % EVERY; then <= effects; then += EVERY)
                recover_from(&dead, modes[i], then, at);
        start_free(&dead);
    }
    assert_true(at > 150); /* it died at every effect, and there are many */
    explore_end();
}

/* Recover, called again when everything is over, changes nothing. */
static void test_recover_may_be_repeated(void **state)
{
    uint64_t at;
    struct start dead;

    (void) state;
    explore_begin();
    for (at = 1; die(FAULT_CRASH_BEFORE, at, &dead); at++) {
        static struct sim sim;
        struct outcome first, second;

        sim_begin(&sim, &dead);
        first = recover(&sim, FAULT_NONE, 0);
        second = recover(&sim, FAULT_NONE, 0);
        if (first.result != second.result || second.effects || *end_of_cutover(&sim))
            complain(&sim, FAULT_CRASH_BEFORE, at, "the second recover did something", &second);
        sim_end(&sim);
        start_free(&dead);
    }
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recover_meets_a_fault),
        cmocka_unit_test(test_recover_may_be_repeated),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
