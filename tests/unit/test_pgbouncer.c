/* What the console answers, read by name: which entries are held, what counts as drained. */
#include "cutover/poolers/pgbouncer.h"
#include "replication/session.h"

#include <libpq-fe.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct reply table(int columns, const char *const *names, int rows,
                          const char *const *values)
{
    struct reply reply = {.state = REPLY_OK};
    PGresAttDesc attributes[8];
    int row, column;

    memset(attributes, 0, sizeof(attributes));
    for (column = 0; column < columns; column++)
        attributes[column].name = (char *) names[column];
    reply.table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PQsetResultAttrs(reply.table, columns, attributes);
    for (row = 0; row < rows; row++)
        for (column = 0; column < columns; column++) {
            const char *value = values[row * columns + column];

            PQsetvalue(reply.table, row, column, (char *) value, value ? (int) strlen(value) : -1);
        }
    return reply;
}

static const char *const database_columns[] = {"name", "host", "port", "paused"};
static const char *const database_values[] = {
    "shop",      "localhost", "5433", "1",  /* blue */
    "elsewhere", "10.0.0.9",  "5432", "0",  /* not ours */
    "alias",     "127.0.0.1", "5433", "0",  /* blue by its other name */
    "pgbouncer", NULL,        "6432", NULL, /* the console itself */
};
static const struct pooler_address blue[] = {{"localhost", "5433"}, {"127.0.0.1", "5433"}};

static void free_names(char **names, size_t count)
{
    while (count > 0)
        free(names[--count]);
    free(names);
}

static bool has(char **names, size_t count, const char *name)
{
    while (count-- > 0)
        if (strcmp(names[count], name) == 0)
            return true;
    return false;
}

static void holds(const char *content, size_t expected, bool fallback)
{
    static const char *const databases[] = {"shop", "events"};
    struct reply reply = table(4, database_columns, 4, database_values);
    struct pooler_file file;
    struct fault fault;
    char **names;
    size_t count;

    assert_true(pooler_file_parse(content, "test", &file, &fault));
    pgbouncer_entries_to_hold(&reply, &file, blue, 2, databases, 2, &names, &count);
    assert_int_equal(count, expected);
    assert_true(has(names, count, "shop") && has(names, count, "alias"));
    assert_false(has(names, count, "elsewhere") || has(names, count, "pgbouncer"));
    assert_int_equal(has(names, count, "events"), fallback);
    free_names(names, count);
    pooler_file_free(&file);
    reply_clear(&reply);
}

static void entries_of_blue_are_held(void **state)
{
    (void) state;
    holds("[databases]\nshop = host=localhost port=5433\n", 2, false);
}

static void a_fallback_holds_every_database_without_entry(void **state)
{
    (void) state;
    holds("[databases]\nshop = host=localhost port=5433\n* = host=127.0.0.1 port=5433\n", 3, true);
}

static void a_fallback_that_goes_elsewhere_holds_nothing_more(void **state)
{
    (void) state;
    holds("[databases]\nshop = host=localhost port=5433\n* = host=10.0.0.9 port=5433\n", 2, false);
}

static void paused_is_one_and_nothing_else(void **state)
{
    struct reply reply = table(4, database_columns, 4, database_values);

    (void) state;
    assert_true(pgbouncer_is_paused(&reply, "shop"));
    assert_false(pgbouncer_is_paused(&reply, "alias"));
    assert_false(pgbouncer_is_paused(&reply, "pgbouncer")); /* NULL is not 1 */
    assert_false(pgbouncer_is_paused(&reply, "missing"));
    assert_false(pgbouncer_is_at(&reply, "missing", blue, 2));
    reply_clear(&reply);
}

static void connections_that_are_not_known_are_not_zero(void **state)
{
    static const char *const columns[] = {"name", "current_connections"};
    static const char *const values[] = {"shop", "2", "alias", "0", "odd", NULL};
    struct reply reply = table(2, columns, 3, values);
    struct reply without = table(1, columns, 1, values);

    (void) state;
    assert_int_equal(pgbouncer_servers(&reply, "shop"), 2);
    assert_int_equal(pgbouncer_servers(&reply, "alias"), 0);
    assert_int_equal(pgbouncer_servers(&reply, "odd"), -1);
    assert_int_equal(pgbouncer_servers(&reply, "missing"), -1);
    assert_int_equal(pgbouncer_servers(&without, "shop"), -1);
    reply_clear(&reply);
    reply_clear(&without);
}

static void logins_are_those_of_the_entry_or_of_all(void **state)
{
    static const char *const columns[] = {"database", "sv_login"};
    static const char *const wait_columns[] = {"database", "cl_waiting"};
    static const char *const values[] = {"shop", "0", "events", "1", "shop", "2"};
    static const char *const odd[] = {"shop", "0", "events", NULL};
    struct reply reply = table(2, columns, 3, values);
    struct reply unknown = table(2, columns, 2, odd);
    struct reply without = table(1, columns, 1, values);
    struct reply waiting = table(2, wait_columns, 3, values);

    (void) state;
    assert_int_equal(pgbouncer_logins(&reply, "shop"), 2);
    assert_int_equal(pgbouncer_logins(&reply, "missing"), 0);
    assert_int_equal(pgbouncer_logins(&reply, NULL), 3);
    assert_int_equal(pgbouncer_logins(&unknown, "shop"), 0);
    assert_int_equal(pgbouncer_logins(&unknown, "events"), -1);
    assert_int_equal(pgbouncer_logins(&unknown, NULL), -1);
    assert_int_equal(pgbouncer_waiting(&waiting, "shop"), 2);
    assert_int_equal(pgbouncer_waiting(&reply, "shop"), -1);
    assert_int_equal(pgbouncer_logins(&without, "shop"), -1);
    reply_clear(&reply);
    reply_clear(&unknown);
    reply_clear(&without);
    reply_clear(&waiting);
}

