/* When the guard trips, and when not: windows, baselines, limits and recovery, without servers. */
#include "checks/guard_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static const struct guard_limits limits = {
    .errors = 5, .errors_for_ns = 300 * S, .lag_ns = 60 * S, .lag_for_ns = 300 * S};

static struct guard_baseline baseline_of(int64_t runs, int64_t errors)
{
    return (struct guard_baseline){.now = {runs, errors}};
}

/* A probe that runs every second, judged after each run. */
struct story {
    struct guard_errors errors;
    struct guard_baseline baseline;
    struct guard_evidence evidence;
    int64_t now_ns;
};

static struct story begin(struct guard_baseline baseline)
{
    struct story story = {.baseline = baseline, .now_ns = 1000 * S};

    guard_errors_begin(&story.errors, &limits, S, story.now_ns);
    return story;
}

/* So many runs; the answer is the first change, and *ret_runs how many it took. */
static enum guard_change go(struct story *story, int64_t runs, bool good, int64_t *ret_runs)
{
    enum guard_change change = GUARD_SAME;
    int64_t i;

    for (i = 1; i <= runs && change == GUARD_SAME; i++) {
        story->now_ns += S;
        guard_errors_add(&story->errors, good, story->now_ns);
        change = guard_errors_judge(&story->errors, &limits, &story->baseline, story->now_ns,
                                    &story->evidence);
    }
    if (ret_runs)
        *ret_runs = i - 1;
    return change;
}

static void test_good_runs_never_trip(void **state)
{
    struct story story = begin(baseline_of(100, 0));

    (void) state;
    assert_int_equal(go(&story, 2000, true, NULL), GUARD_SAME);
    assert_int_equal(story.evidence.window.errors, 0);
}

static void test_one_or_two_failures_are_no_evidence_whatever_share_they_are(void **state)
{
    struct story story = begin(baseline_of(100, 0));
    struct guard_limits few = limits;

    (void) state;
    /* three runs make the window, so that two failures are most of it */
    few.errors_for_ns = 30 * S;
    guard_errors_begin(&story.errors, &few, 10 * S, story.now_ns);
    for (int i = 0; i < 2; i++) {
        story.now_ns += 10 * S;
        guard_errors_add(&story.errors, false, story.now_ns);
        assert_int_equal(
            guard_errors_judge(&story.errors, &few, &story.baseline, story.now_ns, &story.evidence),
            GUARD_SAME);
    }
    story.now_ns += 9 * S;
    guard_errors_add(&story.errors, false, story.now_ns);
    assert_int_equal(
        guard_errors_judge(&story.errors, &few, &story.baseline, story.now_ns, &story.evidence),
        GUARD_TRIPPED);
}

/* More than 5 % of a window of 300 runs: known with the 16th failure. */
static void test_all_failing_trips_as_soon_as_the_window_is_lost_and_not_before(void **state)
{
    struct story story = begin(baseline_of(100, 0));
    int64_t runs;

    (void) state;
    assert_int_equal(go(&story, 300, false, &runs), GUARD_TRIPPED);
    assert_int_equal(runs, 16);
    assert_int_equal(story.evidence.window.runs, 16);
    assert_true(story.evidence.percent == 100.0 && story.evidence.allowed == 5.0);
    assert_int_equal(story.evidence.seen_ns, 16 * S);
    assert_true(story.evidence.is_measured);
}

static void test_what_failed_before_the_cutover_too_is_allowed(void **state)
{
    struct story story = begin(baseline_of(1000, 200)); /* 20 %, so 25 % are allowed */
    int64_t runs;

    (void) state;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(go(&story, 1, false, NULL), GUARD_SAME);
        assert_int_equal(go(&story, 4, true, NULL), GUARD_SAME);
    }
    assert_int_equal(go(&story, 300, false, &runs), GUARD_TRIPPED);
    assert_true(runs > 15 && runs < 25);
    assert_true(story.evidence.allowed == 25.0);
}

static void test_without_a_baseline_nothing_is_allowed_to_fail_but_the_margin(void **state)
{
    struct story story = begin(baseline_of(0, 0));

    (void) state;
    assert_int_equal(go(&story, 300, false, NULL), GUARD_TRIPPED);
    assert_false(story.evidence.is_measured);
    assert_true(story.evidence.allowed == 5.0);
}

