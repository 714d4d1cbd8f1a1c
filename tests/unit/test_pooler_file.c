/* PgBouncer's files: what is read, what is moved, and that the rest stays byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/poolers/pooler_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct pooler_address blue = {"10.0.0.7", "5432"};
static const struct pooler_address green = {"10.0.0.8", "5433"};

static char *point(const char *content, const struct pooler_address *from,
                   const struct pooler_address *to, size_t expected_moved)
{
    struct fault fault = {0};
    char *pointed = NULL;
    size_t moved = 77;

    if (!pooler_file_point(content, "f.ini", from, 1, to, &pointed, &moved, &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    assert_int_equal(moved, expected_moved);
    return pointed;
}

static void assert_pointed(const char *content, size_t moved, const char *expected)
{
    char *pointed = point(content, &blue, &green, moved);
    char *again;

    assert_string_equal(pointed, expected);
    again = point(pointed, &blue, &green, 0);
    assert_string_equal(again, expected);
    free(again);
    free(pointed);
}

static struct pooler_file parse(const char *content)
{
    struct pooler_file file = {0};
    struct fault fault = {0};

    if (!pooler_file_parse(content, "f.ini", &file, &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    return file;
}

static void assert_entry(const char *content, const char *name, const char *host, const char *port,
                         const char *dbname)
{
    struct pooler_file file = parse(content);
    const char *const expected[] = {name, host, port, dbname};
    const char *actual[4];

    assert_int_equal(file.count, 1);
    actual[0] = file.entries[0].name;
    actual[1] = file.entries[0].host;
    actual[2] = file.entries[0].port;
    actual[3] = file.entries[0].dbname;
    for (size_t i = 0; i < 4; i++) {
        if (expected[i] && actual[i])
            assert_string_equal(actual[i], expected[i]);
        else
            assert_true(expected[i] == actual[i]);
    }
    pooler_file_free(&file);
}

/* Words as loader.c reads them. */
static void test_words(void **state)
{
    (void) state;
    assert_entry("a = host=h port=1 dbname=d", "a", "h", "1", "d");
    assert_entry("a=host=h", "a", "h", NULL, NULL);
    assert_entry("a =", "a", NULL, NULL, NULL);
    assert_entry("  Mixed.x-y_9\t= host = h   port = '1'", "Mixed.x-y_9", "h", "1", NULL);
    assert_entry("* = host=h", "*", "h", NULL, NULL);
    assert_entry("'a b\"c' = dbname='it''s'", "a b\"c", NULL, NULL, "it's");
    assert_entry("\"a \"\"b\"\"\" = host=h", "a \"b\"", "h", NULL, NULL);
    /* text of a value is no key */
    assert_entry("a = password='x host=evil port=9' host=h", "a", "h", NULL, NULL);
    assert_entry("a = password=host=evil host=h", "a", "h", NULL, NULL);
    assert_entry("a = connect_query='select ''host=evil''' host=h", "a", "h", NULL, NULL);
    /* the last one counts */
    assert_entry("a = host=g host=h port=1 port=2", "a", "h", "2", NULL);
    /* a comment is a whole line */
    assert_entry("a = password=x;y host=h", "a", "h", NULL, NULL);
}

static void test_lines(void **state)
{
    struct pooler_file file = parse("; c = host=x\r\n"
                                    "  # d = host=x\r\n"
                                    "[databases] b = host=h1\r\n"
                                    "\r\n"
                                    "B = host=h2 port=7\r\n"
                                    "[pgbouncer]\r\n"
                                    "listen_addr = *\r\n"
                                    "a line that only PgBouncer understands\r\n"
                                    "[peers]\r\n"
                                    "1 = host=10.0.0.7\r\n"
                                    "[databases]\r\n"
                                    "a = host=h3\r\n");

    (void) state;
    assert_int_equal(file.count, 3);
    assert_string_equal(file.entries[0].name, "b");
    assert_int_equal(file.entries[0].line, 3);
    assert_string_equal(file.entries[1].name, "B");
    assert_string_equal(file.entries[1].port, "7");
    assert_int_equal(file.entries[1].line, 5);
    assert_string_equal(file.entries[2].name, "a");
    assert_int_equal(file.entries[2].line, 12);
    pooler_file_free(&file);
    file = parse("");
    assert_int_equal(file.count, 0);
    pooler_file_free(&file);
    pooler_file_free(NULL);
}

