"""Traps behind the switch: green dies or freezes when clients come to it. There is only forward."""

import threading
import time

import psycopg2
import pytest

import support
from processes import wait_until
from support import DONE

BUDGET = 5.0


@pytest.fixture
def switched(ready_again):
    """Ready, under load; begin_switch(row) returns the engine stopped there, behind the switch."""
    stage = ready_again
    stage.configure("pause", "budget", f"{BUDGET:g}s")
    stage.writers = stage.load()
    stage.writers.start()

    def begin(row):
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at=row)
        assert stage.fact("side") == "green"
        return engine

    stage.begin_switch = begin
    return stage


class KeptGoing:
    """Lets an engine go on whenever it stops itself again: rows behind the switch are repeated."""

    def __init__(self, engine):
        self.engine, self.done = engine, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.done.wait(0.02) and self.engine.process.poll() is None:
            if support.process_state(self.engine.pid) == "T":
                self.engine.go_on()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, kind, value, traceback):
        self.done.set()
        self.thread.join()


def rows_on_blue(stage):
    """Nobody but a superuser gets in there; what the writers have in it."""
    for database in support.DATABASES:
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            stage.lab.connect("blue", database, "app")
    (rows,), = stage.lab.query("blue", "shop", "SELECT count(*) FROM load.ledger")
    return rows


def went_forward(stage, engine):
    """By the engine, else by its watchdog, else by one recover; every client is served by green."""
    code = engine.wait()
    stage.wait_alone()
    if code != DONE and stage.fact("cutover.state") != "done":
        assert "recover --execute" in stage.run("status", code=DONE).out
        stage.run("recover", "--execute", code=DONE)
    stage.wait_commits(stage.writers)
    assert support.pooler_states(stage.lab) == []
    assert stage.fact("cutover.state") == "done" and stage.fact("side") == "green"


@pytest.mark.parametrize("row", ("open", "release"))
def test_green_dead_right_behind_the_switch_goes_forward_once_it_is_back(switched, row):
    """Killed with SIGKILL, it has everything that blue acknowledged, and every sequence, on disk.

    Until it is back clients see errors: nobody is held for what may never come.
    """
    engine = switched.begin_switch(row)
    rows = rows_on_blue(switched)
    switched.lab.green.stop("kill")
    begun = time.monotonic()
    with KeptGoing(engine):
        engine.go_on()
        wait_until(lambda: support.pooler_states(switched.lab) == [], "the poolers' release", 20)
        assert support.elapsed(begun) < 2 * BUDGET
        assert rows_on_blue(switched) == rows
        switched.lab.green.start()
        went_forward(switched, engine)
    # blue follows green from now on: that nobody wrote there shows in what green has
    switched.assert_nothing_lost(switched.writers, "green", errors=None)


def test_green_frozen_right_behind_the_switch_goes_forward_once_it_is_thawed(switched):
    """Clients wait for it as for any server; what they wrote is on one side only."""
    engine = switched.begin_switch("release")
    rows = rows_on_blue(switched)
    switched.freeze(switched.lab.green)
    with KeptGoing(engine):
        engine.go_on()
        wait_until(lambda: support.pooler_states(switched.lab) == [], "the poolers' release", 10)
        assert rows_on_blue(switched) == rows
        before = switched.commits(switched.writers)
        switched.thaw()
        went_forward(switched, engine)
    assert switched.commits(switched.writers) > before
    switched.assert_nothing_lost(switched.writers, "green", errors=None)
    switched.finish()
