/*
 * There and back, any number of times: what a leg that was interrupted leaves is good for the next
 * one; finish and abort, wherever clients are; and a run without a way back.
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

/* A leg without a fault, and its end. False: it complained. */
static bool move(struct sim *sim, const struct plan *plan, enum fault_mode mode, uint64_t at)
{
    struct outcome outcome;
    const char *wrong;

    sim_fault(sim, FAULT_NONE, 0);
    sim->model.switches = 0;
    outcome = engine_run(sim, plan);
    explore_runs++;
    wrong = end_of_leg(sim);
    if (!*wrong && outcome.result != RUN_DONE)
        wrong = "it is not done";
    if (*wrong)
        complain(sim, mode, at, print_some("%s: %s", plan->id, wrong), &outcome);
    return !*wrong;
}

static const char *finish(struct sim *sim, struct outcome *ret_outcome)
{
    int side = end_side(sim), tries = 0;

    do {
        *ret_outcome = engine_run(sim, side == GREEN ? &plan_finish : &plan_finish_on_blue);
        explore_runs++;
    } while ((ret_outcome->crashed || ret_outcome->result != RUN_DONE) && tries++ < TRIES_MAX);
    sim_settle(sim);
    sim_pass(sim, 100);
    return ret_outcome->result == RUN_DONE ? end_finished(sim, side) : "finish does not end";
}

static void finishes(struct sim *sim, enum fault_mode mode, uint64_t at)
{
    struct outcome outcome;
    const char *wrong = finish(sim, &outcome);

    if (*wrong)
        complain(sim, mode, at, wrong, &outcome);
}

static void test_there_and_back_again_and_again(void **state)
{
    static struct sim sim;
    int i;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    for (i = 0; i < 4; i++) {
        move(&sim, &plan_cutover, FAULT_NONE, (uint64_t) i);
        move(&sim, &plan_rollback, FAULT_NONE, (uint64_t) i);
    }
    finishes(&sim, FAULT_NONE, 0);
    sim_end(&sim);
    explore_end();
}

static void test_to_green_again_and_finished_there(void **state)
{
    static struct sim sim;

    (void) state;
    explore_begin();
    sim_begin(&sim, &back_on_blue);
    move(&sim, &plan_cutover, FAULT_NONE, 0);
    finishes(&sim, FAULT_NONE, 0);
    sim_end(&sim);
    explore_end();
}

/* --- what was interrupted is good for the next one -------------------------------------------- */

/* The engine of this plan meets the fault and, where it has to, is recovered. Then clients are
   moved once more: to where it did not come, or back from where it came to. */
static void and_then(const struct start *start, const struct plan *plan, enum fault_mode mode,
                     uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, start);
    sim_fault(&sim, mode, at);
    sim.undo_budget_ms = PAUSE_BUDGET_MS + 1000;
    outcome = engine_run(&sim, plan);
    explore_runs++;
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    sim_revive(&sim);
    if (needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    wrong = end_of_leg(&sim);
    if (*wrong || needs_recover(&outcome))
        complain(&sim, mode, at, *wrong ? wrong : "recover did not end", &outcome);
    else
        move(&sim, end_side(&sim) == GREEN ? &plan_rollback : &plan_cutover, mode, at);
    sim_end(&sim);
}

static const enum fault_mode dying[] = {FAULT_FAIL, FAULT_LOST_AFTER, FAULT_CRASH_BEFORE,
                                        FAULT_CRASH_LATE, FAULT_DEAD_PLACE};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Every effect of the last quarter: release, confirm and turn, which the next leg relies on. Of
   those before, which are undone as a rule, every EVERY-th, each time others. */
#define EVERY 6

static void interrupt(const struct start *start, const struct plan *plan)
{
    uint64_t effects, at;
    size_t i;

    explore_from(start, plan);
    effects = explore_effects();
    assert_true(effects > 200);
    for (i = 0; i < COUNT(dying); i++)
        for (at = 1 + i; at <= effects; at += at < effects * 3 / 4 ? EVERY : 1)
            and_then(start, plan, dying[i], at);
}

