/*
 * What check makes of green's answers about parameters: names that it does not know, values that it
 * refuses, defaults that were changed.
 */
#include "checks/parameters.h"
#include "replication/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static struct parameters parameters;
static struct finding_list list;

static int tear_down(void **state)
{
    (void) state;
    parameters_free(&parameters);
    finding_list_free(&list);
    return 0;
}

#define COLUMNS 6

/* The answer of a server to the statement "parameters". */
static struct reply answer(const char *const rows[][COLUMNS], int count)
{
    static const char *const names[COLUMNS] = {"name",       "setting",       "unit",
                                               "is_default", "default_value", "is_ours"};
    PGresAttDesc columns[COLUMNS] = {0};
    PGresult *table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    int row, column;

    for (column = 0; column < COLUMNS; column++)
        columns[column] = (PGresAttDesc){.name = (char *) (uintptr_t) names[column], .typid = 25};
    assert_true(PQsetResultAttrs(table, COLUMNS, columns));
    for (row = 0; row < count; row++)
        for (column = 0; column < COLUMNS; column++)
            assert_true(PQsetvalue(table, row, column, (char *) (uintptr_t) rows[row][column],
                                   (int) strlen(rows[row][column])));
    return (struct reply){.state = REPLY_OK, .table = (struct pg_result *) table};
}

static void assert_found(size_t number, const char *id, const char *what, const char *evidence)
{
    assert_true(number < list.count);
    assert_string_equal(list.findings[number].check->id, id);
    assert_string_equal(list.findings[number].what, what);
    assert_string_equal(list.findings[number].evidence, evidence);
}

static void test_a_name_comes_once_in_a_round(void **state)
{
    char *lines;

    (void) state;
    parameters_add(&parameters, "work_mem", "1GB", "of the server", NULL, true);
    parameters_add(&parameters, "Work_Mem", "2GB", "role a", NULL, false);
    parameters_add(&parameters, "a.path", "it's\\a\nb", "role b", NULL, false);
    parameters_add(&parameters, "work_mem", "3GB", "role b", NULL, false);
    lines = parameters_lines(&parameters, 130000, 150000);
    assert_string_equal(lines, "set 0 0 work_mem = '1GB'\nset 1 1 Work_Mem = '2GB'\n"
                               "set 0 2 a.path = 'it''s\\\\a\\nb'\nset 2 3 work_mem = '3GB'\n"
                               "ask checkpoint_completion_target\nask vacuum_cost_page_miss\n"
                               "ask hash_mem_multiplier\nask log_autovacuum_min_duration\n"
                               "ask log_checkpoints\nend\n");
    free(lines);
}

static void test_what_green_does_not_know_or_refuses_is_told(void **state)
{
    (void) state;
    parameters_add(&parameters, "wal_keep_segments", "5", "of the server",
                   "ALTER SYSTEM RESET wal_keep_segments; or edit", true);
    parameters_add(&parameters, "force_parallel_mode", "on", "role a",
                   "ALTER ROLE a RESET force_parallel_mode;", false);
    parameters_add(&parameters, "client_min_messages", "fatal", "role a", NULL, false);
    parameters_add(&parameters, "nothing", "1", "[green.parameters]", NULL, true);
    assert_true(parameters_judge(&list, &parameters,
                                 "unknown 0\nfailed 0 it contains errors\nunknown 1\n"
                                 "refused 2 invalid value\nunknown 3\nunknown 99\ncomplete\n"));
    assert_int_equal(list.count, 4);
    assert_found(0, "removed_settings", "wal_keep_segments",
                 "5, of the server; green's release does not know it");
    assert_string_equal(list.findings[0].cure,
                        "nothing on blue; set what takes its place under [green.parameters]: it "
                        "is wal_keep_size now, in megabytes");
    assert_found(1, "refused_settings", "force_parallel_mode",
                 "on, role a; green's release does not know it");
    assert_string_equal(list.findings[1].cure, "ALTER ROLE a RESET force_parallel_mode; it is "
                                               "debug_parallel_query now");
    assert_found(2, "refused_settings", "client_min_messages", "fatal, role a; invalid value");
    assert_string_equal(list.findings[3].where, "[green.parameters]");
}

