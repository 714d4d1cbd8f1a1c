/*
 * One plan that moves the clients, from one start, under faults. A fault stops nothing half-way:
 * clients end on one side, the side that the journal's disk names, with everything, and released.
 */
#include "explore.h"

#include "../../cutover/plans/plans.h"

#include <stdio.h>
#include <string.h>

static const struct start *begins = &prepared;
static const struct plan *plan = &plan_cutover;

void explore_from(const struct start *start, const struct plan *moves)
{
    begins = start;
    plan = moves;
}

void explore_start(struct sim *sim, enum fault_mode mode, uint64_t at)
{
    sim_begin(sim, begins);
    sim_fault(sim, mode, at);
}

struct outcome explore_run(struct sim *sim)
{
    explore_runs++;
    return engine_run(sim, plan);
}

uint64_t explore_effects(void)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    explore_start(&sim, FAULT_NONE, 0);
    outcome = explore_run(&sim);
    wrong = end_of_leg(&sim);
    if (outcome.result != RUN_DONE || outcome.side != plan->to || *wrong)
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
   what comes when clients are on the other side. */
static const char *ended_by_itself(const struct sim *sim, const struct outcome *outcome)
{
    if (outcome->crashed || string_starts(sim->fault_name, "sync"))
        return NULL;
    if (needs_recover(outcome) && outcome->side != plan->to)
        return "it does not end by itself";
    return clients_are_released(sim);
}

/* Plays what was begun to its end, judges it, and ends it; `mode` and `at` are for the complaint.
 */
static void play(struct sim *sim, enum fault_mode mode, uint64_t at, bool settles)
{
    struct outcome outcome = explore_run(sim);
    const char *wrong, *alone = ended_by_itself(sim, &outcome);
    char kept[400] = "";

    snprintf(kept, sizeof(kept), "%s", alone ? alone : "");
    if (needs_recover(&outcome)) {
        if (settles)
            sim_settle(sim);
        outcome = recover(sim, FAULT_NONE, 0);
    }
    wrong = end_of_leg(sim);
    if (!*wrong && needs_recover(&outcome))
        wrong = "recover did not end";
    if (!*wrong)
        wrong = held_too_long(sim);
    wrong = *wrong ? wrong : kept;
    if (*wrong)
        complain(sim, mode, at, wrong, &outcome);
    sim_end(sim);
}

void explore_fault(enum fault_mode mode, uint64_t at, int victim)
{
    static struct sim sim;

    explore_start(&sim, mode, at);
    sim.victim = victim;
    play(&sim, mode, at, mode != FAULT_CRASH_LATE);
}

void explore_faults(void)
{
    uint64_t effects = explore_effects(), at;
    int mode;

    for (mode = FAULT_FAIL; mode < FAULT_DEAD_PLACE; mode++)
        for (at = 1; at <= effects; at++)
            explore_fault((enum fault_mode) mode, at, 0);
}

void explore_restarts(void)
{
    uint64_t effects = explore_effects(), at;
    int victim;

    for (victim = 0; victim < SERVERS + PROCESSES; victim++)
        for (at = 1; at <= effects; at++)
            explore_fault(FAULT_RESTART, at, victim);
}

/* --- two faults ----------------------------------------------------------------------------- */

/* The first makes the engine undo, at several rows; the second is met by the undo itself. */
static void two_faults(uint64_t at, enum fault_mode then, uint64_t then_at)
{
    static struct sim sim;

    explore_start(&sim, FAULT_FAIL, at);
    sim.fault_then = then;
    sim.fault_then_at = then_at;
    play(&sim, then, then_at, true);
}

void explore_undo(unsigned every)
{
    static const enum fault_mode modes[] = {
        FAULT_FAIL,          FAULT_LOST_BEFORE,  FAULT_LOST_AFTER, FAULT_TIMEOUT_BEFORE,
        FAULT_TIMEOUT_AFTER, FAULT_CRASH_BEFORE, FAULT_CRASH_AFTER};
    uint64_t effects = explore_effects(), at, then;
    size_t i;

    for (at = effects / 4; at <= effects; at += every)
        for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
            for (then = at + 1 + (at + i) % 6; then <= at + 60; then += 6)
                two_faults(at, modes[i], then);
}