static void test_a_rollback_behind_a_cutover_that_was_interrupted(void **state)
{
    (void) state;
    explore_begin();
    interrupt(&prepared, &plan_cutover);
    explore_end();
}

static void test_a_cutover_behind_a_rollback_that_was_interrupted(void **state)
{
    (void) state;
    explore_begin();
    interrupt(&on_green, &plan_rollback);
    explore_end();
}

static void test_the_second_cutover_under_faults(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_LOST_AFTER, FAULT_CRASH_AFTER};
    uint64_t effects, at;
    size_t i;

    (void) state;
    explore_begin();
    explore_from(&back_on_blue, &plan_cutover);
    effects = explore_effects();
    for (i = 0; i < COUNT(modes); i++)
        for (at = 1 + i; at <= effects; at += COUNT(modes))
            explore_fault(modes[i], at, 0);
    explore_end();
}

/* --- the window ------------------------------------------------------------------------------- */

/* Behind the switch, before blue follows, somebody reads a slot of the way back: what lies between
   would be skipped without an error (rule B1). It is told, and the way back is given up. */
static bool has_meddled;

static void use_a_slot(struct sim *sim)
{
    struct model_server *green = &sim->model.servers[GREEN];

    if (!green->opened_at || has_meddled)
        return;
    has_meddled = true;
    sim_pass(sim, 100);
    green->databases[1].slot_confirmed = green->wal;
}

static void test_a_slot_that_somebody_has_used_is_found(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    has_meddled = false;
    sim.at_sync = use_a_slot;
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    assert_true(has_meddled);
    assert_int_equal(outcome.result, RUN_FAILED);
    assert_non_null(strstr(outcome.fault, "used by somebody"));
    assert_false(sim.model.servers[BLUE].databases[1].is_enabled);
    assert_null(sim_durable(&sim, "way_back"));
    assert_string_equal(sim.model.violation, "");
    assert_int_equal(end_side(&sim), GREEN);
    /* as its hint says */
    explore_begin();
    harness_use_way_back(false);
    outcome = recover(&sim, FAULT_NONE, 0);
    assert_int_equal(outcome.result, RUN_DONE);
    finishes(&sim, FAULT_NONE, 0);
    harness_use_way_back(true);
    sim_end(&sim);
    explore_end();
}

/* Clients would get errors as soon as they came: told while nobody is held. */
static void test_a_table_of_green_without_identity_is_found(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    sim_begin(&sim, &prepared);
    sim.model.servers[GREEN].databases[1].tables[0].identity = 'n';
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.exit_code, EXIT_PLAN_STALE);
    assert_non_null(strstr(outcome.fault, "public.keyless among them"));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

/* [rollback] reverse = no: nothing of a way back is ever made. */
static void test_a_run_without_a_way_back(void **state)
{
    static struct sim sim;
    uint64_t effects, at;

    (void) state;
    explore_begin();
    harness_use_way_back(false);
    explore_from(&prepared, &plan_cutover);
    effects = explore_effects();
    for (at = 1; at <= effects; at += 2) {
        explore_fault(FAULT_FAIL, at, 0);
        explore_fault(FAULT_CRASH_AFTER, at, 0);
    }
    sim_begin(&sim, &prepared);
    move(&sim, &plan_cutover, FAULT_NONE, 0);
    finishes(&sim, FAULT_NONE, 0);
    sim_end(&sim);
    harness_use_way_back(true);
    explore_end();
}

/* --- the end of the run ----------------------------------------------------------------------- */

static bool finish_under_a_fault(const struct start *start, enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    uint64_t effects;

    sim_begin(&sim, start);
    sim_fault(&sim, mode, at);
    sim.victim = (int) (at % SERVERS);
    outcome = engine_run(&sim, end_side(&sim) == GREEN ? &plan_finish : &plan_finish_on_blue);
    effects = outcome.effects;
    explore_runs++;
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    sim_revive(&sim);
    finishes(&sim, mode, at);
    sim_end(&sim);
    return effects >= at;
}

static void test_finish_on_blue_repeated_after_a_fault_at_every_effect(void **state)
{
    uint64_t at;
    int mode;

    (void) state;
    explore_begin();
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++) {
        for (at = 1; finish_under_a_fault(&back_on_blue, (enum fault_mode) mode, at); at++)
            ;
        assert_true(at > 20);
    }
    explore_end();
}

