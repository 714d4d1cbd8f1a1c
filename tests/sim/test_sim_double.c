/*
 * Two failures in one cutover or one rollback, whatever they are: a request that fails, is lost or
 * late; a server, a pooler process or a host that restarts or is dead from there on; the engine
 * that dies. Pairs are drawn by a generator of fixed seed: the same ones each time; others with
 * PGCUTOVER_SIM_SEED, more with PGCUTOVER_SIM_PAIRS.
 *
 * When everything answers again and recover was called where it was asked for, all is on the side
 * that the disk names; and at no time there were two writers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <stdlib.h>

#define PAIRS 1500
#define SEED 20261121

static const enum fault_mode first_modes[] = {
    FAULT_FAIL,          FAULT_LOST_BEFORE, FAULT_LOST_AFTER, FAULT_TIMEOUT_BEFORE,
    FAULT_TIMEOUT_AFTER, FAULT_SLOW,        FAULT_RESTART,    FAULT_DEAD_PLACE};
static const enum fault_mode then_modes[] = {
    FAULT_FAIL,          FAULT_LOST_BEFORE, FAULT_LOST_AFTER, FAULT_TIMEOUT_BEFORE,
    FAULT_TIMEOUT_AFTER, FAULT_SLOW,        FAULT_RESTART,    FAULT_DEAD_PLACE,
    FAULT_CRASH_BEFORE,  FAULT_CRASH_AFTER, FAULT_CRASH_LATE};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static uint64_t state_of_chance;
static unsigned met, at_green, at_blue, recovered;

/* 0 to below - 1 (Knuth's MMIX generator). */
static uint64_t draw(uint64_t below)
{
    state_of_chance =
        state_of_chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state_of_chance >> 33) % below;
}

static void two_failures(enum fault_mode first, uint64_t at, enum fault_mode then, uint64_t then_at,
                         int victim)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    explore_start(&sim, first, at);
    sim.fault_then = then;
    sim.fault_then_at = then_at;
    sim.victim = victim;
    sim.undo_budget_ms = PAUSE_BUDGET_MS + 1000;
    outcome = explore_run(&sim);
    met += outcome.effects >= then_at;
    if (then != FAULT_CRASH_LATE)
        sim_settle(&sim);
    if (needs_recover(&outcome)) { /* while what is dead is dead */
        recovered++;
        outcome = recover(&sim, FAULT_NONE, 0);
    }
    sim_revive(&sim);
    sim_pass(&sim, 1000);
    if (needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    wrong = end_of_leg(&sim);
    if (!*wrong && needs_recover(&outcome))
        wrong = "recover did not end";
    at_green += sim.model.servers[GREEN].open;
    at_blue += sim.model.servers[BLUE].open;
    if (*wrong)
        complain(&sim, first, at,
                 print_some("then %s at %llu, victim %d: %s", fault_names[then],
                            (unsigned long long) then_at, sim.victim, wrong),
                 &outcome);
    sim_end(&sim);
}

/* A request fails, and what was asked beside it happens later, behind the undo if nobody sees to
 * it. */
static void late_beside_a_failure(const struct start *start, const struct plan *plan)
{
    uint64_t effects, at;

    explore_begin();
    explore_from(start, plan);
    effects = explore_effects();
    for (at = 1; at <= effects; at++)
        two_failures(FAULT_FAIL, at, FAULT_SLOW, at + 1, 0);
    explore_end();
}

static void test_what_is_late_beside_a_failure(void **state)
{
    (void) state;
    late_beside_a_failure(&prepared, &plan_cutover);
    late_beside_a_failure(&on_green, &plan_rollback);
}

static void pairs_of(const struct start *start, const struct plan *plan, unsigned usual)
{
    uint64_t effects;
    const char *seed = getenv("PGCUTOVER_SIM_SEED"), *number = getenv("PGCUTOVER_SIM_PAIRS");
    unsigned i, pairs = number ? (unsigned) strtoul(number, NULL, 10) : usual;

    state_of_chance = seed ? strtoull(seed, NULL, 10) : SEED;
    explore_begin();
    explore_from(start, plan);
    effects = explore_effects();
    met = at_green = at_blue = recovered = 0;
    for (i = 0; i < pairs; i++) {
        enum fault_mode first = first_modes[draw(COUNT(first_modes))];
        enum fault_mode then = then_modes[draw(COUNT(then_modes))];
        uint64_t at = 1 + draw(effects);

        two_failures(first, at, then, at + 1 + draw(80), (int) draw(SERVERS + PROCESSES));
    }
    explore_end();
    /* the second failure was met often, and every kind of end was */
    assert_true(met > pairs / 4);
    assert_true(at_green > pairs / 20 && at_blue > pairs / 20 && recovered > pairs / 20);
}

static void test_two_failures_in_one_cutover(void **state)
{
    (void) state;
    pairs_of(&prepared, &plan_cutover, PAIRS);
}

static void test_two_failures_in_one_rollback(void **state)
{
    (void) state;
    pairs_of(&on_green, &plan_rollback, PAIRS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_late_beside_a_failure),
        cmocka_unit_test(test_two_failures_in_one_cutover),
        cmocka_unit_test(test_two_failures_in_one_rollback),
    };

    return cmocka_run_group_tests(tests, explore_set_up_legs, explore_tear_down_legs);
}
