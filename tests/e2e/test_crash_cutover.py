"""The engine of a cutover is killed or frozen at every line of its journal, and inside every
transaction: its watchdog alone brings the clients back, on the right side, within the budget.
"""

import signal

import pytest

import crashes
from support import DONE

LINES = crashes.plan_lines("cutover")
SYNCS = crashes.plan_syncs("cutover")
ALWAYS = [f"{row} done" for row in crashes.ALWAYS]
# "commit done" is noted, and begins to be written, before it is on disk: it still is undone
SWITCHED_LINE = LINES.index("commit done") + 2
SWITCHED_SYNC = SYNCS.index("commit done") + 2


def side_behind(number, switched):
    return "green" if number >= switched else "blue"


def assert_told(play, side):
    """The next command says how it ended, and works."""
    again = play.stage.run("cutover", code=DONE)
    if side == "green":
        assert "clients are on green" in play.stage.run("recover", code=DONE).out
        assert "already" in play.stage.cutover().out
    else:
        assert "Hold the clients" in again.out


def kill(play, at, side):
    engine = play.stopped(at)
    engine.kill()
    play.assert_ended(side)
    assert_told(play, side)


def freeze(play, at, side):
    """Never continued: the watchdog has to kill it."""
    engine = play.stopped(at)
    assert engine.wait(30) == -signal.SIGKILL
    play.assert_ended(side)


@pytest.mark.parametrize("number, line", crashes.spread(LINES, ALWAYS, 13))
def test_engine_killed_at_every_journal_line(play, number, line):
    kill(play, f"line:{number}", side_behind(number, SWITCHED_LINE))


@pytest.mark.parametrize("number, sync", crashes.spread(SYNCS, ["commit done"], 8))
def test_engine_killed_inside_every_journal_transaction(play, number, sync):
    kill(play, f"sync:{number}", side_behind(number, SWITCHED_SYNC))


@pytest.mark.parametrize("number, line", crashes.spread(LINES, ["hold done", "commit done"], 50))
def test_engine_frozen_at_every_journal_line(play, number, line):
    freeze(play, f"line:{number}", side_behind(number, SWITCHED_LINE))


@pytest.mark.parametrize("number, sync", crashes.spread(SYNCS, ["commit done"], 50))
def test_engine_frozen_inside_every_journal_transaction(play, number, sync):
    freeze(play, f"sync:{number}", side_behind(number, SWITCHED_SYNC))


def test_no_journal_line_and_no_transaction_is_forgotten(play):
    """The lists above are those of an undisturbed cutover, and behind their end nothing stops."""
    (before,), = play.stage.journal("SELECT max(id) FROM row")
    last = f"line:{len(LINES) + 1},sync:{len(SYNCS) + crashes.SYNCS_BEHIND + 1}"
    engine = play.stage.begin("cutover", "--execute", "--yes", stop_at=last)
    assert engine.wait(60) == DONE, engine.text()
    noted = [f"{step} {state}" for step, state in play.stage.journal(
        "SELECT step, state FROM row WHERE plan = 'cutover' AND id > ? ORDER BY id", (before,))]
    assert sorted(noted) == sorted(LINES)
    play.assert_ended("green")
