"""refuse_ddl: while a run is under way blue refuses DDL that would not be on green."""

import json
import subprocess

import psycopg2
import pytest

import facts
import support
from support import CHECKS, DATABASES, DONE, STALE

REFUSED = psycopg2.errors.ObjectNotInPrerequisiteState
TRIGGERS = ("SELECT evtname, evtenabled FROM pg_event_trigger WHERE evtname LIKE 'pgcutover%' "
            "UNION ALL SELECT 'function', prokind FROM pg_proc WHERE proname = 'refuse_ddl' "
            "ORDER BY 1")
DISABLE = "ALTER EVENT TRIGGER pgcutover_refuse_ddl {}"


TEMPORARY = """
    CREATE TEMP TABLE x (id serial PRIMARY KEY, b text UNIQUE, c numeric DEFAULT 1);
    CREATE TEMP TABLE y AS SELECT 1 AS a;
    SELECT 2 AS a INTO TEMP z;
    CREATE TEMP TABLE gone (a integer) ON COMMIT DROP;
    CREATE INDEX ON x (c);
    ALTER TABLE x ADD COLUMN d integer NOT NULL DEFAULT 3 CHECK (d > 0);
    ALTER TABLE x ADD FOREIGN KEY (id) REFERENCES x (id);
    ALTER TABLE x RENAME COLUMN d TO e;
    ALTER TABLE x DROP COLUMN e;
    CREATE TEMP VIEW v AS SELECT id, c FROM x;
    CREATE TEMP SEQUENCE s;
    CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW EXECUTE PROCEDURE pg_temp.f();
    CREATE RULE r AS ON UPDATE TO y DO ALSO NOTHING;
    COMMENT ON TABLE x IS 'temporary';
    CREATE TYPE pg_temp.pair AS (a integer, b integer);
    CREATE STATISTICS pg_temp.st ON b, c FROM x;
"""
ONE_BY_ONE = (
    "CREATE TEMP TABLE x (id serial PRIMARY KEY, b text)",
    "CREATE TEMP TABLE y (LIKE load.account INCLUDING ALL)",
    "CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW EXECUTE PROCEDURE pg_temp.f()",
    "DROP TRIGGER t ON x", "CREATE RULE r AS ON UPDATE TO x DO ALSO NOTHING", "DROP RULE r ON x",
    "ALTER TABLE x DROP COLUMN b", "TRUNCATE x", "DROP TABLE x CASCADE",
    "DROP TABLE IF EXISTS y, nothing", "DROP FUNCTION pg_temp.f()",
    "CREATE TEMP TABLE z AS SELECT 1", "DISCARD ALL",
)


@pytest.fixture(scope="module")
def shared(make_module_stage):
    """Green ready, with refuse_ddl; the tests before the last ones leave it as it was."""
    stage = make_module_stage()
    lab = stage.lab
    stage.before = facts.everything(lab)
    stage.configure("blue", "refuse_ddl", "yes")
    lab.query("blue", "shop", "CREATE SCHEMA guarded AUTHORIZATION app; SET ROLE app; "
              "CREATE TABLE guarded.t (a integer PRIMARY KEY, b text); "
              "CREATE MATERIALIZED VIEW guarded.m AS SELECT 1 AS a; "
              "CREATE UNIQUE INDEX m_a ON guarded.m (a); "
              "CREATE FUNCTION guarded.touch() RETURNS trigger LANGUAGE plpgsql "
              "AS 'BEGIN RETURN new; END'; "
              "CREATE TYPE guarded.colour AS ENUM ('red')")
    stage.prepare()
    return stage


@pytest.fixture
def stage(shared):
    before = {side: facts.catalogs(shared.lab, side) for side in ("blue", "green")}
    yield shared
    for side, found in before.items():
        facts.assert_same(found, facts.catalogs(shared.lab, side))


def triggers(stage, side, database):
    return stage.lab.query(side, database, TRIGGERS)


def ddl(stage, text, user="app", side="blue", database="shop", name=None):
    """Runs it as somebody; the session is ended."""
    connection = stage.lab.connect(side, database, user, autocommit=True)
    try:
        with connection.cursor() as cursor:
            if name:
                cursor.execute("SET application_name = %s", (name,))
            cursor.execute(text)
    finally:
        connection.close()


def temporary_work(stage):
    """All that applications do with temporary objects: in one transaction, and one by one."""
    ddl(stage, TEMPORARY)
    connection = stage.session("blue", autocommit=True)
    with connection.cursor() as cursor:
        for text in ONE_BY_ONE:
            cursor.execute(text)


