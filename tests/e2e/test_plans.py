"""check --plans: how both servers plan, and run, the same statements."""

import contextlib
import glob
import json
import subprocess

import jsonschema
import pytest

import facts
import support
from processes import write_file
from support import CHECKS, DONE, USAGE

TABLES = """
CREATE TABLE load.big (id integer PRIMARY KEY, customer integer NOT NULL, note text NOT NULL);
INSERT INTO load.big SELECT n, n / 10, repeat('x', 100) FROM generate_series(1, 50000) AS n;
CREATE INDEX big_customer ON load.big (customer);
CREATE TABLE load.small (id integer PRIMARY KEY, name text);
INSERT INTO load.small SELECT n, 'name ' || n FROM generate_series(1, 2000) AS n;
CREATE FUNCTION load.slow() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION load.writes() RETURNS int LANGUAGE plpgsql AS
    'BEGIN INSERT INTO load.small VALUES (-1); RETURN 1; END';
CREATE FUNCTION load.lies() RETURNS int IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN RETURN load.writes(); END';
CREATE FUNCTION load.at_first() RETURNS int LANGUAGE plpgsql AS
    'BEGIN IF EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid()
     AND relation = ''load.big''::regclass) THEN RAISE ''again''; END IF;
     PERFORM 1 FROM load.big LIMIT 1; RETURN 1; END';
CREATE FUNCTION load.only_blue() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
BY_CUSTOMER = "SELECT * FROM load.big WHERE customer = 42"
JOIN = ("SELECT b.id FROM load.big AS b JOIN load.small AS s ON s.id = b.id "
        "WHERE s.name = 'name 7' AND b.customer < 100")


@pytest.fixture(scope="module")
def ready(make_module_stage):
    made = make_module_stage()
    refused = made.run("check", "--plans", code=CHECKS)
    assert "there is no green that runs" in refused.err and refused.out == ""
    assert "hint: \"pgcutover prepare --execute\"" in refused.err
    made.lab.query("blue", "shop", "SET ROLE app;" + TABLES)
    made.lab.query("blue", "shop", "VACUUM ANALYZE")  # what autovacuum would do on one side first
    made.prepare()
    return made


@pytest.fixture
def stage(ready):
    """With the proof that nothing was written on either side."""
    before = facts.everything(ready.lab, green=True)
    counted = rows(ready)
    yield ready
    assert rows(ready) == counted
    facts.assert_same(before, facts.everything(ready.lab, green=True))


def rows(stage):
    return [stage.lab.query(side, "shop", "SELECT count(*), sum(hashtextextended(s::text, 0)) "
                            "FROM load.small AS s") for side in ("blue", "green")]


def valid(text):
    """What --output=json printed, as its published schema says."""
    said = json.loads(text)
    with open(f"{support.ROOT}/docs/schemas/check-plans.json") as stream:
        schema = json.load(stream)
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(said, schema)
    counts = said["counts"]
    assert counts["flips"] == len(said["flips"])
    assert counts["worse"] == sum(each["worse"] for each in said["flips"])
    assert counts["compared"] == len(said["flips"]) + len(said["unchanged"])
    assert counts["not_compared"] == len(said["not_compared"])
    assert counts["statements"] == (counts["compared"] + counts["not_compared"]
                                    + counts["left_out"])
    weights = [each["weight"] for each in said["flips"]]
    assert weights == sorted(weights, reverse=True)
    return said


def compare(stage, *arguments):
    return valid(stage.run("check", "--plans", "--output=json", *arguments, code=DONE).out)


def compare_file(stage, text, *arguments):
    path = f"{stage.directory}/statements.sql"
    write_file(path, text)
    return valid(stage.run("check", f"--plans={path}", "--output=json", *arguments, code=DONE).out)


def by_line(said):
    return {each["line"]: each
            for each in said["flips"] + said["unchanged"] + said["not_compared"]}


def act(stage, side, database, text):
    """Also on green, which is closed to writers: each statement by itself."""
    connection = stage.lab.connect(side, database, "postgres")
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        cursor.execute(text)
    connection.close()


@contextlib.contextmanager
def changed(stage, side, change, undo, database="shop"):
    act(stage, side, database, change)
    try:
        yield
    finally:
        act(stage, side, database, undo)


def used(stage, *statements, times=20):
    """pg_stat_statements of blue knows these as app's, and nothing else."""
    stage.lab.query("blue", "shop", "SELECT pg_stat_statements_reset()")
    connection = stage.lab.connect("blue", "shop", "app")
    with connection.cursor() as cursor:
        for statement in statements:
            for _ in range(times):
                cursor.execute(statement)
    connection.close()


