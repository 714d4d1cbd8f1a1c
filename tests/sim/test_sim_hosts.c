/*
 * The engine's host sleeps at every effect of the cutover, and while it does so somebody recovers
 * on another host, with a copy of the run directory: the newest one, or one from before the switch.
 * Then the first host wakes up, and its engine goes on as if nothing had happened.
 *
 * Whatever the two do: one side may write, and clients are on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <sqlite3.h>
#include <string.h>

/* Of the other host. */
static struct sqlite3 *armed_copy, *copy;
static bool takes_old_copy, was_asked;
static struct outcome other;
static unsigned undone_elsewhere, refused_there, refused_here;

/* The first sync that says "armed": a copy that is taken then knows of no switch. */
static void keep_armed(struct sim *sim)
{
    const char *known = sim_durable(sim, "cutover.state");

    if (!armed_copy && known && strcmp(known, "armed") == 0)
        armed_copy = sim_copy_disk(sim);
}

static void recover_elsewhere(struct sim *sim)
{
    struct sqlite3 *own = sim->database;
    uint64_t number = sim->number;

    keep_armed(sim);
    copy = takes_old_copy ? armed_copy : sim_copy_disk(sim);
    armed_copy = takes_old_copy ? NULL : armed_copy;
    if (!copy)
        return;
    was_asked = true;
    sim->sleeps_at = 0;
    sim->number = 0;
    sim->database = copy;
    other = engine_recover(sim);
    explore_runs++;
    sim->database = own;
    sim->number = number;
}

static const char *judge(struct sim *sim, const struct outcome *engine)
{
    struct sqlite3 *own = sim->database;
    bool on_green = sim->model.servers[GREEN].open;
    const char *wrong;

    /* the journal of the one that was right */
    if (was_asked && other.result == RUN_UNDONE && other.effects > 0 &&
        engine->result != RUN_UNDONE)
        sim->database = copy;
    wrong = on_green ? end_on_green(sim) : end_on_blue(sim);
    sim->database = own;
    if (*wrong)
        return wrong;
    if (engine->result == RUN_FAILED && !on_green)
        refused_here++;
    return "";
}

static void one_run(uint64_t at, bool old_copy)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    armed_copy = copy = NULL;
    was_asked = false;
    takes_old_copy = old_copy;
    memset(&other, 0, sizeof(other));
    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    sim.sleeps_at = at;
    sim.while_asleep = recover_elsewhere;
    sim.at_sync = keep_armed;
    outcome = engine_run(&sim, &plan_cutover);
    explore_runs++;
    sim_settle(&sim);
    if (needs_recover(&outcome)) /* as it says itself */
        outcome = recover(&sim, FAULT_NONE, 0);
    sim_pass(&sim, 500);
    undone_elsewhere += was_asked && other.result == RUN_UNDONE && other.effects > 0;
    refused_there += was_asked && (other.result == RUN_AMBIGUOUS || other.result == RUN_REFUSED);
    wrong = judge(&sim, &outcome);
    if (*wrong)
        complain(&sim, FAULT_NONE, at, wrong, &outcome);
    sqlite3_close(armed_copy);
    sqlite3_close(copy);
    sim_end(&sim);
}

static void test_recover_on_another_host_while_the_engine_sleeps(void **state)
{
    static struct sim sim;
    struct outcome outcome;
    uint64_t at;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim_fault(&sim, FAULT_NONE, 0);
    outcome = engine_run(&sim, &plan_cutover);
    sim_end(&sim);
    for (at = 1; at <= outcome.effects; at++) {
        one_run(at, false);
        one_run(at, true);
    }
    explore_end();
    /* all of these ends were met, or the test proves nothing */
    assert_true(undone_elsewhere > 0);
    assert_true(refused_there > 0);
    assert_true(refused_here > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recover_on_another_host_while_the_engine_sleeps),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