def test_every_database_of_blue_has_it_and_green_has_not(stage):
    for database in DATABASES:
        found = dict(triggers(stage, "blue", database))
        assert found == {"pgcutover_refuse_concurrently": "O", "pgcutover_refuse_ddl": "O",
                         "pgcutover_refuse_drop": "O", "function": "f"}, database
        assert triggers(stage, "green", database) == []


@pytest.mark.parametrize("text", (
    "CREATE TABLE guarded.late (a integer)",
    "CREATE TABLE guarded.late AS SELECT 1",
    "SELECT 1 AS a INTO guarded.late",
    "ALTER TABLE guarded.t ADD COLUMN late text",
    "ALTER TABLE guarded.t DROP COLUMN b",
    "DROP TABLE guarded.t",
    "DROP SCHEMA guarded CASCADE",
    "CREATE INDEX late ON guarded.t (b)",
    "DROP INDEX guarded.m_a",
    "CREATE SEQUENCE guarded.late",
    "CREATE VIEW guarded.late AS SELECT 1",
    "REFRESH MATERIALIZED VIEW guarded.m",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY guarded.m",
    "CREATE TRIGGER late BEFORE INSERT ON guarded.t FOR EACH ROW EXECUTE FUNCTION guarded.touch()",
    "CREATE OR REPLACE FUNCTION guarded.touch() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN old; END'",
    "DROP FUNCTION guarded.touch()",
    "ALTER TYPE guarded.colour ADD VALUE 'blue'",
    "GRANT SELECT ON guarded.t TO monitor",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA guarded GRANT SELECT ON TABLES TO monitor",
    "COMMENT ON TABLE guarded.t IS 'late'",
    "CREATE SCHEMA AUTHORIZATION app",
    "CREATE TABLE guarded.pg_temp_5 (a integer)",
    "BEGIN; CREATE TEMP TABLE x (a integer); CREATE TABLE guarded.late (a integer); COMMIT",
    "DO $$ BEGIN EXECUTE 'CREATE TABLE guarded.late (a integer)'; END $$",
))
def test_ddl_is_refused_with_a_reason(stage, text):
    user = "postgres" if "SCHEMA AUTHORIZATION" in text else "app"
    with pytest.raises(REFUSED) as caught:
        ddl(stage, text, user)
    told = caught.value.diag
    assert told.message_primary.startswith("pgcutover refuses ")
    assert "DDL is not replicated" in told.message_primary and told.message_detail
    assert "ALTER EVENT TRIGGER pgcutover_refuse_ddl DISABLE" in told.message_hint


@pytest.mark.parametrize("text", (
    "CREATE INDEX CONCURRENTLY late ON guarded.t (b)",
    "DROP INDEX CONCURRENTLY guarded.m_a",
))
def test_concurrently_leaves_nothing_behind(stage, text):
    """Refused before it begins: an index that is not valid would be left."""
    with pytest.raises(REFUSED, match="refuses (CREATE|DROP) INDEX"):
        ddl(stage, text)
    assert stage.lab.query("blue", "shop", "SELECT indexrelid::regclass::text FROM pg_index "
                           "WHERE NOT indisvalid OR NOT indisready OR NOT indislive") == []


def test_superusers_too_and_what_is_in_the_way_is_named(stage):
    with pytest.raises(REFUSED) as caught:
        ddl(stage, "ALTER TABLE sales.customer ADD COLUMN late text", "postgres")
    assert "table sales.customer" in caught.value.diag.message_detail


def test_temporary_objects_pass(stage):
    temporary_work(stage)


def test_what_is_no_change_passes(stage):
    for text in ("TRUNCATE guarded.t", "INSERT INTO guarded.t VALUES (1); DELETE FROM guarded.t",
                 "CREATE TABLE IF NOT EXISTS guarded.t (a integer)",
                 "DROP TABLE IF EXISTS guarded.nothing", "REINDEX TABLE guarded.t",
                 "ANALYZE guarded.t", "LOCK TABLE guarded.t"):
        ddl(stage, f"BEGIN; {text}; COMMIT" if text.startswith("LOCK") else text)


def test_what_all_databases_share_is_not_guarded(stage):
    """No event trigger sees it: documented, and observe finds it."""
    ddl(stage, "CREATE ROLE late", "postgres")
    refused = stage.cutover(code=STALE)
    assert "role late" in refused.err
    ddl(stage, "DROP ROLE late", "postgres")


