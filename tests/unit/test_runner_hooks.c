/* The runner and the operator's hooks: when they run, what a failure does, and that nothing stalls.
 */
#include "runner_story.h"

static const struct step_type look = STEP("look"), arm = STEP("arm"), hold = STEP("hold"),
                              fence = STEP("fence"), commit = STEP("commit"),
                              release = STEP("release"), seen = STEP("seen");
static const struct plan_row rows[] = {
    {&look, SIDE_BLUE, 0, NULL},
    {&arm, SIDE_BLUE, ROW_ARM, NULL},
    {&hold, SIDE_BLUE, ROW_PAUSE, NULL},
    {&fence, SIDE_NOBODY, ROW_PAUSE, NULL},
    {&commit, SIDE_GREEN, ROW_PAUSE | ROW_COMMIT, NULL},
    {&release, SIDE_GREEN, ROW_PAUSE, NULL},
    {&seen, SIDE_GREEN, 0, NULL},
};
static const struct plan plan = {"cutover", "test", rows, 7, true, SIDE_BLUE, SIDE_GREEN};
static const struct plan plain = {"prepare", "test", rows, 2, false, SIDE_BLUE, SIDE_BLUE};

/* Hooks at every moment; one of them misbehaves. */
static struct hooks {
    struct story story;
    const char *fails, *hangs, *lasts; /* "<look": before it; "look>": after it */
    int64_t begun_ns;
    int turns;
    bool is_held, ran_while_held, was_ended;
} hooks;

static enum step_verdict hook(void *context, const struct hook_moment *moment, struct fault *fault)
{
    char name[32];
    const char *id;

    assert_ptr_equal(context, &hooks);
    if (!moment) {
        hooks.was_ended = true;
        return STEP_DONE;
    }
    id = moment->plan->rows[moment->index].step->id;
    snprintf(name, sizeof(name), "%s%s%s", moment->is_after ? "" : "<", id,
             moment->is_after ? ">" : "");
    hooks.ran_while_held = hooks.ran_while_held || hooks.is_held;
    if (string_equal(hooks.hangs, name))
        return STEP_WAIT;
    if (string_equal(hooks.lasts, name) && hooks.turns++ < 200)
        return STEP_WAIT;
    tell(&hooks.story, "%s ", name);
    if (!string_equal(hooks.fails, name))
        return STEP_DONE;
    fault_set(fault, "running the hook", NULL, "exit 3", "it said no");
    return STEP_FAILED;
}

static void note(void *context, bool begins)
{
    (void) context;
    hooks.is_held = begins;
}

static int64_t interrupts_at_ns;

static bool interrupted(struct driver *driver)
{
    return fake_now(driver) >= interrupts_at_ns;
}

static enum run_result play(const struct plan *played, struct runner *ret_runner)
{
    struct runner runner = {.plan = played,
                            .world = &hooks.story,
                            .journal = journal_scratch(),
                            .driver = &fake.driver,
                            .pause_budget_ms = 500,
                            .undo_budget_ms = 2000,
                            .report = count_told,
                            .sink = &hooks.story,
                            .turn = beat,
                            .pause = note,
                            .turn_context = &hooks.story,
                            .hook = hook,
                            .hook_context = &hooks,
                            .side = played->from};
    enum run_result result;

    fake = (struct fake){{fake_now, fake_wall, fake_wait, interrupted}, NS_PER_S, false};
    result = runner_run(&runner, 0);
    *ret_runner = runner;
    return result;
}

static int set_up(void **state)
{
    (void) state;
    memset(&hooks, 0, sizeof(hooks));
    interrupts_at_ns = INT64_MAX;
    return 0;
}

static void they_run_around_rows_but_not_in_the_pause(void **state)
{
    struct runner runner;

    (void) state;
    assert_int_equal(play(&plan, &runner), RUN_DONE);
    assert_string_equal(hooks.story.text,
                        "<look look look> <arm arm hold fence commit release release> <seen seen "
                        "seen> ");
    assert_false(hooks.ran_while_held);
    journal_close(runner.journal);
}

