/* [guard] and its probes: exactly one thing is tried, and what can never work is refused at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../checks/guard_file.h"
#include "../../cutover/base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASIC                                                                                      \
    "[cluster orders]\n[blue]\nconninfo = host=b1 port=5432\n[green]\nconninfo = host=g1\n"
#define SQL "[guard_probe app]\nsql = SELECT 1\nconninfo = host=p1 user=app password=s3cret\n"

static char path[] = "/tmp/test_config_guard_XXXXXX";

static bool read_text(const char *content, struct config **ret_config, struct fault *fault)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_read(path, NULL, 0, ret_config, fault);
}

static struct config *good(const char *content)
{
    struct config *config = NULL;
    struct fault fault = {0};

    if (!read_text(content, &config, &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    return config;
}

static void assert_refused(const char *content, const char *cause, const char *hint)
{
    struct config *config = NULL;
    struct fault fault = {0};

    if (read_text(content, &config, &fault))
        fail_msg("accepted: %s", content);
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    if (!strstr(fault.cause, cause) || !strstr(fault.hint, hint))
        fail_msg("\"%s\" (%s) is not \"%s\" (%s)", fault.cause, fault.hint, cause, hint);
    assert_null(strstr(fault.cause, "s3cret"));
    assert_null(strstr(fault.hint, "s3cret"));
}

static void test_defaults(void **state)
{
    struct config *config = good(BASIC SQL);

    (void) state;
    assert_string_equal(config->guard.on_trip, "alert");
    assert_string_equal(config->guard.on_lag, "alert");
    assert_int_equal(config->guard.errors, 5);
    assert_int_equal(config->guard.errors_for_ms, 300000);
    assert_int_equal(config->guard.lag_ms, 60000);
    assert_int_equal(config->guard.lag_for_ms, 300000);
    assert_null(config->guard.alert);
    assert_int_equal(config->probe_count, 1);
    assert_string_equal(config->probes[0].name, "app");
    assert_int_equal(config->probes[0].interval_ms, 1000);
    assert_int_equal(config->probes[0].timeout_ms, 5000);
    config_free(config);
}

static void test_every_kind_and_every_key(void **state)
{
    struct config *config =
        good(BASIC "[guard]\non_trip = rollback\non_lag = rollback\nerrors = 12 %\nerrors_for = "
                   "1min\nlag = 5s\nlag_for = 0\nalert = echo \"$1\"\n" SQL "interval = 200ms\n"
                   "timeout = 1s\n[guard_probe web]\nurl = https://u:p@h/x\n[guard_probe c]\n"
                   "command = true\n");

    (void) state;
    assert_string_equal(config->guard.on_trip, "rollback");
    assert_int_equal(config->guard.errors, 12);
    assert_int_equal(config->guard.lag_for_ms, 0);
    assert_string_equal(config->guard.alert, "echo \"$1\"");
    assert_int_equal(config->probes[0].interval_ms, 200);
    assert_string_equal(config_probe_kind(&config->probes[0]), "the SQL");
    assert_string_equal(config_probe_kind(&config->probes[1]), "the URL");
    assert_string_equal(config_probe_kind(&config->probes[2]), "the command");
    config_free(config);
}

static void test_a_probe_tries_exactly_one_thing(void **state)
{
    (void) state;
    assert_refused(BASIC "[guard_probe app]\n", "[guard_probe app] tries nothing", "exactly one");
    assert_refused(BASIC SQL "url = http://h/\n", "[guard_probe app] tries several things",
                   "exactly one");
    assert_refused(BASIC "[guard_probe app]\nsql = SELECT 1\n", "has sql, but no conninfo",
                   "through the pooler");
    assert_refused(BASIC "[guard_probe app]\nurl = http://h/\nconninfo = host=s3cret\n",
                   "has conninfo without sql", "Remove");
    assert_refused(BASIC "[guard_probe app]\nurl = ftp://u:s3cret@h/\n", "url is not a URL",
                   "http://");
    assert_refused(BASIC "[guard_probe app]\nurl = http://h/ s3cret\n", "url is not a URL", "");
    assert_refused(BASIC "[guard_probe app]\nurl = http:///x\n", "url is not a URL", "");
}

static void test_what_can_never_work_is_refused(void **state)
{
    (void) state;
    assert_refused(BASIC SQL "interval = 31s\n", "runs too seldom", "ten times");
    assert_refused(BASIC SQL "timeout = 31s\n", "runs too seldom", "ten times");
    assert_refused(BASIC "[guard]\nerrors_for = 9s\n" SQL "timeout = 1s\n", "runs too seldom", "");
    assert_refused(BASIC SQL "interval = 10ms\n", "interval is shorter than 50ms", "1s");
    assert_refused(BASIC SQL "timeout = 0\n", "timeout is zero", "5s");
    assert_refused(BASIC "[guard]\nerrors_for = 0\n", "errors_for is zero", "default");
    assert_refused(BASIC "[guard]\nlag = 0\n", "[guard] lag is zero", "default");
    assert_refused(BASIC "[guard]\nerrors = 0\n", "is not a number of percent", "\"5%\"");
    assert_refused(BASIC "[guard]\nerrors = 100\n", "is not a number of percent", "1 to 99");
    assert_refused(BASIC "[guard]\nerrors = 5%%\n", "is not a number of percent", "");
    assert_refused(BASIC "[guard]\nerrors = -5\n", "is not a number of percent", "");
    assert_refused(BASIC "[guard]\non_trip = panic\n", "is not a choice", "alert,rollback");
    assert_refused(BASIC "[guard]\nalarm = x\n", "unknown key \"alarm\"", "alert");
    assert_refused(BASIC "[guard_prob x]\n", "unknown section [guard_prob x]", "guard_probe");
    assert_refused(BASIC SQL "sqll = x\n", "unknown key \"sqll\"", "sql");
}

/* A run goes on with the configuration that it began with; the guard is no part of it. */
static void test_the_guard_is_no_part_of_the_runs_configuration(void **state)
{
    struct config *without = good(BASIC);
    struct config *with = good(BASIC "[guard]\non_trip = rollback\n" SQL);
    char before[65], after[65];

    (void) state;
    config_hash(without, before);
    config_hash(with, after);
    assert_string_equal(before, after);
    config_free(without);
    config_free(with);
}

