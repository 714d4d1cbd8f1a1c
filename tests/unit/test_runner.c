/* The runner: order, deadlines, undo backwards, the commit point, plans it must refuse. */
#include "runner_story.h"

#include <sqlite3.h>

static const struct step_type arm = STEP("arm"), hold = STEP("hold"), fence = STEP("fence"),
                              commit = STEP("commit"), release = STEP("release");
static const struct plan_row rows[] = {
    {&arm, SIDE_BLUE, ROW_ARM, NULL},        {&hold, SIDE_BLUE, ROW_PAUSE, NULL},
    {&fence, SIDE_NOBODY, ROW_PAUSE, NULL},  {&commit, SIDE_GREEN, ROW_PAUSE | ROW_COMMIT, NULL},
    {&release, SIDE_GREEN, ROW_PAUSE, NULL},
};
static const struct plan plan = {"cutover", "test", rows, 5, true, SIDE_BLUE, SIDE_GREEN};
static const struct step_type slow = STEP("slow"), point = STEP("point");
static const struct plan_row together_rows[] = {
    {&arm, SIDE_BLUE, ROW_ARM, NULL},
    {&fence, SIDE_NOBODY, ROW_PAUSE, NULL},
    {&slow, SIDE_NOBODY, ROW_PAUSE, NULL},
    {&point, SIDE_NOBODY, ROW_PAUSE | ROW_TOGETHER, NULL},
    {&commit, SIDE_GREEN, ROW_PAUSE | ROW_COMMIT, NULL},
};
static const struct plan together = {"cutover", "test",    together_rows, 5,
                                     true,      SIDE_BLUE, SIDE_GREEN};

static enum run_result play(struct story *story, struct runner *ret_runner)
{
    return play_plan(&plan, story, ret_runner);
}

static void all_rows_in_order(void **state)
{
    struct story story = {0};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_DONE);
    assert_string_equal(story.text, "arm hold fence commit release ");
    assert_int_equal(runner.side, SIDE_GREEN);
    assert_true(journal_has(runner.journal, "side", "green"));
    assert_true(journal_has(runner.journal, "cutover.state", "done"));
    journal_close(runner.journal);
}

static void a_failure_undoes_backwards(void **state)
{
    struct story story = {.fails = "fence"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_UNDONE);
    assert_string_equal(story.text, "arm hold fence -commit -fence -hold -arm ");
    assert_int_equal(runner.side, SIDE_BLUE);
    assert_true(journal_has(runner.journal, "cutover.state", "undone"));
    journal_close(runner.journal);
}

static bool keep_failure(void *context, const struct journal_line *line)
{
    if (!line->plan && string_equal(line->step, "failed"))
        snprintf(context, 128, "%s", line->state);
    return true;
}

static void why_it_was_undone_is_in_the_journal(void **state)
{
    struct story story = {.fails = "fence"};
    struct runner runner;
    struct sqlite3 *database;
    struct fault fault;
    char said[128] = "";

    (void) state;
    sqlite3_open(":memory:", &database);
    story.journal = journal_over(database, NULL, NULL);
    assert_int_equal(play(&story, &runner), RUN_UNDONE);
    assert_true(journal_each_row(runner.journal, keep_failure, said, &fault));
    assert_string_equal(said, "cutover fence: failing: on purpose");
    journal_close(runner.journal);
    sqlite3_close(database);
}

static void the_pause_has_one_budget(void **state)
{
    struct story story = {.hangs = "fence"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_UNDONE);
    assert_string_equal(story.text, "arm hold -commit -fence -hold -arm ");
    assert_non_null(strstr(runner.fault.cause, "waiting for nothing that will come"));
    assert_true(runner.held_ns >= 300 * NS_PER_MS && runner.held_ns < 400 * NS_PER_MS);
    journal_close(runner.journal);
}

