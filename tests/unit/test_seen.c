/* What a plan saw: differences told, and the file that it is kept in. */
#include "cutover/base/text.h"
#include "cutover/commands/plan_file.h"
#include "cutover/steps/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/pgc-seen-XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void) state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/plan.json", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    unlink(path);
    return rmdir(directory); /* fails when something is left in it */
}

static struct seen *sample(void)
{
    struct seen *seen = seen_new();

    seen->system_identifier = memory_copy("7001");
    seen_add(seen_group(seen, "blue shop", "columns"), "column public.b.\"x\", text");
    seen_add(seen_group(seen, "blue", "roles"), "role app");
    seen_add(seen_group(seen, "blue shop", "columns"), "column public.a.id, integer");
    seen_add(seen_group(seen, "blue shop", "columns"), "one\nwith a line break, and \xc3\xa4");
    seen_group(seen, "blue shop", "sequences");
    seen_sort(seen);
    return seen;
}

static char *difference(const struct seen *plan, const struct seen *now, size_t expected)
{
    struct text text = {0};

    assert_int_equal(seen_difference(plan, now, &text), expected);
    return text_take(&text);
}

static void differs(const struct seen *plan, const struct seen *now, size_t expected,
                    const char *told)
{
    char *text = difference(plan, now, expected);

    assert_string_equal(text, told);
    free(text);
}

/* --- differences ------------------------------------------------------------------------------ */

static void test_the_same_differs_in_nothing_whatever_the_order(void **state)
{
    struct seen *a = sample(), *b = seen_new();

    (void) state;
    b->system_identifier = memory_copy("7001");
    seen_group(b, "blue shop", "sequences");
    seen_add(seen_group(b, "blue shop", "columns"), "one\nwith a line break, and \xc3\xa4");
    seen_add(seen_group(b, "blue shop", "columns"), "column public.a.id, integer");
    seen_add(seen_group(b, "blue shop", "columns"), "column public.b.\"x\", text");
    seen_add(seen_group(b, "blue", "roles"), "role app");
    seen_sort(b);
    differs(a, b, 0, "");
    seen_free(a);
    seen_free(b);
}

static void test_each_difference_is_told_with_its_place(void **state)
{
    struct seen *plan = sample(), *now = sample();

    (void) state;
    seen_add(seen_group(now, "blue shop", "columns"), "column public.a.late, text");
    seen_add(seen_group(plan, "blue", "roles"), "role gone");
    seen_sort(plan);
    seen_sort(now);
    differs(plan, now, 2,
            "only in plan: blue, roles: role gone; only now: blue shop, columns: column "
            "public.a.late, text");
    seen_free(plan);
    seen_free(now);
}

static void test_a_line_more_or_less_of_the_same_is_a_difference(void **state)
{
    struct seen *plan = sample(), *now = sample();

    (void) state;
    seen_add(seen_group(now, "blue", "roles"), "role app");
    seen_sort(now);
    differs(plan, now, 1, "only now: blue, roles: role app");
    differs(now, plan, 1, "only in plan: blue, roles: role app");
    seen_free(plan);
    seen_free(now);
}

static void test_a_part_that_only_one_has_is_told_even_when_it_is_empty(void **state)
{
    struct seen *plan = sample(), *now = sample();

    (void) state;
    seen_group(now, "green", "databases");
    seen_add(seen_group(now, "pooler p1", "file"), "path /p1.ini");
    seen_sort(now);
    differs(plan, now, 2,
            "only now: green, databases: (nothing in it); only now: pooler p1, file: path /p1.ini");
    differs(now, plan, 2,
            "only in plan: green, databases: (nothing in it); only in plan: pooler p1, file: path "
            "/p1.ini");
    seen_free(plan);
    seen_free(now);
}

