"""The client probe: what clients feel, measured by a client of its own, which changes nothing."""

import glob
import os
import re
import sqlite3
import time

import accounting
import support
from program import parse_held
from support import DONE

FELT = re.compile(r"^clients felt: longest gap ([\d.]+ \w+) \((p\d)\), ([\d,]+) failed of ([\d,]+) "
                  r"probes; p99 .* before, .* while held, .* after$", re.M)
NAME = "pgcutover client probe"


def figures(stage, pooler, plan="cutover"):
    """The facts of one pooler, by name; "" is that it was measured."""
    prefix = f"{plan}.client_probe.{pooler}"
    rows = stage.journal("SELECT key, value FROM fact WHERE key = ? OR key LIKE ?",
                         (prefix, f"{prefix}.%"))
    return {key[len(prefix):].lstrip("."): value for key, value in rows if value is not None}


def samples(stage, plan="cutover"):
    """(pooler, mono_ns, latency_us, outcome, code), oldest first."""
    directory = stage.run_directory() or stage.run_directory("last")
    connection = sqlite3.connect(f"{directory}/samples.db")
    try:
        return connection.execute("SELECT pooler, mono_ns, latency_us, outcome, code FROM probe "
                                  "WHERE plan = ? ORDER BY rowid", (plan,)).fetchall()
    finally:
        connection.close()


def table_rows(stage, side, database="shop"):
    return stage.lab.query(side, database, "SELECT pooler, number FROM pgcutover.client_probe "
                           "ORDER BY pooler")


