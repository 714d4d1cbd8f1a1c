/*
 * A cutover with a plan that was reviewed: it goes on only when all of it was seen again and is the
 * same, whatever fails while it looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "../../cutover/plans/plans.h"
#include "../../cutover/steps/seen.h"
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct start fresh;
static struct seen *reviewed, *stale;

static struct outcome look(const struct start *start, struct seen **ret_seen)
{
    static struct sim sim;
    struct outcome outcome;

    sim_begin(&sim, start);
    sim.ret_seen = ret_seen;
    outcome = engine_run(&sim, &plan_review);
    if (outcome.result != RUN_DONE)
        fprintf(stderr, "look: %s\n", outcome.fault);
    sim_end(&sim);
    return outcome;
}

static int set_up(void **state)
{
    start_init(&fresh);
    if (explore_set_up(state) < 0 || look(&prepared, &reviewed).result != RUN_DONE ||
        look(&prepared, &stale).result != RUN_DONE)
        return -1;
    seen_add(seen_group(stale, "blue shop", "columns"), "column public.gone, integer");
    seen_sort(stale);
    return 0;
}

static int tear_down(void **state)
{
    seen_free(reviewed);
    seen_free(stale);
    start_free(&fresh);
    return explore_tear_down(state);
}

static size_t review_row(void)
{
    size_t i = 0;

    while (strcmp(plan_cutover.rows[i].step->id, "review") != 0)
        i++;
    return i;
}

static struct outcome cut_over(struct sim *sim, const struct seen *planned, enum fault_mode mode,
                               uint64_t at)
{
    sim_begin(sim, &prepared);
    sim->planned = planned;
    sim_fault(sim, mode, at);
    sim->victim = (int) (at % SERVERS);
    explore_runs++;
    return engine_run(sim, &plan_cutover);
}

static void test_the_same_is_cut_over(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    outcome = cut_over(&sim, reviewed, FAULT_NONE, 0);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(end_of_leg(&sim), "");
    sim_end(&sim);
}

static void refuses(const struct seen *planned, enum exit_code code, const char *told)
{
    static struct sim sim;
    struct outcome outcome = cut_over(&sim, planned, FAULT_NONE, 0);

    assert_int_equal(outcome.result, RUN_UNDONE);
    assert_int_equal(outcome.failed_row, review_row());
    assert_int_equal(outcome.exit_code, code);
    assert_non_null(strstr(outcome.fault, told));
    assert_int_equal(sim.model.longest_hold_ns, 0);
    assert_string_equal(end_of_leg(&sim), "");
    assert_string_equal(end_at(&sim, BLUE, &plan_cutover), "");
    sim_end(&sim);
}

static void test_what_is_different_is_refused_before_anybody_is_held(void **state)
{
    (void) state;
    refuses(stale, EXIT_PLAN_STALE, "only in plan: blue shop, columns: column public.gone");
}

static void test_a_plan_from_before_green_is_refused(void **state)
{
    struct seen *early;

    (void) state;
    assert_int_equal(look(&fresh, &early).result, RUN_DONE);
    refuses(early, EXIT_PLAN_STALE, "before green was ready");
    seen_free(early);
}

static void test_a_plan_of_another_cluster_is_refused(void **state)
{
    struct seen *other;

    (void) state;
    assert_int_equal(look(&prepared, &other).result, RUN_DONE);
    free(other->system_identifier);
    other->system_identifier = memory_copy("7009");
    refuses(other, EXIT_USAGE, "another cluster");
    seen_free(other);
}

/* Every place and part of it is compared: a line less in any of them is seen. */
static void test_every_line_counts(void **state)
{
    size_t i, lines = 0;

    (void) state;
    for (i = 0; i < reviewed->count; i++) {
        struct seen *changed;
        struct seen_group *group;

        assert_int_equal(look(&prepared, &changed).result, RUN_DONE);
        group = &changed->groups[i];
        if (group->count > 0) {
            free(group->lines[--group->count]);
            refuses(changed, EXIT_PLAN_STALE, group->part);
            lines++;
        }
        seen_free(changed);
    }
    assert_true(lines > 20);
}

static void fault(const struct seen *planned, enum fault_mode mode, uint64_t at)
{
    static struct sim sim;
    struct outcome outcome = cut_over(&sim, planned, mode, at);
    const char *wrong = "";

    if (planned == stale &&
        (outcome.result == RUN_DONE || outcome.side == SIDE_GREEN || sim.model.longest_hold_ns > 0))
        wrong = "a plan that is stale was cut over";
    if (mode != FAULT_CRASH_LATE)
        sim_settle(&sim);
    if (mode == FAULT_DEAD_PLACE)
        sim_revive(&sim);
    if (!*wrong && needs_recover(&outcome))
        outcome = recover(&sim, FAULT_NONE, 0);
    if (!*wrong)
        wrong = end_of_leg(&sim);
    if (*wrong)
        complain(&sim, mode, at, wrong, &outcome);
    sim_end(&sim);
}

static void test_a_fault_beside_a_review(void **state)
{
    static struct sim sim;
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = cut_over(&sim, stale, FAULT_NONE, 0).effects; /* up to the refusal */
    sim_end(&sim);
    assert_true(effects > 40);
    for (mode = FAULT_FAIL; mode < FAULT_MODES; mode++)
        for (at = 1; at <= effects; at++) {
            fault(stale, (enum fault_mode) mode, at);
            fault(reviewed, (enum fault_mode) mode, at);
        }
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_is_cut_over),
        cmocka_unit_test(test_what_is_different_is_refused_before_anybody_is_held),
        cmocka_unit_test(test_a_plan_from_before_green_is_refused),
        cmocka_unit_test(test_a_plan_of_another_cluster_is_refused),
        cmocka_unit_test(test_every_line_counts),
        cmocka_unit_test(test_a_fault_beside_a_review),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