static void test_refused(void **state)
{
    static const struct {
        const char *content, *where;
    } wrong[] = {
        {"a = host=h\nb = s3cret\n", "f.ini:2"},
        {"a = host=h port\n", "f.ini:1"},
        {"a = password='s3cret\n", "f.ini:1"},
        {"a = password='' host=h\n", "f.ini:1"},
        {"a = host=\n", "f.ini:1"},
        {"a = =s3cret\n", "f.ini:1"},
        {"a = host=h ; s3cret\n", "f.ini:1"},
        {"s3cret line\n", "f.ini:1"},
        {"= host=h\n", "f.ini:1"},
        {"'' = host=h\n", "f.ini:1"},
        {"'a = host=h\n", "f.ini:1"},
        {"a = HOST=10.0.0.7\n", "f.ini:1"},
        {"a = Port=1 host=h\n", "f.ini:1"},
        {"[databases\n", "f.ini:1"},
        {"\n%include other.ini\n", "f.ini:2"},
        {"[databases]\na = host=h\n[pgbouncer]\n %include x.ini\n", "f.ini:4"},
        {"\na = host=h\n[databases]\nb = host=h\n", "f.ini:2"},
    };

    (void) state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fault fault = {0};
        struct pooler_file file = {0};

        assert_false(pooler_file_parse(wrong[i].content, "f.ini", &file, &fault));
        assert_null(file.entries);
        assert_string_equal(fault.where, wrong[i].where);
        assert_true(fault.hint[0] != '\0');
        assert_null(strstr(fault.cause, "s3cret"));
        assert_null(strstr(fault.hint, "s3cret"));
        assert_int_equal(fault.exit_code, EXIT_USAGE);
    }
}

static void assert_is_at(const char *line, bool expected)
{
    const struct pooler_address list[] = {
        blue, {"Blue.Example", NULL}, {"/run/postgresql", "5433"}, {NULL, "6000"}};
    struct pooler_file file = parse(line);

    if (pooler_entry_is_at(&file.entries[0], list, 4) != expected)
        fail_msg("%s", line);
    assert_false(pooler_entry_is_at(&file.entries[0], list, 0));
    pooler_file_free(&file);
}

static void test_is_at(void **state)
{
    (void) state;
    assert_is_at("a = host=10.0.0.7", true);
    assert_is_at("a = host=10.0.0.7 port=05432", true);
    assert_is_at("a = host=10.0.0.7 port=5433", false);
    assert_is_at("a = host=10.0.0.70", false);
    assert_is_at("a = host=blue.EXAMPLE port=5432", true);
    assert_is_at("a = host=/run/postgresql port=5433", true);
    assert_is_at("a = host=/run/postgresql/ port=5433", true);
    assert_is_at("a = host=/run/PostgreSQL port=5433", false);
    assert_is_at("a = port=6000", true);
    assert_is_at("a =", false);
    assert_is_at("a = host=other,10.0.0.7", true);
    assert_is_at("a = host=other,another", false);
}

static void test_point(void **state)
{
    (void) state;
    assert_pointed("a = host=10.0.0.7 port=5432 dbname=x\n", 1,
                   "a = host=10.0.0.8 port=5433 dbname=x\n");
    assert_pointed("a = port=5432 dbname=x host=10.0.0.7", 1,
                   "a = port=5433 dbname=x host=10.0.0.8");
    /* a missing port is added where the entry ends */
    assert_pointed("a = host=10.0.0.7 user='u'  \r\n", 1,
                   "a = host=10.0.0.8 user='u' port=5433  \r\n");
    assert_pointed("* = host=10.0.0.7\n", 1, "* = host=10.0.0.8 port=5433\n");
}

static void test_point_quotes(void **state)
{
    const struct pooler_address to = {"it's here", "1"};
    char *pointed;

    (void) state;
    assert_pointed("a = host = '10.0.0.7'  port='5432' password='host=10.0.0.7 ''x'\n", 1,
                   "a = host = '10.0.0.8'  port='5433' password='host=10.0.0.7 ''x'\n");
    pointed = point("a = host=10.0.0.7 user=u\n", &blue, &to, 1);
    assert_string_equal(pointed, "a = host='it''s here' user=u port=1\n");
    assert_entry(pointed, "a", "it's here", "1", NULL);
    free(pointed);
    /* PgBouncer skips the character behind a closing quote, whatever it is */
    assert_pointed("a = host='10.0.0.7'_port=5432\n", 1, "a = host='10.0.0.8'_port=5433\n");
}