static void an_undo_that_fails_is_repeated_and_does_not_stop_the_others(void **state)
{
    struct story story = {.fails = "commit", .undo_fails = "fence", .undo_failures = 2};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_UNDONE);
    assert_string_equal(story.text, "arm hold fence commit -commit -hold -fence -arm ");
    journal_close(runner.journal);
}

/* Blue does not answer: the rows before the fence are undone before the budget is over. */
static void an_undo_that_hangs_leaves_time_for_the_others(void **state)
{
    struct story story = {.hangs = "commit", .undo_hangs = "fence"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_string_equal(story.text, "arm hold fence -commit -hold ");
    assert_true(story.hold_undone_ns - runner.pause_started_ns <= 500 * NS_PER_MS);
    assert_true(runner.held_ns <= 500 * NS_PER_MS);
    journal_close(runner.journal);
}

/* Blue does not answer, and RESUME needs longer than its share of the budget: blue must not take a
   whole budget again before RESUME is tried once more. */
static void an_undo_that_hangs_does_not_delay_the_second_try_to_release(void **state)
{
    struct story story = {.hangs = "commit",
                          .undo_hangs = "fence",
                          .undo_lasts = "hold",
                          .undo_lasts_ns = 120 * NS_PER_MS};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_string_equal(story.text, "arm hold fence -commit -hold ");
    assert_in_range(runner.held_ns, 500 * NS_PER_MS, 800 * NS_PER_MS);
    journal_close(runner.journal);
}

/* A pooler that does not come back: its clients are held, the others have to reach blue. */
static void a_release_that_hangs_leaves_the_others_time_in_the_end(void **state)
{
    struct story story = {.fails = "commit",
                          .undo_hangs = "hold",
                          .undo_lasts = "fence",
                          .undo_lasts_ns = 120 * NS_PER_MS};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_string_equal(story.text, "arm hold fence commit -commit -fence ");
    assert_in_range(story.fence_undone_ns - runner.pause_started_ns, 0, 2000 * NS_PER_MS);
    journal_close(runner.journal);
}

static void undos_that_fail_again_and_again_are_told_once_each(void **state)
{
    struct story story = {.fails = "commit",
                          .undo_fails = "fence",
                          .undo_fails_too = "commit",
                          .undo_failures = 1000000};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_int_equal(story.told, 2);
    journal_close(runner.journal);
}

static void an_undo_that_never_succeeds_is_said(void **state)
{
    struct story story = {.fails = "fence", .undo_fails = "fence", .undo_failures = 1000000};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_string_equal(runner.undo_fault.cause, "not now");
    assert_true(journal_has(runner.journal, "cutover.state", "undoing"));
    journal_close(runner.journal);
}

static void nothing_is_undone_behind_the_commit_point(void **state)
{
    struct story story = {.fails = "release"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_FAILED);
    assert_null(strstr(story.text, "-"));
    assert_int_equal(runner.side, SIDE_GREEN);
    assert_true(journal_has(runner.journal, "cutover.state", "switched"));
    journal_close(runner.journal);
}

/* Rows that fail at once, again and again: the engine is at work all the time. */
static void it_beats_while_it_repeats(void **state)
{
    struct story forward = {.fails = "release"};
    struct story back = {.fails = "fence", .undo_fails = "fence", .undo_failures = 1000000};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&forward, &runner), RUN_FAILED);
    journal_close(runner.journal);
    assert_true(forward.beats > 20 && forward.silent_ns <= 60 * NS_PER_MS);
    assert_int_equal(play(&back, &runner), RUN_STUCK);
    journal_close(runner.journal);
    assert_true(back.beats > 20 && back.silent_ns <= 60 * NS_PER_MS);
}

static void the_pause_is_told_once(void **state)
{
    struct story through = {0}, undone = {.fails = "commit"}, before = {.fails = "arm"};
    struct runner runner;

    (void) state;
    play(&through, &runner);
    journal_close(runner.journal);
    assert_true(through.begun == 1 && through.ended == 1);
    play(&undone, &runner);
    journal_close(runner.journal);
    assert_true(undone.begun == 1 && undone.ended == 1);
    play(&before, &runner);
    journal_close(runner.journal);
    assert_true(before.begun == 0 && before.ended == 0);
}

