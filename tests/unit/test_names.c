/* Where names lead to on a pooler's host, and what came of trying an address there. */
#include "cutover/poolers/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char looked_up[] = "blue.lan 10.0.0.7 fd00::7 \n"
                                "alias FD00::7\n"
                                "green.lan 10.0.0.8\n"
                                "nobody -\n"
                                "cut";

static bool meet(const char *host, const char *port, const char *other, const char *other_port)
{
    struct pooler_address a = {host, port}, b = {other, other_port};
    struct pooler_names names;
    bool found;

    pooler_names_read(looked_up, &names);
    found = pooler_names_meet(&names, &a, &b);
    assert_true(found == pooler_names_meet(&names, &b, &a));
    pooler_names_free(&names);
    return found;
}

static void names_that_lead_to_one_place_meet(void **state)
{
    (void) state;
    assert_true(meet("blue.lan", "5432", "alias", NULL));
    assert_true(meet("BLUE.LAN", NULL, "10.0.0.7", "5432"));
    assert_true(meet("10.0.0.7", "1", "10.0.0.7", "1"));
    assert_true(meet("fd00:0:0:0:0:0:0:7", NULL, "blue.lan", NULL));
    assert_false(meet("fd00::8", NULL, "blue.lan", NULL));
    assert_false(meet("blue.lan", "5432", "alias", "5433"));
    assert_false(meet("blue.lan", NULL, "green.lan", NULL));
    assert_false(meet("10.0.0.7", NULL, "10.0.0.77", NULL));
}

static void what_is_not_known_meets_nothing(void **state)
{
    (void) state;
    assert_false(meet("nobody", NULL, "nobody", NULL));
    assert_false(meet("cut", NULL, "cut", NULL));
    assert_false(meet("other", NULL, "other", NULL));
    assert_false(meet(NULL, NULL, NULL, NULL));
    assert_false(meet("/run/postgresql", NULL, "/run/postgresql", NULL));
}

static void only_what_was_asked_is_unknown(void **state)
{
    struct pooler_names names;

    (void) state;
    pooler_names_read(looked_up, &names);
    assert_int_equal(names.count, 5);
    assert_true(pooler_names_unknown(&names, "nobody"));
    assert_true(pooler_names_unknown(&names, "cut"));
    assert_false(pooler_names_unknown(&names, "blue.lan"));
    assert_false(pooler_names_unknown(&names, "other"));
    pooler_names_free(&names);
    pooler_names_read(NULL, &names);
    assert_int_equal(names.count, 0);
    pooler_names_free(&names);
}

static void what_could_not_be_told_is_no_name(void **state)
{
    static const char output[] = "blue.lan 10.0.0.7\n! getent ahosts x: exit code 3\ny 10.0.0.8\n";
    struct pooler_names names;
    int length = 0;
    const char *why = pooler_names_why(output, &length);

    (void) state;
    assert_non_null(why);
    assert_int_equal(length, strlen("getent ahosts x: exit code 3"));
    assert_memory_equal(why, "getent", 6);
    assert_null(pooler_names_why(looked_up, &length));
    assert_null(pooler_names_why(NULL, &length));
    pooler_names_read(output, &names);
    assert_int_equal(names.count, 2);
    assert_true(pooler_names_tell(&names, "y"));
    assert_true(pooler_names_tell(&names, "10.0.0.9"));
    assert_true(pooler_names_tell(&names, NULL));
    assert_false(pooler_names_tell(&names, "x"));
    assert_false(pooler_names_tell(&names, "!"));
    pooler_names_free(&names);
}

static void lists_have_hosts(void **state)
{
    static const char *const hosts[] = {"a", "b", "", "c"};
    const char *list = "a, b ,,c", *none = NULL;
    size_t i;

    (void) state;
    assert_null(pooler_names_next(&none));
    for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char *host = pooler_names_next(&list);

        assert_string_equal(host, hosts[i]);
        free(host);
    }
    assert_null(pooler_names_next(&list));
}

static void names_are_what_has_to_be_looked_up(void **state)
{
    static const char *const others[] = {"", "10.0.0.7", "fd00::7", "/run/x", "@abstract", "a,b"};
    size_t i;

    (void) state;
    assert_true(pooler_names_needed("blue.lan"));
    assert_true(pooler_names_needed("127.1"));
    assert_false(pooler_names_needed(NULL));
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(pooler_names_needed(others[i]));
}

static void assert_reach(const char *output, const char *key, enum pooler_reach expected,
                         const char *expected_why)
{
    const char *why;
    int length;

    assert_int_equal(pooler_reach_read(output, key, &why, &length), expected);
    assert_int_equal(length, strlen(expected_why));
    assert_memory_equal(why, expected_why, (size_t) length);
}

static void what_was_not_told_is_unknown(void **state)
{
    static const char output[] = "connects=yes\ntls=no its certificate: expired\n";

    (void) state;
    assert_reach(output, "connects", REACH_YES, "");
    assert_reach(output, "tls", REACH_NO, "its certificate: expired");
    assert_reach("tls=unknown no openssl", "tls", REACH_UNKNOWN, "no openssl");
    assert_reach("tls=no", "tls", REACH_NO, "");
    assert_reach(output, "tl", REACH_UNKNOWN, "no answer");
    assert_reach("connects=maybe\n", "connects", REACH_UNKNOWN, "no answer");
    assert_reach("connects=yesno\n", "connects", REACH_UNKNOWN, "no answer");
    assert_reach("", "connects", REACH_UNKNOWN, "no answer");
    assert_reach(NULL, "connects", REACH_UNKNOWN, "no answer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_lead_to_one_place_meet),
        cmocka_unit_test(what_is_not_known_meets_nothing),
        cmocka_unit_test(only_what_was_asked_is_unknown),
        cmocka_unit_test(what_could_not_be_told_is_no_name),
        cmocka_unit_test(lists_have_hosts),
        cmocka_unit_test(names_are_what_has_to_be_looked_up),
        cmocka_unit_test(what_was_not_told_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