static void test_eight_are_told_and_how_many_more(void **state)
{
    struct seen *plan = sample(), *now = sample();
    char line[32], *text, *at;
    size_t told = 0, i;

    (void) state;
    for (i = 0; i < 1000; i++) {
        snprintf(line, sizeof(line), "table t%04zu", i);
        seen_add(seen_group(now, "blue shop", "published"), line);
    }
    seen_sort(now);
    text = difference(plan, now, 1000);
    for (at = text; (at = strstr(at, "only now: ")); at++)
        told++;
    assert_int_equal(told, 8);
    assert_non_null(strstr(text, "; and 992 more"));
    assert_non_null(strstr(text, "table t0000"));
    free(text);
    seen_free(plan);
    seen_free(now);
}

static void test_what_is_told_fits_into_an_error(void **state)
{
    struct seen *plan = sample(), *now = sample();
    char line[4000], *text;
    size_t i;

    (void) state;
    for (i = 0; i < 8; i++) {
        memset(line, 'a' + (int) i, sizeof(line) - 1);
        memcpy(line + 197, "\xc3\xa4\xc3\xa4", 4); /* where it is cut */
        line[sizeof(line) - 1] = '\0';
        seen_add(seen_group(now, "blue shop", "columns"), line);
    }
    seen_sort(now);
    text = difference(plan, now, 8);
    assert_true(strlen(text) < sizeof(((struct fault *) 0)->cause));
    assert_non_null(strstr(text, "aaaa"));
    assert_non_null(strstr(text, "\xc3\xa4..."));
    assert_non_null(strstr(text, "; and 5 more"));
    assert_null(strstr(text, "\n"));
    free(text);
    seen_free(plan);
    seen_free(now);
}

static void test_a_line_break_in_a_name_does_not_break_the_message(void **state)
{
    struct seen *plan = sample(), *now = seen_new();
    char *text;

    (void) state;
    text = difference(plan, now, 5);
    assert_null(strchr(text, '\n'));
    assert_non_null(strstr(text, "one?with a line break"));
    free(text);
    seen_free(plan);
    seen_free(now);
}

/* --- the file --------------------------------------------------------------------------------- */

