/*
 * The rollback under every fault at every effect: as the cutover, with the sides exchanged. It
 * begins with clients on green, which blue follows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <string.h>

static int set_up(void **state)
{
    if (explore_set_up_legs(state) < 0)
        return -1;
    explore_from(&on_green, &plan_rollback);
    return 0;
}

static void test_undo_meets_a_fault(void **state)
{
    (void) state;
    explore_begin();
    explore_undo(12);
    explore_end();
}

/* Every entry of the one pooler that has a probe. */
static void test_logins_to_blue_are_tried(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_int_equal(sim.model.refused_logins, ENTRIES);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void test_nobody_is_held_when_poolers_cannot_log_in_to_blue(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.model.is_barred = true;
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.side, SIDE_GREEN);
    assert_non_null(strstr(outcome.fault, "no pg_hba.conf entry"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

/* A standby that lacked some of what blue had confirmed: green's slots are beyond that, and send it
   to nobody any more. Nothing else shows it. */
static void test_a_blue_that_failed_over_is_not_taken_for_the_one_that_followed(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.model.servers[BLUE].failovers = 1;
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_int_equal(outcome.side, SIDE_GREEN);
    assert_non_null(strstr(outcome.fault, "blue.timeline is 2, and was 1"));
    assert_non_null(strstr(outcome.hint, "blue was failed over"));
    assert_non_null(strstr(outcome.hint, "rollback --accept-data-loss --rollback-reverse=no"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void test_a_green_that_failed_over_has_no_way_back_that_loses_nothing(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.model.servers[GREEN].failovers = 1;
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "green.timeline is 2, and was 1"));
    assert_non_null(strstr(outcome.hint, "rollback --accept-data-loss --rollback-reverse=no"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    sim_end(&sim);
}

static void test_replication_stalls_at_every_effect(void **state)
{
    (void) state;
    explore_begin();
    explore_stalls();
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_at_every_effect),
        cmocka_unit_test(test_a_restart_at_every_effect),
        cmocka_unit_test(test_undo_meets_a_fault),
        cmocka_unit_test(test_a_place_dies_at_every_effect),
        cmocka_unit_test(test_replication_stalls_at_every_effect),
        cmocka_unit_test(test_a_subscriber_that_lags),
        cmocka_unit_test(test_a_blue_that_failed_over_is_not_taken_for_the_one_that_followed),
        cmocka_unit_test(test_a_green_that_failed_over_has_no_way_back_that_loses_nothing),
        cmocka_unit_test(test_logins_to_blue_are_tried),
        cmocka_unit_test(test_nobody_is_held_when_poolers_cannot_log_in_to_blue),
    };

    return cmocka_run_group_tests(tests, set_up, explore_tear_down_legs);
}
