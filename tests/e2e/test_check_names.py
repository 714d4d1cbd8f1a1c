"""Names and values that others have chosen: in print, as JSON, and where they are nobody's business."""

import json
import subprocess

import pytest

import blue as single
import cases
from processes import wait_until

SECRET = "hunter2-of-the-standby"


@pytest.fixture(scope="module")
def server(program):
    with single.Blue(program, 15, settings={"max_prepared_transactions": "5"}) as made:
        yield made


def printed(server, *arguments):
    """What people get to see: the text, as bytes."""
    path = server.write_configuration()
    done = subprocess.run([server.program, "check", f"--config={path}", *arguments], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, cwd="/",
                          env=single.environment())
    return done.stdout


def test_a_name_writes_no_line_of_its_own_and_steers_no_terminal(server):
    name = "a\x1b[2J\nnote    all is well: b\x9b"
    server.execute("postgres", f"CREATE UNLOGGED TABLE {cases.quote(name)} (a int PRIMARY KEY)")
    try:
        text = printed(server).decode()
        script = printed(server, "--fix").decode()
        (found,) = [each["what"] for each in server.check().findings if each["id"] == "unlogged"]
    finally:
        server.execute("postgres", f"DROP TABLE {cases.quote(name)}")
    assert found == f"public.{name}"  # the JSON has it as it is
    assert "warning unlogged: blue postgres: public.a [2J note    all is well: b \n" in text
    for said in (text, script):
        assert "\x1b" not in said and "\x9b" not in said
        assert not [line for line in said.splitlines() if line.startswith("note    all is well")]


def test_an_empty_name_and_a_value_that_is_cut_are_json_as_the_schema_says(server):
    session = server.connect()
    session.autocommit = False
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.txid_current()")
        cursor.execute("PREPARE TRANSACTION ''")
    session.close()
    server.execute("postgres", "ALTER ROLE postgres SET client_min_messages = 'log'")
    server.execute("postgres", "UPDATE pg_db_role_setting SET setconfig = "
                   f"ARRAY['client_min_messages={'é' * 400}']")
    try:
        found = server.check()  # its schema is looked at
    finally:
        server.execute("postgres", "ALTER ROLE postgres RESET ALL")
        server.execute("postgres", "ROLLBACK PREPARED ''")
    assert ("prepared_transactions", "(no name)") in [(each["id"], each["what"])
                                                      for each in found.findings]
    refused, = [each for each in found.findings if each["id"] == "refused_settings"]
    assert refused["what"] == "client_min_messages" and "é" in refused["evidence"]


def test_evidence_that_is_long_leaves_room_for_the_others(server):
    """What names every index of a large schema would be screens of it; JSON has all."""
    names = ", ".join(f"schema_{number}" for number in range(2000))
    server.psql("postgres", text=f"ALTER ROLE ALL SET search_path = {names};")
    try:
        [found] = [each for each in server.check().findings if each["id"] == "role_all_settings"]
        lines = printed(server).decode().splitlines()
    finally:
        server.execute("postgres", "ALTER ROLE ALL RESET search_path")
    assert found["evidence"] == f"search_path={names}"
    [line] = [line for line in lines if "schema_0," in line]
    assert line.endswith(", ... and more: --output=json has all of it") and len(line) < 4000


def test_no_value_that_may_be_a_password_is_told(program):
    with single.Blue(program, 12) as server:
        server.execute("postgres", "ALTER SYSTEM SET primary_conninfo = "
                       f"'host=old user=repl password={SECRET}'")
        server.execute("postgres", "ALTER SYSTEM SET archive_cleanup_command = "
                       f"'clean --key={SECRET}'")
        server.execute("postgres", f"ALTER ROLE ALL SET \"app.a-b\" = '{SECRET}'")
        server.execute("postgres", f"ALTER ROLE ALL SET \"app.a.b\" = '{SECRET}'")
        server.execute("postgres", "SELECT pg_reload_conf()")
        wait_until(lambda: server.execute("postgres", "SELECT pending_restart FROM pg_settings WHERE "
                                          "name = 'primary_conninfo'") == [(True,)],
                   "the parameter to wait", 10)
        found = server.check()
        said = [printed(server), printed(server, "--fix"), json.dumps(found.answer).encode()]
    assert {(each["id"], each["what"]) for each in found.findings} >= {
        ("pending_restart", "primary_conninfo"), ("refused_settings", "app.a-b")}
    assert not [line for each in said for line in each.splitlines() if SECRET.encode() in line]
