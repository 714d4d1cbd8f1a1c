/* Parts of the configuration that need no file: durations, connection strings, variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/config.h"

#include "../../cutover/base/text.h"

#include <stdlib.h>
#include <string.h>

static void test_duration(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } right[] = {{"0", 0},      {"250", 250},      {"250ms", 250},  {"5s", 5000},
                 {"5 s", 5000}, {"10min", 600000}, {"2h", 7200000}, {"1d", 86400000}};
    static const char *const wrong[] = {
        "", "s", "5m", "5 sec", "-5s", "1.5s", "5S", "5ss", "0x5", "5s x", "99999999999999999999d"};

    (void) state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        int64_t ms = -1;

        assert_true(config_parse_duration(right[i].text, &ms));
        assert_true(ms == right[i].ms);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        int64_t ms = -1;

        if (config_parse_duration(wrong[i], &ms))
            fail_msg("accepted: %s", wrong[i]);
        assert_true(ms == -1);
    }
    assert_false(config_parse_duration(NULL, &(int64_t){0}));
}

static void assert_conninfo_value(const char *conninfo, const char *key, const char *expected)
{
    char *value = config_conninfo_value(conninfo, key);

    if (expected) {
        assert_non_null(value);
        assert_string_equal(value, expected);
    } else {
        assert_null(value);
    }
    free(value);
}

static void test_conninfo_value(void **state)
{
    (void) state;
    assert_conninfo_value("host=/run/x port=6432", "port", "6432");
    assert_conninfo_value("host = 'a b' port=1", "host", "a b");
    assert_conninfo_value("password='it\\'s host=evil' host=a\\ b", "host", "a b");
    assert_conninfo_value("password='it\\'s host=evil'", "password", "it's host=evil");
    assert_conninfo_value("host=a host=b", "host", "b");
    assert_conninfo_value("host=''", "host", "");
    assert_conninfo_value("host=a", "hostaddr", NULL);
    assert_conninfo_value("host=a port='1", "host", NULL);
    assert_conninfo_value("postgresql://h:1/x?host=a", "host", NULL);
    assert_conninfo_value(NULL, "host", NULL);
}

static void test_variables(void **state)
{
    (void) state;
    for (size_t i = 0; i < config_option_count; i++) {
        char *variable = config_variable(&config_options[i], NULL);

        assert_true(string_starts(variable, "PGCUTOVER_"));
        assert_int_equal(strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(variable));
        free(variable);
    }
}

/* Each key that making green takes is asked for by its name. */
static void test_clone(void **state)
{
    char given[] = "given";
    struct config config = {.blue.from_green = given,
                            .green = {.bin_directory = given,
                                      .old_bin_directory = given,
                                      .data_directory = given,
                                      .port = given,
                                      .socket_directory = given}};
    const struct {
        char **value;
        const char *cause;
    } keys[] = {
        {&config.blue.from_green, "[blue] from_green is missing"},
        {&config.green.bin_directory, "[green] bin_directory is missing"},
        {&config.green.old_bin_directory, "[green] old_bin_directory is missing"},
        {&config.green.data_directory, "[green] data_directory is missing"},
        {&config.green.port, "[green] port is missing"},
        {&config.green.socket_directory, "[green] socket_directory is missing"},
    };

    (void) state;
    assert_true(config_has_clone(&config, &(struct fault){0}));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct fault fault = {0};

        *keys[i].value = NULL;
        assert_false(config_has_clone(&config, &fault));
        assert_string_equal(fault.cause, keys[i].cause);
        assert_int_equal(fault.exit_code, EXIT_USAGE);
        *keys[i].value = given;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_conninfo_value),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_clone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
