/*
 * The table of checks: what every row must say, and when one cannot say anything.
 */
#include "checks/check.h"
#include "cutover/base/text.h"
#include "replication/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void each(void (*test)(const struct check *check))
{
    const struct check_family *family;
    const struct check *check;

    for (family = check_families; family->rows; family++)
        for (check = family->rows; check->id; check++)
            test(check);
}

static void is_complete(const struct check *check)
{
    assert_non_null(check->text);
    assert_non_null(check->source);
    assert_int_equal(check->text[strlen(check->text) - 1], '.');
    assert_ptr_equal(check_find(check->id), check); /* no id twice */
}

static void test_every_row_says_why_and_where_its_rule_is_from(void **state)
{
    (void) state;
    each(is_complete);
}

/* A statement says nothing where it takes 0 for an old release, unless it asks for 0 itself. */
static void does_not_pass_without_green_s_release(const struct check *check)
{
    const char *text = check->sql ? check->sql->text : "";

    if (strstr(text, ":'green_version'::int") && !strstr(text, ":'green_version'::int = 0") &&
        !string_equal(check->id, "identity_slow")) /* 0: every table without a key of its own */
        assert_true(check->of_green_version);
}

static void test_no_statement_takes_an_unknown_release_for_an_old_one(void **state)
{
    (void) state;
    each(does_not_pass_without_green_s_release);
}

static void test_a_row_for_some_releases_says_nothing_of_an_unknown_one(void **state)
{
    struct check check = {.max_version = 139999};

    (void) state;
    assert_true(check_lacks_version(&check, 0, 170000));
    assert_false(check_lacks_version(&check, 150000, 0));
    check = (struct check){.of_green_version = true};
    assert_true(check_lacks_version(&check, 150000, 0));
    assert_false(check_lacks_version(&check, 0, 170000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_says_why_and_where_its_rule_is_from),
        cmocka_unit_test(test_no_statement_takes_an_unknown_release_for_an_old_one),
        cmocka_unit_test(test_a_row_for_some_releases_says_nothing_of_an_unknown_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
