/*
 * A whole verification between two made-up servers, each with a table with a key and one without.
 * Whatever a server answers wrongly (nothing, a row without values, a failure, never), on either
 * side, to any question: the end is never "equal".
 */
#include "checks/verify.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum wrong { RIGHT, NO_TABLE, NO_ROWS, NO_VALUES, FAILS, NEVER_ANSWERS, WRONGS };

static struct {
    enum wrong wrong;
    const char *statement; /* asked of it, on that side, the answer is wrong */
    const char *side;
    const char *hash[2]; /* of the only row of each table: blue's, green's */
    const char *version; /* of blue's; NULL: another at every read */
    int64_t now_ns;
    int reads;
    int asked; /* how often the statement was asked of that side */
} world;

static char directory[] = "/tmp/pgc-verify-XXXXXX";

/* --- answers ---------------------------------------------------------------------------------- */

#define COLUMNS_MAX 10

struct answer {
    const char *id;                   /* of the statement */
    const char *columns[COLUMNS_MAX]; /* their names, then a value for each */
    const char *values[2][COLUMNS_MAX];
    int rows;
};

#define COLUMNS "[[\"id\",\"native\",\"bigint\"]]"
#define KEY "[[[\"id\",\"int8\",\"\"]]]"

static const struct answer answers[] = {
    {"verify_session", {"set_config"}, {{"on"}}, 1},
    {"verify_server",
     {"version_num", "is_superuser", "is_in_recovery", "system_identifier"},
     {{"170000", "t", "f", "7"}},
     1},
    {"verify_tables",
     {"schema_name", "table_name", "kind", "is_populated", "is_subscribed", "estimate", "bytes",
      "columns", "keys", "identity"},
     {{"s", "keyed", "table", "t", "t", "1", "90000000", COLUMNS, KEY, "[]"},
      {"s", "bare", "table", "t", "t", "1", "90000000", COLUMNS, "[]", "[]"}},
     2},
    {"verify_definitions", {"kind", "name", "definition"}, {{"default", "s.keyed.id", "5"}}, 1},
    {"verify_position",
     {"insert_lsn", "flush_lsn", "confirmed_flush_lsn", "is_active", "waiting"},
     {{"0/100", "0/100", "0/100", "t", "0"}},
     1},
    {"verify_boundary", {"key1"}, {{NULL}}, 0},
    {"verify_chunk", {"rows", "sum"}, {{"1", "HASH"}}, 1},
    {"verify_rows", {"key1", "value", "version", "sample"}, {{"1", "HASH", "VERSION", NULL}}, 1},
    {"verify_buckets", {"bucket", "rows", "sum"}, {{"0", "1", "HASH"}}, 1},
    {"verify_bucket_rows",
     {"hash", "value", "version", "shown", "sample"},
     {{"HASH", "1", "VERSION", NULL, NULL}},
     1},
    {"compare_", {"item"}, {{"item"}}, 1},
    {"sequences_list", {"statement", "count"}, {{"SELECT", "1"}}, 1},
    {"verify_sequences",
     {"name", "is_ordered", "reached", "told"},
     {{"s.ticket", "t", "5", "5"}},
     1},
};

static const struct answer *answer_to(const char *id)
{
    size_t i;

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (strncmp(answers[i].id, id, strlen(answers[i].id)) == 0 &&
            (strcmp(answers[i].id, id) == 0 || strcmp(answers[i].id, "compare_") == 0))
            return &answers[i];
    fail_msg("nobody knows %s", id);
    return NULL;
}

static const char *value_of(const char *value, bool is_green, char *buffer, size_t size)
{
    if (value && strcmp(value, "HASH") == 0)
        return world.hash[is_green];
    if (!value || strcmp(value, "VERSION") != 0)
        return value;
    if (is_green || world.version)
        return is_green ? "green" : world.version;
    snprintf(buffer, size, "%d", world.reads++);
    return buffer;
}

static PGresult *table_of(const struct answer *answer, bool is_green, bool has_rows,
                          bool has_values)
{
    PGresult *table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc columns[COLUMNS_MAX] = {0};
    int count = 0, row, column;
    char buffer[16];

    for (; count < COLUMNS_MAX && answer->columns[count]; count++)
        columns[count].name = (char *) answer->columns[count];
    assert_true(PQsetResultAttrs(table, count, columns));
    for (row = 0; has_rows && row < answer->rows; row++)
        for (column = 0; column < count; column++) {
            const char *value =
                value_of(answer->values[row][column], is_green, buffer, sizeof(buffer));

            if (!has_values)
                value = NULL;
            assert_true(
                PQsetvalue(table, row, column, (char *) value, value ? (int) strlen(value) : -1));
        }
    return table;
}

/* --- doors ------------------------------------------------------------------------------------ */

