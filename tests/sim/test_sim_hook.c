/*
 * A cutover whose second pooler is driven by a hook: under every fault at every effect, and with a
 * hook that does not tell the truth.
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

/* record 1, hold 2, point 2, release 2, confirm 2 */
#define CALLS 9
#define CALL_RELEASE 6

static int set_up(void **state)
{
    (void) state;
    harness_use_hook();
    return explore_set_up_legs(state);
}

/* Plays the cutover that was begun, and recovers it with a hook and places that are well again.
   With a hook that lies of what describe is asked for, too, clients may be left held: then only
   what must never be is looked for. */
static struct outcome play(struct sim *sim, enum fault_mode mode, uint64_t at, bool lies_on)
{
    struct outcome outcome = engine_run(sim, &plan_cutover), last;
    const char *wrong;

    explore_runs++;
    last = outcome;
    if (needs_recover(&outcome)) {
        if (mode != FAULT_CRASH_LATE)
            sim_settle(sim);
        sim_revive(sim);
        sim_pass(sim, 1000);
        sim->lies_from = 0;
        last = recover(sim, FAULT_NONE, 0);
    }
    wrong = end_of_leg(sim);
    if (!*wrong && needs_recover(&last))
        wrong = "recover did not end";
    if (lies_on)
        wrong = sim->model.violation;
    if (*wrong)
        complain(sim, mode, at, wrong, &last);
    return outcome;
}

static uint64_t effects_without_fault(int *ret_calls)
{
    static struct sim sim;
    struct outcome outcome;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = play(&sim, FAULT_NONE, 0, false);
    if (outcome.result != RUN_DONE || outcome.side != SIDE_GREEN)
        complain(&sim, FAULT_NONE, 0, "it is not done", &outcome);
    if (ret_calls)
        *ret_calls = sim.hook_calls;
    sim_end(&sim);
    return outcome.effects;
}

/* True: the effect was a call of the hook. */
static bool one_fault(enum fault_mode mode, uint64_t at)
{
    static struct sim sim;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, mode, at);
    play(&sim, mode, at, false);
    sim_end(&sim);
    return strstr(sim.fault_name, ": hook") != NULL;
}

/* All of them at calls of the hook; at the others, which test_sim_cutover goes through, some. */
static void test_a_fault_beside_a_hook(void **state)
{
    uint64_t effects, at;
    int mode, hooks = 0;

    (void) state;
    explore_begin();
    effects = effects_without_fault(NULL);
    for (at = 1; at <= effects; at++) {
        bool is_hook = one_fault(FAULT_FAIL, at);

        hooks += is_hook;
        for (mode = FAULT_FAIL + 1; mode <= FAULT_DEAD_PLACE && (is_hook || at % 6 == 0); mode++)
            one_fault((enum fault_mode) mode, at);
    }
    explore_end();
    assert_true(hooks >= CALLS);
}

/* The process that the hook drives comes up anew, with nothing held. */
static void test_its_pooler_restarts_at_every_effect(void **state)
{
    uint64_t effects, at;

    (void) state;
    explore_begin();
    effects = effects_without_fault(NULL);
    for (at = 1; at <= effects; at++) {
        static struct sim sim;

        sim_begin(&sim, &prepared);
        sim_fault(&sim, FAULT_RESTART, at);
        sim.victim = SERVERS + PROCESSES - 1;
        play(&sim, FAULT_RESTART, at, false);
        sim_end(&sim);
    }
    explore_end();
}

/* A PgBouncer hangs, from any effect on: it answers nothing more, and refuses nothing. The hook's
   clients do not wait for it: they are released as the others are, within the budget. */
static bool hangs(uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    int64_t held_ms;
    bool at_green;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_DEAD_PLACE, at);
    sim.is_silent = true;
    sim.undo_budget_ms = 4 * PAUSE_BUDGET_MS;
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    sim_settle(&sim);
    at_green = outcome.side == SIDE_GREEN;
    held_ms = sim.model.longest_hold_ns / NS_PER_MS;
    if (strstr(sim.fault_name, "p1 process ")) {
        if (held_ms > PAUSE_BUDGET_MS)
            complain(&sim, FAULT_DEAD_PLACE, at,
                     print_some("clients were held for %lld ms", (long long) held_ms), &outcome);
        if (sim.model.processes[PROCESSES - 1].entries[0].paused)
            complain(&sim, FAULT_DEAD_PLACE, at, "the hook's clients are still held", &outcome);
        if (sim.model.processes[PROCESSES - 1].goes_to != (at_green ? GREEN : BLUE))
            complain(&sim, FAULT_DEAD_PLACE, at, "the hook's clients are on the other side",
                     &outcome);
    }
    sim_end(&sim);
    return held_ms > 0;
}