static void a_minimum_that_is_not_known_is_not_zero(void **state)
{
    static const char *const columns[] = {"name", "min_pool_size"};
    static const char *const values[] = {"shop", "2", "alias", "0", "odd", NULL};
    struct reply reply = table(2, columns, 3, values);

    (void) state;
    assert_int_equal(pgbouncer_minimum(&reply, "shop"), 2);
    assert_int_equal(pgbouncer_minimum(&reply, "alias"), 0);
    assert_int_equal(pgbouncer_minimum(&reply, "odd"), -1);
    assert_int_equal(pgbouncer_minimum(&reply, "missing"), -1);
    reply_clear(&reply);
}

static int64_t patience(const char *wait, const char *login, const char *query,
                        const char **ret_setting)
{
    const char *values[] = {"query_wait_timeout",
                            wait,
                            "client_login_timeout",
                            login,
                            "query_timeout",
                            query,
                            "other",
                            "1"};
    static const char *const columns[] = {"key", "value"};
    struct reply reply = table(2, columns, 4, values);
    int64_t ms = pgbouncer_patience_ms(&reply, ret_setting);

    PQclear(reply.table);
    return ms;
}

static void the_shortest_time_out_counts(void **state)
{
    const char *setting = NULL;

    (void) state;
    assert_int_equal(patience("120", "60", "0", &setting), 60000);
    assert_string_equal(setting, "client_login_timeout");
    assert_int_equal(patience("1.5", "60", "0", &setting), 1500);
    assert_string_equal(setting, "query_wait_timeout");
    assert_int_equal(patience("120", "60", "3", &setting), 3000);
    assert_string_equal(setting, "query_timeout");
    assert_int_equal(patience("0", "60.000000", "0", &setting), 60000);
    assert_int_equal(patience("0", "0", "0", &setting), -1);
    /* what is not there is not "for ever" */
    assert_int_equal(patience(NULL, "60", "0", &setting), 0);
    assert_int_equal(patience("0", "0", NULL, &setting), 0);
    assert_string_equal(setting, "query_timeout");
}

static void a_time_is_a_number_of_seconds(void **state)
{
    (void) state;
    assert_int_equal(pgbouncer_timeout_ms("7"), 7000);
    assert_int_equal(pgbouncer_timeout_ms("0.0001"), 1);
    assert_int_equal(pgbouncer_timeout_ms("0"), -1);
    assert_int_equal(pgbouncer_timeout_ms(NULL), 0);
    assert_int_equal(pgbouncer_timeout_ms(""), 0);
    assert_int_equal(pgbouncer_timeout_ms("7s"), 0);
    assert_int_equal(pgbouncer_timeout_ms("-1"), 0);
    assert_int_equal(pgbouncer_timeout_ms("nan"), 0);
}

/* SHOW POOLS has two users of the entry. */
static int64_t connections(const char *size, const char *reserve, const char *most, bool is_old)
{
    const char *const values[] = {"shop", size, reserve, most};
    const char *const columns[] = {
        "name", "pool_size", is_old ? "reserve_pool" : "reserve_pool_size", "max_connections"};
    static const char *const pool_columns[] = {"database", "user"};
    static const char *const pool_values[] = {"shop", "a", "other", "a", "shop", "b"};
    struct reply databases = table(4, columns, 1, values);
    struct reply pools = table(2, pool_columns, 3, pool_values);
    int64_t count = pgbouncer_connections(&databases, &pools, "shop");

    reply_clear(&databases);
    reply_clear(&pools);
    return count;
}

static void an_entry_may_have_its_pools_of_connections(void **state)
{
    (void) state;
    assert_int_equal(connections("10", "2", "0", false), 24);
    assert_int_equal(connections("10", "2", "0", true), 24);
    assert_int_equal(connections("10", "2", "15", false), 15);
    assert_int_equal(connections("0", "2", "15", false), 15);
    assert_int_equal(connections("0", "0", "0", false), -1);
    assert_int_equal(connections(NULL, "0", "0", false), -1);
    assert_int_equal(connections("10", "0", NULL, false), -1);
}

static void modes_are_told_when_the_console_tells_its_own(void **state)
{
    static const char *const columns[] = {"name", "pool_mode"};
    static const char *const values[] = {"shop", NULL, "pgbouncer", "statement"};
    struct reply reply = table(2, columns, 2, values);

    (void) state;
    assert_true(pgbouncer_tells_modes(&reply));
    reply_clear(&reply);
    reply = table(4, database_columns, 4, database_values);
    assert_false(pgbouncer_tells_modes(&reply));
    reply_clear(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_of_blue_are_held),
        cmocka_unit_test(a_fallback_holds_every_database_without_entry),
        cmocka_unit_test(a_fallback_that_goes_elsewhere_holds_nothing_more),
        cmocka_unit_test(paused_is_one_and_nothing_else),
        cmocka_unit_test(logins_are_those_of_the_entry_or_of_all),
        cmocka_unit_test(a_minimum_that_is_not_known_is_not_zero),
        cmocka_unit_test(the_shortest_time_out_counts),
        cmocka_unit_test(a_time_is_a_number_of_seconds),
        cmocka_unit_test(an_entry_may_have_its_pools_of_connections),
        cmocka_unit_test(modes_are_told_when_the_console_tells_its_own),
        cmocka_unit_test(connections_that_are_not_known_are_not_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
