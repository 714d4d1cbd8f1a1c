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

static uint64_t effects_without_fault(void)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    wrong = end_of_cutover(&sim);
    if (outcome.result != RUN_DONE || outcome.side != SIDE_GREEN || *wrong)
        complain(&sim, FAULT_NONE, 0, *wrong ? wrong : "it is not done", &outcome);
    sim_end(&sim);
    return outcome.effects;
}

/* Clients were held within the budget, whatever hung and on whichever side they end. */
static const char *held_too_long(struct sim *sim)
{
    int64_t held_ms = sim->model.longest_hold_ns / NS_PER_MS;

    return held_ms <= PAUSE_BUDGET_MS
               ? ""
               : print_some("clients were held for %lld ms", (long long) held_ms);
}

/* The clients of every process that is alive. */
static const char *clients_are_released(const struct sim *sim)
{
    const struct model *model = &sim->model;
    int i, j;

    if (*model->violation)
        return model->violation;
    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES && !model->processes[i].dead; j++)
            if (model->processes[i].entries[j].paused)
                return print_some("by itself it leaves entry %s of process %d paused",
                                  entry_names[j], i);
    return NULL;
}

/* Without a death of its own and with a disk that works, the engine needs nobody's help; but for
   what comes when clients are on green. */
static const char *ended_by_itself(const struct sim *sim, const struct outcome *outcome)
{
    if (outcome->crashed || string_starts(sim->fault_name, "sync"))
        return NULL;
    if (needs_recover(outcome) && outcome->side != SIDE_GREEN)
        return "it does not end by itself";
    return clients_are_released(sim);
}

/* Plays the cutover that was begun to its end, judges it, and ends it; `mode` and `at` are for the
   complaint. */
static void play(struct sim *sim, enum fault_mode mode, uint64_t at, bool settles)
{
    struct outcome outcome = engine_run(sim, &plan_cutover);
    const char *wrong, *alone = ended_by_itself(sim, &outcome);
    char kept[400] = "";

    explore_runs++;
    snprintf(kept, sizeof(kept), "%s", alone ? alone : "");
    if (needs_recover(&outcome)) {
        if (settles)
            sim_settle(sim);
        outcome = recover(sim, FAULT_NONE, 0);
    }
    wrong = end_of_cutover(sim);
    if (!*wrong && needs_recover(&outcome))
        wrong = "recover did not end";
    if (!*wrong)
        wrong = held_too_long(sim);
    wrong = *wrong ? wrong : kept;
    if (*wrong)
        complain(sim, mode, at, wrong, &outcome);
    sim_end(sim);
}

static void one_run(enum fault_mode mode, uint64_t at, int victim)
{
    static struct sim sim;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, mode, at);
    sim.victim = victim;
    play(&sim, mode, at, mode != FAULT_CRASH_LATE);
}

static void test_a_fault_at_every_effect(void **state)
{
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = effects_without_fault();
    for (mode = FAULT_FAIL; mode < FAULT_DEAD_PLACE; mode++)
        for (at = 1; at <= effects; at++)
            one_run((enum fault_mode) mode, at, 0);
    explore_end();
}

/* Blue, green or a pooler process restarts: its sessions, locks and pauses are gone. */
static void test_a_restart_at_every_effect(void **state)
{
    uint64_t effects, at;
    int victim;

    (void) state;
    explore_begin();
    effects = effects_without_fault();
    for (victim = 0; victim < SERVERS + PROCESSES; victim++)
        for (at = 1; at <= effects; at++)
            one_run(FAULT_RESTART, at, victim);
    explore_end();
}