/* Undone, or through: the run is ended where clients are. */
static void test_finish_behind_a_rollback_that_failed(void **state)
{
    uint64_t effects, at, on_side[SERVERS] = {0, 0};

    (void) state;
    explore_begin();
    explore_from(&on_green, &plan_rollback);
    effects = explore_effects();
    for (at = 1; at <= effects; at += 5) {
        static struct sim sim;
        struct outcome outcome;

        explore_start(&sim, FAULT_FAIL, at);
        outcome = explore_run(&sim);
        if (needs_recover(&outcome))
            outcome = recover(&sim, FAULT_NONE, 0);
        on_side[end_side(&sim)]++;
        finishes(&sim, FAULT_FAIL, at);
        sim_end(&sim);
    }
    explore_end();
    assert_true(on_side[BLUE] > 5 && on_side[GREEN] > 5);
}

static bool abort_under_a_fault(enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;
    uint64_t effects;
    int tries = 0;

    sim_begin(&sim, &back_on_blue);
    sim_fault(&sim, mode, at);
    sim.undo_budget_ms = PAUSE_BUDGET_MS + 1000;
    sim.victim = (int) (at % SERVERS);
    outcome = engine_abort(&sim);
    effects = outcome.effects;
    explore_runs++;
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    sim_revive(&sim);
    while ((outcome.crashed || outcome.result != RUN_UNDONE) && tries++ < TRIES_MAX)
        outcome = engine_abort(&sim);
    sim_settle(&sim);
    wrong = outcome.result == RUN_UNDONE ? end_aborted(&sim) : "abort, repeated, does not end";
    if (*wrong)
        complain(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
    return effects >= at;
}

static void test_abort_behind_a_rollback_after_a_fault_at_every_effect(void **state)
{
    uint64_t at;
    int mode;

    (void) state;
    explore_begin();
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++) {
        for (at = 1; abort_under_a_fault((enum fault_mode) mode, at); at++)
            ;
        assert_true(at > 20);
    }
    explore_end();
}

/* The rollback dies, and abort is what the operator types next: where it had switched, abort goes
   on with it first; else clients are on green, and abort refuses. */
static void test_abort_of_a_rollback_that_died(void **state)
{
    uint64_t effects, at, aborted = 0;

    (void) state;
    explore_begin();
    explore_from(&on_green, &plan_rollback);
    effects = explore_effects();
    for (at = 1; at <= effects; at++) {
        static struct sim sim;
        struct outcome outcome;

        explore_start(&sim, FAULT_CRASH_AFTER, at);
        explore_run(&sim);
        sim_settle(&sim);
        if (end_side(&sim) == BLUE) {
            outcome = engine_abort(&sim);
            sim_settle(&sim);
            aborted++;
            if (outcome.result != RUN_UNDONE || *end_aborted(&sim))
                complain(&sim, FAULT_CRASH_AFTER, at, end_aborted(&sim), &outcome);
        }
        sim_end(&sim);
    }
    explore_end();
    assert_true(aborted > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back_again_and_again),
        cmocka_unit_test(test_to_green_again_and_finished_there),
        cmocka_unit_test(test_a_rollback_behind_a_cutover_that_was_interrupted),
        cmocka_unit_test(test_a_cutover_behind_a_rollback_that_was_interrupted),
        cmocka_unit_test(test_the_second_cutover_under_faults),
        cmocka_unit_test(test_a_slot_that_somebody_has_used_is_found),
        cmocka_unit_test(test_a_table_of_green_without_identity_is_found),
        cmocka_unit_test(test_a_run_without_a_way_back),
        cmocka_unit_test(test_finish_on_blue_repeated_after_a_fault_at_every_effect),
        cmocka_unit_test(test_finish_behind_a_rollback_that_failed),
        cmocka_unit_test(test_abort_behind_a_rollback_after_a_fault_at_every_effect),
        cmocka_unit_test(test_abort_of_a_rollback_that_died),
    };

    return cmocka_run_group_tests(tests, explore_set_up_legs, explore_tear_down_legs);
}
