"""Checks that no case can make bad in a moment: their statements, with other numbers in them; and
statements that only a large schema is too much for."""

import json
import re
import subprocess
import threading

import psycopg2
import pytest

import blue as single
from processes import wait_until

COMMAND_LINE = {"wal_level": "replica", "max_wal_senders": 2, "max_replication_slots": 0,
                "max_logical_replication_workers": 0}
STATEMENTS = f"{single.ROOT}/checks/sql"


@pytest.fixture(scope="module")
def server(program):
    with single.Blue(program, 17) as made:
        yield made


def ask(server, name, old, new):
    """The rows of a check's statement in which a number is another one."""
    with open(f"{STATEMENTS}/{name}.sql") as stream:
        text = stream.read()
    assert len(re.findall(old, text)) == 1, f"{name}.sql is not what this test knows"
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(re.sub(old, new, text))
        return cursor.fetchall()


def test_a_transaction_that_has_been_open_for_long_is_found(server):
    def found():
        return ask(server, "long_transactions", "interval '5 minutes'", "interval '0'")

    assert found() == []
    with psycopg2.connect(host=f"{server.directory}/run", port=server.port, user="postgres",
                          dbname="postgres", application_name="nightly") as connection, \
            connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a int)")
        [(what, evidence)] = found()
        assert what == f"pid {connection.info.backend_pid}"
        assert re.fullmatch(r"idle in transaction in database postgres by postgres, nightly, "
                            r"open for \d s", evidence)
        connection.rollback()
    assert found() == []


def test_a_minor_release_that_is_too_old_is_found(server):
    [(what, evidence, cure)] = ask(server, "minor_version", r"\(17, 6, '", "(17, 99, '")
    assert what == "server version"
    assert evidence.endswith(": WAL that a slot needs may be removed (before 17.99)")
    assert cure == "update the server to 17.99 or newer"


def test_a_database_whose_transactions_are_old_is_found(server):
    """Forced autovacuum would freeze, sooner or later, whatever a case had made old."""
    limit = r"current_setting\('autovacuum_freeze_max_age'\)::bigint"
    assert ask(server, "wraparound", limit, "1000000::bigint") == []
    found = ask(server, "wraparound", limit, "1::bigint")
    assert {what for what, _, _ in found} >= {"postgres", "template1"}
    assert all("autovacuum acts at 1 and " in evidence for _, evidence, _ in found)


def test_looking_at_sequences_keeps_no_lock_of_any(server):
    """A lock each, until the end: production would run out of them."""
    server.execute("postgres", "CREATE SEQUENCE one; CREATE SEQUENCE two; CREATE TABLE t (id serial)")
    with open(f"{STATEMENTS}/sequences_near_end.sql") as stream:
        text = stream.read()
    connection = server.connect()
    try:
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute(text)
            assert cursor.fetchall() == []
            cursor.execute("SELECT c.relname FROM pg_locks AS l JOIN pg_class AS c "
                           "ON c.oid = l.relation AND c.relkind = 'S' "
                           "WHERE l.pid = pg_backend_pid()")
            assert cursor.fetchall() == []
    finally:
        connection.close()
        server.execute("postgres", "DROP SEQUENCE one; DROP SEQUENCE two; DROP TABLE t")


def test_many_sequences_are_read_at_once_with_little_stack(server):
    """A server's stack holds some thousands of arms of one UNION; a small one, some hundreds."""
    server.execute("postgres", "CREATE DATABASE sequences")
    server.psql("sequences", text="SELECT format('CREATE SEQUENCE %I', 's ' || n) "
                                  "FROM generate_series(1, 1000) AS n \\gexec\n"
                                  "SELECT setval('\"s 7\"', 77);\n")
    connection = server.connect("sequences")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET max_stack_depth = '100kB'")
            with open(f"{single.ROOT}/replication/sql/sequences_list.sql") as stream:
                cursor.execute(stream.read())
            [(statement, count)] = cursor.fetchall()
            cursor.execute(f"SELECT schema_name, sequence_name, last_value, is_called "
                           f"FROM ({statement}) AS s ORDER BY last_value, sequence_name")
            found = cursor.fetchall()
    finally:
        connection.close()
        server.execute("postgres", "DROP DATABASE sequences")
    assert count == len(found) == 1000
    assert found[0] == ("public", "s 1", 1, False) and found[-1] == ("public", "s 7", 77, True)


def cures_of_the_command_line(server, settings):
    """Of errors, as Patroni starts a server: by name."""
    words = " ".join(f"-c {name}={value}" for name, value in settings.items())
    server.stop()
    try:
        server.account.run([f"{server.server_bin}/pg_ctl", "-D", server.data, "-w", "-t", "60", "-l",
                            f"{server.directory}/blue.log", "-o", words, "start"], timeout=70)
        return {each["what"]: each["cure"] for each in server.check().findings
                if each["severity"] == "error" and each["what"] in settings
                and each["id"] != "green_parameters"}
    finally:
        server.stop()
        server.start()