/* --- what dies and stays dead --------------------------------------------------------------- */

static const char *others_are_at_home(struct sim *sim)
{
    const struct model *model = &sim->model;
    int home = end_side(sim), i;

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

    explore_start(&sim, FAULT_DEAD_PLACE, at);
    sim.undo_budget_ms = PAUSE_BUDGET_MS + 1000;
    outcome = explore_run(&sim);
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
    wrong = end_of_leg(&sim);
    if (*wrong)
        complain(&sim, FAULT_DEAD_PLACE, at, wrong, &outcome);
    sim_end(&sim);
}

void explore_deaths(void)
{
    uint64_t effects = explore_effects(), at;

    for (at = 1; at <= effects; at++)
        dead_from(at);
}

/* --- what follows hangs, from one effect on ----------------------------------------------------
 */

#define FOR_EVER_MS 1000000

static void stall(struct sim *sim)
{
    sim->model.apply_ms = FOR_EVER_MS;
}

/* Nothing is applied any more, as if somebody had locked a table. Without its proof the plan is
   undone by itself, or by who recovers an engine that died meanwhile: at this effect, 0: never. */
static void stalls_from(uint64_t at, uint64_t dies_at)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    explore_start(&sim, dies_at ? FAULT_CRASH_AFTER : FAULT_NONE, dies_at);
    sim.sleeps_at = at;
    sim.while_asleep = stall;
    outcome = explore_run(&sim);
    if (outcome.crashed) {
        sim_settle(&sim);
        outcome = recover(&sim, FAULT_NONE, 0);
    }
    sim.model.apply_ms = 1;
    wrong = end_of_leg(&sim);
    if (!*wrong && outcome.result != RUN_DONE && outcome.result != RUN_UNDONE)
        wrong = "it does not end by itself";
    if (!*wrong)
        wrong = held_too_long(&sim);
    if (*wrong)
        complain(&sim, FAULT_NONE, at, print_some("stalled: %s", wrong), &outcome);
    sim_end(&sim);
}

void explore_stalls(void)
{
    uint64_t effects = explore_effects(), at;

    for (at = 1; at <= effects; at++) {
        stalls_from(at, 0);
        stalls_from(at, at + 1 + at % 90);
    }
}

/* --- as tests --------------------------------------------------------------------------------- */

static void test(void (*explores)(void))
{
    explore_begin();
    explores();
    explore_end();
}

void test_a_fault_at_every_effect(void **state)
{
    (void) state;
    test(explore_faults);
}

void test_a_restart_at_every_effect(void **state)
{
    (void) state;
    test(explore_restarts);
}

void test_a_place_dies_at_every_effect(void **state)
{
    (void) state;
    test(explore_deaths);
}

static void explore_lags(void)
{
    static const struct {
        int64_t lag_ms;
        enum run_result result;
    } cases[] = {{0, RUN_DONE},   {3, RUN_DONE},    {30, RUN_DONE},
                 {300, RUN_DONE}, {2500, RUN_DONE}, {30000, RUN_UNDONE}};
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct sim sim;
        struct outcome outcome;
        const char *wrong;

        explore_start(&sim, FAULT_NONE, 0);
        sim.model.apply_ms = cases[i].lag_ms;
        outcome = explore_run(&sim);
        wrong = end_of_leg(&sim);
        if (!*wrong && outcome.result != cases[i].result)
            wrong = "it is another end";
        if (*wrong)
            complain(&sim, FAULT_NONE, i, wrong, &outcome);
        sim_end(&sim);
    }
}

void test_a_subscriber_that_lags(void **state)
{
    (void) state;
    test(explore_lags);
}
