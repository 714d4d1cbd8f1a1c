/* A pooler with a hook has a command, one of PgBouncer a file and consoles; nothing is ignored. */
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
#define PGBOUNCER "[pooler p1]\nfile = /etc/x.ini\nconsoles = host=/run/p1\n"
#define HOOK "[pooler p2]\nkind = hook\ncommand = /opt/p2 x\n"

static char path[] = "/tmp/test_config_hook_XXXXXX";

static bool read_text(const char *content, struct config **ret_config, struct fault *fault)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return config_read(path, NULL, 0, ret_config, fault);
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

static void test_both_kinds(void **state)
{
    struct config *config = NULL;
    struct fault fault = {0};

    (void) state;
    if (!read_text(BASIC PGBOUNCER HOOK "probe = host=p2\nrun = ssh p2\n", &config, &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    assert_false(config_pooler_is_hook(&config->poolers[0]));
    assert_string_equal(config->poolers[0].kind, "pgbouncer");
    assert_true(config_pooler_is_hook(&config->poolers[1]));
    assert_string_equal(config->poolers[1].command, "/opt/p2 x");
    assert_int_equal(config->poolers[1].timeout_ms, 10000);
    assert_null(config->poolers[1].file);
    assert_int_equal(config->poolers[1].console_count, 0);
    config_free(config);
}

static void test_what_is_missing(void **state)
{
    (void) state;
    assert_refused(BASIC "[pooler p2]\nkind = hook\n", "[pooler p2] command is missing",
                   "command = /usr/local/bin/hook-pgbouncer");
    assert_refused(BASIC "[pooler p1]\nconsoles = host=a\n", "[pooler p1] file is missing", "");
    assert_refused(BASIC "[pooler p1]\nfile = x\n", "[pooler p1] consoles is missing", "");
}

static void test_what_does_not_go_with_the_kind(void **state)
{
    (void) state;
    assert_refused(BASIC HOOK "file = /etc/x.ini\n",
                   "[pooler p2] file does not go with kind = hook", "kind = pgbouncer");
    assert_refused(BASIC HOOK "consoles = host=a password=s3cret\n",
                   "[pooler p2] consoles does not go with kind = hook", "Remove it");
    assert_refused(BASIC PGBOUNCER "command = /opt/s3cret\n",
                   "[pooler p1] command does not go with kind = pgbouncer", "kind = hook");
    assert_refused(BASIC PGBOUNCER "timeout = 2s\n",
                   "[pooler p1] timeout does not go with kind = pgbouncer", "kind = hook");
}

static void test_wrong_values(void **state)
{
    (void) state;
    assert_refused(BASIC "[pooler p2]\nkind = hooks\n", "[pooler p2] kind: \"hooks\"",
                   "pgbouncer,hook");
    assert_refused(BASIC HOOK "timeout = 0\n", "[pooler p2] timeout is zero", "10s");
    assert_refused(BASIC HOOK "timeout = soon\n", "[pooler p2] timeout: \"soon\"", "10s");
    /* it would have to be known where clients go, as for every pooler */
    assert_refused("[cluster o]\n[blue]\nconninfo = service=b\n[green]\nconninfo = host=g\n" HOOK,
                   "[blue] from_poolers is missing", "from_poolers = ");
}

static void test_the_template_says_which_keys_go_with_which_kind(void **state)
{
    char *content = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&content, &length);

    (void) state;
    assert_non_null(out);
    config_write_template(out, NULL);
    assert_int_equal(fclose(out), 0);
    for (char *at = content; (at = strstr(at, "\n# "));) /* comments are wrapped */
        memmove(at, at + 2, strlen(at + 2) + 1);
    assert_non_null(strstr(content, "Required with kind = pgbouncer."));
    assert_non_null(strstr(content, "Required with kind = hook."));
    assert_non_null(strstr(content, "Only with kind = hook."));
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_kinds),
        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_what_does_not_go_with_the_kind),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_the_template_says_which_keys_go_with_which_kind),
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
