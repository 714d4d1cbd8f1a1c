/*
 * The client probe beside a cutover and a rollback: whatever it meets, the plan ends as it does
 * without; and what it measures is right or "not measured".
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

static int set_up(void **state)
{
    harness_use_client_probe(true);
    return explore_set_up_legs(state);
}

static struct outcome run(struct sim *sim, const struct plan *plan)
{
    struct outcome outcome;
    const char *wrong;

    outcome = engine_run(sim, plan);
    explore_runs++;
    wrong = end_of_leg(sim);
    if (*wrong)
        complain(sim, FAULT_NONE, 0, wrong, &outcome);
    return outcome;
}

static void test_every_write_is_accounted_for(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    outcome = run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.probe, "measured");
    assert_string_equal(outcome.account, "yes");
    assert_int_equal(outcome.failed, 0);
    assert_in_range(outcome.probes, 30, 120); /* a second behind the release, at the least */
    assert_true(outcome.is_sound);
    sim_end(&sim);
    sim_begin(&sim, &on_green);
    outcome = run(&sim, &plan_rollback);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.account, "yes");
    sim_end(&sim);
    explore_end();
}

/* Only its answers can tell: on blue it was acknowledged. */
static void test_a_write_that_is_lost_is_an_alarm(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim.model.is_probe_forgotten = true;
    outcome = run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.account, "lost 1");
    assert_false(outcome.is_sound);
    sim_end(&sim);
    explore_end();
}

static void test_what_was_given_up_is_no_alarm(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_begin();
    sim_begin(&sim, &on_green);
    sim.model.is_probe_forgotten = true;
    outcome = run(&sim, &plan_rollback_lossy);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.probe, "measured");
    assert_string_equal(outcome.account, "");
    assert_true(outcome.is_sound);
    sim_end(&sim);
    explore_end();
}

/* A run that was prepared without it. */
static void test_without_a_table_it_is_not_measured(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim.model.servers[BLUE].databases[0].has_client_probe = false;
    sim.model.servers[GREEN].databases[0].has_client_probe = false;
    outcome = run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.probe, "not measured: there is no table for it");
    assert_int_equal(outcome.probes, -1);
    sim_end(&sim);
    explore_end();
}

static void test_where_sessions_are_pooled_it_comes_anew(void **state)
{
    static struct sim sim;
    struct outcome outcome;

    (void) state;
    explore_begin();
    sim_begin(&sim, &prepared);
    sim.model.has_session_pools = true;
    outcome = run(&sim, &plan_cutover);
    assert_int_equal(outcome.result, RUN_DONE);
    assert_string_equal(outcome.probe, "measured");
    assert_string_equal(outcome.account, "yes");
    assert_in_range(outcome.probes, 8, 30); /* ten times a second */
    sim_end(&sim);
    explore_end();
}

static bool is_of_probe(const struct sim *sim)
{
    return strstr(sim->fault_name, "client probe") || strstr(sim->fault_name, "client_probe_look");
}

/* One fault at this effect. True: it was one of the probe's. */
static bool meets(const struct start *start, const struct plan *plan, enum fault_mode mode,
                  uint64_t at)
{
    static struct sim sim;
    struct outcome outcome;
    bool is_probes;

    sim_begin(&sim, start);
    sim_fault(&sim, mode, at);
    outcome = engine_run(&sim, plan);
    explore_runs++;
    is_probes = is_of_probe(&sim);
    if (is_probes && !outcome.crashed) {
        const char *wrong = end_of_leg(&sim);

        if (outcome.result != RUN_DONE)
            wrong = "it changes how the plan ends";
        else if (!outcome.is_sound)
            wrong = "it raises a false alarm";
        else if (strcmp(outcome.account, "yes") != 0 &&
                 strncmp(outcome.account, "not looked at: ", 15) != 0 &&
                 strncmp(outcome.probe, "not measured: ", 14) != 0)
            wrong =
                print_some("its account is \"%s\", it is \"%s\"", outcome.account, outcome.probe);
        if (*wrong)
            complain(&sim, mode, at, wrong, &outcome);
    }
    sim_end(&sim);
    return is_probes;
}