static void a_plan_with_two_writers_is_refused(void **state)
{
    struct plan_row bad[] = {{&hold, SIDE_BLUE, 0, NULL}, {&commit, SIDE_GREEN, 0, NULL}};
    struct plan_row back[] = {{&commit, SIDE_GREEN, 0, NULL}, {&hold, SIDE_BLUE, 0, NULL}};
    struct plan first = {"bad", "bad", bad, 2, true, SIDE_BLUE, SIDE_GREEN},
                second = {"back", "back", back, 2, true, SIDE_GREEN, SIDE_BLUE};

    (void) state;
    assert_false(plan_is_safe(&first));
    assert_false(plan_is_safe(&second));
    assert_true(plan_is_safe(&plan));
}

static void rows_together_wait_for_each_other(void **state)
{
    struct story story = {0};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&together, &story, &runner), RUN_DONE);
    assert_string_equal(story.text, "arm fence point slow commit ");
    journal_close(runner.journal);
}

/* The one that had not ended may have happened as well. */
static void of_rows_together_all_are_undone(void **state)
{
    struct story fails = {.fails = "point"}, hangs = {.hangs = "slow"};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&together, &fails, &runner), RUN_UNDONE);
    assert_string_equal(fails.text, "arm fence point -commit -point -slow -fence -arm ");
    assert_int_equal(runner.failed_row, 3);
    journal_close(runner.journal);
    assert_int_equal(play_plan(&together, &hangs, &runner), RUN_UNDONE);
    assert_string_equal(hangs.text, "arm fence point -commit -point -slow -fence -arm ");
    assert_int_equal(runner.failed_row, 2);
    journal_close(runner.journal);
}

static void rows_together_that_must_not_be_are_refused(void **state)
{
    struct plan_row commits[] = {{&fence, SIDE_NOBODY, ROW_PAUSE, NULL},
                                 {&commit, SIDE_GREEN, ROW_PAUSE | ROW_TOGETHER, NULL}};
    struct plan_row arms[] = {{&arm, SIDE_BLUE, 0, NULL},
                              {&hold, SIDE_BLUE, ROW_TOGETHER | ROW_ARM, NULL}};
    struct plan_row alone[] = {{&hold, SIDE_BLUE, ROW_PAUSE | ROW_TOGETHER, NULL}};
    struct plan first = {"bad", "bad", commits, 2, true, SIDE_NOBODY, SIDE_GREEN},
                second = {"bad", "bad", arms, 2, true, SIDE_BLUE, SIDE_BLUE},
                third = {"bad", "bad", alone, 1, true, SIDE_BLUE, SIDE_BLUE};

    (void) state;
    assert_false(plan_is_safe(&first));
    assert_false(plan_is_safe(&second));
    assert_false(plan_is_safe(&third));
    assert_true(plan_is_safe(&together));
}

/* What the operator asked for while the last look was taken still counts. */
static void an_interrupt_is_heard_until_the_commit_point(void **state)
{
    struct story story = {.interrupts = "commit"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_UNDONE);
    assert_string_equal(story.text, "arm hold fence commit -commit -fence -hold -arm ");
    assert_int_equal(runner.side, SIDE_BLUE);
    journal_close(runner.journal);
}

static void an_interrupt_behind_the_commit_point_waits_for_the_end(void **state)
{
    struct story story = {.interrupts = "release"};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_DONE);
    journal_close(runner.journal);
}

/* Beside the rows from its row on: called in every turn, and when it asked to be. */
struct walk {
    struct companion companion;
    int times[COMPANION_AFTER + 1];
    int64_t asked_ns, late_ns;
};

static int64_t walk(struct companion *companion, enum companion_time time)
{
    struct walk *walked = (struct walk *) companion;

    walked->times[time]++;
    if (walked->asked_ns && fake.now - walked->asked_ns > walked->late_ns)
        walked->late_ns = fake.now - walked->asked_ns;
    return walked->asked_ns = fake.now + NS_PER_MS;
}