struct made_session {
    struct session base;
    bool is_green;
    struct reply *reply; /* answered with the next turn */
    const struct answer *answer;
    enum wrong wrong;
    struct made_session *next;
};

static struct made_session *sessions;

static void ask(struct session *base, const struct sql *sql, const struct sql_arguments *arguments,
                int64_t timeout_ms, struct reply *reply)
{
    struct made_session *session = (struct made_session *) base;
    struct text text = {0};

    (void) timeout_ms;
    sql_render(&text, sql, arguments); /* a value that is missing ends the test */
    text_free(&text);
    reply->state = REPLY_PENDING;
    session->reply = reply;
    session->answer = answer_to(sql->id);
    session->wrong = RIGHT;
    if (world.statement && strcmp(world.statement, sql->id) == 0 &&
        strcmp(world.side, session->is_green ? "green" : "blue") == 0) {
        session->wrong = world.wrong;
        world.asked++;
    }
}

static void close_session(struct session *base)
{
    struct made_session **at = &sessions;

    while (*at != (struct made_session *) base)
        at = &(*at)->next;
    *at = (*at)->next;
    free(base);
}

static const struct session_ops operations = {.ask = ask, .close = close_session};

static struct session *open_session(struct session_door *door, const struct endpoint *endpoint,
                                    int64_t timeout_ms, struct reply *reply)
{
    struct made_session *session = memory_new(sizeof(*session));

    (void) door, (void) timeout_ms;
    session->base.ops = &operations;
    session->is_green = strncmp(endpoint->name, "green", 5) == 0;
    session->reply = reply;
    session->next = sessions;
    sessions = session;
    reply->state = REPLY_PENDING;
    return &session->base;
}

static void answer(struct made_session *session)
{
    struct reply *reply = session->reply;
    bool fails = session->wrong == FAILS || session->wrong == NEVER_ANSWERS;

    session->reply = NULL;
    if (fails) {
        fault_set(&reply->fault, "asking", "somebody", "XX000", "it failed");
        session->base.is_broken = session->wrong == NEVER_ANSWERS;
    } else if (session->answer && session->wrong != NO_TABLE) {
        reply->table =
            (struct pg_result *) table_of(session->answer, session->is_green,
                                          session->wrong != NO_ROWS, session->wrong != NO_VALUES);
    }
    reply->state = fails ? REPLY_FAILED : REPLY_OK;
}

static int64_t now_ns(struct driver *driver)
{
    (void) driver;
    return world.now_ns += 1000;
}

static int64_t wall_us(struct driver *driver)
{
    (void) driver;
    return world.now_ns / 1000 + 1;
}

static void turn(struct driver *driver, int64_t until_ns)
{
    struct made_session *session;
    bool any = false;

    (void) driver;
    for (session = sessions; session; session = session->next)
        if (session->reply) {
            answer(session);
            any = true;
        }
    if (!any && until_ns > world.now_ns)
        world.now_ns = until_ns;
}

/* --- verifications ---------------------------------------------------------------------------- */

static enum verify_state verify_all(struct verify_progress *ret_progress, struct fault *ret_fault)
{
    static struct driver driver = {.now_ns = now_ns, .wall_us = wall_us, .wait = turn};
    static struct session_door door = {.open = open_session};
    static const struct verify_database databases[] = {{"shop", "pgcutover_1"}};
    struct verify_options options = {.driver = &driver,
                                     .sessions = &door,
                                     .application_name = "test",
                                     .directory = directory,
                                     .publisher = {"blue", "", "7"},
                                     .subscriber = {"green", "", NULL},
                                     .databases = databases,
                                     .database_count = 1,
                                     .jobs = 2,
                                     .max_chunk = 1000,
                                     .restart = true};
    struct verify *verify = NULL;
    enum verify_state state;
    int turns = 0;

    assert_true(verify_new(&options, &verify, ret_fault));
    while ((state = verify_poll(verify)) == VERIFY_RUNNING) {
        driver.wait(&driver, verify_until_ns(verify));
        if (++turns > 100000)
            fail_msg("no end: %s asked of %s", world.statement, world.side);
    }
    verify_progress(verify, ret_progress);
    *ret_fault = *verify_fault(verify);
    verify_free(verify);
    assert_null(sessions);
    return state;
}

static void set_world(const char *blue, const char *green, const char *version)
{
    memset(&world, 0, sizeof(world));
    world.hash[0] = blue;
    world.hash[1] = green;
    world.version = version;
}

