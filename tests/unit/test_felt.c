/* What a client felt: percentiles, windows, gaps; and the samples that they are made of. */
#include "cutover/base/driver.h"
#include "cutover/base/text.h"
#include "cutover/engine/felt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS NS_PER_MS
#define HELD (1000 * MS)
#define RELEASED (1030 * MS)
#define UNTIL (2000 * MS)

static struct probe_sample made[2000];
static size_t count;

static void sample(int64_t at_ms, int64_t latency_ms, enum probe_outcome outcome)
{
    made[count++] = (struct probe_sample){.at_us = at_ms * 1000,
                                          .mono_ns = at_ms * MS,
                                          .latency_us = latency_ms * 1000,
                                          .outcome = outcome,
                                          .code = "57P01"};
}

static struct felt felt(void)
{
    struct felt felt;

    felt_work_out(made, count, HELD, RELEASED, UNTIL, &felt);
    count = 0;
    return felt;
}

static void a_pause_is_the_gap_of_who_waits_in_it(void **state)
{
    struct felt now;

    (void) state;
    sample(900, 1, PROBE_ACKNOWLEDGED);
    sample(911, 2, PROBE_ACKNOWLEDGED);
    sample(995, 3, PROBE_ACKNOWLEDGED);   /* 998 */
    sample(1008, 32, PROBE_ACKNOWLEDGED); /* waits until 1040 */
    sample(1050, 5, PROBE_ACKNOWLEDGED);
    sample(1065, 1, PROBE_ACKNOWLEDGED);
    now = felt();
    assert_true(now.is_measured && !now.is_open);
    assert_int_equal(now.probes, 6);
    assert_int_equal(now.failed, 0);
    assert_int_equal(now.parts[FELT_BEFORE].gap_us, 85000); /* 913 to 998 */
    assert_int_equal(now.parts[FELT_HELD].gap_us, 42000);
    assert_int_equal(now.parts[FELT_AFTER].gap_us, 15000);
    assert_int_equal(now.parts[FELT_BEFORE].probes, 3);
    assert_int_equal(now.parts[FELT_HELD].probes, 1);
    assert_int_equal(now.parts[FELT_HELD].median_us, 32000);
    assert_int_equal(now.parts[FELT_AFTER].probes, 2);
}

static void a_gap_that_spans_the_pause_is_of_the_pause(void **state)
{
    struct felt now;

    (void) state;
    sample(980, 1, PROBE_ACKNOWLEDGED);
    sample(1031, 1, PROBE_ACKNOWLEDGED); /* as where nobody probes while clients are held */
    now = felt();
    assert_int_equal(now.parts[FELT_HELD].gap_us, 51000);
    assert_int_equal(now.parts[FELT_HELD].probes, 0);
    assert_int_equal(now.parts[FELT_HELD].p99_us, -1);
    assert_int_equal(now.parts[FELT_BEFORE].gap_us, -1);
}

static void what_fails_does_not_end_a_gap_and_has_no_latency(void **state)
{
    struct felt now;

    (void) state;
    sample(990, 1, PROBE_ACKNOWLEDGED);
    sample(1001, 1, PROBE_FAILED);
    sample(1012, 700, PROBE_UNKNOWN);
    sample(1800, 2, PROBE_ACKNOWLEDGED);
    now = felt();
    assert_int_equal(now.failed, 2);
    assert_int_equal(now.parts[FELT_HELD].failed, 2);
    assert_int_equal(now.parts[FELT_HELD].median_us, -1);
    assert_int_equal(now.parts[FELT_HELD].gap_us, 811000);
}

static void a_gap_that_has_not_ended_is_no_short_one(void **state)
{
    struct felt now;

    (void) state;
    sample(990, 1, PROBE_ACKNOWLEDGED);
    sample(1001, 999, PROBE_UNKNOWN);
    now = felt();
    assert_true(now.is_measured && now.is_open);
    assert_int_equal(now.parts[FELT_HELD].gap_us, 1009000);
}

