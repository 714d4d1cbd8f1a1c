/*
 * A pooler that is lost when clients are on green: how long it is waited for, and what is done all
 * the same.
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

static void test_a_pooler_that_drops_packets_is_waited_for_ten_seconds_and_named(void **state)
{
    (void) state;
    explore_begin();
    assert_true(explore_lost("pooler p2", "pooler p2", "When it runs again") > 4);
    explore_end();
}

/* Of its entries made from `*` PgBouncer lists none that is idle; a pause of it stays in force. */
static unsigned stopped_at(uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    bool lists_not;
    int i;

    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_DEAD_PLACE, at);
    sim.is_silent = true;
    sim.thaws_ms = PAUSE_BUDGET_MS;
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    for (i = 0, lists_not = false; i < PROCESSES; i++)
        lists_not = lists_not || sim.model.processes[i].entries[ENTRIES - 1].set_aside;
    if (strstr(sim.fault_name, "pooler p") && !strstr(sim.fault_name, "host") &&
        outcome.result == RUN_DONE && *end_of_leg(&sim))
        complain(&sim, FAULT_DEAD_PLACE, at, end_of_leg(&sim), &outcome);
    sim_end(&sim);
    return outcome.result == RUN_DONE && strstr(sim.fault_name, "pooler_reload") && !lists_not;
}

static void test_entries_set_aside_while_their_process_was_lost_are_released(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    unsigned count = 0;
    uint64_t at;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = engine_run(&sim, &plan_cutover);
    sim_end(&sim);
    for (at = 1; at <= outcome.effects; at++)
        count += stopped_at(at);
    explore_end();
    assert_true(count >= PROCESSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pooler_that_drops_packets_is_waited_for_ten_seconds_and_named),
        cmocka_unit_test(test_entries_set_aside_while_their_process_was_lost_are_released),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