def statement_of(said, word):
    [found] = [each for each in said["flips"] + said["unchanged"] + said["not_compared"]
               if word in (each["statement"] or "")]
    return found


# -- pg_stat_statements ---------------------------------------------------------------------------

def test_what_both_plan_alike_is_no_flip(stage):
    used(stage, BY_CUSTOMER, JOIN, "SELECT count(*) FROM load.big")
    said = compare(stage)
    assert said["flips"] == []
    assert said["source"] == "pg_stat_statements" and said["read_in"] == "shop"
    assert said["green_analyzed"] is True and said["run"] is False
    found = statement_of(said, "customer = $1")
    assert found["user"] == "app" and found["calls"] == 20 and found["share"] > 0
    assert found["settings"] == [] and found["never_analyzed"] == []
    told = stage.run("check", "--plans", code=DONE)
    assert f"{said['counts']['compared']} compared: no plan of green is another one, or worse." in told.out
    assert "0 worse on green, 0 only planned otherwise" in told.err


def test_an_index_that_green_lacks_is_the_worst(stage):
    used(stage, BY_CUSTOMER, JOIN, "SELECT count(*) FROM load.small")
    with changed(stage, "green", "DROP INDEX load.big_customer",
                 "CREATE INDEX big_customer ON load.big (customer)"):
        said = compare(stage)
        told = stage.run("check", "--plans", code=DONE)
    worst = said["flips"][0]
    assert worst["statement"] == "SELECT * FROM load.big WHERE customer = $1"
    assert worst["shape_changed"] and worst["cost_grew"] and worst["factor"] > 5
    assert worst["factor_of"] == "cost" and worst["cost"]["green"] > worst["cost"]["blue"]
    assert any("big_customer" in change["blue"] and "Seq Scan on load.big" in change["green"]
               for change in worst["changes"])
    lines = told.out.splitlines()
    [row] = [line for line in lines if line.startswith("   1  ")]
    assert "shop" in row and "WHERE customer = $1" in row
    assert " -> Seq Scan on load.big" in lines[lines.index(row) + 1]
    assert f"queryid {worst['queryid']}, as app" in told.out
    assert f"{said['counts']['worse']} worse on green" in told.err


def test_a_setting_of_greens_database_is_named_and_the_dearest_comes_first(stage):
    used(stage, "SELECT name FROM load.small WHERE id = 5", BY_CUSTOMER)
    with changed(stage, "green", "ALTER DATABASE shop SET enable_indexscan = off; "
                 "ALTER DATABASE shop SET enable_bitmapscan = off",
                 "ALTER DATABASE shop RESET enable_indexscan; "
                 "ALTER DATABASE shop RESET enable_bitmapscan"):
        said = compare(stage)
    assert len(said["flips"]) == 2
    for flip in said["flips"]:
        assert flip["weight"] == pytest.approx((flip["factor"] - 1) * flip["total_ms"])
        assert {each["name"]: (each["blue"], each["green"]) for each in flip["settings"]} == {
            "enable_indexscan": (None, "off"), "enable_bitmapscan": (None, "off")}
    assert said["flips"][0]["weight"] > said["flips"][1]["weight"] > 0


def test_a_setting_of_our_own_login_is_not_the_applications(stage):
    used(stage, BY_CUSTOMER)
    with changed(stage, "green", "ALTER ROLE postgres SET enable_indexscan = off; "
                 "ALTER ROLE postgres SET enable_bitmapscan = off",
                 "ALTER ROLE postgres RESET enable_indexscan; "
                 "ALTER ROLE postgres RESET enable_bitmapscan"):
        assert compare(stage)["flips"] == []


