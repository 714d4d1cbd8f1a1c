/*
 * Statements that decide: opening green and undoing exclude each other, and a schema that is
 * changed has another form. Before real servers only. Run it through with_servers.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/arena.h"
#include "../../cutover/base/text.h"
#include "../../replication/lsn.h"
#include "asking.h"

#include <stdio.h>
#include <string.h>

static void write_state(struct stage *stage, struct session *session, const char *value)
{
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "id", "3");
    sql_set(&arguments, "value", value);
    expect_ok(stage, session, &sql_marker_write, &arguments);
}

static void attempt(struct sql_arguments *arguments, const char *number)
{
    *arguments = (struct sql_arguments){0};
    sql_set(arguments, "attempt", number);
    sql_set(arguments, "statements", "SET application_name = 'opened'");
}

static void expect_state(struct stage *stage, struct session *session, const char *expected)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};

    sql_set(&arguments, "id", "3");
    ask(stage, session, &sql_marker_look, &arguments, &reply);
    assert_string_equal(reply_value(&reply, 0, "value"), expected);
    reply_clear(&reply);
}

/* "open N at L"; the position is kept when it is opened again. */
static void expect_open(struct stage *stage, struct session *session, const char *attempt,
                        char position[40])
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    const char *state, *at;
    uint64_t lsn;

    sql_set(&arguments, "id", "3");
    ask(stage, session, &sql_marker_look, &arguments, &reply);
    state = reply_value(&reply, 0, "value");
    assert_true(state && string_starts(state, attempt));
    at = state + strlen(attempt);
    assert_true(lsn_parse(at, &lsn));
    if (*position)
        assert_string_equal(at, position);
    snprintf(position, 40, "%s", at);
    reply_clear(&reply);
}

static void test_opening_and_undoing_exclude_each_other(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct arena *arena = arena_new();
    struct sql_arguments seven, eight;
    char position[40] = "";

    attempt(&seven, "7");
    attempt(&eight, "8");
    expect_ok(stage, session, &sql_marker_create, NULL);
    expect_code(stage, session, &sql_open, &seven, "22P02"); /* nothing is armed */

    write_state(stage, session, "armed 7");
    expect_code(stage, session, &sql_open, &eight, "22P02");
    expect_ok(stage, session, &sql_open, &seven);
    expect_open(stage, session, "open 7 at ", position);
    write_state(stage, session, "other"); /* moves the position */
    write_state(stage, session, arena_print(arena, "open 7 at %s", position));
    expect_ok(stage, session, &sql_open, &seven); /* repeated */
    expect_open(stage, session, "open 7 at ", position);
    expect_ok(stage, session, &sql_state_undo, &seven);
    expect_open(stage, session, "open 7 at ", position); /* too late */

    write_state(stage, session, "armed 8");
    expect_ok(stage, session, &sql_state_undo, &seven); /* another one's */
    expect_state(stage, session, "armed 8");
    expect_ok(stage, session, &sql_state_undo, &eight);
    expect_state(stage, session, "undone 8");
    expect_code(stage, session, &sql_open, &eight, "22P02");
    expect_state(stage, session, "undone 8");
    expect_ok(stage, session, &sql_marker_drop, NULL);
    session_close(session);
    arena_free(arena);
}

struct form {
    char form[200], since[40], names[400], total[80];
    int64_t recent, recent_rows;
};

static void keep(const struct reply *reply, const char *column, char *into, size_t size)
{
    const char *value = reply_value(reply, 0, column);

    snprintf(into, size, "%s", value ? value : "");
}

static struct form look(struct stage *stage, struct session *session)
{
    struct form form = {.recent = -1};
    struct reply reply = {0};