/* However far green is behind: clients get there when it has everything, or stay where they are. */
static void test_a_green_that_lags(void **state)
{
    static const struct {
        int64_t lag_ms;
        enum run_result result;
    } cases[] = {{0, RUN_DONE},   {3, RUN_DONE},    {30, RUN_DONE},
                 {300, RUN_DONE}, {2500, RUN_DONE}, {30000, RUN_UNDONE}};
    size_t i;

    (void) state;
    explore_begin();
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct sim sim;
        struct outcome outcome;
        const char *wrong;

        sim_begin(&sim, &prepared);
        sim.model.apply_ms = cases[i].lag_ms;
        outcome = engine_run(&sim, &plan_cutover);
        explore_runs++;
        wrong = end_of_cutover(&sim);
        if (!*wrong && outcome.result != cases[i].result)
            wrong = "it is another end";
        if (*wrong)
            complain(&sim, FAULT_NONE, i, wrong, &outcome);
        sim_end(&sim);
    }
    explore_end();
}

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
    wrong = end_of_cutover(&sim);
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
    wrong = end_of_cutover(&sim);
    if (outcome.result != RUN_UNDONE || sim.model.longest_hold_ns || *wrong)
        complain(&sim, FAULT_NONE, 0, *wrong ? wrong : "it is another end", &outcome);
    assert_non_null(strstr(outcome.fault, "no pg_hba.conf entry"));
    sim_end(&sim);
    explore_end();
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

/* The first makes the engine undo, at several rows; the second is met by the undo itself. */
static void two_faults(uint64_t at, enum fault_mode then, uint64_t then_at)
{
    static struct sim sim;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_FAIL, at);
    sim.fault_then = then;
    sim.fault_then_at = then_at;
    play(&sim, then, then_at, true);
}

static void test_undo_meets_a_fault(void **state)
{
    static const enum fault_mode modes[] = {
        FAULT_FAIL,          FAULT_LOST_BEFORE,  FAULT_LOST_AFTER, FAULT_TIMEOUT_BEFORE,
        FAULT_TIMEOUT_AFTER, FAULT_CRASH_BEFORE, FAULT_CRASH_AFTER};
    uint64_t effects, at, then;
    size_t i;

    (void) state;
    explore_begin();
    effects = effects_without_fault();
    for (at = effects / 4; at <= effects; at += 4)
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = at + 1 + (at + i) % 6; then <= at + 60; then += 6)
                two_faults(at, modes[i], then);
    explore_end();
}

/* --- what dies and stays dead --------------------------------------------------------------- */

static const char *others_are_at_home(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *side = sim_durable(sim, "side");
    int home = side && strcmp(side, "green") == 0 ? GREEN : BLUE, i;

    for (i = 0; i < PROCESSES; i++)
        if (!model->processes[i].dead && model->processes[i].goes_to != home)
            return print_some("while it is dead, process %d is left at the other side", i);
    return model->servers[home].runs && !model->servers[home].open
               ? "while it is dead, its side is closed"
               : NULL;
}

static void dead_from(uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_DEAD_PLACE, at);
    sim.undo_budget_ms = PAUSE_BUDGET_MS + 1000;
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    sim_settle(&sim);
    wrong = clients_are_released(&sim);
    if (!wrong && !sim.model.is_broken[PLACE_HOST])
        wrong = others_are_at_home(&sim);
    if (!wrong && *held_too_long(&sim))
        wrong = held_too_long(&sim);
    if (wrong)
        complain(&sim, FAULT_DEAD_PLACE, at, wrong, &outcome);
    sim_revive(&sim);
    sim_pass(&sim, 1000);
    if (needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    wrong = end_of_cutover(&sim);
    if (*wrong)
        complain(&sim, FAULT_DEAD_PLACE, at, wrong, &outcome);
    sim_end(&sim);
}

static void test_a_place_dies_at_every_effect(void **state)
{
    uint64_t effects, at;

    (void) state;
    explore_begin();
    effects = effects_without_fault();
    for (at = 1; at <= effects; at++)
        dead_from(at);
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fault_at_every_effect),
        cmocka_unit_test(test_a_restart_at_every_effect),
        cmocka_unit_test(test_a_green_that_lags),
        cmocka_unit_test(test_logins_to_green_are_tried),
        cmocka_unit_test(test_nobody_is_held_when_poolers_cannot_log_in_to_green),
        cmocka_unit_test(test_a_time_out_that_is_not_known_is_told_as_that),
        cmocka_unit_test(test_undo_meets_a_fault),
        cmocka_unit_test(test_a_place_dies_at_every_effect),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
