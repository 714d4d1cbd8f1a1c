/*
 * The statements that tell what a rollback without a way back would lose, and the one that tries to
 * open blue. Before real servers only. Run it through with_servers.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "asking.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPORTED_S 30

/* In a session of its own: what it did is reported when it ends, at the latest. */
static void do_it(struct stage *stage, const char *statements)
{
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "statements", statements);
    expect_ok(stage, session, &sql_run_statements, &arguments);
    session_close(session);
}

/* Of one row; caller frees. */
static char *value_of(struct stage *stage, struct session *session, const struct sql *sql,
                      const struct sql_arguments *arguments, const char *column)
{
    struct reply reply = {0};
    char *value;

    ask(stage, session, sql, arguments, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    value = memory_copy(reply_value(&reply, 0, column));
    reply_clear(&reply);
    return value;
}

/* "public.made 5 2 1 f\n" for each row; caller frees. */
static char *rows_since(struct stage *stage, struct session *session, const char *before)
{
    static const char *const columns[] = {"name", "inserted", "updated", "deleted", "is_rewritten"};
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    struct text text = {0};
    size_t i;
    int row;

    sql_set(&arguments, "before", before);
    ask(stage, session, &sql_loss_rows, &arguments, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    for (row = 0; row < reply_rows(&reply); row++)
        for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
            const char *value = reply_value(&reply, row, columns[i]);

            text_add(&text, "%s%s", value ? value : "-", i == 4 ? "\n" : " ");
        }
    reply_clear(&reply);
    text_add_string(&text, "");
    return text.data ? text_take(&text) : memory_copy("");
}

/* Servers are told of counters late: asked until it is so. */
static void expect_rows(struct stage *stage, struct session *session, const char *before,
                        const char *expected)
{
    time_t end = time(NULL) + REPORTED_S;
    char *rows = rows_since(stage, session, before);

    while (strcmp(rows, expected) != 0 && time(NULL) < end) {
        free(rows);
        rows = rows_since(stage, session, before);
    }
    assert_string_equal(rows, expected);
    free(rows);
}

/* Before 15 a database's begin with its first report; until then the server does not know since
   when. Returns them; caller frees. */
static char *begun_counters(struct stage *stage, struct session *session)
{
    time_t end = time(NULL) + REPORTED_S;
    char *counters;

    do_it(stage, "SELECT pg_stat_reset()");
    counters = value_of(stage, session, &sql_counters, NULL, "counters");
    while (strstr(counters, "null") && time(NULL) < end) {
        free(counters);
        counters = value_of(stage, session, &sql_counters, NULL, "counters");
    }
    assert_null(strstr(counters, "null"));
    return counters;
}

static void test_rows_are_counted_from_then_on(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    char *before = begun_counters(stage, session), *later;

    do_it(stage, "CREATE TABLE public.old (n int); INSERT INTO public.old VALUES (1), (2), (3)");
    expect_rows(stage, session, before, "public.old 3 0 0 f\n");
    free(before);
    before = value_of(stage, session, &sql_counters, NULL, "counters");
    expect_rows(stage, session, before, "");
    do_it(stage, "INSERT INTO public.old SELECT generate_series(4, 8)");
    do_it(stage, "UPDATE public.old SET n = 0 WHERE n < 3");
    do_it(stage, "DELETE FROM public.old WHERE n = 3; CREATE TABLE public.made AS SELECT 1 AS n; "
                 "INSERT INTO public.made VALUES (2)");
    do_it(stage, "INSERT INTO public.made VALUES (3), (4)");
    expect_rows(stage, session, before, "public.made 4 0 0 f\npublic.old 5 2 1 f\n");
    later = value_of(stage, session, &sql_counters, NULL, "counters");
    do_it(stage, "TRUNCATE public.old");
    expect_rows(stage, session, later, "public.old 0 0 0 t\n");
    do_it(stage, "SELECT pg_stat_reset()");
    expect_rows(stage, session, later, "public.made -4 0 0 f\npublic.old -8 -2 -1 t\n- - - - f\n");
    do_it(stage, "DROP TABLE public.old, public.made");
    free(before);
    free(later);
    session_close(session);
}

/* Counters that begin anew come to where they were, and pass it: that they did so must be known.
   What a crash does to pg_stat_bgwriter is what this reset does. */
static void
test_counters_that_were_lost_are_known_when_they_have_passed_their_old_values(void **state)
{
    static const struct {
        const char *statements, *expected;
    } cases[] = {
        {"SELECT pg_stat_reset_single_table_counters('public.passed'::regclass)",
         "public.passed 200 0 0 f\n- - - - f\n"},
        {"SELECT pg_stat_reset()", "public.passed 300 0 0 f\n- - - - f\n"},
        {"SELECT pg_stat_reset_shared('bgwriter')", "public.passed 500 0 0 f\n- - - - f\n"},
    };
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    size_t i;

    do_it(stage, "CREATE TABLE public.passed (n int)");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *before = value_of(stage, session, &sql_counters, NULL, "counters");

        do_it(stage, cases[i].statements);
        do_it(stage, i == 0 ? "INSERT INTO public.passed SELECT generate_series(1, 200)"
                            : "INSERT INTO public.passed SELECT generate_series(1, 500)");
        expect_rows(stage, session, before, cases[i].expected);
        free(before);
    }
    do_it(stage, "DROP TABLE public.passed");
    session_close(session);
}