/* Until the fault everything goes the same way, so that an effect has the same number every time.
 */
static void each_of_its_effects(const struct start *start, const struct plan *plan)
{
    static bool is_its[2000];
    uint64_t effects, at;
    unsigned count = 0;
    int mode;

    explore_from(start, plan);
    effects = explore_effects();
    assert_in_range(effects, 1, sizeof(is_its) - 1);
    for (at = 1; at <= effects; at++)
        count += is_its[at] = meets(start, plan, FAULT_FAIL, at);
    for (mode = FAULT_FAIL + 1; mode < FAULT_CRASH_BEFORE; mode++)
        for (at = 1; at <= effects; at++)
            if (is_its[at])
                assert_true(meets(start, plan, (enum fault_mode) mode, at));
    assert_true(count > 30);
}

static void test_none_of_its_effects_changes_the_end(void **state)
{
    (void) state;
    explore_begin();
    each_of_its_effects(&prepared, &plan_cutover);
    each_of_its_effects(&on_green, &plan_rollback);
    explore_end();
    explore_from(&prepared, &plan_cutover);
}

static void test_a_crash_at_every_effect(void **state)
{
    uint64_t effects, at;
    int mode;

    (void) state;
    explore_begin();
    effects = explore_effects();
    for (mode = FAULT_CRASH_BEFORE; mode <= FAULT_CRASH_LATE; mode++)
        for (at = 1; at <= effects; at++)
            explore_fault((enum fault_mode) mode, at, 0);
    explore_end();
}

/* Nobody answers as whom it comes: green is made ready without a table for it. */
static void test_a_pooler_that_does_not_answer_keeps_nobody_from_preparing(void **state)
{
    static const enum fault_mode modes[] = {FAULT_FAIL, FAULT_LOST_BEFORE, FAULT_TIMEOUT_BEFORE};
    static struct sim sim;
    struct outcome outcome = {.effects = 1};
    struct start fresh;
    unsigned count = 0;
    uint64_t at;
    size_t i;

    (void) state;
    explore_begin();
    start_init(&fresh);
    for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        for (at = 1; at <= outcome.effects && count < 2 * (i + 1); at++) {
            sim_begin(&sim, &fresh);
            sim_fault(&sim, modes[i], at);
            outcome = engine_run(&sim, &plan_prepare);
            explore_runs++;
            if (strstr(sim.fault_name, "as a client")) {
                count++;
                if (outcome.result != RUN_DONE || *end_prepared(&sim))
                    complain(&sim, modes[i], at, "it is not prepared", &outcome);
                if (sim.model.servers[GREEN].databases[0].has_client_probe)
                    complain(&sim, modes[i], at, "there is a table", &outcome);
            }
            sim_end(&sim);
        }
    assert_int_equal(count, 2 * i); /* the login and the question */
    start_free(&fresh);
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_write_is_accounted_for),
        cmocka_unit_test(test_a_write_that_is_lost_is_an_alarm),
        cmocka_unit_test(test_what_was_given_up_is_no_alarm),
        cmocka_unit_test(test_a_pooler_that_does_not_answer_keeps_nobody_from_preparing),
        cmocka_unit_test(test_without_a_table_it_is_not_measured),
        cmocka_unit_test(test_where_sessions_are_pooled_it_comes_anew),
        cmocka_unit_test(test_none_of_its_effects_changes_the_end),
        /* at all effects of both; its own among them */
        cmocka_unit_test(test_a_crash_at_every_effect),
        cmocka_unit_test(test_a_place_dies_at_every_effect),
    };

    return cmocka_run_group_tests(tests, set_up, explore_tear_down_legs);
}
