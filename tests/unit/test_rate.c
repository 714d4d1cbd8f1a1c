/* How fast a position moves, and when a subscriber is caught up. */
#include "replication/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S INT64_C(1000000000)
#define MS INT64_C(1000000)

static struct rate rate;

static int forget(void **state)
{
    (void) state;
    rate_forget(&rate);
    return 0;
}

static void test_less_than_two_seconds_are_no_rate(void **state)
{
    (void) state;
    assert_true(rate_per_s(&rate) == RATE_UNKNOWN);
    rate_add(&rate, 100, 0);
    assert_true(rate_per_s(&rate) == RATE_UNKNOWN);
    rate_add(&rate, 200, 1999 * MS);
    assert_true(rate_per_s(&rate) == RATE_UNKNOWN);
    rate_add(&rate, 200, 2 * S);
    assert_int_equal(rate_per_s(&rate), 50);
}

static void test_it_is_that_of_the_last_half_minute(void **state)
{
    int64_t i;

    (void) state;
    for (i = 0; i < 1000; i++)
        rate_add(&rate, (uint64_t) i * 10, i * S);
    for (; i < 1000 + RATE_POINTS; i++)
        rate_add(&rate, 10000 + (uint64_t) (i - 1000) * 500, i * S);
    assert_int_equal(rate_per_s(&rate), 500);
}

static void test_a_position_that_goes_back_begins_anew(void **state)
{
    (void) state;
    rate_add(&rate, 5000, 0);
    rate_add(&rate, 100, 5 * S);
    assert_true(rate_per_s(&rate) == RATE_UNKNOWN);
    rate_add(&rate, 300, 7 * S);
    assert_int_equal(rate_per_s(&rate), 100);
}

static void test_how_long_it_stands(void **state)
{
    (void) state;
    assert_int_equal(rate_still_ns(&rate), 0);
    rate_add(&rate, 1, 1 * S);
    assert_int_equal(rate_still_ns(&rate), 0);
    rate_add(&rate, 2, 2 * S);
    rate_add(&rate, 2, 5 * S);
    rate_add(&rate, 2, 9 * S);
    assert_int_equal(rate_still_ns(&rate), 7 * S);
    rate_add(&rate, 3, 10 * S);
    assert_int_equal(rate_still_ns(&rate), 0);
}

static void test_positions_beyond_an_int(void **state)
{
    (void) state;
    rate_add(&rate, UINT64_C(0xF000000000000000), 0);
    rate_add(&rate, UINT64_C(0xF000000000000000) + 4000, 4 * S);
    assert_int_equal(rate_per_s(&rate), 1000);
}

static void test_the_trend(void **state)
{
    int64_t ns = -1;

    (void) state;
    assert_int_equal(rate_judge(0, RATE_UNKNOWN, 1 * S, RATE_UNKNOWN, RATE_UNKNOWN, &ns),
                     RATE_CAUGHT_UP);
    assert_int_equal(rate_judge(500, 1 * S, 1 * S, 0, 100, &ns), RATE_CAUGHT_UP);
    assert_int_equal(rate_judge(500, 2 * S, 1 * S, 0, 0, &ns), RATE_STANDS);
    assert_int_equal(rate_judge(500, 2 * S, 1 * S, 100, 100, &ns), RATE_FALLS);
    assert_int_equal(rate_judge(500, 2 * S, 1 * S, RATE_UNKNOWN, 100, &ns), RATE_TREND_UNKNOWN);
    assert_int_equal(rate_judge(RATE_UNKNOWN, RATE_UNKNOWN, 1 * S, 5, 1, &ns), RATE_TREND_UNKNOWN);
    assert_int_equal(ns, -1);
    assert_int_equal(rate_judge(500, RATE_UNKNOWN, 1 * S, 150, 100, &ns), RATE_CATCHING_UP);
    assert_int_equal(ns, 10 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_less_than_two_seconds_are_no_rate, forget),
        cmocka_unit_test_setup(test_it_is_that_of_the_last_half_minute, forget),
        cmocka_unit_test_setup(test_a_position_that_goes_back_begins_anew, forget),
        cmocka_unit_test_setup(test_how_long_it_stands, forget),
        cmocka_unit_test_setup(test_positions_beyond_an_int, forget),
        cmocka_unit_test_setup(test_the_trend, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