/* PostgreSQL takes three parts and more where they are set for a role, but not in a file. */
static void test_what_no_file_can_name_is_judged_by_its_name(void **state)
{
    char *lines;

    (void) state;
    parameters_add(&parameters, "app.settings.jwt_secret", "hunter2", "role a", NULL, false);
    parameters_add(&parameters, "app.a-b", "hunter2", "role a", "ALTER ROLE a RESET \"app.a-b\";",
                   false);
    parameters_add(&parameters, "app.1a", "hunter2", "role a", NULL, false);
    parameters_add(&parameters, "app.a1$", "x", "role a", NULL, false);
    lines = parameters_lines(&parameters, 170000, 170000);
    assert_string_equal(lines, "set 0 3 app.a1$ = 'x'\nend\n");
    free(lines);
    assert_true(parameters_judge(&list, &parameters, "complete\n"));
    assert_int_equal(list.count, 2);
    assert_found(0, "refused_settings", "app.a-b", "role a; green refuses it");
    assert_found(1, "refused_settings", "app.1a", "role a; green refuses it");
}

static void test_values_that_may_be_secrets_are_not_told(void **state)
{
    static const char *const of_blue[][COLUMNS] = {
        {"app.key", "hunter2", "", "f", "", "f"},
        {"archive_cleanup_command2", "a", "", "f", "", "f"},
    };
    static const char *const of_green[][COLUMNS] = {
        {"app.key", "hunter3", "", "f", "", "f"},
        {"archive_cleanup_command2", "b", "", "f", "", "f"},
    };
    struct reply blue = answer(of_blue, 2), green = answer(of_green, 2);

    (void) state;
    parameters_add(&parameters, "ssl_passphrase_command", "echo hunter2", "of the server", NULL,
                   true);
    parameters_add(&parameters, "app.key", "hunter2", "role a", NULL, false);
    assert_true(parameters_judge(
        &list, &parameters, "refused 0 invalid value: \"echo hunter2\"\nunknown 1\ncomplete\n"));
    assert_found(0, "refused_settings", "ssl_passphrase_command",
                 "of the server; green refuses it");
    assert_found(1, "refused_settings", "app.key", "role a; green's release does not know it");
    parameters_free(&parameters);
    parameters_compare(&list, &parameters, &blue, &green);
    reply_clear(&blue);
    reply_clear(&green);
    assert_int_equal(list.count, 4);
    assert_found(2, "parameters_differ", "app.key", "it is not the same on both");
    assert_found(3, "parameters_differ", "archive_cleanup_command2", "a on blue, b on green");
}

static void test_what_is_only_refused_together_is_told(void **state)
{
    (void) state;
    parameters_add(&parameters, "a", "1", "of the server", NULL, true);
    parameters_add(&parameters, "a", "1", "role a", NULL, false);
    assert_true(parameters_judge(&list, &parameters,
                                 "failed 0 both\nfailed 1 one\nrefused 1 bad\ncomplete"));
    assert_int_equal(list.count, 2);
    assert_found(0, "refused_settings", "the settings together", "both");
    assert_found(1, "refused_settings", "a", "1, role a; bad");
}

static void test_an_answer_that_breaks_off_is_none(void **state)
{
    (void) state;
    assert_false(parameters_judge(&list, &parameters, NULL));
    assert_false(parameters_judge(&list, &parameters, ""));
    assert_false(parameters_judge(&list, &parameters, "unknown 0\n"));
    assert_false(parameters_judge(&list, &parameters, "default x complete\n"));
    assert_false(parameters_judge(&list, &parameters, "complete\nfailed 0"));
    assert_int_equal(list.count, 0);
}

