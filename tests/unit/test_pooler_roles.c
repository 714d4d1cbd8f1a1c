/* Whom green would refuse though blue lets them in: what is missing is never taken for equal. */
#include "checks/pooler_roles.h"
#include "replication/session.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NAME, LOGIN, EXPIRED, LIMIT, KIND, DIGEST, COLUMNS };

static struct reply roles(int rows, const char *const (*values)[COLUMNS], int columns)
{
    static const char *const names[] = {"rolname",          "can_login", "is_expired",
                                        "connection_limit", "kind",      "digest"};
    struct reply reply = {.state = REPLY_OK};
    PGresAttDesc attributes[COLUMNS];
    int row, column;

    memset(attributes, 0, sizeof(attributes));
    for (column = 0; column < columns; column++)
        attributes[column].name = (char *) names[column];
    reply.table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PQsetResultAttrs(reply.table, columns, attributes);
    for (row = 0; row < rows; row++)
        for (column = 0; column < columns; column++) {
            const char *value = values[row][column];

            PQsetvalue(reply.table, row, column, (char *) value, value ? (int) strlen(value) : -1);
        }
    return reply;
}

static const char *const blue_roles[][COLUMNS] = {
    {"app", "yes", "no", "-1", "scram", "aaaa"},
    {"group", "no", "no", "-1", "none", ""},
    {"old", "yes", "yes", "-1", "md5", "bbbb"},
    {"report", "yes", "no", "20", "md5", "cccc"},
};

/* Compares with a green of one role, called app; "" for users: everybody. */
static struct finding_list compared(const char *user, const char *const *green_role, int columns)
{
    struct finding_list list = {0};
    struct pooler_users users = {.everybody = !*user};
    struct reply blue = roles(4, blue_roles, COLUMNS);
    struct reply green =
        roles(green_role ? 1 : 0, (const char *const(*)[COLUMNS]) green_role, columns);

    pooler_users_add(&users, user);
    pooler_roles_compare(&list, &users, &blue, &green);
    pooler_users_clear(&users);
    reply_clear(&blue);
    reply_clear(&green);
    return list;
}

static void assert_one(const char *const *green_role, int columns, const char *id,
                       const char *evidence)
{
    struct finding_list list = compared("app", green_role, columns);

    assert_int_equal(list.count, 1);
    assert_string_equal(list.findings[0].check->id, id);
    assert_string_equal(list.findings[0].what, "app");
    if (evidence)
        assert_string_equal(list.findings[0].evidence, evidence);
    finding_list_free(&list);
}

static void a_role_that_is_the_same_is_no_finding(void **state)
{
    struct finding_list list = compared("app", blue_roles[0], COLUMNS);

    (void) state;
    assert_int_equal(list.count, 0);
    finding_list_free(&list);
}

static void what_differs_is_found(void **state)
{
    static const char *const closed[] = {"app", "no", "no", "-1", "scram", "aaaa"};
    static const char *const expired[] = {"app", "yes", "yes", "-1", "scram", "aaaa"};
    static const char *const limited[] = {"app", "yes", "no", "5", "scram", "aaaa"};
    static const char *const changed[] = {"app", "yes", "no", "-1", "scram", "dddd"};
    static const char *const none[] = {"app", "yes", "no", "-1", "none", ""};

    (void) state;
    assert_one(NULL, COLUMNS, "pooler_roles", "there is no such role");
    assert_one(closed, COLUMNS, "pooler_roles", "it may not log in");
    assert_one(expired, COLUMNS, "pooler_roles", "its password has expired");
    assert_one(limited, COLUMNS, "pooler_roles", "its connection limit is 5, on blue it has none");
    assert_one(changed, COLUMNS, "pooler_passwords_differ", NULL);
    assert_one(none, COLUMNS, "pooler_passwords_differ", NULL);
}

static void a_column_that_is_missing_is_found(void **state)
{
    static const char *const unknown[] = {"app", NULL, "no", "-1", "scram", "aaaa"};
    static const char *const odd[] = {"app", "yes", NULL, "-1", "scram", "aaaa"};
    static const char *const limit[] = {"app", "yes", "no", NULL, "scram", "aaaa"};
    static const char *const digest[] = {"app", "yes", "no", "-1", "scram", NULL};

    (void) state;
    assert_one(unknown, COLUMNS, "pooler_roles", NULL);
    assert_one(odd, COLUMNS, "pooler_roles", NULL);
    assert_one(limit, COLUMNS, "pooler_roles", "its connection limit is not known");
    assert_one(digest, COLUMNS, "pooler_passwords_differ", NULL);
    assert_one(blue_roles[0], DIGEST, "pooler_passwords_differ", NULL);
}

static void what_neither_tells_is_not_the_same(void **state)
{
    struct finding_list list = {0};
    struct pooler_users users = {.everybody = true};
    struct reply blue = roles(1, blue_roles, DIGEST), green = roles(1, blue_roles, DIGEST);

    (void) state;
    pooler_roles_compare(&list, &users, &blue, &green);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.findings[0].check->id, "pooler_passwords_differ");
    finding_list_free(&list);
    reply_clear(&blue);
    reply_clear(&green);
}

static void a_lower_limit_is_found_a_higher_one_is_not(void **state)
{
    static const struct {
        const char *limit, *evidence;
    } limits[] = {{"19", "its connection limit is 19, on blue it is 20"},
                  {"0", "its connection limit is 0, on blue it is 20"},
                  {"20", NULL},
                  {"21", NULL},
                  {"-1", NULL}};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        const char *const role[] = {"report", "yes", "no", limits[i].limit, "md5", "cccc"};
        struct finding_list list = compared("report", role, COLUMNS);

        assert_int_equal(list.count, limits[i].evidence ? 1 : 0);
        if (limits[i].evidence)
            assert_string_equal(list.findings[0].evidence, limits[i].evidence);
        finding_list_free(&list);
    }
}

/* Who cannot log in to blue now is nobody's loss. */
static void of_everybody_those_count_that_blue_lets_in(void **state)
{
    struct finding_list list = compared("", blue_roles[0], COLUMNS);

    (void) state;
    assert_int_equal(list.count, 1);
    assert_string_equal(list.findings[0].what, "report");
    finding_list_free(&list);
    list = compared("stranger", NULL, COLUMNS);
    assert_int_equal(list.count, 0);
    finding_list_free(&list);
}

static void md5_is_told_once_of_a_release_that_gives_it_up(void **state)
{
    struct finding_list list = {0};
    struct pooler_users users = {.everybody = true};
    struct reply blue = roles(4, blue_roles, COLUMNS);

    (void) state;
    pooler_roles_judge_md5(&list, &users, &blue, 170012);
    assert_int_equal(list.count, 0);
    pooler_roles_judge_md5(&list, &users, &blue, 180006);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.findings[0].what, "report");
    assert_string_equal(list.findings[0].evidence, "1 role with an md5 password; green is 18");
    finding_list_free(&list);
    reply_clear(&blue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_role_that_is_the_same_is_no_finding),
        cmocka_unit_test(what_differs_is_found),
        cmocka_unit_test(a_column_that_is_missing_is_found),
        cmocka_unit_test(what_neither_tells_is_not_the_same),
        cmocka_unit_test(a_lower_limit_is_found_a_higher_one_is_not),
        cmocka_unit_test(of_everybody_those_count_that_blue_lets_in),
        cmocka_unit_test(md5_is_told_once_of_a_release_that_gives_it_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