/* Nor is the client probe: a run of a program that did not know it goes on. */
static void test_the_client_probe_is_no_part_of_it_either(void **state)
{
    struct config *with = good(BASIC);
    struct config *without = good(BASIC "[pause]\nclient_probe = no\n");
    char before[65], after[65];

    (void) state;
    assert_true(with->client_probe);
    assert_false(without->client_probe);
    config_hash(with, before);
    config_hash(without, after);
    assert_string_equal(before, after);
    config_free(without);
    config_free(with);
}

static void test_the_template_says_it_again_without_passwords(void **state)
{
    struct config *config = good(BASIC "[guard]\nerrors = 7\n" SQL "timeout = 4s\n");
    struct config *again;
    char *content = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&content, &length);

    (void) state;
    assert_non_null(out);
    config_write_template(out, config);
    assert_int_equal(fclose(out), 0);
    assert_null(strstr(content, "s3cret"));
    again = good(content);
    assert_int_equal(again->guard.errors, 7);
    assert_int_equal(again->probe_count, 1);
    assert_string_equal(again->probes[0].sql, "SELECT 1");
    assert_int_equal(again->probes[0].timeout_ms, 4000);
    free(content);
    config_free(config);
    config_free(again);
}

/* --- what a guard that is started again finds --------------------------------------------------
 */

static void key_of(const char *content, char key[65])
{
    struct config *config = good(content);

    guard_file_key(&config->probes[0], key);
    config_free(config);
}