static void test_changed_defaults_are_those_of_what_nobody_has_set(void **state)
{
    static const char *const rows[][COLUMNS] = {
        {"hash_mem_multiplier", "1", "", "t", "1", "f"},
        {"checkpoint_completion_target", "0.5", "", "t", "0.5", "f"},
        {"log_checkpoints", "off", "", "f", "off", "f"},
        {"password_encryption", "md5", "", "t", "md5", "f"},
        {"wal_level", "replica", "", "t", "replica", "f"},
        {"log_autovacuum_min_duration", "-1", "ms", "t", "-1", "f"},
        {"unheard_of", "1", "", "t", "1", "f"},
        {"jit", "off", "", "t", "off", "f"},
    };
    struct reply blue = answer(rows, 8);

    (void) state;
    parameters_add(&parameters, "jit", "off", "[green.parameters]", NULL, true);
    parameters_judge_defaults(&list, &parameters, &blue,
                              "default hash_mem_multiplier 2\ndefault jit on\n"
                              "default checkpoint_completion_target 0.50\n"
                              "default log_checkpoints on\ndefault wal_level logical\n"
                              "default password_encryption scram-sha-256\n"
                              "default log_autovacuum_min_duration 600000\ncomplete\n");
    reply_clear(&blue);
    assert_int_equal(list.count, 3);
    assert_found(0, "changed_defaults", "hash_mem_multiplier", "1 on blue, 2 on green");
    assert_found(1, "changed_defaults", "password_encryption",
                 "md5 on blue, scram-sha-256 on green");
    assert_found(2, "changed_defaults", "log_autovacuum_min_duration",
                 "-1 on blue, 600000 on green, in units of ms");
}

static void test_running_servers_are_compared_but_for_what_is_meant(void **state)
{
    static const char *const of_blue[][COLUMNS] = {
        {"work_mem", "4096", "kB", "f", "4096", "f"},
        {"jit", "off", "", "t", "off", "f"},
        {"port", "5432", "", "f", "5432", "f"},
        {"shared_buffers", "100", "8kB", "f", "100", "f"},
        {"old", "1", "", "f", "1", "f"},
        {"seq_page_cost", "1", "", "f", "1", "f"},
        {"lock_timeout", "2", "", "f", "0", "t"},
    };
    static const char *const of_green[][COLUMNS] = {
        {"work_mem", "8192", "kB", "f", "4096", "f"},
        {"jit", "on", "", "t", "on", "f"},
        {"port", "5433", "", "f", "5432", "f"},
        {"shared_buffers", "200", "8kB", "f", "100", "f"},
        {"seq_page_cost", "1.0", "", "t", "1", "f"},
        {"lock_timeout", "9", "", "f", "0", "f"},
    };
    struct reply blue = answer(of_blue, 7), green = answer(of_green, 6);

    (void) state;
    parameters_add(&parameters, "shared_buffers", "200", "[green.parameters]", NULL, true);
    parameters_compare(&list, &parameters, &blue, &green);
    reply_clear(&blue);
    reply_clear(&green);
    assert_int_equal(list.count, 1);
    assert_found(0, "parameters_differ", "work_mem", "4096 on blue, 8192 on green, in units of kB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_name_comes_once_in_a_round, tear_down),
        cmocka_unit_test_teardown(test_what_green_does_not_know_or_refuses_is_told, tear_down),
        cmocka_unit_test_teardown(test_what_no_file_can_name_is_judged_by_its_name, tear_down),
        cmocka_unit_test_teardown(test_values_that_may_be_secrets_are_not_told, tear_down),
        cmocka_unit_test_teardown(test_what_is_only_refused_together_is_told, tear_down),
        cmocka_unit_test_teardown(test_an_answer_that_breaks_off_is_none, tear_down),
        cmocka_unit_test_teardown(test_changed_defaults_are_those_of_what_nobody_has_set,
                                  tear_down),
        cmocka_unit_test_teardown(test_running_servers_are_compared_but_for_what_is_meant,
                                  tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
