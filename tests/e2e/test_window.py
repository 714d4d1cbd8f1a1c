"""The rollback window, as status tells it: open, what is different, lost, unknown, closed."""

import json

import pytest

from processes import wait_until
from support import DATABASES, DONE

PAST_THE_LIMIT = """
SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000)) FROM generate_series(1, 40);
SELECT pg_switch_wal(); CHECKPOINT
"""


def status(stage):
    return json.loads(stage.run("status", "--output=json", code=DONE).out)


def commit(stage, side, statement):
    connection = stage.lab.connect(side, "shop", "postgres", autocommit=True)
    try:
        with connection.cursor() as cursor:
            for each in statement.split(";"):
                if each.strip():
                    cursor.execute(each)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def window(make_module_stage):
    """Behind a cutover, with clients at work on green; what was seen before it."""
    stage = make_module_stage()
    stage.prepare()
    with stage.load(rate=20) as stage.writers:
        stage.wait_commits(stage.writers)
        stage.before = status(stage)
        stage.before_text = stage.run("status", code=DONE).out
        stage.cutover()
        stage.wait_commits(stage.writers)
        yield stage


def test_before_the_switch_there_is_no_window_but_blues_slots_are_told(window):
    assert window.before["window"] is None
    slots = window.before["slots"]
    assert sorted(slot["database"] for slot in slots) == sorted(DATABASES)
    assert all(slot["server"] == "blue" and slot["exists"] and slot["retained_bytes"] > 0
               for slot in slots)
    assert "way back:" not in window.before_text
    assert "on blue: " in window.before_text and "of WAL, no limit" in window.before_text


def test_it_is_open_with_its_lag_in_bytes_and_seconds(window):
    found = status(window)
    assert found["window"]["state"] == "open" and found["window"]["why"] is None
    assert 0 < found["window"]["open_seconds"] < 600
    assert found["window"]["behind_bytes"] >= 0
    shop = next(slot for slot in found["slots"] if slot["database"] == "shop")
    assert shop["server"] == "green" and shop["active"] is True
    assert shop["wal_status"] == "reserved" and shop["limit_bytes"] is None
    assert shop["retained_bytes"] > 0


def test_seconds_are_those_of_the_server_or_null(window):
    def shop():
        return next(slot for slot in status(window)["slots"] if slot["database"] == "shop")
    # one of the moments at which the server knows it
    measured = wait_until(lambda: (slot := shop())["lag_seconds"] is not None and slot,
                          "a measured lag", 60, 0.1)
    assert 0 < measured["lag_seconds"] < 60


def test_what_it_does_not_carry_and_what_closes_it_is_told(window):
    text = window.run("status", code=DONE).out
    assert "way back:  open for " in text and "blue is behind: " in text
    assert "not carried: DDL, large objects" in text and "nothing is different now" in text
    assert "closed by: pgcutover finish --execute" in text
    found = status(window)["window"]
    assert found["difference"] == "none" and "large objects" in found["not_carried"]
    assert any("finish" in each for each in found["closed_by"])


def test_what_is_different_now_is_named(window):
    window.lab.query("green", "shop", "CREATE INDEX late ON sales.purchase (net)")
    found = status(window)["window"]
    assert found["state"] == "open" and found["difference"] == "found"
    assert "only on green" in found["different"] and "late" in found["different"]
    assert "different now: " in window.run("status", code=DONE).out
    window.lab.query("green", "shop", "DROP INDEX sales.late")
    assert status(window)["window"]["difference"] == "none"


def test_a_blue_that_does_not_follow_is_behind_and_no_zero_is_told(window):
    window.lab.blue.stop()
    try:
        wait_until(lambda: not any(slot["active"] for slot in status(window)["slots"]),
                   "the end of blue's connections", 30, 0.2)
        window.wait_commits(window.writers)
        found = status(window)
        assert found["window"]["state"] == "open" and found["window"]["difference"] == "unknown"
        assert found["window"]["lag_seconds"] is None and found["window"]["behind_bytes"] > 0
        assert all(slot["lag_seconds"] is None for slot in found["slots"])
        text = window.run("status", code=DONE).out
        assert "shop: blue does not follow now" in text and "seconds unknown" in text
        assert "unknown whether anything is different now" in text
    finally:
        window.lab.blue.start()


def test_a_green_that_does_not_answer_leaves_it_unknown(window):
    port = window.lab.ports["spare"]
    nowhere = window.variant("nowhere", "green", "conninfo",
                             window.lab.conninfo("green", "postgres", "postgres").replace(
                                 f"port={window.lab.ports['green']}", f"port={port}"))
    found = json.loads(window.run("status", "--output=json", code=DONE, config=nowhere).out)
    assert found["window"]["state"] == "unknown" and found["slots"] is None
    assert found["window"]["behind_bytes"] is None
    assert "unknown whether it is open" in window.run("status", code=DONE, config=nowhere).out


def test_finish_says_that_it_closes_it(window):
    dry = window.run("finish", code=DONE).out
    assert "this closes the way back, which was open for" in dry
    done = window.finish().out
    assert "This closed the way back, which was open for" in done
    found = status(window)
    assert found["window"]["state"] == "closed" and found["slots"] is None
    assert "way back:  closed by finish" in window.run("status", code=DONE).out


def test_with_a_lost_slot_it_is_not_open_any_more(ready_again):
    stage = ready_again
    stage.cutover()
    commit(stage, "green", "ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'; "
           "SELECT pg_reload_conf()")
    slots = status(stage)["slots"]
    assert {slot["limit_bytes"] for slot in slots} == {16 * 1024 * 1024}
    assert "limit 16 MB" in stage.run("status", code=DONE).out
    stage.lab.blue.stop()

    def is_lost():
        commit(stage, "green", PAST_THE_LIMIT)
        return status(stage)["window"]["state"] == "lost"
    wait_until(is_lost, "a slot to be lost", 60, 0.2)
    found = status(stage)
    assert "is lost" in found["window"]["why"] and found["window"]["open_seconds"] is None
    text = stage.run("status", code=DONE).out
    assert "way back:  not open any more: slot" in text and "finish --execute" in text
    assert "pgcutover rollback --accept-data-loss --rollback-reverse=no" in text
    assert "way back:  open" not in text
    stage.lab.blue.start()
    refused = stage.run("rollback", "--execute", "--yes")
    assert refused.code != DONE and "clients are on green" in refused.err