def test_a_second_comparison_finds_what_the_first_one_did(stage):
    """The servers count nested statements (track = all), and log what fails."""
    used(stage, BY_CUSTOMER, "SELECT pg_backend_pid() FROM load.big WHERE id = 7")
    stage.lab.query("blue", "shop", "EXPLAIN (FORMAT JSON) SELECT * FROM load.big WHERE customer = 4; "
                    "SELECT pg_sleep(0.01) FROM load.small WHERE id = 9")
    first = compare(stage)
    again = compare(stage)
    for said in (first, again):
        for word in ("customer = $1", "pg_backend_pid", "pg_sleep"):
            assert "reason" not in statement_of(said, word), statement_of(said, word)
    assert {each["queryid"] for each in first["unchanged"]} == {
        each["queryid"] for each in again["unchanged"]}


def test_constants_of_a_file_are_left_nowhere(stage):
    stage.lab.query("blue", "shop", "SELECT pg_stat_statements_reset()")
    with changed(stage, "blue", "ALTER ROLE postgres SET log_statement = 'all'",
                 "ALTER ROLE postgres RESET log_statement"):
        said = compare_file(stage, "\\c shop app\nSELECT * FROM load.big WHERE note = 'topsecret3';\n"
                            "SELECT nothing FROM load.big WHERE note = 'topsecret3';\n"
                            "SELECT name::int FROM load.small WHERE 'topsecret3' <> 'x';\n", "--analyze")
    assert said["counts"]["compared"] == 2 and said["counts"]["not_compared"] == 1
    for side in ("blue", "green"):
        assert stage.lab.query(side, "shop", "SELECT query FROM pg_stat_statements "
                               "WHERE query LIKE '%load.big WHERE note%'") == []
    logs = glob.glob(f"{stage.lab.directory}/**/*.log", recursive=True)
    assert stage.lab.blue.log in logs and len(logs) > 1
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as stream:
            assert "topsecret3" not in stream.read(), log


def test_utility_statements_are_counted_and_not_shown(stage):
    used(stage, BY_CUSTOMER)
    stage.lab.query("blue", "shop", "CREATE ROLE gone PASSWORD 'topsecret1'; DROP ROLE gone")
    told = stage.run("check", "--plans", code=DONE)
    said = compare(stage)
    assert "topsecret1" not in told.out + told.err + json.dumps(said)
    assert "not compared: it does not begin with SELECT, INSERT, UPDATE, DELETE, MERGE, WITH" in told.out
    hidden = [each for each in said["not_compared"] if "does not begin" in each["reason"]]
    assert hidden and all(each["statement"] is None and each["queryid"] for each in hidden)


def test_a_role_that_is_gone_a_function_that_green_lacks(stage):
    used(stage, "SELECT load.only_blue() FROM load.small WHERE id = 3")
    with changed(stage, "blue", "CREATE ROLE passing LOGIN SUPERUSER", "DROP ROLE IF EXISTS passing"):
        stage.lab.query("blue", "shop", "SET ROLE passing; SELECT name FROM load.small LIMIT 1")
    with changed(stage, "green", "ALTER FUNCTION load.only_blue() RENAME TO not_here",
                 "ALTER FUNCTION load.not_here() RENAME TO only_blue"):
        said = compare(stage)
        told = stage.run("check", "--plans", code=DONE)
    assert statement_of(said, "name FROM")["reason"] == "its user does not exist any more"
    failing = statement_of(said, "only_blue")
    assert failing["fails_on_green"]
    assert failing["reason"] == "on green: function load.only_blue() does not exist"
    assert told.out.index("on green: function") < told.out.index("its user does not")
    assert "1 of them for what only green says" in told.err


def test_typed_literals_are_planned(stage):
    used(stage, "SELECT now() - interval '1 day' FROM load.small WHERE id = 1",
         "SELECT 1 FROM load.small WHERE date '2024-01-01' < now() AND id = 1",
         "SELECT regclass 'load.small' FROM load.small WHERE id = 1")
    said = compare(stage)
    for word in ("interval $", "date $", "regclass $"):
        assert "reason" not in statement_of(said, word), statement_of(said, word)


def test_a_statement_of_catalogs_that_green_refuses_is_told(stage):
    used(stage, "SELECT pg_catalog.quote_ident(relname) FROM pg_class", "SELECT amname FROM pg_am")
    rename = "SET allow_system_table_mods = on; ALTER FUNCTION pg_catalog.quote_ident(text) RENAME TO "
    back = "SET allow_system_table_mods = on; ALTER FUNCTION pg_catalog.not_here(text) RENAME TO "
    with changed(stage, "green", rename + "not_here", back + "quote_ident"):
        said = compare(stage)
    assert statement_of(said, "quote_ident")["fails_on_green"]
    assert said["counts"]["left_out"] == 1