static void test_a_few_runs_are_no_baseline_however_they_ended(void **state)
{
    struct story story = begin(baseline_of(19, 19));

    (void) state;
    assert_int_equal(go(&story, 300, false, NULL), GUARD_TRIPPED);
    assert_false(story.evidence.is_measured);
    assert_true(story.evidence.baseline == 0.0 && story.evidence.allowed == 5.0);
    story = begin(baseline_of(20, 1));
    assert_int_equal(go(&story, 300, false, NULL), GUARD_TRIPPED);
    assert_true(story.evidence.is_measured && story.evidence.allowed == 10.0);
}

static void test_which_probe_cannot_trip_is_known(void **state)
{
    struct guard_baseline baseline = baseline_of(100, 94);

    (void) state;
    assert_true(guard_errors_can_trip(&baseline, &limits)); /* 99 % are allowed */
    baseline = baseline_of(100, 95);
    assert_false(guard_errors_can_trip(&baseline, &limits));
    baseline = baseline_of(19, 19);
    assert_true(guard_errors_can_trip(&baseline, &limits));
}

static void test_failures_leave_the_window_when_they_are_old(void **state)
{
    struct story story = begin(baseline_of(100, 0));

    (void) state;
    assert_int_equal(go(&story, 14, false, NULL), GUARD_SAME);
    assert_int_equal(go(&story, 310, true, NULL), GUARD_SAME);
    assert_int_equal(story.evidence.window.errors, 0);
    assert_true(story.evidence.window.runs >= 290 && story.evidence.window.runs <= 300);
    assert_int_equal(go(&story, 14, false, NULL), GUARD_SAME);
    /* a time without any look begins it again */
    story.now_ns += 1000 * S;
    assert_int_equal(go(&story, 14, false, NULL), GUARD_SAME);
    assert_int_equal(story.evidence.window.runs, 14);
}

static void test_it_trips_once_and_anew_only_when_it_has_recovered(void **state)
{
    struct story story = begin(baseline_of(100, 0));
    int64_t runs;

    (void) state;
    assert_int_equal(go(&story, 300, false, &runs), GUARD_TRIPPED);
    assert_int_equal(go(&story, 400, false, NULL), GUARD_SAME);
    /* 5 % are below the limit, but no recovery: half of it is */
    assert_int_equal(go(&story, 400, true, &runs), GUARD_RECOVERED);
    assert_true(runs > 285 && runs <= 300);
    assert_true(story.evidence.percent <= 2.6);
    assert_int_equal(go(&story, 300, false, &runs), GUARD_TRIPPED);
}

static void test_a_window_that_began_anew_is_no_recovery_before_it_is_whole(void **state)
{
    struct story story = begin(baseline_of(100, 0));
    int64_t runs;

    (void) state;
    assert_int_equal(go(&story, 300, false, NULL), GUARD_TRIPPED);
    guard_errors_end(&story.errors);
    guard_errors_add(&story.errors, true, story.now_ns); /* while clients are moved */
    assert_int_equal(
        guard_errors_judge(&story.errors, &limits, &story.baseline, story.now_ns, &story.evidence),
        GUARD_SAME);
    story.now_ns += 10 * S;
    guard_errors_begin(&story.errors, &limits, S, story.now_ns);
    assert_int_equal(go(&story, 400, true, &runs), GUARD_RECOVERED);
    assert_int_equal(runs, 300);
}

static void test_nothing_that_runs_is_no_recovery(void **state)
{
    struct story story = begin(baseline_of(100, 0));

    (void) state;
    assert_int_equal(go(&story, 300, false, NULL), GUARD_TRIPPED);
    for (int i = 0; i < 1000; i++) {
        story.now_ns += S;
        assert_int_equal(guard_errors_judge(&story.errors, &limits, &story.baseline, story.now_ns,
                                            &story.evidence),
                         GUARD_SAME);
    }
    assert_int_equal(story.evidence.window.runs, 0);
}

static void test_a_probe_that_never_succeeded_proves_nothing(void **state)
{
    struct story story = begin(baseline_of(50, 50));
    struct guard_baseline none = {0};

    (void) state;
    assert_int_equal(go(&story, 20, false, NULL), GUARD_SAME); /* 105 % are allowed */
    assert_false(guard_errors_is_proven(&story.errors, &story.baseline));
    assert_false(guard_errors_is_proven(&story.errors, &none));
    guard_errors_add(&story.errors, true, story.now_ns);
    assert_true(guard_errors_is_proven(&story.errors, &none));
    story = begin(baseline_of(50, 49));
    assert_true(guard_errors_is_proven(&story.errors, &story.baseline));
}