def assert_not_by_alter_system(found, settings):
    assert set(found) == set(settings), found
    for name, cure in found.items():
        assert cure.startswith(f"set {name} = ") and "on the command line" in cure, cure


def test_what_the_command_line_sets_is_not_to_be_cured_by_alter_system(server):
    assert_not_by_alter_system(cures_of_the_command_line(server, COMMAND_LINE), COMMAND_LINE)


def test_what_the_command_line_of_18_sets_is_not_to_be_cured_by_alter_system(program):
    settings = {"idle_replication_slot_timeout": "1d"}
    with single.Blue(program, 18) as made:
        assert_not_by_alter_system(cures_of_the_command_line(made, settings), settings)


def test_what_our_own_session_was_started_with_is_no_fault_of_the_server(server):
    """Who checks production with care lets his sessions be read-only."""
    def found():
        findings = server.check(env={"PGOPTIONS": "-c default_transaction_read_only=on"}).findings
        return [each["what"] for each in findings if each["id"] == "read_only"]

    assert found() == []
    server.execute("postgres", "ALTER ROLE postgres SET default_transaction_read_only = off")
    server.configure({"default_transaction_read_only": "yes"})
    try:
        assert found() == ["server configuration"]
    finally:
        server.configure({})
        server.execute("postgres", "ALTER ROLE postgres RESET default_transaction_read_only")


@pytest.mark.parametrize("statement", ("CREATE INDEX CONCURRENTLY built_now ON built (id)",
                                       "REINDEX TABLE CONCURRENTLY built"))
def test_an_index_that_is_being_built_is_not_taken_for_an_invalid_one(server, statement):
    """REINDEX makes all of a table's at first, and names one."""
    server.execute("postgres", "CREATE TABLE built (id integer PRIMARY KEY, at integer UNIQUE)")
    holder = server.connect()
    holder.autocommit = False
    builder = threading.Thread(target=server.execute, args=("postgres", statement))
    try:
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE built IN ROW EXCLUSIVE MODE")
        builder.start()
        wait_until(lambda: server.execute("postgres", "SELECT 1 FROM pg_index "
                                          "WHERE NOT indisvalid"),
                   "an index that is being built", 20)
        assert [each for each in server.check().findings
                if each["id"] == "unusable_indexes"] == []
    finally:
        holder.close()
        builder.join()
        server.execute("postgres", "DROP TABLE built")


def test_a_sequence_that_is_dropped_meanwhile_hides_none_of_the_others(server):
    server.execute("postgres", "CREATE DATABASE dropping")
    for statement in ("CREATE SEQUENCE a", "CREATE SEQUENCE b", "CREATE SEQUENCE c MAXVALUE 10000 START 9999"):
        server.execute("dropping", statement)
    found = []
    asking = threading.Thread(target=lambda: found.extend(server.check().where("blue dropping")))
    holder = server.connect("dropping")
    holder.autocommit = False
    try:
        with holder.cursor() as cursor:
            cursor.execute("DROP SEQUENCE a")
        asking.start()
        wait_until(lambda: server.execute("postgres", "SELECT 1 FROM pg_locks WHERE NOT granted"),
                   "the check at the first sequence", 20)
        server.execute("dropping", "DROP SEQUENCE b")
    finally:
        holder.close()
        asking.join()
        server.execute("postgres", "DROP DATABASE dropping")
    assert [(each["id"], each["what"]) for each in found] == [("sequences_near_end", "public.c")]


def test_names_in_no_encoding_are_told_as_they_are(server):
    """Of SQL_ASCII, where names are bytes: the server cannot make UTF-8 of them."""
    server.execute("postgres", "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 "
                   "LC_COLLATE 'C' LC_CTYPE 'C'")
    connection = server.connect("bytes")
    connection.set_client_encoding("SQL_ASCII")
    with connection.cursor() as cursor:
        cursor.execute(b'CREATE TABLE "caf\xe9" (a json)')
    connection.close()
    done = subprocess.run([server.program, "check", f"--config={server.write_configuration()}",
                           "--output=json"], stdout=subprocess.PIPE, timeout=single.LONG,
                          check=False, env=single.environment())
    findings = [each for each in json.loads(done.stdout.decode(errors="replace"))["findings"]
                if each["where"] == "blue bytes"]
    assert "not_measured" not in {each["id"] for each in findings}, findings
    assert any(each["id"] == "identity_impossible" and each["what"].startswith("public.caf")
               for each in findings), findings
    server.execute("postgres", "DROP DATABASE bytes")
