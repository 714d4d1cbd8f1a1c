/*
 * The engine's host sleeps at every effect of a plan that moves clients, and while it does so
 * somebody recovers on another host, with a copy of the run directory: the newest one, one from
 * before the switch, or one from before the pause; and then moves the clients from there. Then the
 * first host wakes up, and its engine goes on as if nothing had happened.
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

static const struct start *begins;
static const struct plan *plan;

/* Of the other host: what it takes is what the disk said when the state was this one first. */
static const char *const states[] = {NULL, "armed", "running"};
static struct sqlite3 *old_copy, *copy;
static const char *takes; /* NULL: the newest */
static bool was_asked;
static struct outcome other;
static bool moves_on; /* the other host moves the clients when it has recovered */
static bool has_moved;
static unsigned moved_elsewhere, overtaken, undone_elsewhere, refused_there, refused_here;

/* A copy that is taken then knows of no switch; of no pause. */
static void keep_old(struct sim *sim)
{
    const char *known = sim_durable(sim, print_some("%s.state", plan->id));

    if (takes && !old_copy && known && strcmp(known, takes) == 0)
        old_copy = sim_copy_disk(sim);
}

static void recover_elsewhere(struct sim *sim)
{
    struct sqlite3 *own = sim->database;
    uint64_t number = sim->number;

    keep_old(sim);
    copy = takes ? old_copy : sim_copy_disk(sim);
    old_copy = NULL;
    if (!copy)
        return;
    was_asked = true;
    sim->sleeps_at = 0;
    sim->number = 0;
    sim->asleep = own;
    sim->database = copy;
    other = engine_recover(sim);
    explore_runs++;
    if (moves_on && other.result == RUN_UNDONE) {
        has_moved = engine_run(sim, plan).result == RUN_DONE;
        explore_runs++;
    }
    sim->database = own;
    sim->asleep = NULL;
    sim->number = number;
}

/* Who was overtaken leaves as it is what it had just chosen in a console, until the next RELOAD,
   and copies that it had just made beside the poolers' files. Both change nothing for clients. */
static void forget_leftovers(struct sim *sim)
{
    int i;

    for (i = 0; i < PROCESSES; i++) {
        if (sim->model.processes[i].retry == 0)
            sim->model.processes[i].retry = 15;
        sim->model.processes[i].minimum = MINIMUM;
        sim->model.processes[i].most = MOST;
    }
    for (i = 0; i < POOLERS; i++)
        sim->model.poolers[i].staged_before = sim->model.poolers[i].staged_after =
            sim->model.poolers[i].staged_tried = -1;
}

static const char *judge(struct sim *sim, const struct outcome *engine)
{
    struct sqlite3 *own = sim->database;
    int to = plan->to == SIDE_GREEN ? GREEN : BLUE;
    bool is_there = sim->model.servers[to].open;
    const char *wrong;

    /* the journal of the one that was right */
    if (has_moved && !is_there)
        return "the clients that the other host has moved are not there any more";
    if (has_moved || (was_asked && other.result == RUN_UNDONE && other.effects > 0 &&
                      engine->result != RUN_UNDONE))
        sim->database = copy;
    wrong = end_at(sim, is_there ? to : other_server(to), plan);
    sim->database = own;
    if (*wrong)
        return wrong;
    if (engine->result == RUN_FAILED && !is_there)
        refused_here++;
    return "";
}

static void one_run(uint64_t at, const char *state)
{
    static struct sim sim;
    struct outcome outcome;
    const char *wrong;

    old_copy = copy = NULL;
    was_asked = has_moved = false;
    takes = state;
    memset(&other, 0, sizeof(other));
    sim_begin(&sim, begins);
    sim_fault(&sim, FAULT_NONE, 0);
    sim.sleeps_at = at;
    sim.while_asleep = recover_elsewhere;
    sim.at_sync = keep_old;
    outcome = engine_run(&sim, plan);
    explore_runs++;
    sim_settle(&sim);
    if (needs_recover(&outcome)) /* as it says itself */
        outcome = recover(&sim, FAULT_NONE, 0);
    sim_pass(&sim, 500);
    if (has_moved)
        forget_leftovers(&sim);
    moved_elsewhere += has_moved;
    overtaken += has_moved && outcome.result == RUN_REFUSED;
    undone_elsewhere += was_asked && other.result == RUN_UNDONE && other.effects > 0;
    refused_there += was_asked && (other.result == RUN_AMBIGUOUS || other.result == RUN_REFUSED);
    wrong = judge(&sim, &outcome);
    if (*wrong)
        complain(&sim, FAULT_NONE, at,
                 print_some("%s, %s: %s", plan->id, state ? state : "newest", wrong), &outcome);
    sqlite3_close(old_copy);
    sqlite3_close(copy);
    sim_end(&sim);
}

static void recover_while_asleep(const struct start *start, const struct plan *moves, bool and_move)
{
    uint64_t at, effects;
    size_t i;

    begins = start;
    plan = moves;
    moves_on = and_move;
    moved_elsewhere = overtaken = undone_elsewhere = refused_there = refused_here = 0;
    explore_begin();
    explore_from(start, moves);
    effects = explore_effects();
    for (at = 1; at <= effects; at++)
        for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
            one_run(at, states[i]);
    explore_end();
    /* all of these ends were met, or the test proves nothing */
    assert_true(undone_elsewhere > 0);
    assert_int_equal(moved_elsewhere > 0, and_move);
    assert_int_equal(overtaken > 0, and_move);
    assert_true(refused_there > 0);
    assert_true(refused_here > 0 || and_move);
}

static void test_recover_on_another_host_while_the_cutover_sleeps(void **state)
{
    (void) state;
    recover_while_asleep(&prepared, &plan_cutover, false);
}

static void test_recover_on_another_host_while_the_rollback_sleeps(void **state)
{
    (void) state;
    recover_while_asleep(&on_green, &plan_rollback, false);
}

/* What the journal knows of the first cutover is not of this one. */
static void test_recover_on_another_host_while_the_second_cutover_sleeps(void **state)
{
    (void) state;
    recover_while_asleep(&back_on_blue, &plan_cutover, false);
}

static void test_move_from_another_host_while_the_cutover_sleeps(void **state)
{
    (void) state;
    recover_while_asleep(&prepared, &plan_cutover, true);
}

static void test_move_from_another_host_while_the_rollback_sleeps(void **state)
{
    (void) state;
    recover_while_asleep(&on_green, &plan_rollback, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recover_on_another_host_while_the_cutover_sleeps),
        cmocka_unit_test(test_recover_on_another_host_while_the_rollback_sleeps),
        cmocka_unit_test(test_recover_on_another_host_while_the_second_cutover_sleeps),
        cmocka_unit_test(test_move_from_another_host_while_the_cutover_sleeps),
        cmocka_unit_test(test_move_from_another_host_while_the_rollback_sleeps),
    };

    return cmocka_run_group_tests(tests, explore_set_up_legs, explore_tear_down_legs);
}