def test_what_is_only_busy_does_not_fail_on_green(stage):
    connection = stage.lab.connect("green", "shop", "postgres")
    connection.autocommit = False
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ WRITE; LOCK TABLE load.small")
        path = f"{stage.directory}/statements.sql"
        said = compare_file(stage, "\\c shop app\nSELECT * FROM load.small;\n")
        told = stage.run("check", f"--plans={path}", code=DONE)
        connection.rollback()
    [found] = said["not_compared"]
    assert found["reason"] == "on green: canceling statement due to lock timeout"
    assert not found["fails_on_green"] and said["counts"]["fail_on_green"] == 0
    assert "Nothing was compared." in told.out and "no plan of green" not in told.out


def test_a_database_that_green_lacks_and_that_lacks_characters(stage):
    """It has the extension, and comes first."""
    used(stage, 'SELECT name AS "\u2192" FROM load.small WHERE id = 5')
    made = "CREATE DATABASE aaa TEMPLATE template0 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C'"
    with changed(stage, "blue", made, "DROP DATABASE aaa", "postgres"):
        act(stage, "blue", "aaa", "CREATE EXTENSION pg_stat_statements")
        stage.lab.query("blue", "aaa", "SELECT amname AS only_here FROM pg_am")
        said = compare(stage)
    assert said["read_in"] != "aaa"
    assert "reason" not in statement_of(said, "\u2192")
    found = statement_of(said, "only_here")
    assert found["reason"] == "green has no such database" and not found["fails_on_green"]


def test_without_the_extension_there_is_one_error(stage):
    with changed(stage, "blue", "DROP EXTENSION pg_stat_statements",
                 "CREATE EXTENSION pg_stat_statements"):
        refused = stage.run("check", "--plans", code=CHECKS)
    assert "the extension is in none of its databases" in refused.err
    assert "CREATE EXTENSION pg_stat_statements" in refused.err and refused.out == ""


# -- a file ---------------------------------------------------------------------------------------

TRAPS = """\
-- database: shop
SELECT ';', $q$;'$q$, E'\\';', "id" FROM load.small /* ; /* ; */ */ WHERE id = 1; -- ';

\\connect Billing app
SELECT amount FROM booking WHERE "Id" = 1;
\\connect shop reporting
SELECT * FROM load.account;
-- database: shop
SELECT * FROM load.big WHERE customer = $1 AND note <> $2;
CREATE TABLE x AS SELECT 'topsecret2';
SELECT relname FROM pg_class;
SELECT nothing FROM nowhere;
UPDATE load.small SET name = $2 WHERE id = $1
"""


def test_statements_of_a_file(stage):
    said = compare_file(stage, TRAPS)
    found = by_line(said)
    assert said["source"] == "file" and said["flips"] == []
    assert said["counts"]["left_out"] == 0 and said["counts"]["databases"] == 2
    assert "reason" not in found[11], "of catalogs, but somebody asked for it"
    assert "reason" not in found[2] and found[2]["user"] is None
    assert "reason" not in found[5], "search_path of the role in that database"
    assert found[5]["user"] == "app" and found[5]["database"] == "Billing"
    assert "reason" not in found[7]
    assert "reason" not in found[9] and "reason" not in found[13]
    assert found[9]["total_ms"] is None and found[9]["share"] is None
    assert found[10]["statement"] is None and "does not begin" in found[10]["reason"]
    assert found[12]["reason"] == 'on blue: relation "nowhere" does not exist'
    assert not found[12]["fails_on_green"]
    assert "topsecret2" not in json.dumps(said)


def test_a_statement_is_planned_as_its_user(stage):
    said = compare_file(stage, "\\c shop reporting\nSELECT * FROM load.big;\n\\c shop app\n"
                               "SELECT * FROM load.big;\n\\c shop nobody\nSELECT 1\n")
    found = by_line(said)
    assert "permission denied for" in found[2]["reason"]
    assert "reason" not in found[4]
    assert "nobody" in found[6]["reason"]


def test_standard_input_is_a_file(stage):
    done = subprocess.run(stage.argv("check", "--plans=-", "--output=json"), cwd="/",
                          input="\\c shop\nSELECT * FROM load.small", timeout=60, text=True,
                          capture_output=True, check=True, env=stage._environment(None))
    assert by_line(valid(done.stdout))[2]["statement"] == "SELECT * FROM load.small"


