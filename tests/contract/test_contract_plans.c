/*
 * The statements of check --plans before a real server: what is spliced in stays one statement, a
 * transaction has what an application has, and nothing of it is left behind. Run it through
 * with_servers.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../checks/plans_shape.h"
#include "../../cutover/base/text.h"
#include "asking.h"
#include "check_files.h"

#include <stdlib.h>
#include <string.h>

#define ROLES                                                                                      \
    "DROP ROLE IF EXISTS reader; CREATE ROLE reader;"                                              \
    " ALTER ROLE ALL SET work_mem = '1MB'; ALTER ROLE ALL SET random_page_cost = 1.5;"             \
    " ALTER ROLE ALL SET cpu_tuple_cost = 0.5; ALTER ROLE ALL SET cpu_operator_cost = 0.5;"        \
    " ALTER DATABASE shop SET work_mem = '2MB'; ALTER DATABASE shop SET random_page_cost = 2.5;"   \
    " ALTER DATABASE shop SET cpu_tuple_cost = 0.25;"                                              \
    " ALTER ROLE reader SET work_mem = '3MB'; ALTER ROLE reader SET random_page_cost = 3.5;"       \
    " ALTER ROLE reader IN DATABASE shop SET work_mem = '4MB';"                                    \
    " ALTER ROLE reader SET statement_timeout = '5s';"                                             \
    " ALTER ROLE reader SET shop.tenant = '7'; ALTER ROLE reader SET log_statement = 'all';"       \
    " ALTER ROLE reader IN DATABASE shop SET search_path = \"$user\", pg_catalog, public;"         \
    " ALTER ROLE postgres SET enable_seqscan = off; ALTER ROLE postgres SET search_path = away"

static struct sql statement(const char *text)
{
    return (struct sql){.id = "statement", .doing = "asking", .text = text, .reads = true};
}

static void run(struct stage *stage, struct session *session, const char *text)
{
    struct sql sql = statement(text);

    expect_ok(stage, session, &sql, NULL);
}

static void is_set(struct stage *stage, struct session *session, const char *name,
                   const char *value)
{
    struct sql_arguments arguments = {0};
    struct sql sql = statement("SELECT pg_catalog.current_setting(:'name') AS value");
    struct reply reply = {0};

    sql_set(&arguments, "name", name);
    ask(stage, session, &sql, &arguments, &reply);
    assert_string_equal(reply_value(&reply, 0, "value"), value);
    reply_clear(&reply);
}

static void begin(struct stage *stage, struct session *session, const char *user, bool runs,
                  bool is_generic)
{
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "user", user);
    sql_set(&arguments, "runs", runs ? "true" : "false");
    sql_set(&arguments, "generic", is_generic ? "true" : "false");
    sql_set(&arguments, "timeout_ms", "20000");
    expect_ok(stage, session, &check_plans_begin, &arguments);
}

static void end(struct stage *stage, struct session *session)
{
    expect_ok(stage, session, &check_plans_end, NULL);
}

static int64_t version_of(struct stage *stage, struct session *session)
{
    struct reply reply = {0};
    int64_t version = 0;

    ask(stage, session, &sql_server_identity, NULL, &reply);
    assert_true(reply_number(&reply, 0, "version_num", &version));
    reply_clear(&reply);
    return version;
}

static void test_one_statement_is_one(void **state)
{
    static const struct sql splices = {
        .id = "splices", .doing = "splicing", .text = "SELECT :{text} AS number", .reads = true};
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments one = {.form = SQL_ONE}, two = {.form = SQL_ONE};
    struct reply reply = {0};
    int64_t number = 0;

    sql_set(&one, "text", "$$;$$ /* ; */, 7");
    sql_set(&two, "text", "1; SELECT 7");
    ask(stage, session, &splices, &one, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_true(reply_number(&reply, 0, "number", &number));
    assert_int_equal(number, 7);
    expect_code(stage, session, &splices, &two, "42601");
    reply_clear(&reply);
    session_close(session);
}

