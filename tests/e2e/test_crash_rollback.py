"""The engine of a rollback, or it and its watchdog, die at every line of the journal; servers die at
its rows: clients are on one side, green before the switch and blue behind it, with everything.
"""

import pytest

import crashes
from support import DONE
from test_crash_servers import hit

ROWS = [step for step, _flags in crashes.plan_rows("rollback")]
BEHIND = ROWS[ROWS.index("commit") + 1:]
LINES = crashes.plan_lines("rollback")
SYNCS = crashes.plan_syncs("rollback")
ALWAYS = ["reverse done", "hold done", "fence done", "commit done", "turn intent"]
SWITCHED_LINE = LINES.index("commit done") + 2
SWITCHED_SYNC = SYNCS.index("commit done") + 2
CASES = [(row, thing) for row in ROWS for thing in ("blue", "green", "p1")]


def side_behind(number, switched):
    return "blue" if number >= switched else "green"


def assert_told(play, side):
    """The next command says how it ended, and works."""
    if side == "blue":
        assert "clients are on blue" in play.stage.run("recover", code=DONE).out
        assert "already" in play.stage.run("rollback", "--execute", "--yes", code=DONE).out
    else:
        assert "Hold the clients" in play.stage.run("rollback", code=DONE).out


@pytest.mark.parametrize("number, line", crashes.spread(LINES, ALWAYS, 50))
def test_rollback_killed_at_every_journal_line(play_back, number, line):
    engine = play_back.stopped(f"line:{number}")
    engine.kill()
    side = side_behind(number, SWITCHED_LINE)
    play_back.assert_ended(side)
    assert_told(play_back, side)


@pytest.mark.parametrize("number, sync", crashes.spread(SYNCS, ["commit done"], 50))
def test_rollback_killed_inside_every_journal_transaction(play_back, number, sync):
    engine = play_back.stopped(f"sync:{number}")
    engine.kill()
    play_back.assert_ended(side_behind(number, SWITCHED_SYNC))


@pytest.mark.parametrize("number, line", crashes.spread(LINES, ["point done", "open done"], 50))
def test_host_of_a_rollback_lost_at_every_journal_line(play_back, number, line):
    engine = play_back.stopped(f"line:{number}")
    play_back.kill_both(engine)
    if play_back.status()["next"] == "pgcutover recover --execute":
        play_back.run("recover", "--execute", code=DONE)
    play_back.assert_ended(side_behind(number, SWITCHED_LINE), within=None)


@pytest.mark.parametrize("row, name", crashes.spread_of(CASES, 13, 4))
@pytest.mark.parametrize("how", ("killed", "frozen"))
def test_server_or_pooler_lost_at_every_row_of_a_rollback(play_back, how, row, name):
    engine = hit(play_back, row, name, how)
    code = engine.wait(170)
    play_back.stage.wait_alone()
    recovered = play_back.recover_if_asked()
    side = play_back.status()["may_write"]
    crashes.assert_code_fits(code, side, recovered, engine.text(), begins="green")
    assert row not in BEHIND or side == "blue", engine.text()
    play_back.assert_ended(side, errors=None, within=None)


def test_no_journal_line_of_a_rollback_is_forgotten(play_back):
    """The list above is that of an undisturbed rollback, and behind its end nothing stops."""
    (before,), = play_back.stage.journal("SELECT max(id) FROM row")
    engine = play_back.stage.begin("rollback", "--execute", "--yes",
                                   stop_at=f"line:{len(LINES) + 1},sync:{len(SYNCS) + crashes.SYNCS_BEHIND + 1}")
    assert engine.wait(60) == DONE, engine.text()
    noted = [f"{step} {state}" for step, state in play_back.stage.journal(
        "SELECT step, state FROM row WHERE plan = 'rollback' AND id > ? ORDER BY id", (before,))]
    assert sorted(noted) == sorted(LINES)
    play_back.assert_ended("blue")
