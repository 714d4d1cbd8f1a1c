#include "explore.h"

#include "../../cutover/plans/plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define COMPLAINTS_MAX 25
#define RECOVERIES_MAX 3

unsigned explore_runs, explore_complaints;
struct start prepared, on_green, back_on_blue;

void explore_begin(void)
{
    explore_complaints = 0;
}

void explore_end(void)
{
    assert_int_equal(explore_complaints, 0);
}

int explore_set_up(void **state)
{
    static struct sim sim;
    struct start fresh;
    struct outcome outcome;
    const char *wrong;

    (void) state;
    start_init(&fresh);
    sim_begin(&sim, &fresh);
    outcome = engine_run(&sim, &plan_prepare);
    wrong = end_prepared(&sim);
    if (outcome.result != RUN_DONE || *wrong)
        fprintf(stderr, "prepare: %s; %s\n", outcome.fault, wrong);
    start_keep(&prepared, &sim);
    sim_end(&sim);
    start_free(&fresh);
    return outcome.result == RUN_DONE && !*wrong ? 0 : -1;
}

int explore_tear_down(void **state)
{
    (void) state;
    start_free(&prepared);
    fprintf(stderr, "simulated runs: %u\n", explore_runs);
    return 0;
}

static bool make(const struct start *from, const struct plan *plan, struct start *ret_start)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    sim_begin(&sim, from);
    outcome = engine_run(&sim, plan);
    wrong = end_of_leg(&sim);
    if (outcome.result != RUN_DONE || *wrong)
        fprintf(stderr, "%s: %s; %s\n", plan->id, outcome.fault, wrong);
    start_keep(ret_start, &sim);
    sim_end(&sim);
    return outcome.result == RUN_DONE && !*wrong;
}

int explore_set_up_legs(void **state)
{
    return explore_set_up(state) == 0 && make(&prepared, &plan_cutover, &on_green) &&
                   make(&on_green, &plan_rollback, &back_on_blue)
               ? 0
               : -1;
}

int explore_tear_down_legs(void **state)
{
    start_free(&on_green);
    start_free(&back_on_blue);
    return explore_tear_down(state);
}

void complain(struct sim *sim, enum fault_mode mode, uint64_t at, const char *wrong,
              const struct outcome *outcome)
{
    if (++explore_complaints > COMPLAINTS_MAX)
        return;
    fprintf(stderr, "\"%s\" at effect %llu (%s): %s [result %d, fault: %s]\n", fault_names[mode],
            (unsigned long long) at, sim->fault_name, wrong, outcome->result, outcome->fault);
}

bool needs_recover(const struct outcome *outcome)
{
    return outcome->crashed || outcome->result == RUN_STUCK || outcome->result == RUN_AMBIGUOUS ||
           outcome->result == RUN_FAILED;
}

const char *end_of_leg(struct sim *sim)
{
    const struct plan *plan = end_leg(sim);
    const char *wrong;

    sim_settle(sim);
    sim_pass(sim, 500);
    wrong = end_at(sim, end_side(sim), plan);
    return *wrong ? wrong : end_in_journal(sim, plan);
}

/* With what release waits for. Much less than the deadline of confirm, and than a file_sync. */
#define LOST_FOR_MS 35000

static const char *others_are_served(const struct sim *sim)
{
    const struct model *model = &sim->model;
    int i, j;

    for (i = 0; i < DATABASES; i++)
        if (model->servers[GREEN].databases[i].is_enabled)
            return "green still follows blue";
    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES && !model->processes[i].dead; j++)
            if (model->processes[i].entries[j].paused || model->processes[i].goes_to != GREEN)
                return "clients of the others are not on green";
    return model->violation;
}

/* 0: it does not end on green with the named effect; else 1, and 2 when it was waited for. */
static int lost_at(uint64_t at, const char *effect, const char *where, const char *hint)
{
    static struct sim sim;
    struct outcome outcome, last;
    int64_t took_ms;
    int waited = 1;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_DEAD_PLACE, at);
    sim.is_silent = sim.takes_host = true;
    outcome = last = engine_run(&sim, &plan_cutover);
    explore_runs++;
    took_ms = (sim.now_ns - prepared.now_ns) / NS_PER_MS;
    if (!strstr(sim.fault_name, effect) || outcome.side != SIDE_GREEN) {
        sim_end(&sim);
        return 0;
    }
    if (strstr(outcome.hint, hint))
        waited = 2;
    if (needs_recover(&outcome) && !strstr(outcome.where, where))
        complain(&sim, FAULT_DEAD_PLACE, at, "it is not named", &outcome);
    if (waited == 2 && took_ms > LOST_FOR_MS)
        complain(&sim, FAULT_DEAD_PLACE, at, print_some("it takes %d ms", (int) took_ms), &outcome);
    if (*others_are_served(&sim))
        complain(&sim, FAULT_DEAD_PLACE, at, others_are_served(&sim), &outcome);
    sim_settle(&sim);
    sim_revive(&sim);
    sim.is_silent = sim.takes_host = false;
    if (needs_recover(&outcome))
        last = recover(&sim, FAULT_NONE, 0);
    if (*end_of_leg(&sim))
        complain(&sim, FAULT_DEAD_PLACE, at, end_of_leg(&sim), &last);
    sim_end(&sim);
    return waited;
}

unsigned explore_lost(const char *effect, const char *where, const char *hint)
{
    static struct sim sim;
    struct outcome outcome;
    unsigned count = 0;
    uint64_t at;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = engine_run(&sim, &plan_cutover);
    sim_end(&sim);
    for (at = 1; at <= outcome.effects; at++)
        count += lost_at(at, effect, where, hint) == 2;
    return count;
}

struct outcome recover(struct sim *sim, enum fault_mode mode, uint64_t at)
{
    struct outcome outcome;
    int tries = 0;

    sim_fault(sim, mode, at);
    do {
        outcome = engine_recover(sim);
        explore_runs++;
        if (mode != FAULT_CRASH_LATE)
            sim_settle(sim);
        mode = FAULT_NONE;
    } while (needs_recover(&outcome) && ++tries < RECOVERIES_MAX);
    return outcome;
}
