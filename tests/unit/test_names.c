/* Where names lead to on a pooler's host, and what came of trying an address there. */
#include "cutover/poolers/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        cmocka_unit_test(names_are_what_has_to_be_looked_up),
        cmocka_unit_test(what_was_not_told_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
