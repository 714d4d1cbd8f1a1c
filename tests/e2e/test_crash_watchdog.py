"""The watchdog dies, or it and the engine: as when the operating system or their host takes them."""

import os
import shutil
import signal

import pytest

import crashes
import support
from support import DONE, FAILED, ROLLED_BACK, TRANSIENT

ROWS = [step for step, _flags in crashes.plan_rows("cutover")]
LINES = crashes.plan_lines("cutover")
SYNCS = crashes.plan_syncs("cutover")
SWITCHED_LINE = LINES.index("commit done") + 2
SWITCHED_SYNC = SYNCS.index("commit done") + 2
COMMITTED = ROWS[ROWS.index("commit") + 1:]


def assert_engine_ends(play, engine, row):
    """It may go on or undo; then it says so, and clients are where it says."""
    code = engine.wait(60)
    side = "green" if code == DONE else "blue"
    assert code in (DONE, FAILED, TRANSIENT, ROLLED_BACK), engine.text()
    assert row not in COMMITTED or side == "green", engine.text()
    assert f"clients are on {side}" in engine.text()
    play.assert_ended(side)


@pytest.mark.parametrize("row", [pytest.param(
    row, marks=[] if row in ("arm", "hold", "commit", "release") else pytest.mark.full)
    for row in ROWS])
def test_watchdog_killed_at_every_row(play, row):
    engine = play.stopped(row)
    play.kill_watchdog(engine)
    engine.go_on()
    assert_engine_ends(play, engine, row)


@pytest.mark.parametrize("row", [pytest.param(
    row, marks=[] if row == "prove" else pytest.mark.full) for row in ROWS])
def test_watchdog_frozen_at_every_row(play, row):
    """It must not wake up later either: the engine ends it."""
    engine = play.stopped(row)
    watchdog, = play.stage.watchdogs(engine)
    os.kill(watchdog, signal.SIGSTOP)
    engine.go_on()
    assert_engine_ends(play, engine, row)
    assert not os.path.exists(f"/proc/{watchdog}")


def recover_elsewhere(play):
    """On another host: nothing but the run directory, with a configuration of its own."""
    here = play.stage.run_directory()
    there = f"{play.stage.directory}/elsewhere/{os.path.basename(here)}"
    os.makedirs(os.path.dirname(there))
    os.rename(here, there)
    play.config = play.stage.variant("elsewhere", "cluster lab", "state_directory",
                                     f"{play.stage.directory}/other-state")
    try:
        assert "verdict: " in play.run("recover", f"--run={there}", code=DONE).out
        play.run("recover", "--execute", f"--run={there}", code=DONE)
        again = play.run("recover", "--execute", f"--run={there}", code=DONE)
        assert "nothing to recover" in again.out
    finally:
        os.rename(there, here)
        shutil.rmtree(os.path.dirname(there))
        play.config = None


def recover_here(play):
    if play.status()["next"] == "pgcutover recover --execute":
        refused = play.run("cutover", "--execute", "--yes", code=FAILED)
        assert "recover --execute" in refused.err
    play.run("recover", "--execute", code=DONE)


def lose_both(play, at, number, switched):
    engine = play.stopped(at)
    play.kill_both(engine)
    (recover_here if number % 2 else recover_elsewhere)(play)
    # they wait for the operator
    play.assert_ended("green" if number >= switched else "blue", within=None)


@pytest.mark.parametrize("number, line", crashes.spread(
    LINES, ["fence done", "commit done", "release done"], 50))
def test_host_lost_at_every_journal_line(play, number, line):
    lose_both(play, f"line:{number}", number, SWITCHED_LINE)


@pytest.mark.parametrize("number, sync", crashes.spread(SYNCS, ["commit done"], 50))
def test_host_lost_inside_every_journal_transaction(play, number, sync):
    lose_both(play, f"sync:{number}", number, SWITCHED_SYNC)


@pytest.mark.parametrize("row", ("point", "release"))
def test_recover_killed_in_the_middle_is_repeated(play, row):
    """The host that recovers is lost as well."""
    engine = play.stopped(row)
    play.kill_both(engine)
    at = "undo:fence" if row == "point" else "release"
    play.stage.stopped("recover", "--execute", stop_at=at).kill()
    assert support.pooler_states(play.lab)
    play.run("recover", "--execute", code=DONE)
    play.assert_ended("blue" if row == "point" else "green", within=None)
