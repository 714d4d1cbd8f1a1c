/* Whether the last verification is what [cutover] require_verify demands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/commands/duration.h"
#include "../../cutover/commands/verified.h"

#include "../../cutover/base/text.h"

#include <stdio.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)
#define NOW_US (INT64_C(1700000000) * 1000000)

/* Begun two hours ago, behind green's being ready three hours ago; equal, of everything. */
static struct verified good_one(void)
{
    struct verified verified = {.is_known = true,
                                .since_us = NOW_US - 3 * HOUR_US,
                                .now_us = NOW_US,
                                .clients = SIDE_BLUE,
                                .result = {.started_us = NOW_US - 2 * HOUR_US - 600000000,
                                           .ended_us = NOW_US - HOUR_US,
                                           .is_equal = true,
                                           .tables = 12,
                                           .rows = 1234,
                                           .publisher = "blue",
                                           .subscriber = "green"}};

    return verified;
}

static void assert_judged(const char *require, const struct verified *verified, const char *wrong)
{
    struct config config = {.require_verify = (char *) require, .verify_age_ms = 24 * 3600 * 1000};
    struct fault fault = {0};
    bool good = verified_suffices(verified, &config, &fault);

    if (!wrong && !good)
        fail_msg("%s: %s", require, fault.cause);
    if (!wrong)
        return;
    if (good)
        fail_msg("%s: accepted, though %s", require, wrong);
    assert_int_equal(fault.exit_code, EXIT_CHECKS_FAILED);
    assert_non_null(strstr(fault.hint, "pgcutover verify"));
    if (!strstr(fault.cause, wrong))
        fail_msg("%s: \"%s\" does not say \"%s\"", require, fault.cause, wrong);
}

static void assert_refused(const struct verified *verified, const char *wrong)
{
    assert_judged("full", verified, wrong);
    assert_judged("recent", verified, wrong);
    assert_judged("none", verified, NULL);
}

static void a_whole_and_equal_one_since_green_is_ready_is_enough(void **state)
{
    struct verified verified = good_one();

    (void) state;
    assert_judged("none", &verified, NULL);
    assert_judged("full", &verified, NULL);
    assert_judged("recent", &verified, NULL);
}

static void nothing_less_is_enough(void **state)
{
    struct verified verified;

    (void) state;
    verified = good_one(), verified.is_known = false;
    assert_refused(&verified, "none has come to its end");
    verified = good_one(), verified.result.is_part = true;
    assert_refused(&verified, "only at what was chosen");
    verified = good_one(), verified.result.is_equal = false, verified.result.different = 3;
    assert_refused(&verified, "found 3 different and 0 undecided");
    verified = good_one(), strcpy(verified.result.publisher, "green");
    assert_refused(&verified, "while clients wrote on green");
    verified = good_one(), strcpy(verified.result.publisher, "");
    assert_refused(&verified, "while clients wrote on");
    verified = good_one(), verified.since_us = 0;
    assert_refused(&verified, "not known since when green is ready");
    verified = good_one(), verified.since_us = verified.result.started_us;
    assert_refused(&verified, "began before green was ready");
    verified.was_moved = true;
    assert_refused(&verified, "began before clients were last moved");
    verified = good_one(), verified.result.started_us = NOW_US + 1;
    assert_refused(&verified, "in the future");
}

static void recent_asks_for_its_age_from_its_beginning(void **state)
{
    struct verified verified = good_one();

    (void) state;
    verified.since_us = 1;
    verified.result.started_us = NOW_US - 24 * HOUR_US;
    assert_judged("recent", &verified, NULL);
    verified.result.started_us--;
    verified.result.ended_us = NOW_US - 1;
    assert_judged("recent", &verified, "is 1 d old, and verify_age is 1 d");
    assert_judged("full", &verified, NULL);
}

static void assert_said(const struct verified *verified, const char *expected)
{
    struct text text = {0};

    verified_say(verified, &text);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void the_age_is_said(void **state)
{
    struct verified verified = good_one();

    (void) state;
    assert_said(&verified, "2 h 10 min ago: equal, 12 tables, 1,234 rows");
    verified.result.is_part = true, verified.result.tables = 1, verified.result.rows = 1;
    assert_said(&verified, "2 h 10 min ago: equal, 1 table, 1 row, only what was chosen");
    verified = good_one(), verified.result.is_equal = false, verified.result.undecided = 2;
    verified.since_us = NOW_US;
    assert_said(&verified, "2 h 10 min ago: 0 different, 2 undecided, 12 tables, 1,234 rows; that "
                           "was before green was ready");
    verified.is_known = false;
    assert_said(&verified, "never");
}

static void times_and_numbers_are_read_by_people(void **state)
{
    static const struct {
        int64_t us;
        const char *expected;
    } times[] = {{0, "0 ms"},
                 {999999, "999 ms"},
                 {1000000, "1 s"},
                 {59999999, "59 s"},
                 {60000000, "1 min"},
                 {125000000, "2 min 5 s"},
                 {2 * HOUR_US, "2 h"},
                 {49 * HOUR_US + 1, "2 d 1 h"},
                 {48 * HOUR_US + 60000000, "2 d"}};
    static const struct {
        int64_t number;
        const char *expected, *size;
    } numbers[] = {{0, "0", "0 bytes"},
                   {999, "999", "999 bytes"},
                   {1000, "1,000", "1000 bytes"},
                   {-1234, "-1,234", ""},
                   {16777216, "16,777,216", "16 MB"},
                   {1234567890123, "1,234,567,890,123", "1.1 TB"}};
    struct text text = {0};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        duration_add(&text, times[i].us);
        assert_string_equal(text_string(&text), times[i].expected);
        text_free(&text);
    }
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        number_add(&text, numbers[i].number);
        assert_string_equal(text_string(&text), numbers[i].expected);
        text_free(&text);
        if (numbers[i].number < 0)
            continue;
        size_add(&text, numbers[i].number);
        assert_string_equal(text_string(&text), numbers[i].size);
        text_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_and_equal_one_since_green_is_ready_is_enough),
        cmocka_unit_test(nothing_less_is_enough),
        cmocka_unit_test(recent_asks_for_its_age_from_its_beginning),
        cmocka_unit_test(the_age_is_said),
        cmocka_unit_test(times_and_numbers_are_read_by_people),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