static void put(const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *content(void)
{
    static char text[16384];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void save(const struct seen *seen)
{
    struct fault fault = {0};

    assert_true(plan_file_write(path, "orders", seen, &fault));
}

static void refuses_to_read(const char *cause)
{
    struct seen *seen = NULL;
    struct fault fault = {0};

    assert_false(plan_file_read(path, &seen, &fault));
    assert_null(seen);
    assert_non_null(strstr(fault.cause, cause));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_true(*fault.hint != '\0');
}

static void refuses_to_write(const char *cause)
{
    struct seen *seen = sample();
    struct fault fault = {0};

    assert_false(plan_file_write(path, "orders", seen, &fault));
    assert_non_null(strstr(fault.cause, cause));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    seen_free(seen);
}

static void test_what_is_written_is_read(void **state)
{
    struct seen *seen = sample(), *read = NULL;
    struct fault fault = {0};
    struct stat status;

    (void) state;
    unlink(path);
    umask(0);
    save(seen);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_true(plan_file_read(path, &read, &fault));
    assert_string_equal(read->system_identifier, "7001");
    differs(seen, read, 0, "");
    assert_non_null(strstr(content(), "\"schema_version\":\t1"));
    seen_free(seen);
    seen_free(read);
}

static void test_a_saved_plan_and_an_empty_file_are_overwritten(void **state)
{
    struct seen *seen = sample(), *read = NULL;
    struct fault fault = {0};
    struct stat status;

    (void) state;
    put("");
    assert_int_equal(chmod(path, 0666), 0);
    save(seen);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    seen_add(seen_group(seen, "blue", "roles"), "role new");
    seen_sort(seen);
    save(seen);
    assert_true(plan_file_read(path, &read, &fault));
    differs(seen, read, 0, "");
    seen_free(seen);
    seen_free(read);
}

static void test_nothing_else_is_overwritten(void **state)
{
    static const char *const others[] = {"\n", "host=10.0.0.7", "{}", "{\"kind\": 1}",
                                         "{\"kind\": \"something else\", \"schema_version\": 1}"};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        put(others[i]);
        refuses_to_write("not a plan that was saved");
        assert_string_equal(content(), others[i]);
    }
    unlink(path);
    assert_int_equal(symlink("/dev/null", path), 0);
    refuses_to_write("not a plan that was saved");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses_to_write("not a plan that was saved");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses_to_write("not a plan that was saved");
    refuses_to_read("not a file");
    unlink(path);
}

static void test_a_directory_that_cannot_be_written_leaves_nothing(void **state)
{
    struct seen *seen = sample();
    struct fault fault = {0};
    char nowhere[96];

    (void) state;
    snprintf(nowhere, sizeof(nowhere), "%s/nothing/plan.json", directory);
    assert_false(plan_file_write(nowhere, "orders", seen, &fault));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_string_equal(fault.code, "ENOENT");
    seen_free(seen);
}

static void test_what_is_no_plan_is_refused(void **state)
{
    (void) state;
    unlink(path);
    refuses_to_read("No such file");
    put("");
    refuses_to_read("not JSON");
    put("garbage");
    refuses_to_read("not JSON");
    put("{} {}");
    refuses_to_read("not JSON");
    put("{\"schema_version\": 1, \"phase\": \"ready\"}");
    refuses_to_read("not a plan that was saved");
    put("[1]");
    refuses_to_read("not a plan that was saved");
}

static void replaced(const char *from, const char *to, const char *cause)
{
    struct seen *seen = sample();
    struct text text = {0};
    char *whole, *at;

    unlink(path);
    save(seen);
    whole = content();
    at = strstr(whole, from);
    assert_non_null(at);
    text_add(&text, "%.*s%s%s", (int) (at - whole), whole, to, at + strlen(from));
    put(text_string(&text));
    refuses_to_read(cause);
    text_free(&text);
    seen_free(seen);
}

static void test_a_plan_that_was_changed_is_refused(void **state)
{
    (void) state;
    replaced("\"schema_version\":\t1", "\"schema_version\":\t2", "its schema_version is 2");
    replaced("\"schema_version\":\t1", "\"schema_version\":\t\"1\"", "not a plan that was saved");
    replaced("role app", "role apq", "changed since it was saved");
    replaced("\"7001\"", "\"7002\"", "changed since it was saved");
    replaced("\"7001\"", "7001", "not complete");
    replaced("\"blue shop\"", "\"green shop\"", "changed since it was saved");
    replaced("\"role app\"", "", "changed since it was saved");
    replaced("\"role app\"", "1", "not complete");
    replaced("\"roles\"", "\"rules\"", "changed since it was saved");
    replaced("\"seen\"", "\"Seen\"", "not complete");
    replaced("\"sha256\"", "\"sha255\"", "not complete");
    unlink(path);
}

static void test_half_a_plan_is_refused(void **state)
{
    struct seen *seen = sample();
    char *whole;
    size_t length;

    (void) state;
    save(seen);
    whole = content();
    for (length = strlen(whole) - 2; length > 0; length -= length > 7 ? 7 : length) {
        whole[length] = '\0';
        put(whole);
        refuses_to_read("not JSON");
    }
    unlink(path);
    seen_free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_differs_in_nothing_whatever_the_order),
        cmocka_unit_test(test_each_difference_is_told_with_its_place),
        cmocka_unit_test(test_a_line_more_or_less_of_the_same_is_a_difference),
        cmocka_unit_test(test_a_part_that_only_one_has_is_told_even_when_it_is_empty),
        cmocka_unit_test(test_eight_are_told_and_how_many_more),
        cmocka_unit_test(test_what_is_told_fits_into_an_error),
        cmocka_unit_test(test_a_line_break_in_a_name_does_not_break_the_message),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_a_saved_plan_and_an_empty_file_are_overwritten),
        cmocka_unit_test(test_nothing_else_is_overwritten),
        cmocka_unit_test(test_a_directory_that_cannot_be_written_leaves_nothing),
        cmocka_unit_test(test_what_is_no_plan_is_refused),
        cmocka_unit_test(test_a_plan_that_was_changed_is_refused),
        cmocka_unit_test(test_half_a_plan_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
