/*
 * The engine dies at every effect of a plan that moves the clients, and what recovers meets a fault
 * as well, or dies as well: at every effect of its own. Pairs are sampled, each time others.
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

    explore_start(&sim, mode, at);
    outcome = explore_run(&sim);
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
    wrong = end_of_leg(&sim);
    if (!*wrong && needs_recover(&outcome))
        wrong = "recover did not end";
    if (*wrong)
        complain(&sim, mode, at,
                 print_some("dead at %llu: %s", (unsigned long long) died_at, wrong), &outcome);
    sim_end(&sim);
    return outcome.effects;
}

static void recover_meets_a_fault(unsigned every)
{
    static const enum fault_mode modes[] = {FAULT_FAIL,           FAULT_LOST_AFTER,
                                            FAULT_TIMEOUT_BEFORE, FAULT_CRASH_BEFORE,
                                            FAULT_CRASH_AFTER,    FAULT_CRASH_LATE};
    uint64_t at, then, effects;
    struct start dead;
    size_t i;

    explore_begin();
    for (at = 1; die(FAULT_CRASH_AFTER, at, &dead); at++) {
        effects = recover_from(&dead, FAULT_NONE, 0, at);
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = 1 + (at + i) % every; then <= effects; then += every)
                recover_from(&dead, modes[i], then, at);
        start_free(&dead);
    }
    assert_true(at > 150); /* it died at every effect, and there are many */
    explore_end();
}

/* Recover, called again when everything is over, changes nothing. */
static void recover_is_repeated(unsigned every)
{
    uint64_t at;
    struct start dead;

    explore_begin();
    for (at = 1; die(FAULT_CRASH_BEFORE, at, &dead); at += every) {
        static struct sim sim;
        struct outcome first, second;

        sim_begin(&sim, &dead);
        first = recover(&sim, FAULT_NONE, 0);
        second = recover(&sim, FAULT_NONE, 0);
        if (first.result != second.result || second.effects || *end_of_leg(&sim))
            complain(&sim, FAULT_CRASH_BEFORE, at, "the second recover did something", &second);
        sim_end(&sim);
        start_free(&dead);
    }
    explore_end();
}

static void test_recover_of_a_cutover_meets_a_fault(void **state)
{
    (void) state;
    explore_from(&prepared, &plan_cutover);
    recover_meets_a_fault(EVERY);
}

static void test_recover_of_a_rollback_meets_a_fault(void **state)
{
    (void) state;
    explore_from(&on_green, &plan_rollback);
    recover_meets_a_fault(4 * EVERY);
}

static void test_recover_may_be_repeated(void **state)
{
    (void) state;
    explore_from(&prepared, &plan_cutover);
    recover_is_repeated(1);
    explore_from(&on_green, &plan_rollback);
    recover_is_repeated(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recover_of_a_cutover_meets_a_fault),
        cmocka_unit_test(test_recover_of_a_rollback_meets_a_fault),
        cmocka_unit_test(test_recover_may_be_repeated),
    };

    return cmocka_run_group_tests(tests, explore_set_up_legs, explore_tear_down_legs);
}