static void without_a_before_nothing_is_measured(void **state)
{
    struct felt now;

    (void) state;
    now = felt();
    assert_false(now.is_measured || now.is_open);
    assert_int_equal(now.parts[FELT_HELD].gap_us, -1);
    assert_int_equal(now.parts[FELT_BEFORE].p99_us, -1);
    sample(900, 1, PROBE_FAILED);
    sample(1100, 1, PROBE_ACKNOWLEDGED);
    assert_false(felt().is_measured);
}

static void who_was_busy_meanwhile_knows_less(void **state)
{
    struct felt now;

    (void) state;
    sample(900, 1, PROBE_ACKNOWLEDGED);
    sample(910, 80, PROBE_ACKNOWLEDGED);
    made[count - 1].late_us = 79000;
    sample(1005, 45, PROBE_ACKNOWLEDGED);
    made[count - 1].late_us = 15000;
    sample(1060, 1, PROBE_ACKNOWLEDGED);
    sample(1070, 1, PROBE_FAILED);
    made[count - 1].late_us = 15000;
    sample(1080, 1, PROBE_ACKNOWLEDGED);
    now = felt();
    assert_int_equal(now.parts[FELT_BEFORE].probes, 2);
    assert_int_equal(now.parts[FELT_BEFORE].late, 1);
    assert_int_equal(now.parts[FELT_BEFORE].p99_us, 1000);
    assert_int_equal(now.parts[FELT_BEFORE].gap_us, -1);
    assert_int_equal(now.parts[FELT_HELD].p99_us, 45000); /* of the pause nothing is left out */
    assert_int_equal(now.parts[FELT_HELD].gap_us, 60000);
    assert_int_equal(now.parts[FELT_AFTER].gap_us, 11000); /* 1050 to 1061; not that to 1081 */
    assert_int_equal(now.parts[FELT_AFTER].failed, 1);
}

static void percentiles_are_nearest_ranks(void **state)
{
    struct felt now;
    int64_t i;

    (void) state;
    for (i = 1; i <= 100; i++) /* in no order: 7 is prime to 101 */
        sample(1040 + i, i * 7 % 101, PROBE_ACKNOWLEDGED);
    now = felt();
    assert_int_equal(now.parts[FELT_AFTER].median_us, 50000);
    assert_int_equal(now.parts[FELT_AFTER].p99_us, 99000);
    sample(1040, 4, PROBE_ACKNOWLEDGED);
    sample(1050, 9, PROBE_ACKNOWLEDGED);
    now = felt();
    assert_int_equal(now.parts[FELT_AFTER].median_us, 4000);
    assert_int_equal(now.parts[FELT_AFTER].p99_us, 9000);
}

/* --- samples.db ------------------------------------------------------------------------------ */

struct seen {
    size_t probes, lags, spans;
    int64_t span_us; /* of all of them */
    struct probe_sample last;
    char plan[16], pooler[16];
    int64_t behind[2], lag_us[2];
};

static bool see_probe(void *context, const char *plan, const char *pooler,
                      const struct probe_sample *sample_seen)
{
    struct seen *seen = context;

    seen->probes++;
    seen->last = *sample_seen;
    snprintf(seen->plan, sizeof(seen->plan), "%s", plan);
    snprintf(seen->pooler, sizeof(seen->pooler), "%s", pooler);
    return true;
}

static bool see_lag(void *context, const struct lag_sample *lag)
{
    struct seen *seen = context;

    assert_string_equal(lag->side, "blue");
    seen->behind[seen->lags] = lag->behind;
    seen->lag_us[seen->lags++] = lag->lag_us;
    return true;
}

static bool see_span(void *context, const struct span_sample *span)
{
    struct seen *seen = context;

    assert_string_equal(span->plan, "cutover");
    assert_string_equal(span->state, seen->spans ? "undone" : "done");
    assert_true(span->is_pause);
    seen->spans++;
    seen->span_us += span->ended_us - span->began_us;
    return true;
}