static void test_a_transaction_has_the_settings_of_its_user(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    int64_t version = version_of(stage, session);

    run(stage, session, ROLES);
    session_close(session);
    session = open_server(stage); /* our own login has got its settings */
    is_set(stage, session, "enable_seqscan", "off");
    expect_ok(stage, session, &check_harmless, NULL);
    is_set(stage, session, "idle_in_transaction_session_timeout", "1min");
    run(stage, session, "SET default_transaction_read_only = off");
    begin(stage, session, "reader", false, false);
    is_set(stage, session, "role", "reader");
    is_set(stage, session, "transaction_read_only", "on");
    is_set(stage, session, "work_mem", "4MB");
    is_set(stage, session, "random_page_cost", "3.5");
    is_set(stage, session, "cpu_tuple_cost", "0.25");
    is_set(stage, session, "cpu_operator_cost", "0.5");
    is_set(stage, session, "enable_seqscan", "on");
    is_set(stage, session, "search_path", "\"$user\", pg_catalog, public");
    is_set(stage, session, "statement_timeout", "20s");
    is_set(stage, session, "shop.tenant", "7");
    is_set(stage, session, "lc_messages", "C");
    is_set(stage, session, "log_statement", "none");
    is_set(stage, session, "log_min_error_statement", "panic");
    is_set(stage, session, "log_min_duration_statement", "-1");
    if (version >= 140000)
        is_set(stage, session, "client_connection_check_interval", "1s");
    end(stage, session);
    is_set(stage, session, "role", "none");
    is_set(stage, session, "search_path", "pg_catalog");
    is_set(stage, session, "transaction_read_only", "off");
    begin(stage, session, "reader", true, false);
    is_set(stage, session, "statement_timeout", "5s");
    end(stage, session);
    begin(stage, session, NULL, true, false);
    is_set(stage, session, "enable_seqscan", "off");
    is_set(stage, session, "search_path", "away");
    is_set(stage, session, "work_mem", "2MB");
    is_set(stage, session, "statement_timeout", "20s");
    end(stage, session);
    session_close(session);
}

static void explain(struct stage *stage, struct session *session, const char *options,
                    const char *text, const char *form)
{
    struct sql_arguments arguments = {.form = SQL_ONE};
    struct plan_shape shape = {0};
    struct reply reply = {0};

    sql_set(&arguments, "options", options);
    sql_set(&arguments, "statement", text);
    ask(stage, session, &check_plans_explain, &arguments, &reply);
    if (reply.state != REPLY_OK)
        fail_msg("%s: %s", text, reply.fault.cause);
    assert_true(plan_shape_read(reply_value(&reply, 0, "\"QUERY PLAN\""), &shape));
    assert_string_equal(shape.form, form);
    assert_true(shape.cost > 0);
    plan_shape_free(&shape);
    reply_clear(&reply);
}

