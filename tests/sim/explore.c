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
struct start prepared;

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

const char *end_of_cutover(struct sim *sim)
{
    const char *side = sim_durable(sim, "side"), *wrong;

    sim_settle(sim);
    sim_pass(sim, 500);
    wrong = side && strcmp(side, "green") == 0 ? end_on_green(sim) : end_on_blue(sim);
    return *wrong ? wrong : end_in_journal(sim, &plan_cutover);
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
