/*
 * The rollback without a way back under every fault at every effect: one writer, clients end on one
 * side, and what was written on green is either all there, with clients, or never comes to blue.
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

/* On green, with nothing that follows. */
static struct start alone;

static int set_up(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    if (explore_set_up_legs(state) < 0)
        return -1;
    harness_use_way_back(false);
    sim_begin(&sim, &prepared);
    outcome = engine_run(&sim, &plan_cutover);
    if (outcome.result != RUN_DONE || *end_of_leg(&sim))
        return -1;
    start_keep(&alone, &sim);
    sim_end(&sim);
    explore_from(&alone, &plan_rollback_lossy);
    return 0;
}

static int tear_down(void **state)
{
    start_free(&alone);
    return explore_tear_down_legs(state);
}

static int count_lost(const struct model *model)
{
    int i, count = 0;

    for (i = 0; i < model->commit_count; i++)
        count += model->commits[i].server == GREEN && !model->commits[i].marker &&
                 model->commits[i].stays;
    return count;
}

static void test_what_was_written_on_green_is_lost_and_all_else_is_there(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    int lost;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim_pass(&sim, 500);
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_int_equal(outcome.side, SIDE_BLUE);
    lost = count_lost(&sim.model);
    assert_true(lost > 5);
    assert_string_equal(end_of_leg(&sim), "");
    assert_int_equal(count_lost(&sim.model), lost);
    sim_end(&sim);
}

static void test_undo_meets_a_fault(void **state)
{
    (void) state;
    explore_begin();
    explore_undo(12);
    explore_end();
}

/* A way back that is there is given up: what came by it stays, what did not never comes. */
static void test_a_way_back_is_given_up_under_faults(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_LOST_AFTER, FAULT_TIMEOUT_AFTER,
                                            FAULT_CRASH_BEFORE, FAULT_CRASH_LATE};
    uint64_t effects, at;
    size_t i;

    (void) state;
    explore_begin();
    explore_from(&on_green, &plan_rollback_lossy);
    effects = explore_effects();
    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        for (at = 1; at <= effects; at++)
            explore_fault(modes[i], at, 0);
    explore_from(&alone, &plan_rollback_lossy);
    explore_end();
}

/* --- what comes behind it -------------------------------------------------------------------- */

/* The engine meets the fault and is recovered where it has to be; then the rollback is begun again
   where clients are still on green, and aborted. */
static void and_then_aborted(enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;
    int tries = 0;

    explore_start(&sim, mode, at);
    outcome = explore_run(&sim);
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    if (needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    sim_fault(&sim, FAULT_NONE, 0);
    if (end_side(&sim) == GREEN)
        outcome = explore_run(&sim);
    wrong = end_of_leg(&sim);
    if (!*wrong && (outcome.result != RUN_DONE || end_side(&sim) != BLUE))
        wrong = "it is not done the second time";
    do {
        if (!*wrong)
            outcome = engine_abort(&sim);
    } while (!*wrong && outcome.result != RUN_UNDONE && tries++ < TRIES_MAX);
    sim_settle(&sim);
    if (!*wrong)
        wrong = end_aborted(&sim);
    if (*wrong)
        complain(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
}

static void test_interrupted_anywhere_it_is_repeated_and_aborted(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_CRASH_AFTER, FAULT_CRASH_LATE};
    uint64_t effects, at;
    size_t i;

    (void) state;
    explore_begin();
    effects = explore_effects();
    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        for (at = 1 + i; at <= effects; at += 2)
            and_then_aborted(modes[i], at);
    explore_end();
}

/* Undone, wherever: clients stay on green, parted from blue or not, and finish ends the run there.
 */
static void test_undone_it_may_be_finished_on_green(void **state)
{
    static struct sim sim;
    const struct start *const starts[] = {&alone, &on_green};
    struct outcome outcome;
    uint64_t at, finished = 0;
    size_t i;

    (void) state;
    explore_begin();
    for (i = 0; i < 2; i++)
        for (at = 1; at < 150; at += 3) {
            sim_begin(&sim, starts[i]);
            sim_fault(&sim, FAULT_FAIL, at);
            outcome = engine_run(&sim, &plan_rollback_lossy);
            explore_runs++;
            sim_fault(&sim, FAULT_NONE, 0);
            if (needs_recover(&outcome)) /* finish refuses until then */
                outcome = recover(&sim, FAULT_NONE, 0);
            if (end_side(&sim) == GREEN) {
                finished++;
                outcome = engine_run(&sim, &plan_finish);
                if (outcome.result != RUN_DONE || *end_finished(&sim, GREEN))
                    complain(&sim, FAULT_FAIL, at, end_finished(&sim, GREEN), &outcome);
            }
            sim_end(&sim);
        }
    assert_true(finished > 50);
    explore_end();
}

/* Somebody took blue's fence away: clients may have written there. Nothing is changed. */
static void test_a_blue_that_is_open_stops_it(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.model.servers[BLUE].open = true;
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "are open to clients"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    sim_end(&sim);
}

/* The last resort, whatever became of both servers. */
static void test_after_failovers_of_both_servers_it_still_goes_back(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_FAIL, 40);
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    sim_fault(&sim, FAULT_NONE, 0);
    sim.model.servers[GREEN].failovers = 1;
    sim.model.servers[BLUE].failovers = 1;
    outcome = explore_run(&sim);
    assert_string_equal(outcome.fault, ": ");
    assert_int_equal(outcome.result, RUN_DONE);
    assert_int_equal(outcome.side, SIDE_BLUE);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void test_a_standby_that_answers_for_green_is_found_before_anything_is_done(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.model.servers[GREEN].is_standby = true;
    outcome = explore_run(&sim);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_int_equal(outcome.failed_row, 0);
    assert_non_null(strstr(outcome.fault, "a standby answers at green's address"));
    sim_end(&sim);
}

/* It lasts for one attempt: a way back that an attempt did not come to give up is not to be taken
   for whole by the ordinary rollback. */
static void test_a_failover_that_it_went_by_is_still_seen_by_an_ordinary_rollback(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &on_green);
    sim.model.servers[GREEN].failovers = 1;
    sim.model.servers[BLUE].open = true;
    outcome = engine_run(&sim, &plan_rollback_lossy);
    assert_int_equal(outcome.failed_row, 0);
    sim.model.servers[BLUE].open = false;
    outcome = engine_run(&sim, &plan_rollback);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "green.timeline is 2, and was 1"));
    sim_end(&sim);
}

