/* The runner with a plan from green to blue: what the cutover does to the one side, it does to the
   other. */
#include "runner_story.h"

static const struct step_type arm = STEP("arm"), hold = STEP("hold"), fence = STEP("fence"),
                              commit = STEP("commit"), release = STEP("release");
/* The way back, from green to blue. */
static const struct plan_row mirrored_rows[] = {
    {&arm, SIDE_GREEN, ROW_ARM, NULL},      {&hold, SIDE_GREEN, ROW_PAUSE, NULL},
    {&fence, SIDE_NOBODY, ROW_PAUSE, NULL}, {&commit, SIDE_BLUE, ROW_PAUSE | ROW_COMMIT, NULL},
    {&release, SIDE_BLUE, ROW_PAUSE, NULL},
};
static const struct plan mirrored = {"rollback", "test",     mirrored_rows, 5,
                                     true,       SIDE_GREEN, SIDE_BLUE};

static void a_plan_from_green_to_blue_ends_on_blue(void **state)
{
    struct story story = {0};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&mirrored, &story, &runner), RUN_DONE);
    assert_string_equal(story.text, "arm hold fence commit release ");
    assert_int_equal(runner.side, SIDE_BLUE);
    assert_true(journal_has(runner.journal, "side", "blue"));
    assert_true(journal_has(runner.journal, "rollback.state", "done"));
    assert_null(journal_get(runner.journal, "cutover.state"));
    journal_close(runner.journal);
}

/* Before its commit point it is undone, and clients stay on green; behind it there is only forward,
   to blue. */
static void a_plan_from_green_to_blue_fails_to_the_right_side(void **state)
{
    struct story before = {.fails = "fence"}, behind = {.fails = "release"};
    struct story asked = {.interrupts = "commit"};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&mirrored, &before, &runner), RUN_UNDONE);
    assert_string_equal(before.text, "arm hold fence -commit -fence -hold -arm ");
    assert_int_equal(runner.side, SIDE_GREEN);
    assert_false(runner_is_switched(&runner));
    assert_true(journal_has(runner.journal, "side", "green"));
    assert_true(journal_has(runner.journal, "rollback.state", "undone"));
    journal_close(runner.journal);
    assert_int_equal(play_plan(&mirrored, &behind, &runner), RUN_FAILED);
    assert_null(strstr(behind.text, "-"));
    assert_int_equal(runner.side, SIDE_BLUE);
    assert_true(runner_is_switched(&runner));
    assert_true(journal_has(runner.journal, "side", "blue"));
    assert_true(journal_has(runner.journal, "rollback.state", "switched"));
    journal_close(runner.journal);
    assert_int_equal(play_plan(&mirrored, &asked, &runner), RUN_UNDONE);
    assert_int_equal(runner.side, SIDE_GREEN);
    journal_close(runner.journal);
}

/* Green is where a rollback begins, not where it has switched to. */
static void a_plan_from_green_hears_an_interrupt_before_its_commit_point(void **state)
{
    struct story story = {.interrupts = "hold", .hangs = "fence"};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&mirrored, &story, &runner), RUN_UNDONE);
    assert_string_equal(story.text, "arm hold -commit -fence -hold -arm ");
    assert_non_null(strstr(runner.fault.cause, "asked us to stop"));
    journal_close(runner.journal);
}

/* Neither may end on the side it does not lead to, nor come to its writer without a commit point.
 */
static void a_mirrored_plan_with_two_writers_is_refused(void **state)
{
    struct plan_row at_once[] = {{&hold, SIDE_GREEN, 0, NULL}, {&commit, SIDE_BLUE, 0, NULL}};
    struct plan_row uncommitted[] = {{&fence, SIDE_NOBODY, 0, NULL}, {&commit, SIDE_BLUE, 0, NULL}};
    struct plan_row again[] = {{&fence, SIDE_NOBODY, ROW_PAUSE, NULL},
                               {&commit, SIDE_BLUE, ROW_PAUSE | ROW_COMMIT, NULL},
                               {&release, SIDE_GREEN, 0, NULL}};
    struct plan_row reopened[] = {{&fence, SIDE_NOBODY, ROW_PAUSE, NULL},
                                  {&release, SIDE_GREEN, ROW_PAUSE, NULL}};
    struct plan plans[] = {{"bad", "bad", at_once, 2, true, SIDE_GREEN, SIDE_BLUE},
                           {"bad", "bad", uncommitted, 2, true, SIDE_GREEN, SIDE_BLUE},
                           {"bad", "bad", again, 3, true, SIDE_GREEN, SIDE_BLUE},
                           {"bad", "bad", reopened, 2, true, SIDE_GREEN, SIDE_BLUE},
                           {"bad", "bad", mirrored_rows, 4, true, SIDE_BLUE, SIDE_GREEN},
                           {"bad", "bad", mirrored_rows, 3, true, SIDE_GREEN, SIDE_BLUE},
                           {"bad", "bad", reopened, 1, true, SIDE_GREEN, SIDE_BLUE}};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
        assert_false(plan_is_safe(&plans[i]));
    assert_true(plan_is_safe(&mirrored));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_from_green_to_blue_ends_on_blue),
        cmocka_unit_test(a_plan_from_green_to_blue_fails_to_the_right_side),
        cmocka_unit_test(a_plan_from_green_hears_an_interrupt_before_its_commit_point),
        cmocka_unit_test(a_mirrored_plan_with_two_writers_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