static void test_point_keeps_the_rest(void **state)
{
    (void) state;
    assert_pointed("; host=10.0.0.7\r\n"
                   "[databases]\r\n"
                   "  shop\t=  host=10.0.0.7   port=5432\r\n"
                   "\r\n"
                   "alias = dbname=shop host=10.0.0.7\r\n"
                   "standby = host=10.0.0.9 port=5432\r\n"
                   "Shop = host=10.0.0.7 port=5999\r\n"
                   "socket =\r\n"
                   "* = password=host=10.0.0.7 host=10.0.0.7\r\n"
                   "[peers]\r\n"
                   "1 = host=10.0.0.7 port=5432\r\n"
                   "[pgbouncer]\r\n"
                   "odd = host=10.0.0.7",
                   3,
                   "; host=10.0.0.7\r\n"
                   "[databases]\r\n"
                   "  shop\t=  host=10.0.0.8   port=5433\r\n"
                   "\r\n"
                   "alias = dbname=shop host=10.0.0.8 port=5433\r\n"
                   "standby = host=10.0.0.9 port=5432\r\n"
                   "Shop = host=10.0.0.7 port=5999\r\n"
                   "socket =\r\n"
                   "* = password=host=10.0.0.7 host=10.0.0.8 port=5433\r\n"
                   "[peers]\r\n"
                   "1 = host=10.0.0.7 port=5432\r\n"
                   "[pgbouncer]\r\n"
                   "odd = host=10.0.0.7");
}

static void test_point_sockets(void **state)
{
    const struct pooler_address here = {NULL, "5432"};
    char *pointed = point("a =\nb = port=5432 user=u\nc = port=1\n", &here, &green, 2);
    char *back;

    (void) state;
    assert_string_equal(pointed, "a =host=10.0.0.8 port=5433\n"
                                 "b = port=5433 user=u host=10.0.0.8\nc = port=1\n");
    back = point(pointed, &green, &here, 2);
    assert_string_equal(back, "a =port=5432\nb = port=5432 user=u \nc = port=1\n");
    free(back);
    free(pointed);
}

static void test_round_trip(void **state)
{
    const char *content = "[databases]\n"
                          "a = host=10.0.0.7 port=5432 dbname=x\n"
                          "B = dbname='y z' host='10.0.0.7'\n"
                          "c = host=elsewhere\n"
                          "* = host=10.0.0.7 password='it''s'\n";
    char *there = point(content, &blue, &green, 3);
    char *back = point(there, &green, &blue, 3);
    struct pooler_file before = parse(content), after = parse(back);

    (void) state;
    assert_int_equal(before.count, after.count);
    for (size_t i = 0; i < before.count; i++) {
        assert_string_equal(before.entries[i].name, after.entries[i].name);
        assert_string_equal(before.entries[i].host, after.entries[i].host);
        assert_int_equal(atoi(before.entries[i].port ? before.entries[i].port : "5432"),
                         atoi(after.entries[i].port ? after.entries[i].port : "5432"));
        assert_int_equal(before.entries[i].line, after.entries[i].line);
    }
    pooler_file_free(&before);
    pooler_file_free(&after);
    free(there);
    free(back);
}

static void test_host_lists(void **state)
{
    const struct pooler_address both[] = {{"10.0.0.7", NULL}, {"blue", "5432"}};
    struct fault fault = {0};
    char *pointed = NULL;
    size_t moved = 77;

    (void) state;
    assert_false(pooler_file_point("[databases]\na = host=10.0.0.7\nb = host=10.0.0.9,10.0.0.7\n",
                                   "f.ini", &blue, 1, &green, &pointed, &moved, &fault));
    assert_string_equal(fault.where, "f.ini:3");
    assert_true(fault.hint[0] != '\0');
    assert_null(pointed);
    assert_int_equal(moved, 77);
    /* also when the other one is where the entry shall go */
    assert_false(pooler_file_point("b = host=10.0.0.8,10.0.0.7", "f.ini", &blue, 1,
                                   &(struct pooler_address){"10.0.0.8", "5432"}, &pointed, &moved,
                                   &fault));
    /* a list of one server's names, and one of other servers */
    assert_true(pooler_file_point("a = host=blue,10.0.0.7 user=u\nb = host=x,y", "f.ini", both, 2,
                                  &green, &pointed, &moved, &fault));
    assert_string_equal(pointed, "a = host=10.0.0.8 user=u port=5433\nb = host=x,y");
    assert_int_equal(moved, 1);
    free(pointed);
}