/* The row is on disk as begun: whoever comes behind a crash undoes it as well. */
static void one_that_fails_before_the_pause_undoes(void **state)
{
    struct runner runner;

    (void) state;
    hooks.fails = "<arm";
    assert_int_equal(play(&plan, &runner), RUN_UNDONE);
    assert_string_equal(hooks.story.text, "<look look look> <arm -commit -arm -look ");
    assert_int_equal(runner.failed_row, 1);
    assert_string_equal(runner.fault.cause, "it said no");
    assert_false(runner.pause_began);
    assert_true(journal_has(runner.journal, "cutover.state", "undone"));
    assert_true(journal_has(runner.journal, "side", "blue"));
    journal_close(runner.journal);
    set_up(NULL);
    hooks.fails = "look>";
    assert_int_equal(play(&plan, &runner), RUN_UNDONE);
    assert_string_equal(hooks.story.text, "<look look look> -commit -look ");
    assert_int_equal(runner.failed_row, 0);
    journal_close(runner.journal);
}

static void one_that_fails_stops_a_plan_that_is_not_undone(void **state)
{
    struct runner runner;

    (void) state;
    hooks.fails = "<arm";
    assert_int_equal(play(&plain, &runner), RUN_FAILED);
    assert_string_equal(hooks.story.text, "<look look look> <arm ");
    assert_true(journal_has(runner.journal, "prepare.state", "failed"));
    journal_close(runner.journal);
}

static void one_that_fails_behind_the_switch_changes_nothing(void **state)
{
    static const char *const moments[] = {"release>", "<seen", "seen>"};
    struct runner runner;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        set_up(NULL);
        hooks.fails = moments[i];
        assert_int_equal(play(&plan, &runner), RUN_DONE);
        assert_non_null(strstr(hooks.story.text, "seen> "));
        assert_null(strstr(hooks.story.text, "-"));
        assert_true(journal_has(runner.journal, "cutover.state", "done"));
        journal_close(runner.journal);
    }
}

/* It takes ten seconds: the watchdog hears of us all the time. */
static void it_beats_while_one_runs(void **state)
{
    static const char *const moments[] = {"<look", "<arm", "release>", "seen>"};
    struct runner runner;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        set_up(NULL);
        hooks.lasts = moments[i];
        assert_int_equal(play(&plan, &runner), RUN_DONE);
        assert_true(hooks.story.beats >= 200 && hooks.story.silent_ns <= 60 * NS_PER_MS);
        assert_false(hooks.ran_while_held);
        journal_close(runner.journal);
    }
}

static void an_interrupt_ends_one_before_the_switch_only(void **state)
{
    struct runner runner;

    (void) state;
    hooks.hangs = "<arm";
    interrupts_at_ns = 5 * NS_PER_S;
    assert_int_equal(play(&plan, &runner), RUN_UNDONE);
    assert_string_equal(hooks.story.text, "<look look look> -commit -arm -look ");
    assert_string_equal(runner.fault.code, "interrupted");
    assert_true(hooks.was_ended);
    journal_close(runner.journal);
    set_up(NULL);
    hooks.lasts = "release>";
    interrupts_at_ns = 5 * NS_PER_S;
    assert_int_equal(play(&plan, &runner), RUN_DONE);
    assert_false(hooks.was_ended);
    journal_close(runner.journal);
}

static void undo_runs_none(void **state)
{
    struct runner runner;

    (void) state;
    hooks.story.fails = "fence";
    assert_int_equal(play(&plan, &runner), RUN_UNDONE);
    assert_string_equal(hooks.story.text,
                        "<look look look> <arm arm hold fence -commit -fence -hold -arm -look ");
    journal_close(runner.journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(they_run_around_rows_but_not_in_the_pause, set_up),
        cmocka_unit_test_setup(one_that_fails_before_the_pause_undoes, set_up),
        cmocka_unit_test_setup(one_that_fails_stops_a_plan_that_is_not_undone, set_up),
        cmocka_unit_test_setup(one_that_fails_behind_the_switch_changes_nothing, set_up),
        cmocka_unit_test_setup(it_beats_while_one_runs, set_up),
        cmocka_unit_test_setup(an_interrupt_ends_one_before_the_switch_only, set_up),
        cmocka_unit_test_setup(undo_runs_none, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
