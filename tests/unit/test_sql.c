/* Rendering of statements: values, identifiers, casts, quoting. */
#include "cutover/base/text.h"
#include "replication/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void renders(const char *template, const struct sql_arguments *arguments,
                    const char *expected)
{
    struct sql sql = {.id = "test", .doing = "testing", .text = template};
    struct text out = {0};

    sql_render(&out, &sql, arguments);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

static void values_are_quoted(void **state)
{
    struct sql_arguments arguments = {0};

    (void) state;
    sql_set(&arguments, "a", "it's");
    sql_set(&arguments, "b", "Odd \"Name\"");
    sql_set(&arguments, "c", NULL);
    renders("SELECT :'a', :\"b\", :'c'", &arguments, "SELECT 'it''s', \"Odd \"\"Name\"\"\", NULL");
}

static void casts_are_left_alone(void **state)
{
    struct sql_arguments arguments = {0};

    (void) state;
    sql_set(&arguments, "a", "1");
    renders("SELECT :'a'::bigint, x::\"char\", '::'", &arguments,
            "SELECT '1'::bigint, x::\"char\", '::'");
}

static void statements_are_spliced_as_they_are(void **state)
{
    struct sql_arguments arguments = {0};

    (void) state;
    sql_set(&arguments, "s", "SELECT ':''x'");
    renders(":{s}; SELECT 1", &arguments, "SELECT ':''x'; SELECT 1");
}

static void unknown_values_are_named(void **state)
{
    struct sql_arguments arguments = {0};

    (void) state;
    sql_set(&arguments, "L", sql_unknown);
    renders("advance(:'L', :\"L\")", &arguments, "advance(<L>, <L>)");
}

static void prepared_statements_keep_their_values(void **state)
{
    struct sql_arguments arguments = {.form = SQL_PREPARE};

    (void) state;
    sql_set(&arguments, "a", "1");
    renders("SELECT :'a'", &arguments,
            "PREPARE pgcutover_test AS SELECT '1';\nEXPLAIN EXECUTE pgcutover_test");
    arguments.form = SQL_EXECUTE;
    renders("SELECT :'a', :'b'", &arguments, "EXECUTE pgcutover_test");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_quoted),
        cmocka_unit_test(casts_are_left_alone),
        cmocka_unit_test(statements_are_spliced_as_they_are),
        cmocka_unit_test(unknown_values_are_named),
        cmocka_unit_test(prepared_statements_keep_their_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