/* Of a journal that an older program wrote. */
static void test_counters_without_their_beginning_are_not_believed(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);

    expect_rows(stage, session, "{}", "- - - - f\n");
    session_close(session);
}

static void expect_sequence(const struct reply *reply, int row, const char *name, const char *here,
                            const char *there, const char *is_missing)
{
    assert_string_equal(reply_value(reply, row, "name"), name);
    assert_true(string_equal(reply_value(reply, row, "here"), here));
    assert_true(string_equal(reply_value(reply, row, "there"), there));
    assert_string_equal(reply_value(reply, row, "is_missing"), is_missing);
}

static void test_sequences_that_moved_or_are_missing_are_found(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};
    struct reply reply = {0};

    do_it(stage, "CREATE SEQUENCE public.fresh; CREATE SEQUENCE public.moved; "
                 "CREATE SEQUENCE public.same; SELECT setval('public.moved', 7), "
                 "setval('public.same', 5)");
    sql_set(&arguments, "list",
            "('public', 'fresh', 1::bigint, 'f'::boolean), ('public', 'gone', 3::bigint, "
            "'t'::boolean), ('public', 'moved', 9::bigint, 't'::boolean), ('public', 'same', "
            "5::bigint, 't'::boolean)");
    ask(stage, session, &sql_loss_sequences, &arguments, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_int_equal(reply_rows(&reply), 2);
    expect_sequence(&reply, 0, "public.gone", NULL, "3", "t");
    expect_sequence(&reply, 1, "public.moved", "7", "9", "f");
    reply_clear(&reply);
    do_it(stage, "DROP SEQUENCE public.fresh, public.moved, public.same");
    session_close(session);
}

static void expect_next(struct stage *stage, struct session *session, const char *sequence,
                        const char *code_or_value)
{
    struct sql_arguments arguments = {0};
    struct text text = {0};
    struct reply reply = {0};

    text_add(&text, "SELECT nextval('%s')::text AS next", sequence);
    sql_set(&arguments, "statements", text_string(&text));
    ask(stage, session, &sql_run_statements, &arguments, &reply);
    assert_string_equal(reply.state == REPLY_OK ? reply_value(&reply, 0, "next") : reply.fault.code,
                        code_or_value);
    reply_clear(&reply);
    text_free(&text);
}

/* Where it was widened on green alone, its value may be beyond what it can have here. */
static void test_a_value_beyond_a_sequence_ends_it_only_where_that_may_be_lost(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};

    do_it(stage, "CREATE SEQUENCE public.up AS integer; CREATE SEQUENCE public.down AS integer "
                 "INCREMENT -1; CREATE SEQUENCE public.round AS integer CYCLE; CREATE SEQUENCE "
                 "public.small MINVALUE 10; CREATE SEQUENCE public.usual");
    sql_set(&arguments, "list",
            "('public', 'up', 3000000000::bigint, 'f'::boolean), ('public', 'down', "
            "-3000000000::bigint, 't'::boolean), ('public', 'round', 3000000000::bigint, "
            "'t'::boolean), ('public', 'small', 3::bigint, 't'::boolean), ('public', 'usual', "
            "7::bigint, 't'::boolean)");
    sql_set(&arguments, "keeps", "true");
    sql_set(&arguments, "loses", "false");
    expect_code(stage, session, &sql_sequences_set, &arguments, "22003");
    arguments.count--;
    sql_set(&arguments, "loses", "true");
    expect_ok(stage, session, &sql_sequences_set, &arguments);
    expect_next(stage, session, "public.up", "2200H");
    expect_next(stage, session, "public.down", "2200H");
    expect_next(stage, session, "public.round", "1");
    expect_next(stage, session, "public.small", "11");
    expect_next(stage, session, "public.usual", "8");
    do_it(stage, "DROP SEQUENCE public.up, public.down, public.round, public.small, public.usual");
    session_close(session);
}