static void test_the_baseline_forgets_what_was_cured_long_ago(void **state)
{
    struct guard_baseline baseline = {0};
    struct guard_tally total;

    (void) state;
    for (int i = 0; i < 500; i++)
        guard_baseline_add(&baseline, false, 1000);
    for (int i = 0; i < 500; i++)
        guard_baseline_add(&baseline, true, 1000);
    total = guard_baseline_total(&baseline);
    assert_int_equal(total.runs, 1000);
    assert_int_equal(total.errors, 500);
    for (int i = 0; i < 1001; i++)
        guard_baseline_add(&baseline, true, 1000);
    total = guard_baseline_total(&baseline);
    assert_int_equal(total.errors, 0);
    assert_true(total.runs >= 1000 && total.runs <= 2000);
}

static enum guard_change lag_for(struct guard_lag *lag, int64_t *now_ns, int64_t seconds,
                                 bool is_known, int64_t lag_ns)
{
    enum guard_change change = GUARD_SAME;

    for (int64_t i = 0; i < seconds && change == GUARD_SAME; i++) {
        change = guard_lag_judge(lag, &limits, is_known, lag_ns, *now_ns);
        *now_ns += S;
    }
    return change;
}

static void test_lag_trips_when_it_was_over_without_interruption(void **state)
{
    struct guard_lag lag = {0};
    int64_t now_ns = 50 * S;

    (void) state;
    assert_int_equal(lag_for(&lag, &now_ns, 1000, true, 60 * S), GUARD_SAME); /* not over it */
    assert_int_equal(lag_for(&lag, &now_ns, 299, true, 61 * S), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 1, true, 60 * S), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 300, true, 61 * S), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 1, true, 61 * S), GUARD_TRIPPED);
    assert_int_equal(lag_for(&lag, &now_ns, 1000, true, 31 * S), GUARD_SAME); /* once */
    assert_int_equal(lag_for(&lag, &now_ns, 1, true, 30 * S), GUARD_RECOVERED);
    assert_int_equal(lag_for(&lag, &now_ns, 301, true, 61 * S), GUARD_TRIPPED);
}

static void test_a_lag_that_is_unknown_is_over_the_limit_and_no_recovery(void **state)
{
    struct guard_lag lag = {0};
    int64_t now_ns = 50 * S;

    (void) state;
    assert_int_equal(lag_for(&lag, &now_ns, 150, false, 0), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 150, true, 61 * S), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 1, false, 0), GUARD_TRIPPED);
    assert_int_equal(lag_for(&lag, &now_ns, 1000, false, 0), GUARD_SAME);
    assert_int_equal(lag_for(&lag, &now_ns, 1, true, 0), GUARD_RECOVERED);
    /* clients were moved meanwhile: it begins anew */
    assert_int_equal(lag_for(&lag, &now_ns, 299, false, 0), GUARD_SAME);
    guard_lag_end(&lag);
    assert_int_equal(lag_for(&lag, &now_ns, 299, false, 0), GUARD_SAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_runs_never_trip),
        cmocka_unit_test(test_one_or_two_failures_are_no_evidence_whatever_share_they_are),
        cmocka_unit_test(test_all_failing_trips_as_soon_as_the_window_is_lost_and_not_before),
        cmocka_unit_test(test_what_failed_before_the_cutover_too_is_allowed),
        cmocka_unit_test(test_without_a_baseline_nothing_is_allowed_to_fail_but_the_margin),
        cmocka_unit_test(test_a_few_runs_are_no_baseline_however_they_ended),
        cmocka_unit_test(test_which_probe_cannot_trip_is_known),
        cmocka_unit_test(test_failures_leave_the_window_when_they_are_old),
        cmocka_unit_test(test_it_trips_once_and_anew_only_when_it_has_recovered),
        cmocka_unit_test(test_a_window_that_began_anew_is_no_recovery_before_it_is_whole),
        cmocka_unit_test(test_nothing_that_runs_is_no_recovery),
        cmocka_unit_test(test_a_probe_that_never_succeeded_proves_nothing),
        cmocka_unit_test(test_the_baseline_forgets_what_was_cured_long_ago),
        cmocka_unit_test(test_lag_trips_when_it_was_over_without_interruption),
        cmocka_unit_test(test_a_lag_that_is_unknown_is_over_the_limit_and_no_recovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