def test_a_repeat_of_prepare_changes_nothing(stage):
    assert "warning event_triggers" not in stage.run("check", code=DONE).out
    stage.prepare()
    with pytest.raises(REFUSED):
        ddl(stage, "CREATE TABLE guarded.late (a integer)")


def test_one_statement_switches_it_off_until_it_is_switched_on(stage):
    """Off stays off when prepare is repeated."""
    ddl(stage, DISABLE.format("DISABLE"), "postgres")
    stage.prepare()
    ddl(stage, "CREATE TABLE guarded.late (a integer)")
    ddl(stage, "CREATE INDEX CONCURRENTLY late_a ON guarded.late (a)")
    ddl(stage, "DROP TABLE guarded.late")
    ddl(stage, DISABLE.format("ENABLE"), "postgres")
    with pytest.raises(REFUSED):
        ddl(stage, "CREATE TABLE guarded.late (a integer)")


def test_only_sessions_of_this_run_pass(stage):
    run = stage.fact("run")
    ddl(stage, "CREATE TABLE guarded.ours (a integer)", name=f"pgcutover {run}")
    ddl(stage, "DROP TABLE guarded.ours", name=f"pgcutover {run}")
    with pytest.raises(REFUSED):
        ddl(stage, "CREATE TABLE guarded.late (a integer)", name="pgcutover another")


def test_our_own_commands_pass_and_finish_removes_it(shared):
    """A cutover under load that makes temporary tables; behind it nothing is left."""
    with shared.load() as load:
        shared.wait_commits(load, 20)
        shared.cutover()
        assert triggers(shared, "blue", "shop") and not triggers(shared, "green", "shop")
        ddl(shared, "CREATE TABLE guarded.late (a integer)", side="green")
        shared.wait_commits(load, 20)
    shared.assert_nothing_lost(load, "green", errors=0)
    shared.finish()
    for database in DATABASES:
        for side in ("blue", "green"):
            assert triggers(shared, side, database) == []
            assert shared.lab.query(side, database, "SELECT nspname FROM pg_namespace "
                                    "WHERE nspname = 'pgcutover'") == []


def test_abort_removes_it(make_stage):
    stage = make_stage()
    before = facts.everything(stage.lab)
    stage.configure("blue", "refuse_ddl", "yes")
    stage.prepare()
    with pytest.raises(REFUSED):
        ddl(stage, "CREATE TABLE late (a integer)", "postgres")
    stage.abort()
    facts.assert_same(before, facts.everything(stage.lab))
    for database in DATABASES:
        assert triggers(stage, "blue", database) == []
    ddl(stage, "CREATE TABLE late (a integer)", "postgres")


def test_on_13(make_stage):
    """The oldest major that the laboratory can make."""
    fetched = subprocess.run([f"{support.ROOT}/scripts/fetch-postgres", "13"], timeout=300,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             check=False)
    if fetched.returncode != 0:
        pytest.skip(f"PostgreSQL 13 could not be fetched: {fetched.stdout.strip()[-300:]}")
    stage = make_stage(blue_major=13)
    stage.configure("blue", "refuse_ddl", "yes")
    stage.prepare()
    for text in ("CREATE TABLE load.late (a integer)", "DROP TABLE load.account",
                 "GRANT SELECT ON load.account TO monitor",
                 "CREATE INDEX CONCURRENTLY late ON load.account (balance)"):
        with pytest.raises(REFUSED):
            ddl(stage, text)
    temporary_work(stage)
    stage.abort()
    ddl(stage, "CREATE TABLE load.late (a integer)")


def test_without_it_nothing_is_there_and_ddl_passes(make_stage):
    """The default; and a database without PL/pgSQL, which would only be in the way with it."""
    stage = make_stage()
    stage.lab.query("blue", "events", "DROP EXTENSION plpgsql")
    config = stage.variant("guarded", "blue", "refuse_ddl", "yes")
    result = stage.run("check", "--output=json", config=config, code=CHECKS)
    errors = [each for each in json.loads(result.out)["findings"] if each["severity"] == "error"]
    assert [(each["id"], each["where"]) for each in errors] == [("guard_language", "blue events")]
    stage.prepare()
    for database in DATABASES:
        assert triggers(stage, "blue", database) == []
    ddl(stage, "CREATE TABLE public.late (a integer)", "postgres")
    assert "late" in stage.cutover(code=STALE).err
    stage.abort()