static void test_a_baseline_is_of_what_was_tried_whatever_the_password(void **state)
{
    char key[65], other[65];

    (void) state;
    key_of(BASIC SQL, key);
    key_of(BASIC "[guard_probe app]\nsql = SELECT 1\nconninfo = user=app host=p1 password=x\n",
           other);
    assert_string_equal(key, other);
    key_of(BASIC "[guard_probe app]\nsql = SELECT 2\nconninfo = host=p1 user=app\n", other);
    assert_string_not_equal(key, other);
    key_of(BASIC "[guard_probe app]\nsql = SELECT 1\nconninfo = host=p2 user=app\n", other);
    assert_string_not_equal(key, other);
    key_of(BASIC "[guard_probe app]\nurl = http://u:a@h/x\n", key);
    key_of(BASIC "[guard_probe app]\nurl = http://v:b@h/x\n", other);
    assert_string_equal(key, other);
    key_of(BASIC "[guard_probe app]\nurl = http://h/y\n", other);
    assert_string_not_equal(key, other);
}

static void test_baselines_are_kept_and_read_back(void **state)
{
    char directory[] = "/tmp/pgc-guard-XXXXXX", file[64];
    struct guard_baseline written = {{7, 3}, {100, 1}}, other = {{0, 0}, {5, 5}};
    struct guard_baseline read = {0}, none = {0};
    struct guard_kept kept[] = {{"app", "k1", &written}, {"web", "k2", &other}};
    struct guard_kept again[] = {{"app", "k1", &read}, {"web", "changed", &none}};
    struct fault fault = {0};

    (void) state;
    assert_non_null(mkdtemp(directory));
    snprintf(file, sizeof(file), "%s/guard.json", directory);
    guard_file_read(directory, again, 2); /* there is none: nothing is known */
    assert_int_equal(read.now.runs, 0);
    assert_true(guard_file_write(directory, kept, 2, &fault));
    guard_file_read(directory, again, 2);
    assert_memory_equal(&read, &written, sizeof(read));
    assert_int_equal(none.now.runs, 0);
    assert_int_equal(unlink(file), 0); /* and nothing else is there */
    assert_int_equal(rmdir(directory), 0);
    assert_false(guard_file_write(directory, kept, 2, &fault));
    assert_true(fault_is_set(&fault));
}

static void test_a_file_that_makes_no_sense_is_no_baseline(void **state)
{
    static const char *const texts[] = {
        "", "{", "{\"schema_version\": 2}",
        "{\"schema_version\": 1, \"probes\": [{\"name\": \"app\", \"key\": \"k1\", \"before\": "
        "{\"runs\": 1, \"errors\": 2}, \"now\": {\"runs\": 0, \"errors\": 0}}]}",
        "{\"schema_version\": 1, \"probes\": [{\"name\": \"app\", \"key\": \"k1\", \"now\": "
        "{\"runs\": 9, \"errors\": 0}}]}"};
    char directory[] = "/tmp/pgc-guard-XXXXXX", file[64];
    struct guard_baseline read = {0};
    struct guard_kept kept = {"app", "k1", &read};

    (void) state;
    assert_non_null(mkdtemp(directory));
    snprintf(file, sizeof(file), "%s/guard.json", directory);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FILE *out = fopen(file, "w");

        assert_non_null(out);
        assert_true(fputs(texts[i], out) >= 0);
        assert_int_equal(fclose(out), 0);
        guard_file_read(directory, &kept, 1);
        assert_int_equal(read.before.runs + read.now.runs, 0);
    }
    unlink(file);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_kind_and_every_key),
        cmocka_unit_test(test_a_probe_tries_exactly_one_thing),
        cmocka_unit_test(test_what_can_never_work_is_refused),
        cmocka_unit_test(test_the_guard_is_no_part_of_the_runs_configuration),
        cmocka_unit_test(test_the_client_probe_is_no_part_of_it_either),
        cmocka_unit_test(test_the_template_says_it_again_without_passwords),
        cmocka_unit_test(test_a_baseline_is_of_what_was_tried_whatever_the_password),
        cmocka_unit_test(test_baselines_are_kept_and_read_back),
        cmocka_unit_test(test_a_file_that_makes_no_sense_is_no_baseline),
    };
    int descriptor = mkstemp(path);
    int failed;

    if (descriptor < 0)
        return 1;
    close(descriptor);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