    ask(stage, session, &sql_catalog_total, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    keep(&reply, "total", form.total, sizeof(form.total));
    assert_true(reply_number(&reply, 0, "recent", &form.recent_rows));
    reply_clear(&reply);
    ask(stage, session, &sql_catalog_look, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    keep(&reply, "form", form.form, sizeof(form.form));
    keep(&reply, "since", form.since, sizeof(form.since));
    keep(&reply, "names", form.names, sizeof(form.names));
    assert_true(reply_number(&reply, 0, "recent", &form.recent));
    reply_clear(&reply);
    return form;
}

/* Changes something in a session of its own, and looks. */
static void change(struct stage *stage, struct session *session, const char *statement,
                   bool is_noticed)
{
    struct session *other = open_server(stage);
    struct sql_arguments arguments = {0};
    struct form before, after;
    bool is_suspect, differs;

    expect_ok(stage, session, &sql_catalog_since, NULL);
    before = look(stage, session);
    assert_int_equal(before.recent_rows, 0);
    assert_int_equal(before.recent, 0);
    sql_set(&arguments, "statements", statement);
    expect_ok(stage, other, &sql_run_statements, &arguments);
    after = look(stage, session);
    session_close(other);
    assert_string_equal(before.since, after.since);
    is_suspect = after.recent_rows != 0 || strcmp(before.total, after.total) != 0;
    differs = strcmp(before.form, after.form) != 0 || after.recent > 0;
    if (differs && !is_suspect)
        fail_msg("%s: would not have been looked at more closely", statement);
    if (differs != is_noticed)
        fail_msg("%s: %s, %lld recent: %s", statement, is_noticed ? "not noticed" : "noticed",
                 (long long) after.recent, after.names);
}

static void test_a_change_of_the_schema_is_noticed(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);

    change(stage, session, "CREATE TABLE public.made (n int, t text)", true);
    change(stage, session, "INSERT INTO public.made VALUES (1)", false);
    change(stage, session, "ALTER TABLE public.made ADD COLUMN late int DEFAULT 5", true);
    change(stage, session, "ALTER TABLE public.made DROP COLUMN late", true);
    change(stage, session, "ALTER TABLE public.made ADD CONSTRAINT one CHECK (n > 0)", true);
    change(stage, session, "ALTER TABLE public.made DROP CONSTRAINT one", true);
    change(stage, session, "ALTER TABLE public.made REPLICA IDENTITY FULL", true);
    change(stage, session, "ALTER TABLE public.made ENABLE ROW LEVEL SECURITY", true);
    change(stage, session, "CREATE INDEX made_n ON public.made (n)", true);
    change(stage, session, "DROP INDEX public.made_n", true);
    change(stage, session, "CREATE VIEW public.seen AS SELECT n FROM public.made", true);
    change(stage, session,
           "CREATE OR REPLACE VIEW public.seen AS SELECT n + 1 AS n FROM public.made", true);
    change(stage, session, "CREATE TYPE public.mood AS ENUM ('good')", true);
    change(stage, session, "ALTER TYPE public.mood ADD VALUE 'bad'", true);
    change(stage, session, "CREATE SEQUENCE public.counted", true);
    change(stage, session, "SELECT nextval('public.counted')", false);
    change(stage, session, "ALTER SEQUENCE public.counted INCREMENT 2", true);
    change(stage, session, "GRANT SELECT ON public.made TO PUBLIC", true);
    change(stage, session, "TRUNCATE public.made", false);
    change(stage, session, "ANALYZE public.made", false);
    change(stage, session, "REINDEX TABLE public.made", false);
    change(stage, session, "CREATE TEMPORARY TABLE mine (n int PRIMARY KEY); DROP TABLE mine",
           false);
    change(
        stage, session,
        "CREATE TEMPORARY VIEW mine AS SELECT 1 AS n; CREATE FUNCTION pg_temp.mine() RETURNS int "
        "LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pg_temp.kind AS ENUM ('a')",
        false);
    change(stage, session, "CREATE MATERIALIZED VIEW public.kept AS SELECT t FROM public.made",
           true);
    change(stage, session, "REFRESH MATERIALIZED VIEW public.kept", false);
    change(stage, session, "DROP MATERIALIZED VIEW public.kept", true);
    change(stage, session, "CREATE SCHEMA made; DROP SCHEMA made", false);
    change(stage, session, "CREATE SCHEMA made", true);
    change(stage, session, "DROP SCHEMA made", true);
    change(stage, session,
           "DROP VIEW public.seen; DROP TYPE public.mood; "
           "DROP SEQUENCE public.counted; DROP TABLE public.made",
           true);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REAL_STAGE(test_opening_and_undoing_exclude_each_other),
        ON_REAL_STAGE(test_a_change_of_the_schema_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