@pytest.mark.parametrize("text, words", (
    ("SELECT 1;", ("line 1: no database is chosen", "-- database: NAME")),
    ("\\c nowhere\nSELECT 1;", ('line 2: blue has no database "nowhere"',)),
    ("\\c shop\nSELECT 'x;\n", ("line 2: a quote begins here that does not end",)),
    ("\\c shop\nSELECT 1;\n\\i more.sql\n", ('line 3: "\\i" is not known here', "\\connect")),
    ("", ("there is no statement in it",)),
))
def test_a_file_that_is_wrong(stage, text, words):
    path = f"{stage.directory}/wrong.sql"
    write_file(path, text)
    refused = stage.run("check", f"--plans={path}", code=USAGE)
    assert refused.out == "" and refused.err.count("error:") == 1
    for word in (path, "hint:", *words):
        assert word in refused.err, refused


def test_a_file_that_is_not_there(stage):
    refused = stage.run("check", f"--plans={stage.directory}/nowhere.sql", code=USAGE)
    assert "nowhere.sql" in refused.err and "No such file" in refused.err


def test_tables_that_green_has_not_analyzed_are_named(stage):
    table = ("CREATE TABLE load.fresh (id int) WITH (autovacuum_enabled = off); "
             "INSERT INTO load.fresh SELECT generate_series(1, 5000)")
    # green first: apply would stop at a table that is not there
    with changed(stage, "green", table, "DROP TABLE load.fresh"), \
            changed(stage, "blue", table, "DROP TABLE load.fresh"):
        path = f"{stage.directory}/statements.sql"
        said = compare_file(stage, "\\c shop\nSELECT * FROM load.fresh JOIN load.small USING (id)")
        [found] = by_line(said).values()
        assert found["never_analyzed"] == ["load.fresh"]
        with changed(stage, "green", "ALTER DATABASE shop SET enable_hashjoin = off",
                     "ALTER DATABASE shop RESET enable_hashjoin"):
            told = stage.run("check", f"--plans={path}", code=DONE)
        assert "never analyzed on green: load.fresh" in told.out
        stage.lab.query("blue", "shop", "ANALYZE load.fresh")
        act(stage, "green", "shop", "ANALYZE load.fresh")
        assert compare_file(stage, "\\c shop\nSELECT * FROM load.fresh")["unchanged"][0][
            "never_analyzed"] == []


def test_what_a_terminal_obeys_is_not_printed(stage):
    trap = "\x1b[2J"
    text = (f'\\c shop\nSELECT 1 FROM load."a{trap}b" AS "x{trap}y";\n'
            f'SELECT "n{trap}n";\nSELECT $200000000;\n')
    index = f'CREATE INDEX "i{trap}" ON load."a{trap}b" (a)'
    table = (f'CREATE TABLE load."a{trap}b" (a int) WITH (autovacuum_enabled = off); INSERT INTO '
             f'load."a{trap}b" SELECT generate_series(1, 5000); {index}')
    drop = f'DROP TABLE load."a{trap}b"'
    with changed(stage, "green", table, drop), changed(stage, "blue", table, drop), \
            changed(stage, "green", "ALTER DATABASE shop SET enable_seqscan = off",
                    "ALTER DATABASE shop RESET enable_seqscan"):
        said = compare_file(stage, text)
        told = stage.run("check", f"--plans={stage.directory}/statements.sql", code=DONE)
    assert said["flips"] and any(trap in change["green"] for change in said["flips"][0]["changes"])
    assert trap in said["flips"][0]["never_analyzed"][0]
    assert "does not exist" in by_line(said)[3]["reason"]
    assert "\x1b" not in by_line(said)[3]["reason"]
    assert "above 65535" in by_line(said)[4]["reason"]
    assert "\x1b" not in told.out + told.err


# -- behind the switch, and behind the run ---------------------------------------------------------

def test_behind_the_switch_both_are_still_compared(ready):
    ready.cutover()
    said = compare_file(ready, "\\c shop app\nSELECT * FROM load.big WHERE customer = $1")
    assert said["counts"]["compared"] == 1 and said["flips"] == []
    ready.finish()
    assert "there is no green that runs" in ready.run("check", "--plans", code=CHECKS).err
