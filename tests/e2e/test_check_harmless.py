"""`check` asks and changes nothing: no lock that is in anybody's way, no transaction with an id, no
statement outside of a session that is read-only; and it waits for nobody's lock."""

import contextlib
import re
import threading
import time

import psycopg2
import pytest

import blue as single
import large
from processes import wait_until

LOCKS = """
    SELECT CASE WHEN l.classid = 'pg_database'::regclass THEN 'database' ELSE l.locktype END,
           l.mode, l.granted, a.pid
      FROM pg_locks AS l
      JOIN pg_stat_activity AS a ON a.pid = l.pid
     WHERE a.application_name LIKE 'pgcutover%'"""
# Whatever is found by looking at tables, so that there is evidence of each.
FAULTS = """
CREATE SCHEMA held;
CREATE TABLE held.keyless (a json, b numeric);
CREATE UNLOGGED TABLE held.unlogged (a int PRIMARY KEY);
CREATE MATERIALIZED VIEW held.m AS SELECT 1 AS a;
CREATE FUNCTION held.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE held.triggered (a int PRIMARY KEY);
CREATE TRIGGER always AFTER INSERT ON held.triggered FOR EACH ROW EXECUTE PROCEDURE held.f();
ALTER TABLE held.triggered ENABLE ALWAYS TRIGGER always;
CREATE TABLE held.owned (a int PRIMARY KEY);
ALTER TABLE held.owned OWNER TO pg_signal_backend;
ALTER TABLE held.owned ENABLE ROW LEVEL SECURITY;
ALTER TABLE held.owned FORCE ROW LEVEL SECURITY;
CREATE TABLE held.refused (a int PRIMARY KEY, p regproc);
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER far FOREIGN DATA WRAPPER w;
CREATE FOREIGN TABLE held.far (a int) SERVER far;
SELECT lo_create(0);
ANALYZE;
"""


@pytest.fixture(scope="module", params=(10, 15, 18))
def server(program, request):
    settings = {"log_statement": "all", "log_line_prefix": "%p %a|", "logging_collector": "off"}
    with single.Blue(program, request.param, settings) as made:
        made.execute("postgres", "CREATE DATABASE shop")
        made.psql("shop", text=large.statements(30, request.param) + FAULTS)
        yield made


class Writers:
    """Clients that write all the time, to tables that are looked at."""

    def __init__(self, server, count=3):
        self.server, self.done, self.written, self.errors = server, threading.Event(), 0, []
        self.threads = [threading.Thread(target=self._write) for _ in range(count)]

    def _write(self):
        try:
            connection = self.server.connect("shop")
            with contextlib.closing(connection), connection.cursor() as cursor:
                while not self.done.is_set():
                    cursor.execute("INSERT INTO area_0.thing_0 (kind_id) VALUES (1)")
                    cursor.execute("INSERT INTO held.keyless VALUES ('1', 1)")
                    # under ACCESS EXCLUSIVE, and a table can bear any number of them
                    cursor.execute("ALTER TABLE held.triggered ALTER COLUMN a SET DEFAULT 1")
                    cursor.execute("ALTER TABLE held.triggered ALTER COLUMN a DROP DEFAULT")
                    self.written += 1
        except psycopg2.Error as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.written or self.errors, "the first rows", 20)
        return self

    def __exit__(self, kind, value, traceback):
        self.done.set()
        for thread in self.threads:
            thread.join()


class Sampler:
    """Looks at the locks of check's sessions, as often as it can."""

    def __init__(self, server):
        self.server, self.done = server, threading.Event()
        self.seen, self.samples, self.pids = set(), 0, set()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        connection = self.server.connect()
        with contextlib.closing(connection), connection.cursor() as cursor:
            while not self.done.is_set():
                cursor.execute(LOCKS)
                for locktype, mode, granted, pid in cursor.fetchall():
                    self.seen.add((locktype, mode, granted))
                    self.pids.add(pid)
                self.samples += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self.done.set()
        self.thread.join()


