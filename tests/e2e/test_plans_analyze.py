"""check --plans=FILE --analyze: what is run, how, and what it leaves."""

import re

from processes import wait_until, write_file
from support import DONE, FAILED, USAGE
from test_check_harmless import Sampler
from test_plans import BY_CUSTOMER, JOIN, by_line, changed, compare, compare_file, statement_of, used
from test_plans import ready, stage  # fixtures


def test_what_green_runs_slower_is_found(stage):
    text = ("\\c shop app\nSELECT load.slow();\nSELECT count(*) FROM load.big;\n"
            "SELECT * FROM load.big WHERE id = $1;\nDELETE FROM load.small;\n"
            "SELECT * FROM load.small FOR UPDATE;\nSELECT load.writes();\nSELECT load.lies();\n"
            "SELECT pg_advisory_lock(42);\nSELECT * INTO load.x FROM load.small\n")
    slow = ("CREATE OR REPLACE FUNCTION load.slow() RETURNS int LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(0.2); RETURN 1; END'")
    quick = slow.replace("PERFORM pg_sleep(0.2); ", "")
    with changed(stage, "green", slow, quick):
        said = compare_file(stage, text, "--analyze")
        told = stage.run("check", f"--plans={stage.directory}/statements.sql", "--analyze",
                         code=DONE)
    worst = said["flips"][0]
    assert worst["line"] == 2 and worst["time_grew"] and not worst["shape_changed"]
    assert worst["factor_of"] == "time" and worst["time_ms"]["green"] >= 200
    found = by_line(said)
    assert found[3]["not_run"] is None and found[3]["time_ms"]["blue"] > 0
    assert "parameters" in found[4]["not_run"] and found[4]["time_ms"] is None
    assert "writes" in found[5]["not_run"] and "locks rows" in found[6]["not_run"]
    assert "cannot execute INSERT in a read-only transaction" in found[7]["not_run"]
    assert "cannot execute INSERT in a read-only transaction" in found[8]["reason"]
    assert found[9]["not_run"] is None
    assert "writes" in found[10]["not_run"]
    assert "not run: it has parameters, and no values are known (1)" in told.out
    assert re.search(r"; time .* -> [2-9]\d\d ms$", told.out, re.MULTILINE), told.out
    for side in ("blue", "green"):
        assert stage.lab.query(side, "shop", "SELECT count(*) FROM pg_locks "
                               "WHERE locktype = 'advisory' AND objid = 42") == [(0,)]


def test_a_statement_that_takes_too_long_is_ended_and_told(stage):
    text = "\\c shop app\nSELECT load.slow();\nSELECT pg_sleep(60);\n"
    slow = ("CREATE OR REPLACE FUNCTION load.slow() RETURNS int LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(60); RETURN 1; END'")
    quick = slow.replace("PERFORM pg_sleep(60); ", "")
    limit = "ALTER ROLE app IN DATABASE shop SET statement_timeout = '2s'"
    # nearly as slow on blue: what green would need is not known, but that it is too long
    with changed(stage, "green", slow, quick), \
            changed(stage, "blue", slow.replace("60", "1.6"), quick), \
            changed(stage, "blue", limit, limit.replace("SET", "RESET").split(" =")[0]), \
            changed(stage, "green", limit, limit.replace("SET", "RESET").split(" =")[0]):
        said = compare_file(stage, text, "--analyze")
    found = by_line(said)
    assert found[2]["green_timed_out"] and found[2]["time_grew"]
    assert found[2]["time_ms"]["green"] >= 1950 and 1 < found[2]["factor"] < 1.5
    assert found[2]["worse"]
    assert found[2]["not_run"] == "on green: canceling statement due to statement timeout"
    assert found[3]["not_run"] == "on blue: canceling statement due to statement timeout"
    assert not found[3]["green_timed_out"] and found[3]["time_ms"] is None


def test_locks_are_those_that_a_statement_needs(stage):
    class Blue:
        connect = staticmethod(lambda: stage.lab.connect("blue", "postgres", "postgres"))

    used(stage, BY_CUSTOMER, JOIN, "UPDATE load.small SET name = name WHERE id = -1")
    text = f"\\c shop app\n{BY_CUSTOMER};\n{JOIN};\nSELECT count(*) FROM load.big AS a, load.small;\n"
    with Sampler(Blue) as sampler:
        compare_file(stage, text)
        said = compare_file(stage, text, "--analyze")
    assert said["counts"]["run"] == 3 and sampler.samples > 100
    relations = {each for each in sampler.seen if each[0] == "relation"}
    assert relations == {("relation", "AccessShareLock", True)}, relations
    assert sampler.seen - relations <= {("virtualxid", "ExclusiveLock", True),
                                        ("database", "RowExclusiveLock", True)}, sampler.seen
    with Sampler(Blue) as sampler:
        said = compare(stage)
    assert "reason" not in statement_of(said, "UPDATE load.small")
    assert {each for each in sampler.seen if each[0] == "relation"} <= {
        ("relation", "AccessShareLock", True), ("relation", "RowExclusiveLock", True)}, sampler.seen


def test_only_a_file_is_run(stage):
    refused = stage.run("check", "--plans", "--analyze", code=USAGE)
    assert "--plans=FILE says which" in refused.err and refused.out == ""


def test_each_run_has_a_transaction_of_its_own(stage):
    said = compare_file(stage, "\\c shop app\nSELECT load.at_first();\n", "--analyze")
    [found] = by_line(said).values()
    assert found["not_run"] is None, "a lock of the run before it was still held"


def test_an_interrupted_comparison_ends_at_once(stage):
    path = f"{stage.directory}/long.sql"
    write_file(path, "\\c shop\nSELECT pg_sleep(20);\n" * 5)
    engine = stage.begin("check", f"--plans={path}", "--analyze")
    wait_until(lambda: stage.lab.query("blue", "postgres", "SELECT 1 FROM pg_stat_activity WHERE "
                                       "application_name = 'pgcutover plans' AND "
                                       "wait_event = 'PgSleep'"), "the statement to run", 30)
    engine.process.terminate()
    assert engine.wait(10) == FAILED
    assert "asked us to stop" in engine.text()
    wait_until(lambda: not stage.lab.query(  # the server looks once a second
        "blue", "postgres", "SELECT 1 FROM pg_stat_activity WHERE "
        "application_name = 'pgcutover plans'"), "its session to end", 10)