static void test_statements_are_explained(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments prepare = {.form = SQL_ONE}, run_it = {.form = SQL_ONE};
    int64_t version = version_of(stage, session);
    const char *options =
        version >= 120000 ? "FORMAT JSON, VERBOSE, SETTINGS" : "FORMAT JSON, VERBOSE";
    struct reply reply = {0};
    double ms = -1;

    run(stage, session,
        "DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (a int, b text);"
        " ALTER ROLE postgres SET search_path = public");
    begin(stage, session, "postgres", false, false);
    explain(stage, session, options, "SELECT * FROM t -- ; the end", "(Seq Scan on public.t)");
    explain(stage, session, options, "UPDATE t SET a = 1",
            "(Update on public.t(Seq Scan on public.t))");
    end(stage, session);
    if (version >= 120000) {
        begin(stage, session, "postgres", false, true);
        is_set(stage, session, "plan_cache_mode", "force_generic_plan");
        sql_set(&prepare, "statement", "SELECT * FROM t WHERE a = $1 AND b = $2");
        expect_ok(stage, session, &check_plans_prepare, &prepare);
        explain(stage, session, options, "EXECUTE pgcutover_plan(NULL, NULL)",
                "(Seq Scan on public.t)");
        end(stage, session);
        begin(stage, session, "postgres", false, true); /* the name is free again */
        expect_ok(stage, session, &check_plans_prepare, &prepare);
        end(stage, session);
    }
    begin(stage, session, NULL, true, false);
    sql_set(&run_it, "options", "FORMAT JSON, ANALYZE, TIMING OFF, BUFFERS OFF");
    sql_set(&run_it, "statement", "SELECT 1");
    ask(stage, session, &check_plans_explain, &run_it, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_true(plan_time_read(reply_value(&reply, 0, "\"QUERY PLAN\""), &ms));
    assert_true(ms >= 0);
    reply_clear(&reply);
    end(stage, session);
    run(stage, session, "DROP TABLE public.t; ALTER ROLE postgres RESET search_path");
    session_close(session);
}

static void test_what_would_write_is_refused_and_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {.form = SQL_ONE};
    struct sql locks = statement("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
    struct reply reply = {0};
    int64_t count = -1;

    run(stage, session, "DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (a int)");
    sql_set(&arguments, "options", "FORMAT JSON, ANALYZE");
    sql_set(&arguments, "statement", "INSERT INTO public.t VALUES (1)");
    begin(stage, session, NULL, true, false);
    expect_code(stage, session, &check_plans_explain, &arguments, "25006");
    end(stage, session);
    arguments.list[1].value = "SELECT 1; COMMIT; DROP TABLE public.t";
    begin(stage, session, NULL, false, false);
    expect_code(stage, session, &check_plans_explain, &arguments, "42601");
    end(stage, session);
    arguments.list[1].value = "SELECT pg_advisory_lock(7)";
    begin(stage, session, NULL, true, false);
    expect_ok(stage, session, &check_plans_explain, &arguments);
    end(stage, session);
    ask(stage, session, &locks, NULL, &reply);
    assert_true(reply_number(&reply, 0, "count", &count));
    assert_int_equal(count, 0);
    reply_clear(&reply);
    run(stage, session, "DROP TABLE public.t");
    session_close(session);
}

/* `texts`: what is told, in order, "-" for a text that is not kept. */
static void top_is(struct stage *stage, struct session *session, const char *limit,
                   const char *texts)
{
    struct sql_arguments arguments = {0};
    struct text told = {0};
    struct reply reply = {0};
    int row;

    sql_set(&arguments, "schema", "known");
    sql_set(&arguments, "total", "total_time");
    sql_set(&arguments, "bytes", "100");
    sql_set(&arguments, "limit", limit);
    ask(stage, session, &check_plans_top, &arguments, &reply);
    if (reply.state != REPLY_OK)
        fail_msg("%s", reply.fault.cause);
    for (row = 0; row < reply_rows(&reply); row++) {
        const char *text = reply_value(&reply, row, "text");

        text_add(&told, "%s;", text ? text : "-");
    }
    assert_string_equal(text_string(&told), texts);
    text_free(&told);
    reply_clear(&reply);
}

static void test_statements_are_read(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);

    run(stage, session,
        "DROP SCHEMA IF EXISTS known CASCADE; CREATE SCHEMA known;"
        " CREATE VIEW known.pg_stat_statements AS SELECT d.oid AS dbid, r.oid AS userid,"
        "  v.queryid::bigint, 1::bigint AS calls, v.total_time::float8, v.query"
        "  FROM pg_database AS d, pg_roles AS r, (VALUES"
        "   (1, 50, 'SELECT 1'), (1, 90, 'EXPLAIN (FORMAT JSON) SELECT 1'),"
        "   (2, 900, 'DECLARE c CURSOR FOR SELECT 2'),"
        "   (3, 70, NULL), (4, 60, 'SELECT pg_sleep(4), 5 AS hashed'),"
        "   (5, 40, '/* x */ (VALUES (5))'), (6, 990, 'SELECT 6 FROM pgcutover.client'))"
        "  AS v (queryid, total_time, query)"
        "  WHERE d.datname = current_database() AND r.rolname = session_user");
    top_is(stage, session, "100",
           "SELECT 1;-;SELECT pg_sleep(4), 5 AS hashed;/* x */ (VALUES (5));"
           "DECLARE c CURSOR FOR SELECT 2;");
    top_is(stage, session, "4", "SELECT 1;-;SELECT pg_sleep(4), 5 AS hashed;/* x */ (VALUES (5));");
    run(stage, session, "DROP SCHEMA known CASCADE");
    session_close(session);
}

static void test_tables_and_sources_are_looked_for(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};

    ask(stage, session, &check_plans_source, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_int_equal(reply_rows(&reply), 0); /* it is not installed */
    if (version_of(stage, session) >= 140000) {
        run(stage, session,
            "DROP TABLE IF EXISTS public.t; CREATE TABLE public.t (a int);"
            " INSERT INTO public.t VALUES (1)");
        ask(stage, session, &check_plans_unanalyzed, NULL, &reply);
        assert_string_equal(reply_value(&reply, 0, "name"), "public.t");
        run(stage, session, "ANALYZE public.t");
        ask(stage, session, &check_plans_unanalyzed, NULL, &reply);
        assert_int_equal(reply_rows(&reply), 0);
        run(stage, session, "DROP TABLE public.t");
    }
    reply_clear(&reply);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REAL_STAGE(test_one_statement_is_one),
        ON_REAL_STAGE(test_a_transaction_has_the_settings_of_its_user),
        ON_REAL_STAGE(test_statements_are_explained),
        ON_REAL_STAGE(test_what_would_write_is_refused_and_leaves_nothing),
        ON_REAL_STAGE(test_statements_are_read),
        ON_REAL_STAGE(test_tables_and_sources_are_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