static void equal_servers_are_equal(void **state)
{
    struct verify_progress progress;
    struct verify_result result;
    struct fault fault;

    (void) state;
    set_world("10", "10", "v");
    assert_int_equal(verify_all(&progress, &fault), VERIFY_ENDED);
    assert_int_equal(progress.different + progress.undecided + progress.advice, 0);
    assert_int_equal(progress.tables_done, 2);
    assert_int_equal(progress.rows, 2);
    assert_true(verify_last(directory, &result));
    assert_true(result.is_equal);
}

static void rows_that_differ_are_found(void **state)
{
    struct verify_progress progress;
    struct verify_result result;
    struct fault fault;

    (void) state;
    set_world("10", "11", "v");
    assert_int_equal(verify_all(&progress, &fault), VERIFY_ENDED);
    /* one is changed; without a key one row is missing and another is more */
    assert_int_equal(progress.different, 3);
    assert_int_equal(progress.undecided, 0);
    assert_true(verify_last(directory, &result));
    assert_false(result.is_equal);
}

static void rows_that_never_stand_still_are_undecided(void **state)
{
    struct verify_progress progress;
    struct verify_result result;
    struct fault fault;

    (void) state;
    set_world("10", "11", NULL);
    assert_int_equal(verify_all(&progress, &fault), VERIFY_ENDED);
    assert_int_equal(progress.undecided, 2);
    assert_int_equal(progress.different, 1); /* only green has it: no version to be seen moving */
    assert_true(verify_last(directory, &result));
    assert_false(result.is_equal);
}

static const char *const asked_of_both[] = {
    "verify_session",      "verify_server",         "verify_tables",        "compare_roles",
    "compare_memberships", "compare_settings",      "compare_database_acl", "compare_columns",
    "compare_indexes",     "compare_objects",       "compare_sequences",    "compare_grants",
    "verify_chunk",        "compare_large_objects", "verify_buckets",       "verify_definitions",
    "verify_rows",         "verify_bucket_rows",    "sequences_list",       "verify_sequences",
};

/* Where no rows, or no value, is what a server may well answer. */
static bool may_be(const char *statement, enum wrong wrong)
{
    if (strcmp(statement, "verify_session") == 0)
        return wrong != FAILS && wrong != NEVER_ANSWERS;
    return strcmp(statement, "verify_definitions") == 0 && wrong == NO_ROWS;
}

static void nothing_is_equal_when(const char *statement, const char *side, enum wrong wrong)
{
    bool of_rows =
        strcmp(statement, "verify_rows") == 0 || strcmp(statement, "verify_buckets") == 0 ||
        strcmp(statement, "verify_bucket_rows") == 0 || strcmp(statement, "verify_position") == 0;
    struct verify_progress progress;
    struct fault fault;
    enum verify_state state;

    /* rows are only listed where something differs */
    set_world("10", of_rows ? "11" : "10", "v");
    world.statement = statement;
    world.side = side;
    world.wrong = wrong;
    state = verify_all(&progress, &fault);
    if (!world.asked)
        fail_msg("%s was never asked of %s", statement, side);
    if (state == VERIFY_ENDED && !progress.different && !progress.undecided &&
        !may_be(statement, wrong))
        fail_msg("%s of %s answered wrongly (%d), and all is equal", statement, side, (int) wrong);
    if (state == VERIFY_FAILED)
        assert_true(fault_is_set(&fault));
}

static void a_wrong_answer_is_never_equal(void **state)
{
    size_t i;
    int wrong;

    (void) state;
    for (i = 0; i < sizeof(asked_of_both) / sizeof(asked_of_both[0]); i++)
        for (wrong = NO_TABLE; wrong < WRONGS; wrong++) {
            nothing_is_equal_when(asked_of_both[i], "blue", (enum wrong) wrong);
            nothing_is_equal_when(asked_of_both[i], "green", (enum wrong) wrong);
        }
    for (wrong = NO_TABLE; wrong < WRONGS; wrong++)
        nothing_is_equal_when("verify_position", "blue", (enum wrong) wrong);
}

static void a_position_that_is_never_passed_ends_it(void **state)
{
    struct verify_progress progress;
    struct fault fault;

    (void) state;
    set_world("10", "11", "v");
    world.statement = "verify_position";
    world.side = "blue";
    world.wrong = NO_VALUES;
    assert_int_equal(verify_all(&progress, &fault), VERIFY_FAILED);
    assert_non_null(strstr(fault.cause, "is not there: nothing is replicated"));
}

static int make_directory(void **state)
{
    (void) state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    static const char *const names[] = {"verify.json", "verify.lock"};
    char path[80];
    size_t i;

    (void) state;
    for (i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_servers_are_equal),
        cmocka_unit_test(rows_that_differ_are_found),
        cmocka_unit_test(rows_that_never_stand_still_are_undecided),
        cmocka_unit_test(a_wrong_answer_is_never_equal),
        cmocka_unit_test(a_position_that_is_never_passed_ends_it),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