static void test_a_sequence_goes_backwards_only_where_nobody_has_been(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments followed = {0}, kept = {0};

    do_it(stage, "CREATE SEQUENCE public.up; SELECT setval('public.up', 9000); CREATE SEQUENCE "
                 "public.down INCREMENT -1; SELECT setval('public.down', -9000)");
    sql_set(&kept, "list",
            "('public', 'up', 12::bigint, 't'::boolean), ('public', 'down', "
            "-12::bigint, 'f'::boolean)");
    followed = kept;
    sql_set(&kept, "keeps", "true");
    sql_set(&kept, "loses", "false");
    expect_ok(stage, session, &sql_sequences_set, &kept);
    expect_next(stage, session, "public.up", "9001");
    expect_next(stage, session, "public.down", "-9001");
    sql_set(&followed, "keeps", "false");
    sql_set(&followed, "loses", "false");
    expect_ok(stage, session, &sql_sequences_set, &followed);
    expect_next(stage, session, "public.up", "13");
    expect_next(stage, session, "public.down", "-12");
    do_it(stage, "DROP SEQUENCE public.up, public.down");
    session_close(session);
}

static void test_wal_is_measured_from_where_it_was_opened(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};
    char *bytes;

    expect_ok(stage, session, &sql_marker_create, NULL);
    bytes = value_of(stage, session, &sql_loss_wal, NULL, "bytes");
    assert_null(bytes);
    sql_set(&arguments, "id", "3");
    sql_set(&arguments, "value", "open 7 at 0/100");
    expect_ok(stage, session, &sql_marker_write, &arguments);
    bytes = value_of(stage, session, &sql_loss_wal, NULL, "bytes");
    assert_non_null(bytes);
    assert_true(atoll(bytes) > 1000000);
    free(bytes);
    expect_ok(stage, session, &sql_marker_drop, NULL);
    session_close(session);
}

/* Of what it tried nothing is left, and the session goes on. */
static void test_what_is_tried_is_taken_back(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments good = {0}, bad = {0}, look = {0};

    sql_set(&good, "statements", "CREATE TABLE public.tried (n int)");
    expect_code(stage, session, &sql_unfence_try, &good, "22012");
    sql_set(&bad, "statements",
            "CREATE TABLE public.tried (n int); GRANT CONNECT ON DATABASE shop TO nobody_of_ours");
    expect_code(stage, session, &sql_unfence_try, &bad, "42704");
    sql_set(&look, "statements", "SELECT FROM public.tried");
    expect_code(stage, session, &sql_run_statements, &look, "42P01");
    session_close(session);
}

static void test_databases_are_told_by_name(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};
    int row, found = 0;

    ask(stage, session, &sql_compare_databases, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    for (row = 0; row < reply_rows(&reply); row++)
        found += string_starts(reply_value(&reply, row, "item"), "database shop, encoding ");
    assert_int_equal(found, 1);
    reply_clear(&reply);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REAL_STAGE(test_rows_are_counted_from_then_on),
        ON_REAL_STAGE(
            test_counters_that_were_lost_are_known_when_they_have_passed_their_old_values),
        ON_REAL_STAGE(test_counters_without_their_beginning_are_not_believed),
        ON_REAL_STAGE(test_sequences_that_moved_or_are_missing_are_found),
        ON_REAL_STAGE(test_a_sequence_goes_backwards_only_where_nobody_has_been),
        ON_REAL_STAGE(test_a_value_beyond_a_sequence_ends_it_only_where_that_may_be_lost),
        ON_REAL_STAGE(test_wal_is_measured_from_where_it_was_opened),
        ON_REAL_STAGE(test_what_is_tried_is_taken_back),
        ON_REAL_STAGE(test_databases_are_told_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
