/* Connection strings: merging, quoting, and that no password gets out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../replication/conninfo.h"

#include <stdlib.h>
#include <string.h>

static void assert_merged(const char *base, const char *override, const char *dbname,
                          const char *key, const char *expected)
{
    struct fault fault = {0};
    char *merged = NULL, *value;

    assert_true(conninfo_merge("here", base, override, dbname, NULL, 0, &merged, &fault));
    value = conninfo_get(merged, key);
    if (expected) {
        assert_non_null(value);
        assert_string_equal(value, expected);
    } else {
        assert_null(value);
    }
    free(value);
    free(merged);
}

static void test_merge(void **state)
{
    const char *base = "host=a port=1 user=u password='p w' dbname=x";

    (void) state;
    assert_merged(base, NULL, NULL, "host", "a");
    assert_merged(base, NULL, NULL, "password", "p w");
    assert_merged(base, NULL, "shop", "dbname", "shop");
    assert_merged(base, "user=v", NULL, "user", "v");
    assert_merged(base, "user=v", NULL, "host", "a");
    assert_merged(base, "user=v", NULL, "port", "1");
    assert_merged("", NULL, NULL, "host", NULL);
}

static void test_merge_uri(void **state)
{
    const char *uri = "postgresql://u:p%20w@[::1]:5433/shop?sslmode=require";

    (void) state;
    assert_merged(uri, NULL, NULL, "host", "::1");
    assert_merged(uri, NULL, NULL, "password", "p w");
    assert_merged(uri, "host=b port=2", "other", "port", "2");
    assert_merged(uri, "host=b port=2", "other", "sslmode", "require");
    assert_merged("host=a", uri, NULL, "port", "5433");
}

/* An address is taken over whole: half of another would be another server. */
static void test_merge_address(void **state)
{
    (void) state;
    assert_merged("host=a hostaddr=1.1.1.1 port=1", "host=b", NULL, "host", "b");
    assert_merged("host=a hostaddr=1.1.1.1 port=1", "host=b", NULL, "hostaddr", "");
    assert_merged("host=a hostaddr=1.1.1.1 port=1", "host=b", NULL, "port", "");
    assert_merged("host=a port=1", "hostaddr=2.2.2.2", NULL, "host", "");
    assert_merged("service=s", "host=b port=2", NULL, "service", "s");
    assert_merged("service=s", "host=b port=2", NULL, "hostaddr", "");
    /* a port alone is another port of the same host */
    assert_merged("host=a port=1", "port=2", NULL, "host", "a");
    assert_merged("host=a port=1", "port=2", NULL, "port", "2");
}

static void test_merge_extra(void **state)
{
    const struct conninfo_value extra[] = {{"options", "-c a='b\\c'"}, {"password", NULL}};
    const struct conninfo_value wrong[] = {{"no_such_option", "x"}};
    struct fault fault = {0};
    char *merged = NULL, *value;

    (void) state;
    assert_true(
        conninfo_merge("here", "host=a password=x", NULL, "it's", extra, 2, &merged, &fault));
    assert_string_equal(merged, "dbname='it\\'s' host=a options='-c a=\\'b\\\\c\\''");
    value = conninfo_get(merged, "options");
    assert_string_equal(value, "-c a='b\\c'");
    free(value);
    free(merged);
    merged = NULL;
    assert_false(conninfo_merge("here", "host=a", NULL, NULL, wrong, 1, &merged, &fault));
    assert_null(merged);
    assert_non_null(strstr(fault.cause, "no_such_option"));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
}

static void assert_no_secret(const struct fault *fault)
{
    assert_true(fault_is_set(fault));
    assert_int_equal(fault->exit_code, EXIT_USAGE);
    assert_string_equal(fault->where, "[blue] conninfo");
    assert_null(strstr(fault->cause, "s3cret"));
    assert_null(strstr(fault->hint, "s3cret"));
    assert_null(strstr(fault->doing, "s3cret"));
}

static void test_faults_hold_nothing(void **state)
{
    static const char *const wrong[] = {
        "host=a password=my s3cret",    /* libpq quotes the second word */
        "host=a password='s3cret",      /* unterminated */
        "host=a s3cret=1",              /* an option that is not one */
        "postgresql://u:s3cret@[::1/x", /* a bad URI */
        "postgresql://u@h/x?s3cret=1",
        "s3cret",
    };

    (void) state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fault fault = {0};
        char *merged = NULL, *safe;

        assert_false(conninfo_check("[blue] conninfo", wrong[i], &fault));
        assert_no_secret(&fault);
        memset(&fault, 0, sizeof(fault));
        assert_false(
            conninfo_merge("[blue] conninfo", "host=a", wrong[i], NULL, NULL, 0, &merged, &fault));
        assert_no_secret(&fault);
        assert_null(merged);
        assert_null(conninfo_get(wrong[i], "host"));
        safe = conninfo_without_password(wrong[i]);
        assert_null(strstr(safe, "s3cret"));
        free(safe);
    }
}

static void assert_safe(const char *conninfo, const char *expected)
{
    char *safe = conninfo_without_password(conninfo);

    assert_string_equal(safe, expected);
    free(safe);
}

static void test_without_password(void **state)
{
    (void) state;
    assert_safe("host=a password=s3cret port=1", "host=a port=1");
    assert_safe("postgresql://u:s3cret@h/x?sslpassword=s3cret", "user=u dbname=x host=h");
    assert_safe("service=orders-blue", "service=orders-blue");
    assert_safe(NULL, "");
}

static void test_get(void **state)
{
    char *value = conninfo_get("host = '/run/a b' port=6432", "host");

    (void) state;
    assert_string_equal(value, "/run/a b");
    free(value);
    assert_null(conninfo_get("host=a", "port"));
    assert_null(conninfo_get("host=a", "no_such_option"));
    assert_null(conninfo_get(NULL, "host"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_merge_uri),
        cmocka_unit_test(test_merge_address),
        cmocka_unit_test(test_merge_extra),
        cmocka_unit_test(test_faults_hold_nothing),
        cmocka_unit_test(test_without_password),
        cmocka_unit_test(test_get),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