def test_no_lock_is_stronger_than_access_share_under_load(server):
    with Writers(server) as writers, Sampler(server) as sampler:
        for _ in range(5):
            server.check()
    assert writers.errors == [] and writers.written > 10
    assert sampler.samples > 100 and len(sampler.pids) >= 5, "nothing was seen"
    relations = {each for each in sampler.seen if each[0] == "relation"}
    assert relations, "no lock was seen"
    assert relations <= {("relation", "AccessShareLock", True)}, relations
    # whoever connects locks his database for a moment, and his own virtual transaction
    assert sampler.seen - relations <= {("virtualxid", "ExclusiveLock", True),
                                        ("database", "RowExclusiveLock", True)}, sampler.seen


def test_no_transaction_gets_an_id(server):
    def next_id():
        return server.execute("postgres", "SELECT txid_snapshot_xmax(txid_current_snapshot())")

    before = next_id()
    server.check()
    assert next_id() == before


def log_of(server, since):
    """pid -> statements of check's sessions, in order, from that byte of the log on."""
    sessions = {}
    with open(f"{server.directory}/blue.log", "rb") as stream:
        stream.seek(since)
        text = stream.read().decode(errors="replace")
    for pid, statement in re.findall(r"^(\d+) pgcutover[^|\n]*\|LOG:  (?:statement|execute [^:]*): "
                                     r"(.*(?:\n\t.*)*)", text, re.MULTILINE):
        sessions.setdefault(pid, []).append(statement)
    return sessions


def test_every_check_is_asked_in_a_session_that_is_restrained(server):
    with open(f"{server.directory}/blue.log", "rb") as stream:
        since = stream.seek(0, 2)
    server.check()
    asked = 0
    for statements in log_of(server, since).values():
        is_read_only = has_lock_timeout = has_timeout = False
        for statement in statements:
            timeout = re.fullmatch(r"SET statement_timeout = (\d+)", statement.strip())
            if timeout:
                has_timeout = int(timeout.group(1)) > 0
            elif "'default_transaction_read_only', 'on'" in statement:
                is_read_only, has_lock_timeout = True, "'lock_timeout', '2s'" in statement
            elif "AS what" in statement:
                asked += 1
                assert is_read_only and has_lock_timeout and has_timeout, statements
    assert asked > 40, "the statements of checks were not found in the log"


def test_a_table_that_is_locked_is_neither_waited_for_nor_overlooked(server):
    """As while ALTER TABLE or REFRESH MATERIALIZED VIEW runs: what is found is the same."""
    before = server.check()
    with contextlib.closing(server.connect("shop")) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("""SELECT format('%I.%I', n.nspname, c.relname), c.relkind
                            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                           WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm')""")
        tables = cursor.fetchall()
        assert len(tables) > 30
        for name, kind in tables:
            cursor.execute(f"REFRESH MATERIALIZED VIEW {name}" if kind == "m" else
                           f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        during = server.check()
        assert time.monotonic() - begun < 60, "it waited for locks"
    assert during.findings == before.findings
    found = {each["id"] for each in before.findings}
    assert {"identity_impossible", "identity_missing", "unlogged", "matviews", "always_triggers",
            "forced_row_security", "refused_types", "foreign_tables"} <= found
    assert "not_measured" not in found


def test_what_a_locked_catalog_hides_is_named_and_nothing_else(server):
    """A catalog that somebody rewrites: each check that reads it waits for two seconds, and says so."""
    with contextlib.closing(server.connect("shop")) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute("LOCK TABLE pg_largeobject_metadata IN ACCESS EXCLUSIVE MODE")
        found = server.check()
    unmeasured = [(each["where"], each["what"]) for each in found.findings
                  if each["id"] == "not_measured"]
    assert unmeasured == [("blue shop", "large_objects")]
    assert found.code == 3