static bool knows_way_back(struct sim *sim)
{
    return sim_durable(sim, "way_back") != NULL;
}

static void test_a_blue_that_cannot_be_opened_is_found_while_there_is_a_way_back(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &on_green);
    sim.model.is_unopenable = true;
    outcome = engine_run(&sim, &plan_rollback_lossy);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "role \"app\" does not exist"));
    assert_true(knows_way_back(&sim));
    assert_null(sim_durable(&sim, "rollback.parted"));
    sim.model.is_unopenable = false;
    outcome = engine_run(&sim, &plan_rollback); /* which loses nothing */
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

/* Who is told what was undone must be told that this was not. */
static void test_that_the_servers_were_parted_is_known_until_it_is_begun_again(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &on_green);
    sim.model.is_barred = true; /* found behind part */
    outcome = engine_run(&sim, &plan_rollback_lossy);
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_false(knows_way_back(&sim));
    assert_string_equal(sim_durable(&sim, "rollback.parted"), "yes");
    sim.model.is_unopenable = true;
    outcome = engine_run(&sim, &plan_rollback_lossy);
    assert_int_equal(outcome.failed_row, 0);
    assert_null(sim_durable(&sim, "rollback.parted"));
    sim_end(&sim);
}

/* Clients wait for the operator, who waits for the list. */
static void test_a_green_that_does_not_answer_is_waited_for_once_by_the_list(void **state)
{
    static struct sim sim;
    struct text list = {0};
    int64_t began_ns;

    (void) state;
    explore_start(&sim, FAULT_NONE, 0);
    sim.is_silent = sim.model.is_broken[PLACE_GREEN] = true;
    began_ns = sim.now_ns;
    engine_list_loss(&sim, &list);
    assert_in_range((sim.now_ns - began_ns) / NS_PER_S, 5, 15);
    assert_non_null(strstr(text_string(&list), "green did not answer before"));
    assert_non_null(strstr(text_string(&list), "rows         at least 0 inserted"));
    assert_non_null(strstr(text_string(&list), "sequences    at least 0 stand elsewhere"));
    assert_non_null(strstr(text_string(&list), "definitions  at least 0 differ"));
    text_free(&list);
    assert_string_equal(sim.model.violation, "");
    sim_end(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_on_green_is_lost_and_all_else_is_there),
        cmocka_unit_test(test_a_blue_that_is_open_stops_it),
        cmocka_unit_test(test_a_blue_that_cannot_be_opened_is_found_while_there_is_a_way_back),
        cmocka_unit_test(test_that_the_servers_were_parted_is_known_until_it_is_begun_again),
        cmocka_unit_test(test_a_green_that_does_not_answer_is_waited_for_once_by_the_list),
        cmocka_unit_test(test_after_failovers_of_both_servers_it_still_goes_back),
        cmocka_unit_test(test_a_standby_that_answers_for_green_is_found_before_anything_is_done),
        cmocka_unit_test(test_a_failover_that_it_went_by_is_still_seen_by_an_ordinary_rollback),
        cmocka_unit_test(test_a_fault_at_every_effect),
        cmocka_unit_test(test_a_restart_at_every_effect),
        cmocka_unit_test(test_undo_meets_a_fault),
        cmocka_unit_test(test_a_place_dies_at_every_effect),
        cmocka_unit_test(test_a_way_back_is_given_up_under_faults),
        cmocka_unit_test(test_interrupted_anywhere_it_is_repeated_and_aborted),
        cmocka_unit_test(test_undone_it_may_be_finished_on_green),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
