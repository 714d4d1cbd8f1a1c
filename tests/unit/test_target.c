/*
 * What check makes of green's host's answers about extensions, libraries and locales: what is not
 * said to be there is missing, and what was not asked is said to be.
 */
#include "checks/target.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct wants wants;
static struct finding_list list;

static int tear_down(void **state)
{
    (void) state;
    wants_free(&wants);
    finding_list_free(&list);
    return 0;
}

static void judge(const char *output)
{
    finding_list_free(&list);
    assert_true(wants_judge(&list, &wants, output));
}

static void assert_found(size_t number, const char *id, const char *what, const char *evidence)
{
    assert_true(number < list.count);
    assert_string_equal(list.findings[number].check->id, id);
    assert_string_equal(list.findings[number].what, what);
    assert_string_equal(list.findings[number].evidence, evidence);
}

static void test_wants_of_several_places_are_one(void **state)
{
    char *lines;

    (void) state;
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.8", NULL, "shop");
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.8", NULL, "shop 2");
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.8", NULL, "shop");
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.7", NULL, "events");
    wants_add(&wants, WANT_FUNCTION, "$libdir/a b", NULL, NULL, "shop");
    wants_add(&wants, WANT_LOCALE, "en_US.UTF-8\nx", NULL, NULL, "shop");
    assert_int_equal(wants.count, 4);
    assert_string_equal(wants.list[0].places, "shop, shop 2");
    lines = wants_lines(&wants);
    assert_string_equal(lines, "extension hstore\nextension hstore\nlibrary $libdir/a b\nend\n");
    free(lines);
}

static void test_all_there_is_no_finding(void **state)
{
    (void) state;
    wants_add(&wants, WANT_EXTENSION, "plpgsql", "1.0", NULL, "shop");
    wants_add(&wants, WANT_EXTENSION, "pg_trgm", "1.5", NULL, "shop");
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.4", NULL, "shop");
    wants_add(&wants, WANT_FUNCTION, "$libdir/hstore", NULL, "hstore", "shop");
    wants_add(&wants, WANT_PRELOAD, "pg_stat_statements", NULL, NULL, "shared_preload_libraries");
    wants_add(&wants, WANT_LOCALE, "en_US.UTF-8", NULL, NULL, "shop");
    judge("files=known\nlocales=known\nlibc=2.41\nicu=76\ncontrol\tplpgsql\t1.0\n"
          "control\tpg_trgm\t1.6\nscript\tpg_trgm\t1.5\t1.6\n"
          "control\thstore\t1.8\nscript\thstore\t1.4\nscript\thstore\t1.4\t1.5\ncomplete\n");
    assert_int_equal(list.count, 0);
    assert_int_equal(list.not_asked_count, 0);
}

static void test_what_is_missing_is_named_with_its_places(void **state)
{
    (void) state;
    wants_add(&wants, WANT_EXTENSION, "post", "1", NULL, "shop");
    wants_add(&wants, WANT_FUNCTION, "$libdir/post", NULL, "post", "shop");
    wants_add(&wants, WANT_FUNCTION, "$libdir/own", NULL, NULL, "shop");
    wants_add(&wants, WANT_FUNCTION, "there/own", NULL, NULL, "shop");
    wants_add(&wants, WANT_PRELOAD, "timescaledb", NULL, NULL, "shared_preload_libraries");
    wants_add(&wants, WANT_LOCALE, "de_DE", NULL, NULL, "shop");
    judge("files=known\nlocales=known\ncontrol\tpostgis\t3.3\nscript\tpost\t1\n"
          "missing\t$libdir/post\nmissing\t$libdir/own\nuntold\tthere/own\n"
          "missing\ttimescaledb\nno_locale\tde_DE\ncomplete\n");
    assert_int_equal(list.count, 5);
    assert_found(0, "extension_missing", "post", "version 1 in shop");
    assert_found(1, "function_library_missing", "$libdir/own", "functions in shop");
    assert_string_equal(list.findings[2].what, "there/own");
    assert_found(3, "library_missing", "timescaledb", "in shared_preload_libraries");
    assert_found(4, "locale_missing", "de_DE", "in shop");
}

/* They are no lines of a question. */
static void test_names_with_a_line_break_are_missing(void **state)
{
    (void) state;
    wants_add(&wants, WANT_FUNCTION, "$libdir/own\nx", NULL, NULL, "shop");
    wants_add(&wants, WANT_PRELOAD, "own\nx", NULL, NULL, "shared_preload_libraries");
    wants_add(&wants, WANT_LOCALE, "de_DE\nx", NULL, NULL, "shop");
    judge("files=known\nlocales=known\ncomplete\n");
    assert_int_equal(list.count, 3);
    assert_found(0, "function_library_missing", "$libdir/own\nx", "functions in shop");
    assert_found(1, "library_missing", "own\nx", "in shared_preload_libraries");
    assert_found(2, "locale_missing", "de_DE\nx", "in shop");
}

static void test_a_version_that_no_script_knows_is_told(void **state)
{
    (void) state;
    wants_add(&wants, WANT_EXTENSION, "postgis", "3.4.1", NULL, "shop");
    judge("files=known\nlocales=known\ncontrol\tpostgis\t3.3.2\nscript\tpostgis\t3.4\t3.3.2\n"
          "script\tpostgis_topology\t3.4.1\ncomplete\n");
    assert_int_equal(list.count, 1);
    assert_found(0, "extension_version", "postgis",
                 "version 3.4.1 in shop; there is 3.3.2, and no script for the other");
    judge("files=known\nlocales=known\ncontrol\tpostgis\t3.3.2\nscript\tpostgis\t3.4.1\tANY\n"
          "complete\n");
    assert_int_equal(list.count, 0);
}

static void test_what_nobody_knows_is_said_to_be_not_asked(void **state)
{
    static const char *const outputs[] = {"files=unknown\nlocales=unknown\ncomplete\n", "complete"};
    size_t i;

    (void) state;
    wants_add(&wants, WANT_EXTENSION, "hstore", "1.8", NULL, "shop");
    for (i = 0; i < 2; i++) {
        judge(outputs[i]);
        assert_int_equal(list.count, 0);
        assert_int_equal(list.not_asked_count, 5);
    }
}

static void test_an_answer_that_breaks_off_says_nothing(void **state)
{
    static const char *const outputs[] = {NULL, "", "files=known\nlocales=known\n",
                                          "files=known\nlocales=known\nincomplete\n",
                                          "complete\nlibc=2.41\n"};
    size_t i;

    (void) state;
    wants_add(&wants, WANT_PRELOAD, "timescaledb", NULL, NULL, "shared_preload_libraries");
    for (i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
        assert_false(wants_judge(&list, &wants, outputs[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_wants_of_several_places_are_one, tear_down),
        cmocka_unit_test_teardown(test_all_there_is_no_finding, tear_down),
        cmocka_unit_test_teardown(test_what_is_missing_is_named_with_its_places, tear_down),
        cmocka_unit_test_teardown(test_names_with_a_line_break_are_missing, tear_down),
        cmocka_unit_test_teardown(test_a_version_that_no_script_knows_is_told, tear_down),
        cmocka_unit_test_teardown(test_what_nobody_knows_is_said_to_be_not_asked, tear_down),
        cmocka_unit_test_teardown(test_an_answer_that_breaks_off_says_nothing, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
