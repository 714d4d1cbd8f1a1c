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
#include "harness.h"

#include <stdio.h>
#include <string.h>

static struct start prepared;
static unsigned runs, complaints;
#define COMPLAINTS_MAX 40

static int set_up(void **state)
{
    static struct sim sim;
    struct start fresh;
    struct outcome outcome;

    (void) state;
    start_init(&fresh);
    sim_begin(&sim, &fresh);
    outcome = engine_run(&sim, &plan_prepare);
    if (outcome.result != RUN_DONE || *end_prepared(&sim)) {
        fprintf(stderr, "prepare: %s; %s\n", outcome.fault, end_prepared(&sim));
        return -1;
    }
    start_keep(&prepared, &sim);
    sim_end(&sim);
    start_free(&fresh);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    start_free(&prepared);
    fprintf(stderr, "simulated runs: %u\n", runs);
    return 0;
}

static void complain(struct sim *sim, enum fault_mode mode, uint64_t at, const char *wrong,
                     const struct outcome *outcome)
{
    if (++complaints > COMPLAINTS_MAX)
        return;
    fprintf(stderr, "\"%s\" at effect %llu (%s): %s [result %d, fault: %s]\n",
             fault_names[mode],
             (unsigned long long) at, sim->fault_name, wrong, outcome->result, outcome->fault);
}

/* The end, whichever it is, is the one that the disk names. */
static const char *end_of(struct sim *sim, const struct plan *plan)
{
    const char *side = sim_durable(sim, "side"), *wrong;

    sim_settle(sim);
    sim_pass(sim, 500);
    wrong = side && strcmp(side, "green") == 0 ? end_on_green(sim) : end_on_blue(sim);
    return *wrong ? wrong : end_in_journal(sim, plan);
}

static bool needs_recover(const struct outcome *outcome)
{
    return outcome->crashed || outcome->result == RUN_STUCK || outcome->result == RUN_AMBIGUOUS ||
           outcome->result == RUN_FAILED;
}

static uint64_t effects_without_fault(void)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = engine_run(&sim, &plan_cutover);
    complaints = 0;
    wrong = end_of(&sim, &plan_cutover);
    if (outcome.result != RUN_DONE || *wrong)
        complain(&sim, FAULT_NONE, 0, wrong, &outcome);
    sim_end(&sim);
    runs++;
    return outcome.effects;
}

/* Recovers until it is done: once, or twice when the first recover dies as well. */
static struct outcome recover(struct sim *sim, enum fault_mode mode, uint64_t at)
{
    struct outcome outcome;

    sim_fault(sim, mode, at);
    outcome = engine_recover(sim, &plan_cutover);
    if (!needs_recover(&outcome))
        return outcome;
    sim_settle(sim);
    return engine_recover(sim, &plan_cutover);
}

/* One fault in the cutover, and one in what comes after it when that is a recover. */
static uint64_t one_run(enum fault_mode mode, uint64_t at, enum fault_mode then, uint64_t then_at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, mode, at);
    outcome = engine_run(&sim, &plan_cutover);
    runs++;
    if (needs_recover(&outcome)) {
        if (mode != FAULT_CRASH_LATE)
            sim_settle(&sim);
        outcome = recover(&sim, then, then_at);
        if (outcome.result != RUN_DONE && outcome.result != RUN_UNDONE)
            complain(&sim, mode, at, "recover did not end", &outcome);
    }
    wrong = end_of(&sim, &plan_cutover);
    if (*wrong)
        complain(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
    return outcome.effects;
}

static void test_every_fault(void **state)
{
    uint64_t effects = effects_without_fault(), at;
    int mode;

    (void) state;
    for (mode = FAULT_FAIL; mode < FAULT_DEAD_PLACE; mode++)
        for (at = 1; at <= effects; at++)
            one_run((enum fault_mode) mode, at, FAULT_NONE, 0);
    assert_int_equal(complaints, 0);
}

/* Servers and pooler processes that restart: sessions, locks and pauses are gone. */
static void test_restarts(void **state)
{
    uint64_t effects = effects_without_fault(), at;

    (void) state;
    for (at = 1; at <= effects; at++)
        one_run(FAULT_RESTART, at, FAULT_NONE, 0);
    assert_int_equal(complaints, 0);
}

