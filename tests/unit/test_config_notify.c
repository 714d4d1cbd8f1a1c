/* [hooks] and [notify NAME]: what can never work is refused at once, and no secret is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASIC                                                                                      \
    "[cluster orders]\n[blue]\nconninfo = host=b1 port=5432\n[green]\nconninfo = host=g1\n"
#define HOOK BASIC "[notify ops]\nkind = webhook\n"
#define SLACK BASIC "[notify chat]\nkind = slack\n"
#define PAGER BASIC "[notify call]\nkind = pagerduty\n"

static char path[] = "/tmp/test_config_notify_XXXXXX";

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
    struct config *config = good(BASIC);

    (void) state;
    assert_null(config->hooks.directory);
    assert_int_equal(config->hooks.timeout_ms, 30000);
    assert_int_equal(config->notify_count, 0);
    config_free(config);
}

static void test_every_kind_and_every_key(void **state)
{
    struct config *config =
        good(BASIC "[hooks]\ndirectory = /etc/h\ntimeout = 2s\n"
                   "[notify ops]\nkind = webhook\nurl = http://u:p@h/x\nkey_file = /k\n"
                   "[notify chat]\nkind = slack\nurl_file = /u\nevents = switched, done\n"
                   "[notify call]\nkind = pagerduty\nkey_file = /r\n"
                   "[notify far]\nkind = webhook\nurl_file = /v\n");

    (void) state;
    assert_string_equal(config->hooks.directory, "/etc/h");
    assert_int_equal(config->hooks.timeout_ms, 2000);
    assert_int_equal(config->notify_count, 4);
    assert_string_equal(config->notifies[0].url, "http://u:p@h/x");
    assert_string_equal(config->notifies[0].key_file, "/k");
    assert_true(config_notify_wants(&config->notifies[0], "began"));
    assert_false(config_notify_wants(&config->notifies[1], "began"));
    assert_true(config_notify_wants(&config->notifies[1], "done"));
    assert_true(config_notify_wants(&config->notifies[2], "needs_human"));
    assert_false(config_notify_wants(&config->notifies[2], "failed"));
    config_free(config);
}

static void test_what_can_never_work(void **state)
{
    (void) state;
    assert_refused(BASIC "[hooks]\ntimeout = 0\n", "[hooks] timeout is zero", "30s");
    assert_refused(BASIC "[hooks]\ndirectry = /x\n", "\"directry\"", "directory");
    assert_refused(BASIC "[notify x]\nurl = http://h\n", "[notify x] kind is missing", "webhook");
    assert_refused(BASIC "[notify x]\nkind = mail\n", "not a choice", "pagerduty");
    assert_refused(HOOK, "neither url nor url_file", "exactly one");
    assert_refused(HOOK "url = http://h\nurl_file = /x\n", "url and url_file", "exactly one");
    assert_refused(HOOK "url = s3cret\n", "url is not a URL", "https");
    assert_refused(HOOK "url = ftp://s3cret/\n", "url is not a URL", "https");
    assert_refused(HOOK "url = http://h\nevents = began, don\n", "no \"don\"", "needs_human");
    assert_refused(SLACK, "no url_file", "0600");
    assert_refused(SLACK "url = https://hooks/s3cret\n", "URL in this file", "0600");
    assert_refused(SLACK "url_file = /u\nkey_file = /k\n", "key_file", "Remove");
    assert_refused(PAGER, "no key_file", "0600");
    assert_refused(PAGER "key_file = /k\nurl_file = /u\n", "url_file", "Remove");
    assert_refused(PAGER "key_file = /k\nurl = http://h/\n", "in the clear", "https");
    assert_refused(PAGER "key_file = /k\nevents = began\n", "no \"began\" for pagerduty", "failed");
}

static void test_what_nobody_can_read_on_the_way(void **state)
{
    (void) state;
    assert_true(config_is_private_url("https://h/x"));
    assert_true(config_is_private_url("http://127.0.0.1:80/x"));
    assert_true(config_is_private_url("http://localhost"));
    assert_true(config_is_private_url("http://[::1]/"));
    assert_false(config_is_private_url("http://h/x"));
    assert_false(config_is_private_url("http://127.0.0.1.example/"));
    assert_false(config_is_private_url("http://localhost:80@example/"));
}

/* They change nothing that a run does, and the hash goes into the journal. */
static void test_they_are_no_part_of_the_run(void **state)
{
    struct config *without = good(BASIC), *with = NULL;
    char first[65], second[65];

    (void) state;
    with = good(HOOK "url = http://h/s3cret\n[hooks]\ndirectory = /x\ntimeout = 1s\n");
    config_hash(without, first);
    config_hash(with, second);
    assert_string_equal(first, second);
    config_free(without);
    config_free(with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_every_kind_and_every_key),
        cmocka_unit_test(test_what_can_never_work),
        cmocka_unit_test(test_what_nobody_can_read_on_the_way),
        cmocka_unit_test(test_they_are_no_part_of_the_run),
    };
    int file = mkstemp(path);
    int failed;

    if (file < 0)
        return 1;
    close(file);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
