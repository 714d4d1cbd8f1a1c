"""Somebody changes the schema between the comparison and the fence: the cutover is undone, and says what."""

import pytest
import support
from support import DONE, ROLLED_BACK, STALE

CHANGES = {
    "a_view_is_replaced": ("shop", "CREATE OR REPLACE VIEW public.glance AS SELECT 2 AS n",
                           "view or rule public.glance"),
    "a_column_is_added": ("events", "ALTER TABLE load.account ADD COLUMN late int",
                          "column load.account.late"),
    "a_function_is_replaced": ("shop", "CREATE OR REPLACE FUNCTION public.one() RETURNS int "
                               "LANGUAGE sql AS 'SELECT 2'", "function one"),
    "a_table_is_dropped": ("shop", "DROP TABLE public.scrap", "something was dropped"),
    "a_privilege_is_given": ("shop", "GRANT SELECT ON load.account TO monitor",
                             "a relation's owner or privileges"),
    "a_role_is_altered": ("postgres", "ALTER ROLE monitor CONNECTION LIMIT 7", "a role"),
    "a_setting_is_made": ("postgres", "ALTER ROLE app SET work_mem = '9MB'", "a setting of one"),
}


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A lab that is ready, with things to change; each test leaves the change on both sides."""
    stage = make_module_stage()
    stage.configure("pause", "budget", "20s")  # the watchdog is patient while a test is at work
    stage.lab.query("blue", "shop", "CREATE VIEW public.glance AS SELECT 1 AS n; "
                    "CREATE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; "
                    "CREATE TABLE public.scrap (n int PRIMARY KEY)")
    stage.prepare()
    return stage


def on_green(stage, database, statement):
    green = stage.session("green", database, "postgres", autocommit=True)
    with green.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(statement)


def on_both(stage, statement):
    stage.lab.query("blue", "shop", statement)
    on_green(stage, "shop", statement)


@pytest.mark.parametrize("name", CHANGES)
def test_ddl_between_the_comparison_and_the_fence_is_seen(shared, name):
    database, statement, told = CHANGES[name]
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="hold")
    shared.lab.query("blue", database, statement)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert "it was changed on blue while the cutover was under way" in engine.text()
    assert told in engine.text(), engine.text()
    assert "hint: " in engine.text()
    assert support.pooler_states(shared.lab) == []
    on_green(shared, database, statement)


def test_a_table_made_on_both_sides_while_quiet_waits_is_seen(shared):
    """Green has it and is not subscribed to it: its rows would be dropped without a word."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="quiet")
    on_both(shared, "CREATE TABLE public.late (n int PRIMARY KEY)")
    engine.go_on()
    assert engine.wait() == STALE, engine.text()
    assert "rows of it would be lost" in engine.text()
    on_both(shared, "DROP TABLE public.late")


def test_what_is_no_ddl_stops_nothing(shared):
    """Temporary tables, TRUNCATE, ANALYZE, REINDEX; the last one here: it goes through, with a
    sequence that was made on both sides while quiet waited."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="quiet,hold")
    on_both(shared, "CREATE SEQUENCE public.late")
    shared.lab.query("blue", "shop", "SELECT nextval('public.late') FROM generate_series(1, 7)")
    engine.go_on()
    engine.wait_stopped()
    session = shared.session("p1", autocommit=True)
    with session.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE mine (n int PRIMARY KEY)")
    for statement in ("ANALYZE load.account", "REINDEX TABLE load.account", "VACUUM load.account",
                      "COMMENT ON TABLE load.account IS 'a comment'"):
        direct = shared.session("blue", user="postgres", autocommit=True)
        with direct.cursor() as cursor:
            cursor.execute(statement)
        direct.close()
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    assert shared.lab.query("green", "shop", "SELECT nextval('public.late')")[0][0] == 8
    shared.finish()
