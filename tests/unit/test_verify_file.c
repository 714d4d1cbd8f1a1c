/* What the last verification found, from its file. */
#include "checks/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/pgc-verify-XXXXXX";
static char path[64];

static int make_directory(void **state)
{
    (void) state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/verify.json", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void) state;
    unlink(path);
    return rmdir(directory);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_result_is_read_back(void **state)
{
    struct verify_result result;

    (void) state;
    write_file("{\"schema_version\": 1, \"last\": {\"started_us\": 1700000000000000, "
               "\"ended_us\": 1700000001000000, \"is_equal\": true, \"is_part\": false, "
               "\"tables\": 5, \"rows\": 12345678901, \"different\": 0, \"undecided\": 0, "
               "\"publisher\": \"blue\", \"subscriber\": \"green\"}, \"findings\": []}");
    assert_true(verify_last(directory, &result));
    assert_true(result.is_equal);
    assert_false(result.is_part);
    assert_int_equal(result.started_us, INT64_C(1700000000000000));
    assert_int_equal(result.rows, INT64_C(12345678901));
    assert_string_equal(result.publisher, "blue");
    assert_string_equal(result.subscriber, "green");
}

static void what_cannot_be_understood_is_no_result(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"schema_version\": 1}",
        "{\"schema_version\": 1, \"tables\": []}",
        "{\"schema_version\": 2, \"last\": {\"started_us\": 5, \"ended_us\": 6, \"is_equal\": "
        "true}}",
        "{\"schema_version\": 1, \"last\": {\"is_equal\": true, \"is_part\": false}}",
        "{\"schema_version\": 1, \"last\": {\"started_us\": 5, \"is_equal\": true}}",
        "{\"schema_version\": 1, \"last\": null}",
    };
    struct verify_result result;
    size_t i;

    (void) state;
    assert_false(verify_last("/nowhere/at/all", &result));
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_file(texts[i]);
        assert_false(verify_last(directory, &result));
    }
}

static void a_missing_answer_is_never_equal_nor_whole(void **state)
{
    struct verify_result result;

    (void) state;
    write_file("{\"schema_version\": 1, \"last\": {\"started_us\": 5, \"ended_us\": 6}}");
    assert_true(verify_last(directory, &result));
    assert_false(result.is_equal);
    assert_true(result.is_part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_read_back),
        cmocka_unit_test(what_cannot_be_understood_is_no_result),
        cmocka_unit_test(a_missing_answer_is_never_equal_nor_whole),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