static void a_companion_goes_along_from_its_row_on(void **state)
{
    struct walk from_slow = {.companion = {.from = "slow", .poll = walk}};
    struct walk never = {.companion = {.from = "release", .poll = walk}};
    struct story story = {.companion = &from_slow.companion};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&together, &story, &runner), RUN_DONE);
    assert_int_equal(from_slow.times[COMPANION_BEFORE], 0);
    assert_int_equal(from_slow.times[COMPANION_HELD], 2); /* while slow waits */
    assert_int_equal(from_slow.late_ns, 0);
    assert_true(runner.pause_ended);
    journal_close(runner.journal);
    story = (struct story){.companion = &never.companion};
    assert_int_equal(play_plan(&together, &story, &runner), RUN_DONE);
    assert_false(never.companion.begun);
    journal_close(runner.journal);
}

/* Each from its own row on, and each when it asked to be. */
static void companions_go_along_together(void **state)
{
    struct walk second = {.companion = {.from = "slow", .poll = walk}};
    struct walk first = {.companion = {.from = "arm", .poll = walk, .next = &second.companion}};
    struct story story = {.companion = &first.companion};
    struct runner runner;

    (void) state;
    assert_int_equal(play_plan(&together, &story, &runner), RUN_DONE);
    assert_int_equal(second.times[COMPANION_HELD], 2);
    assert_true(first.times[COMPANION_HELD] >= 2);
    assert_int_equal(first.late_ns, 0);
    assert_int_equal(second.late_ns, 0);
    journal_close(runner.journal);
}

/* An undo has its turns, too, before clients are let go and behind it. */
static void a_companion_goes_along_while_it_is_undone(void **state)
{
    struct walk walked = {.companion = {.from = "arm", .poll = walk}};
    struct story story = {.hangs = "fence", .undo_hangs = "arm", .companion = &walked.companion};
    struct runner runner;

    (void) state;
    assert_int_equal(play(&story, &runner), RUN_STUCK);
    assert_true(walked.times[COMPANION_HELD] > 200);
    assert_true(walked.times[COMPANION_AFTER] > 200);
    assert_int_equal(walked.late_ns, 0);
    journal_close(runner.journal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rows_in_order),
        cmocka_unit_test(a_failure_undoes_backwards),
        cmocka_unit_test(why_it_was_undone_is_in_the_journal),
        cmocka_unit_test(the_pause_has_one_budget),
        cmocka_unit_test(an_undo_that_fails_is_repeated_and_does_not_stop_the_others),
        cmocka_unit_test(an_undo_that_hangs_leaves_time_for_the_others),
        cmocka_unit_test(an_undo_that_hangs_does_not_delay_the_second_try_to_release),
        cmocka_unit_test(a_release_that_hangs_leaves_the_others_time_in_the_end),
        cmocka_unit_test(undos_that_fail_again_and_again_are_told_once_each),
        cmocka_unit_test(an_undo_that_never_succeeds_is_said),
        cmocka_unit_test(nothing_is_undone_behind_the_commit_point),
        cmocka_unit_test(it_beats_while_it_repeats),
        cmocka_unit_test(the_pause_is_told_once),
        cmocka_unit_test(a_plan_with_two_writers_is_refused),
        cmocka_unit_test(rows_together_wait_for_each_other),
        cmocka_unit_test(of_rows_together_all_are_undone),
        cmocka_unit_test(rows_together_that_must_not_be_are_refused),
        cmocka_unit_test(an_interrupt_is_heard_until_the_commit_point),
        cmocka_unit_test(an_interrupt_behind_the_commit_point_waits_for_the_end),
        cmocka_unit_test(a_companion_goes_along_from_its_row_on),
        cmocka_unit_test(companions_go_along_together),
        cmocka_unit_test(a_companion_goes_along_while_it_is_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
