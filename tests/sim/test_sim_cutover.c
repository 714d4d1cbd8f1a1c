/*
 * The cutover under every fault at every effect. A fault stops nothing half-way: clients end on
 * one side, the side that the journal's disk names, with everything, and released.
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

/* Every entry of the one pooler that has a probe; the other has none. */
static void test_logins_to_green_are_tried(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    outcome = engine_run(&sim, &plan_cutover);
    wrong = end_of_leg(&sim);
    assert_int_equal(sim.model.refused_logins, ENTRIES);
    if (outcome.result != RUN_DONE || *wrong)
        complain(&sim, FAULT_NONE, 0, *wrong ? wrong : "it is not done", &outcome);
    sim_end(&sim);
    explore_end();
}

static void test_nobody_is_held_when_poolers_cannot_log_in_to_green(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim.model.is_barred = true;
    outcome = engine_run(&sim, &plan_cutover);
    wrong = end_of_leg(&sim);
    if (outcome.result != RUN_UNDONE || sim.model.longest_hold_ns || *wrong)
        complain(&sim, FAULT_NONE, 0, *wrong ? wrong : "it is another end", &outcome);
    assert_non_null(strstr(outcome.fault, "no pg_hba.conf entry"));
    sim_end(&sim);
    explore_end();
}

/* A server connection that logs in when a RELOAD or a PAUSE is due is not cut off. */
static void test_logins_under_way_are_not_cut_off(void **state)
{
    static const int64_t until_ms[] = {1, 7, 40, 100, 300, 1000};
    static struct sim sim;
    struct outcome outcome;
    size_t i, j;

    (void) state;
    explore_begin();
    for (i = 0; i < sizeof(until_ms) / sizeof(until_ms[0]); i++) {
        sim_begin(&sim, &prepared);
        for (j = 0; j < PROCESSES; j++)
            sim.model.processes[j].logs_in_until_ns =
                sim.now_ns + (until_ms[i] + 3 * (int64_t) j) * NS_PER_MS;
        outcome = engine_run(&sim, &plan_cutover);
        if (outcome.result != RUN_DONE || sim.model.cut_logins)
            complain(&sim, FAULT_NONE, i, "a login was cut off", &outcome);
        sim_end(&sim);
    }
    explore_end();
}

/* As to an address that swallows packets: nobody is kept waiting for it. */
static void test_a_login_that_never_ends_is_not_waited_for(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    int i;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    for (i = 0; i < PROCESSES; i++)
        sim.model.processes[i].logs_in_until_ns = INT64_MAX;
    outcome = engine_run(&sim, &plan_cutover);
    if (outcome.result != RUN_DONE || *end_of_leg(&sim))
        complain(&sim, FAULT_NONE, 0, end_of_leg(&sim), &outcome);
    assert_true(sim.model.cut_logins > 0);
    sim_end(&sim);
    explore_end();
}

/* Nor one that begins while the answer and the command are under way. */
static void test_no_login_begins_before_a_reload_or_a_pause(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim.model.logs_in_behind_looks = true;
    outcome = engine_run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_int_equal(sim.model.cut_logins, 0);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

/* Whoever is held is not logged in for: see docs/poolers.md, min_pool_size. */
static void test_no_min_pool_size_is_in_force_while_clients_are_held(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    outcome = engine_run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_true(sim.model.longest_hold_ns > 0);
    assert_true(sim.model.longest_opening_ns < 2 * NS_PER_MS); /* between RELOAD and SET */
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void test_an_entry_with_a_min_pool_size_of_its_own_is_refused(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim.model.has_own_minimum = true;
    outcome = engine_run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_CHECKS_FAILED);
    assert_non_null(strstr(outcome.fault, "has a min_pool_size of its own, 2"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void test_a_green_that_failed_over_since_prepare_is_no_target(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim.model.servers[GREEN].failovers = 1;
    outcome = engine_run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "green.timeline is 2, and was 1"));
    assert_non_null(strstr(outcome.hint, "abort --execute"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    sim_end(&sim);
}

static void test_a_time_out_that_is_not_known_is_told_as_that(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim.model.is_patience_unknown = true;
    outcome = engine_run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_CHECKS_FAILED);
    assert_non_null(strstr(outcome.fault, "query_wait_timeout is not in SHOW CONFIG"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    sim_end(&sim);
}

static void test_undo_meets_a_fault(void **state)
{
    (void) state;
    explore_begin();
    explore_undo(4);
    explore_end();
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
        cmocka_unit_test(test_a_subscriber_that_lags),
        cmocka_unit_test(test_logins_to_green_are_tried),
        cmocka_unit_test(test_nobody_is_held_when_poolers_cannot_log_in_to_green),
        cmocka_unit_test(test_logins_under_way_are_not_cut_off),
        cmocka_unit_test(test_a_login_that_never_ends_is_not_waited_for),
        cmocka_unit_test(test_no_login_begins_before_a_reload_or_a_pause),
        cmocka_unit_test(test_no_min_pool_size_is_in_force_while_clients_are_held),
        cmocka_unit_test(test_an_entry_with_a_min_pool_size_of_its_own_is_refused),
        cmocka_unit_test(test_a_green_that_failed_over_since_prepare_is_no_target),
        cmocka_unit_test(test_a_time_out_that_is_not_known_is_told_as_that),
        cmocka_unit_test(test_undo_meets_a_fault),
        cmocka_unit_test(test_a_place_dies_at_every_effect),
        cmocka_unit_test(test_replication_stalls_at_every_effect),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
