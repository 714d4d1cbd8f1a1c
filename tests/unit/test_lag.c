/* How old is what is not confirmed: by looks at the end of a log, and one clock. */
#include "replication/lag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S INT64_C(1000000000)

static struct lag_history history;

static int forget(void **state)
{
    (void) state;
    lag_forget(&history);
    return 0;
}

static void test_what_is_confirmed_has_no_lag(void **state)
{
    (void) state;
    assert_int_equal(lag_ns(&history, 5, 100 * S), 0); /* nothing was looked at */
    lag_add(&history, 1000, 1 * S);
    lag_add(&history, 2000, 2 * S);
    assert_int_equal(lag_ns(&history, 2000, 9 * S), 0);
    assert_int_equal(lag_ns(&history, 3000, 9 * S), 0);
}

static void test_the_lag_is_the_age_of_the_first_look_that_is_not_reached(void **state)
{
    (void) state;
    lag_add(&history, 1000, 1 * S);
    lag_add(&history, 2000, 2 * S);
    lag_add(&history, 3000, 3 * S);
    assert_int_equal(lag_ns(&history, 0, 10 * S), 9 * S);
    assert_int_equal(lag_ns(&history, 999, 10 * S), 9 * S);
    assert_int_equal(lag_ns(&history, 1000, 10 * S), 8 * S);
    assert_int_equal(lag_ns(&history, 2999, 10 * S), 7 * S);
}

/* Nothing was written for an hour, and nothing is confirmed: it is an hour old. */
static void test_an_idle_server_does_not_make_old_changes_younger(void **state)
{
    (void) state;
    for (int i = 0; i < 3600; i++)
        lag_add(&history, 1000, i * S);
    assert_int_equal(history.count, 1);
    assert_int_equal(lag_ns(&history, 999, 3600 * S), 3600 * S);
}

/* A lag that stays the same is told as such, not as a saw's teeth. */
static void test_a_steady_lag_is_steady(void **state)
{
    (void) state;
    for (int64_t i = 1; i < 500; i++) {
        lag_add(&history, (uint64_t) i * 100, i * S);
        if (i > 90) {
            uint64_t confirmed = (uint64_t) (i - 90) * 100;

            lag_trim(&history, confirmed);
            assert_int_equal(lag_ns(&history, confirmed, i * S), 89 * S);
        }
    }
    assert_true(history.count <= 90);
}

static void test_more_looks_than_there_is_room_for_lose_no_age(void **state)
{
    int64_t i;

    (void) state;
    for (i = 0; i < 10 * LAG_LOOKS; i++)
        lag_add(&history, (uint64_t) i + 1, i * S);
    assert_true(history.count <= LAG_LOOKS);
    assert_int_equal(lag_ns(&history, 0, i * S), i * S);
    for (uint64_t confirmed = 1; confirmed < 10 * LAG_LOOKS; confirmed += 97) {
        int64_t age = lag_ns(&history, confirmed, i * S), exact = (i - (int64_t) confirmed) * S;

        assert_true(age <= exact && age >= exact - exact / 64 - S);
    }
}

/* A slot that nobody reads any more does not blur the others. */
static void test_who_is_nearly_there_is_told_exactly_for_days(void **state)
{
    int64_t i;

    (void) state;
    for (i = 0; i < 3 * 86400; i++) {
        lag_add(&history, (uint64_t) i + 1, i * S);
        if (i > 60)
            assert_int_equal(lag_ns(&history, (uint64_t) i - 20, i * S), 20 * S);
    }
    assert_int_equal(lag_ns(&history, 0, i * S), i * S);
}

static void test_what_was_behind_at_the_first_look_is_at_least_so_old(void **state)
{
    (void) state;
    lag_add(&history, 1000, 1 * S);
    lag_add(&history, 2000, 2 * S);
    assert_true(lag_is_least(&history, 999));
    assert_false(lag_is_least(&history, 1000));
    assert_false(lag_is_least(&history, 2000));
    lag_trim(&history, 1000);
    assert_true(lag_is_least(&history, 999)); /* another slot, which came later */
    assert_false(lag_is_least(&history, 1000));
    lag_trim(&history, 2000);
    assert_false(lag_is_least(&history, 2000));
}

static void test_a_log_that_goes_back_is_another_one(void **state)
{
    (void) state;
    lag_add(&history, 1000, 1 * S);
    lag_add(&history, 900, 2 * S);
    assert_int_equal(history.count, 1);
    assert_int_equal(lag_ns(&history, 0, 10 * S), 8 * S);
}

static void test_what_was_written_while_nobody_looked_is_at_least_so_old(void **state)
{
    (void) state;
    history.gap_ns = 3 * S;
    lag_add(&history, 1000, 1 * S);
    lag_add(&history, 2000, 2 * S);
    lag_add(&history, 9000, 1802 * S);
    lag_add(&history, 9500, 1803 * S);
    assert_int_equal(lag_ns(&history, 1500, 1803 * S), 1801 * S);
    assert_true(lag_is_least(&history, 2000));
    assert_true(lag_is_least(&history, 8999));
    assert_false(lag_is_least(&history, 9000));
    lag_trim(&history, 9500);
    lag_add(&history, 9500, 1804 * S); /* an idle server was looked at */
    lag_add(&history, 9500, 1806 * S);
    lag_add(&history, 9600, 1808 * S);
    assert_false(lag_is_least(&history, 9500));
    history.gap_ns = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_confirmed_has_no_lag, forget),
        cmocka_unit_test_setup(test_the_lag_is_the_age_of_the_first_look_that_is_not_reached,
                               forget),
        cmocka_unit_test_setup(test_an_idle_server_does_not_make_old_changes_younger, forget),
        cmocka_unit_test_setup(test_a_steady_lag_is_steady, forget),
        cmocka_unit_test_setup(test_more_looks_than_there_is_room_for_lose_no_age, forget),
        cmocka_unit_test_setup(test_who_is_nearly_there_is_told_exactly_for_days, forget),
        cmocka_unit_test_setup(test_what_was_behind_at_the_first_look_is_at_least_so_old, forget),
        cmocka_unit_test_setup(test_a_log_that_goes_back_is_another_one, forget),
        cmocka_unit_test_setup(test_what_was_written_while_nobody_looked_is_at_least_so_old,
                               forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