static void test_a_pgbouncer_that_hangs_keeps_no_clients_of_the_hook(void **state)
{
    uint64_t effects, at, held = 0;

    (void) state;
    explore_begin();
    effects = effects_without_fault(NULL);
    for (at = 1; at <= effects; at++)
        held += hangs(at);
    explore_end();
    assert_true(held > 0);
}

static void test_a_hook_that_hangs_is_waited_for_ten_seconds_and_named(void **state)
{
    (void) state;
    explore_begin();
    assert_true(explore_lost("pooler p2: hook", "pooler p2", "its hook works again") >= 4);
    explore_end();
}

/* Answers that are no answers: none of them is ever taken for success. */
static const char *const answers[] = {
    "",
    "\n",
    "done",
    "{",
    "[]",
    "{}",
    "null",
    "{\"schema_version\":2,\"held\":true,\"at\":null,\"clients\":0,\"waiting\":0}",
    "{\"schema_version\":\"1\",\"held\":true,\"at\":null,\"clients\":0,\"waiting\":0}",
};

enum lie { LIES_NOT, LIES_OF_HOLDING, LIES_OF_PLACE, LIES_OF_BOTH };

/* Who does not hold its clients any more behind the fence is let go: they cannot write. Behind the
   switch a release is repeated, and so is a point that seems to be lost: one wrong answer does no
   harm there. */
static bool must_be_found_out(int call, int count, const char *lie, enum lie of)
{
    if (call == CALL_RELEASE - 1 && of == LIES_OF_HOLDING)
        return false;
    if (call < CALL_RELEASE)
        return lie || count == 1;
    return lie && (count > 1 || call > CALL_RELEASE + 1);
}

static void lies(int from, int count, const char *lie, enum lie of)
{
    static struct sim sim;
    struct outcome outcome;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    sim.lies_from = from;
    sim.lies = count;
    sim.lie = lie;
    sim.lies_of_holding = of & LIES_OF_HOLDING;
    sim.lies_of_place = of & LIES_OF_PLACE;
    outcome = play(&sim, FAULT_NONE, (uint64_t) from, !lie && count > 1);
    if (outcome.result == RUN_DONE && must_be_found_out(from, count, lie, of))
        complain(&sim, FAULT_NONE, (uint64_t) from, "it was believed", &outcome);
    sim_end(&sim);
}

static void test_an_answer_that_is_none_is_never_success(void **state)
{
    int calls = 0, from;
    size_t i;

    (void) state;
    explore_begin();
    effects_without_fault(&calls);
    assert_int_equal(calls, CALLS);
    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        for (from = 1; from <= calls; from++) {
            lies(from, 1, answers[i], LIES_NOT);
            lies(from, 10000, answers[i], LIES_NOT);
        }
    explore_end();
}

/* It says the contrary of what is so, and does nothing of what it is told. Once: it is found out.
   Several times, for ever: its clients get errors or wait, but nothing is lost, and at no moment
   two can write. */
static void test_whatever_it_says_there_is_one_writer(void **state)
{
    int calls = 0, from, count, of;

    (void) state;
    explore_begin();
    effects_without_fault(&calls);
    for (from = 1; from <= calls; from++)
        for (count = 1; count <= 16; count *= 2)
            for (of = LIES_OF_HOLDING; of <= LIES_OF_BOTH; of++)
                lies(from, count == 16 ? 10000 : count, NULL, (enum lie) of);
    explore_end();
}

/* Told where blue is, and released there. */
static void test_the_rollback_with_a_hook_under_faults(void **state)
{
    uint64_t effects, at;

    (void) state;
    explore_begin();
    explore_from(&on_green, &plan_rollback);
    effects = explore_effects();
    for (at = 1; at <= effects; at++) {
        explore_fault(FAULT_FAIL, at, 0);
        if (at % 3 == 0)
            explore_fault(FAULT_CRASH_AFTER, at, 0);
    }
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_beside_a_hook),
        cmocka_unit_test(test_the_rollback_with_a_hook_under_faults),
        cmocka_unit_test(test_its_pooler_restarts_at_every_effect),
        cmocka_unit_test(test_a_pgbouncer_that_hangs_keeps_no_clients_of_the_hook),
        cmocka_unit_test(test_a_hook_that_hangs_is_waited_for_ten_seconds_and_named),
        cmocka_unit_test(test_an_answer_that_is_none_is_never_success),
        cmocka_unit_test(test_whatever_it_says_there_is_one_writer),
    };

    return cmocka_run_group_tests(tests, set_up, explore_tear_down_legs);
}