static void what_was_measured_is_read_again(void **state)
{
    static const struct lag_sample lags[] = {{"blue", "s1", 1, 2, 300, 4000},
                                             {"blue", "s2", 1, 2, -1, -1}};
    static const struct span_sample spans[] = {
        {"cutover", "hold", "done", "blue", 1000, 9000, true},
        {"cutover", "fence", "undone", "nobody", 9000, 9500, true}};
    char directory[] = "/tmp/samples-XXXXXX";
    struct samples *samples;
    struct text path = {0};
    struct seen seen = {0};
    struct fault fault;

    (void) state;
    assert_non_null(mkdtemp(directory));
    assert_false(samples_open(directory, SAMPLES_READ, &samples, &fault)); /* none is made */
    sample(900, 1, PROBE_ACKNOWLEDGED);
    sample(950, 2, PROBE_UNKNOWN);
    made[1].late_us = 7;
    assert_true(samples_open(directory, SAMPLES_WRITE, &samples, &fault));
    assert_true(samples_add_probes(samples, "cutover", "p1", made, count, &fault));
    assert_true(samples_add_lags(samples, lags, 2, &fault));
    assert_true(samples_add_spans(samples, spans, 2, &fault));
    samples_close(samples);
    assert_true(
        samples_open(directory, SAMPLES_WRITE, &samples, &fault)); /* nothing is forgotten */
    assert_true(samples_add_probes(samples, "rollback", "p2", made, count, &fault));
    samples_close(samples);
    assert_true(samples_open(directory, SAMPLES_READ, &samples, &fault));
    assert_false(samples_add_lags(samples, lags, 2, &fault));
    assert_true(samples_each_probe(samples, see_probe, &seen, &fault));
    assert_true(samples_each_lag(samples, see_lag, &seen, &fault));
    assert_true(samples_each_span(samples, see_span, &seen, &fault));
    samples_close(samples);
    assert_int_equal(seen.probes, 4);
    assert_string_equal(seen.plan, "rollback");
    assert_string_equal(seen.pooler, "p2");
    assert_int_equal(seen.last.at_us, 950000);
    assert_int_equal(seen.last.mono_ns, 950 * MS);
    assert_int_equal(seen.last.latency_us, 2000);
    assert_int_equal(seen.last.late_us, 7);
    assert_int_equal(seen.last.outcome, PROBE_UNKNOWN);
    assert_string_equal(seen.last.code, "57P01");
    assert_int_equal(seen.lags, 2);
    assert_int_equal(seen.spans, 2);
    assert_int_equal(seen.span_us, 8500);
    assert_int_equal(seen.behind[0], 300);
    assert_int_equal(seen.lag_us[1], -1); /* not known is not zero */
    count = 0;
    text_add(&path, "rm -r %s", directory);
    assert_int_equal(system(text_string(&path)), 0);
    text_free(&path);
}

static void samples_that_cannot_be_kept_are_told(void **state)
{
    struct samples *samples;
    struct fault fault;

    (void) state;
    assert_false(samples_open("/proc/nowhere", SAMPLES_WRITE, &samples, &fault));
    assert_true(fault_is_set(&fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_the_gap_of_who_waits_in_it),
        cmocka_unit_test(a_gap_that_spans_the_pause_is_of_the_pause),
        cmocka_unit_test(what_fails_does_not_end_a_gap_and_has_no_latency),
        cmocka_unit_test(a_gap_that_has_not_ended_is_no_short_one),
        cmocka_unit_test(without_a_before_nothing_is_measured),
        cmocka_unit_test(who_was_busy_meanwhile_knows_less),
        cmocka_unit_test(percentiles_are_nearest_ranks),
        cmocka_unit_test(what_was_measured_is_read_again),
        cmocka_unit_test(samples_that_cannot_be_kept_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