/* Recover meets a fault as well, and dies as well: every seventh of its effects, each time others. */
static void test_recover_under_faults(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_LOST_AFTER, FAULT_TIMEOUT_AFTER,
                                            FAULT_CRASH_BEFORE, FAULT_CRASH_AFTER};
    uint64_t effects = effects_without_fault(), at, then, steps;
    size_t i;

    (void) state;
    for (at = 1; at <= effects; at++) {
        steps = one_run(FAULT_CRASH_AFTER, at, FAULT_NONE, 0);
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = 1 + (at + i) % 7; then <= steps; then += 7)
                one_run(FAULT_CRASH_AFTER, at, modes[i], then);
    }
    assert_int_equal(complaints, 0);
}

/* --- two faults in one run ------------------------------------------------------------------ */

/* The first makes the engine undo, at several rows; the second is met by the undo itself. */
static void two_faults(enum fault_mode first, uint64_t at, enum fault_mode then, uint64_t then_at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, first, at);
    sim.fault_then = then;
    sim.fault_then_at = then_at;
    outcome = engine_run(&sim, &plan_cutover);
    runs++;
    if (needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    wrong = end_of(&sim, &plan_cutover);
    if (*wrong)
        complain(&sim, then, then_at, wrong, &outcome);
    sim_end(&sim);
}

static void test_undo_under_faults(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_LOST_BEFORE, FAULT_LOST_AFTER,
                                            FAULT_TIMEOUT_BEFORE, FAULT_TIMEOUT_AFTER,
                                            FAULT_CRASH_BEFORE};
    uint64_t effects = effects_without_fault(), at, then;
    size_t i;

    (void) state;
    for (at = effects / 4; at <= effects; at += 3)
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = at + 1 + (at + i) % 5; then <= at + 60; then += 5)
                two_faults(FAULT_FAIL, at, modes[i], then);
    assert_int_equal(complaints, 0);
}

/* --- what dies and stays dead --------------------------------------------------------------- */

/* While it is dead, the clients of all others are released all the same. */
static const char *others_are_released(const struct sim *sim)
{
    const struct model *model = &sim->model;
    int i, j;

    if (*model->violation)
        return model->violation;
    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES && !model->processes[i].dead; j++)
            if (model->processes[i].entries[j].paused)
                return print_some("entry %s of process %d is still paused", entry_names[j], i);
    return NULL;
}

static const char *others_are_at_home(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *side = sim_durable(sim, "side");
    int home = side && strcmp(side, "green") == 0 ? GREEN : BLUE, i;

    for (i = 0; i < PROCESSES; i++)
        if (!model->processes[i].dead && model->processes[i].goes_to != home)
            return print_some("process %d is left at the other side", i);
    return model->servers[home].runs && !model->servers[home].open ? "its side is closed" : NULL;
}

static void test_dead_places(void **state)
{
    static struct sim sim;
    uint64_t effects = effects_without_fault(), at;

    (void) state;
    for (at = 1; at <= effects; at++) {
        struct outcome outcome;
        const char *wrong;

        sim_begin(&sim, &prepared);
        sim_fault(&sim, FAULT_DEAD_PLACE, at);
        outcome = engine_run(&sim, &plan_cutover);
        runs++;
        sim_settle(&sim);
        wrong = others_are_released(&sim);
        if (!wrong && !sim.model.is_broken[PLACE_HOST])
            wrong = others_are_at_home(&sim);
        if (wrong)
            complain(&sim, FAULT_DEAD_PLACE, at, wrong, &outcome);
        sim_revive(&sim);
        sim_pass(&sim, 1000);
        if (needs_recover(&outcome))
            outcome = recover(&sim, FAULT_NONE, 0);
        wrong = end_of(&sim, &plan_cutover);
        if (*wrong)
            complain(&sim, FAULT_DEAD_PLACE, at, wrong, &outcome);
        sim_end(&sim);
    }
    assert_int_equal(complaints, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fault),
        cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_recover_under_faults),
        cmocka_unit_test(test_undo_under_faults),
        cmocka_unit_test(test_dead_places),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