/* Each trial as "name stands_for". */
static void assert_tried(const char *content, size_t count, const char *trials,
                         const char *expected)
{
    struct fault fault = {0};
    struct pooler_trial *list = NULL;
    char *tried = NULL, said[200] = "";
    size_t found = 77;

    if (!pooler_file_try(content, "f.ini", &blue, 1, &green, "postgres", &tried, &list, &found,
                         &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    assert_int_equal(found, count);
    for (size_t i = 0; i < found; i++)
        snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s %s,", list[i].name,
                 list[i].stands_for);
    assert_string_equal(said, trials);
    assert_string_equal(tried, expected);
    pooler_trials_free(list, found);
    free(tried);
}

static void test_try(void **state)
{
    (void) state;
    /* all options are kept, the database is the one that the entry leads to by its name */
    assert_tried("shop = host=10.0.0.7 user=u password='it''s' pool_size=3\n", 1,
                 "pgcutover_probe_1 shop,",
                 "shop = host=10.0.0.7 user=u password='it''s' pool_size=3\n"
                 "pgcutover_probe_1 = host=10.0.0.8 user=u password='it''s' pool_size=3 port=5433 "
                 "dbname=shop\n");
    /* behind the last entry that moves, within its section; others are not tried */
    assert_tried("[databases]\r\n"
                 "a = port=5432 host=10.0.0.7 dbname=x\r\n"
                 "\"b 'c\" = host=10.0.0.7\r\n"
                 "other = host=10.0.0.9\r\n"
                 "[pgbouncer]\r\n"
                 "x = host=10.0.0.7",
                 2, "pgcutover_probe_1 a,pgcutover_probe_2 b 'c,",
                 "[databases]\r\n"
                 "a = port=5432 host=10.0.0.7 dbname=x\r\n"
                 "\"b 'c\" = host=10.0.0.7\r\n"
                 "pgcutover_probe_1 = port=5433 host=10.0.0.8 dbname=x\n"
                 "pgcutover_probe_2 = host=10.0.0.8 port=5433 dbname='b ''c'\n"
                 "other = host=10.0.0.9\r\n"
                 "[pgbouncer]\r\n"
                 "x = host=10.0.0.7");
}

static void test_try_each_once(void **state)
{
    (void) state;
    assert_tried("shop = host=10.0.0.7 port=5432\n"
                 "alias = host=10.0.0.7 port=5432 dbname=shop\n"
                 "* = host=10.0.0.7 port=5432",
                 2, "pgcutover_probe_1 shop,pgcutover_probe_2 *,",
                 "shop = host=10.0.0.7 port=5432\n"
                 "alias = host=10.0.0.7 port=5432 dbname=shop\n"
                 "* = host=10.0.0.7 port=5432\n"
                 "pgcutover_probe_1 = host=10.0.0.8 port=5433 dbname=shop\n"
                 "pgcutover_probe_2 = host=10.0.0.8 port=5433 dbname=postgres");
    assert_tried("other = host=10.0.0.9\n", 0, "", "other = host=10.0.0.9\n");
}

static void test_try_refuses_its_own_names(void **state)
{
    struct fault fault = {0};
    struct pooler_trial *list = NULL;
    char *tried = NULL;
    size_t found = 77;

    (void) state;
    assert_false(pooler_file_try("a = host=10.0.0.7\npgcutover_probe_7 = host=h\n", "f.ini", &blue,
                                 1, &green, "postgres", &tried, &list, &found, &fault));
    assert_string_equal(fault.where, "f.ini:2");
    assert_true(fault.hint[0] != '\0');
    assert_null(tried);
    assert_null(list);
    assert_int_equal(found, 77);
}

static void test_logins(void **state)
{
    struct pooler_file file =
        parse("[databases]\n"
              "a = host=h auth_user=asker password='x y' auth_dbname=b query_wait_timeout=7 "
              "auth_query='SELECT u, p FROM f($1, ''x'')' host=i\n"
              "b = user=forced\n");

    (void) state;
    assert_string_equal(file.entries[0].host, "i");
    assert_string_equal(file.entries[0].auth_user, "asker");
    assert_string_equal(file.entries[0].auth_dbname, "b");
    assert_string_equal(file.entries[0].auth_query, "SELECT u, p FROM f($1, 'x')");
    assert_string_equal(file.entries[0].query_wait_timeout, "7");
    assert_null(file.entries[1].auth_user);
    assert_null(file.entries[1].auth_query);
    pooler_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logins),        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_is_at),         cmocka_unit_test(test_point),
        cmocka_unit_test(test_point_quotes),  cmocka_unit_test(test_point_keeps_the_rest),
        cmocka_unit_test(test_point_sockets), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_host_lists),    cmocka_unit_test(test_try),
        cmocka_unit_test(test_try_each_once), cmocka_unit_test(test_try_refuses_its_own_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
