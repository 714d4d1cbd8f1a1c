"""A slot is made when every transaction that is open has ended: that is waited for, not refused."""

import contextlib
import os

from processes import wait_until
from support import DONE, TRANSIENT
from watching import Watch

WAITS = """SELECT count(*) FROM pg_stat_activity
            WHERE query LIKE '%%pg_create_logical_replication_slot%%' AND pid <> pg_backend_pid()
              AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > %s::interval"""


@contextlib.contextmanager
def open_transaction(stage, side):
    """One that has written: the server gave it a number."""
    connection = stage.lab.connect(side, "events", "postgres", autocommit=False)
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ WRITE")
        cursor.execute("SELECT txid_current()")
        yield


CANCEL = """SELECT pg_cancel_backend(pid) FROM pg_stat_activity
             WHERE query LIKE '%pg_create_logical_replication_slot%' AND pid <> pg_backend_pid()"""


def wait_longer_than_our_locks(stage, side):
    wait_until(lambda: stage.lab.query(side, "events", WAITS, ("3s",))[0][0] > 0,
               "a slot to be waited for longer than any lock", 60, 0.05)


def test_prepare_waits_for_what_is_open_on_blue(make_stage):
    stage = make_stage(poolers=("p1",))
    with open_transaction(stage, "blue"):
        engine = stage.begin("prepare", "--execute", "--yes")
        wait_longer_than_our_locks(stage, "blue")
        wait_until(lambda: "transactions that are open on blue" in engine.text(),
                   "the wait to be said", 60)  # every ten seconds
        waits = "the transactions that are open on blue (creating a slot waits for them)"
        assert f"waits for: {waits}\n" in stage.run("status").out
        with Watch(stage.program, stage.directory, stage.lab.config_path) as watch:
            watch.until(lambda: watch.cluster().get("run", {}).get("waits_for") == waits, "it")
    assert engine.wait() == DONE, engine.text()
    assert "waits for:" not in stage.run("status").out
    assert not os.path.exists(f"{stage.run_directory()}/doing.json")


def test_the_way_back_waits_for_what_is_open_on_green(make_stage):
    stage = make_stage(poolers=("p1",))
    with stage.load() as load:
        stage.prepare()
        with open_transaction(stage, "green"):
            engine = stage.begin("cutover", "--execute", "--yes")
            wait_longer_than_our_locks(stage, "green")
        assert engine.wait() == DONE, engine.text()
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green")


def test_who_stays_open_is_named_and_it_may_be_tried_again(make_stage):
    """As statement_timeout does at the end of a long time."""
    stage = make_stage(poolers=("p1",))
    stage.prepare()
    with open_transaction(stage, "green"):
        engine = stage.begin("cutover", "--execute", "--yes")
        wait_longer_than_our_locks(stage, "green")
        stage.lab.query("green", "events", CANCEL)
        assert engine.wait() == TRANSIENT, engine.text()
    assert "a transaction that has written something stays open" in engine.text()
    assert "clients are on blue" in engine.text()
    stage.cutover()