def assert_felt(stage, result, load, window, plan="cutover"):
    """What was measured is what the load's clients and the rows of the plan say."""
    assert FELT.search(result.out), result
    held_ms = parse_held(result.out).ms
    log = accounting.read(load.log_directory)
    clients_ms = accounting.gaps(log, window)["client_inside_ms"]
    for pooler in ("p1", "p2"):
        felt = figures(stage, pooler, plan)
        assert felt[""] == "measured" and felt["account"] == "yes", felt
        assert felt["failed"] == "0" and "is_open" not in felt, felt
        # for a second behind the release, each 10 ms behind the answer to the one before it
        assert int(felt["before.probes"]) >= 20 and int(felt["after.probes"]) >= 8, felt
        gap_ms = int(felt["held.longest_gap_us"]) / 1000
        # held by every pooler for less than by the first to be held and the last to be let go; a
        # client of the load writes every 40 ms, and has several poolers to choose the worst from;
        # a busy machine lets any of them wait
        assert held_ms * 0.5 < gap_ms < max(clients_ms, held_ms) + 300, (felt, held_ms, clients_ms)
        assert 0 < int(felt["before.median_us"]) <= int(felt["before.p99_us"])
        assert int(felt["held.p99_us"]) / 1000 <= gap_ms + 50
        kept = [row for row in samples(stage, plan) if row[0] == pooler]
        assert len(kept) == int(felt["probes"])
        answered = [row[1] + row[2] * 1000 for row in kept]
        assert int(felt["held.longest_gap_us"]) in [
            (after - before) // 1000 for before, after in zip(answered, answered[1:])], felt
        assert {row[3] for row in kept} == {"acknowledged"} and {row[4] for row in kept} == {""}
        assert [row[1] for row in kept] == sorted(row[1] for row in kept)


def test_what_is_measured_is_what_clients_feel_there_and_back(make_stage):
    stage = make_stage()
    stage.prepare()
    grants = stage.lab.query("blue", "shop", "SELECT grantee, privilege_type FROM "
                             "information_schema.role_table_grants WHERE table_name = "
                             "'client_probe' AND grantee <> 'postgres' ORDER BY 2")
    assert grants == [("app", word) for word in ("INSERT", "SELECT", "UPDATE")]
    assert not stage.lab.query("blue", "Billing", "SELECT 1 FROM pg_class WHERE relname = "
                               "'client_probe'")
    with stage.load() as load:
        begun = time.monotonic_ns()
        there = stage.cutover()
        ended = time.monotonic_ns()
        assert "not measured" not in there.out
        stage.wait_commits(load)
        assert_felt(stage, there, load, (begun, ended))
        assert dict(table_rows(stage, "green"))["p1"] >= int(figures(stage, "p1")["probes"])
        begun = time.monotonic_ns()
        back = stage.run("rollback", "--execute", "--yes", code=DONE)
        ended = time.monotonic_ns()
        stage.wait_commits(load)
        assert_felt(stage, back, load, (begun, ended), "rollback")
        assert figures(stage, "p1")[""] == "measured"  # of the cutover: still there
        stage.assert_nothing_lost(load, "blue")
    stage.run("finish", "--execute", code=DONE)
    for side in ("blue", "green"):
        assert not stage.lab.query(side, "shop", "SELECT 1 FROM pg_namespace WHERE nspname = "
                                   "'pgcutover'")


def assert_clean(stage, load, result, side="green"):
    """Nobody met an error; nothing of the probe is left on a pooler."""
    stage.assert_nothing_lost(load, side)
    for process in ("p1", "p2a", "p2b"):
        clients = stage.lab.process(process).command("SHOW CLIENTS")
        assert not [row for row in clients if row["application_name"] == NAME], result


def test_turned_off_it_leaves_no_trace(make_stage):
    stage = make_stage(settings={"log_statement": "all"})
    stage.configure("pause", "client_probe", "no")
    stage.prepare()
    assert not stage.lab.query("blue", "shop", "SELECT 1 FROM pg_class WHERE relname = "
                               "'client_probe'")
    with stage.load() as load:
        result = stage.cutover()
        stage.wait_commits(load)
        assert_clean(stage, load, result)
    assert "clients felt" not in result.out and "client probe" not in result.out + result.err
    assert not stage.journal("SELECT key FROM fact WHERE key LIKE '%client_probe%'")
    texts = server_logs(stage)
    assert len(texts) >= 2 and any("pgcutover.marker" in text for text in texts)
    assert not [text for text in texts if "pgcutover.client_probe" in text or NAME in text]


def server_logs(stage):
    """Of blue, and of green wherever it was told to write it."""
    texts = []
    for path in glob.glob(f"{stage.lab.directory}/**/*log*", recursive=True):
        if os.path.isfile(path):
            with open(path, errors="replace") as stream:
                texts.append(stream.read())
    return [text for text in texts if "database system is ready to accept connections" in text]


def test_what_cannot_be_measured_fails_nothing(ready):
    """p1's client has no rights; p2 has none."""
    ready.lab.query("blue", "shop", "REVOKE ALL ON pgcutover.client_probe FROM app")
    ready.configure("pooler p2", "probe", None)
    with ready.load() as load:
        result = ready.cutover()
        ready.wait_commits(load)
        assert_clean(ready, load, result)
    assert ("client probe: not measured: [pooler p1] permission denied for table client_probe; "
            "[pooler p2] probe is not set\n") in result.out, result
    assert "clients felt" not in result.out
    assert figures(ready, "p1") == {"": "not measured: permission denied for table client_probe"}
    assert figures(ready, "p2") == {"": "not measured: probe is not set"}
    assert samples(ready) == []


def test_pools_of_sessions_are_not_kept_from_being_held(make_stage):
    """A client that stayed would be waited for for ever."""
    stage = make_stage(pool_mode="session")
    stage.prepare()
    result = stage.cutover()
    for pooler in ("p1", "p2"):
        felt = figures(stage, pooler)
        assert felt[""] == "measured" and felt["account"] == "yes" and felt["failed"] == "0", felt
        gap_ms = int(felt["held.longest_gap_us"]) / 1000
        assert parse_held(result.out).ms * 0.5 < gap_ms < 2000, felt
    assert "clients felt: longest gap" in result.out, result


def test_a_write_of_its_own_that_is_lost_is_an_alarm(stopping_program, make_stage):
    """Somebody takes rows of green's table back behind our backs, before clients come to it."""
    stage = make_stage()
    stage.prepare()
    engine = stage.stopped("cutover", "--execute", "--yes", stop_at="commit")
    stage.lab.query("green", "shop", "BEGIN READ WRITE; UPDATE pgcutover.client_probe "
                    "SET number = number - 3; COMMIT")
    engine.go_on()
    assert engine.wait() == 9
    said = engine.text()
    assert "pgcutover: error: accounting for the client probe's own writes" in said, said
    assert "lost 3" in said and "clients are on green" in said, said
    assert figures(stage, "p1")["account"] == "lost 3"
    assert stage.fact("cutover.state") == "done" and stage.fact("side") == "green"


def test_a_cutover_that_is_undone_is_measured_too(stopping_program, ready):
    """A straggler: the probe is held as long as everybody else, and goes on on blue."""
    with ready.load() as load:
        engine = ready.stopped("cutover", "--execute", "--yes", stop_at="hold")
        session = ready.session("p1")
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
        engine.go_on()
        assert engine.wait() == support.ROLLED_BACK
        session.rollback()
        felt = figures(ready, "p1")
        assert felt[""] == "measured" and felt["account"] == "yes", felt
        assert felt["failed"] == "0" and int(felt["held.longest_gap_us"]) > 1000000, felt
        assert "clients felt: longest gap" in engine.text(), engine.text()
        ready.wait_commits(load)
        assert_clean(ready, load, engine.text(), "blue")
