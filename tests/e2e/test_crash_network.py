"""The connection to blue, to green or to a console is cut, swallows everything, or is slow."""

import contextlib
import re
import time

import pytest

import crashes
import wires
from crashes import BUDGET, SLACK
from processes import LabError, wait_until
from proxy import Proxy
from support import DONE, ROLLED_BACK, STALE, TRANSIENT

ROWS = [step for step, _flags in crashes.plan_rows("cutover")]
HELD = [step for step, flags in crashes.plan_rows("cutover") if "ROW_PAUSE" in flags]
BEHIND = ROWS[ROWS.index("commit") + 1:]
TARGETS = ("blue", "green", "console")
CASES = [(row, target) for row in ROWS for target in TARGETS]
# Before these rows nobody has been asked yet.
UNCONNECTED = {"blue": ["observe"], "green": ["observe"], "console": ROWS[:ROWS.index("record") + 1]}
DELAY = 0.03
NOTHING_OPEN = "SELECT txid_snapshot_xmin(s) = txid_snapshot_xmax(s) FROM txid_current_snapshot() AS s"


def between(play, target):
    """A proxy, and from now on the program's way to that target is through it."""
    proxy, play.config = wires.between(play.stage, target)
    play.cleanups.append(proxy.close)
    return proxy


def others_released(play, target):
    return play.released(("pgbouncer",) if target == "console" else ())


def disturb(play, row, target, how):
    """Until clients go on, or the program has ended, or has had time; then the line is mended."""
    proxy = between(play, target)
    engine = play.stopped(row)
    assert proxy.open_connections() > 0 or row in UNCONNECTED[target]
    how(proxy)
    engine.go_on()

    def over():
        return engine.process.poll() is not None or others_released(play, target)
    if row == "hold":
        with contextlib.suppress(LabError):
            wait_until(lambda: engine.process.poll() is not None
                       or not others_released(play, target), "the hold", BUDGET)
    if row in HELD:
        begun = time.monotonic_ns()
        wait_until(over, "the release of those that can be reached", BUDGET * 3)
        assert play.took(begun) < BUDGET + SLACK
    else:
        with contextlib.suppress(LabError):
            wait_until(lambda: engine.process.poll() is not None, "its end", BUDGET)
    proxy.heal()
    return engine


def assert_comes_to_an_end(play, engine, row, target):
    """Exit code, status and where clients are agree; clients of a cut console wait for its end."""
    code = engine.wait(170)
    play.stage.wait_alone()
    recovered = play.recover_if_asked()
    side = play.status()["may_write"]
    crashes.assert_code_fits(code, side, recovered, engine.text())
    if row in BEHIND:
        assert side == "green", engine.text()
    elif row in HELD and target == "blue" or (row, target) == ("hold", "console"):
        assert side == "blue", engine.text()
    elif row in HELD and target == "console":
        assert side == "green", engine.text()
    play.assert_ended(side, errors=None, within=None)


@pytest.mark.parametrize("row, target", crashes.spread_of(CASES, 11, 3))
def test_connection_cut_at_every_row(play, row, target):
    engine = disturb(play, row, target, Proxy.cut)
    assert_comes_to_an_end(play, engine, row, target)


@pytest.mark.parametrize("row, target", crashes.spread_of(CASES, 17, 4))
def test_connection_half_open_at_every_row(play, row, target):
    """Nobody is told: what was sent is gone, what comes never arrives."""
    engine = disturb(play, row, target, Proxy.half_open)
    assert_comes_to_an_end(play, engine, row, target)


@pytest.mark.parametrize("row, target", crashes.spread_of(CASES, 13, 12))
def test_connection_slow_from_every_row(play, row, target):
    """It simply takes longer, or is given up within the budget."""
    proxy = between(play, target)
    engine = play.stopped(row)
    proxy.delay(DELAY)
    engine.go_on()
    code = engine.wait(120)
    assert code in (DONE, ROLLED_BACK), engine.text()
    assert row not in BEHIND or code == DONE, engine.text()
    play.assert_ended("green" if code == DONE else "blue")


# -- green's connection to blue ------------------------------------------------------------------------


def replicate_through(play):
    """Green follows blue through a proxy; the lab is put back behind the test."""
    proxy = Proxy(("127.0.0.1", play.lab.ports["blue"]))
    play.cleanups.append(proxy.close)
    for database, name, conninfo in play.lab.query(
            "green", "postgres", "SELECT datname, subname, subconninfo FROM pg_subscription JOIN "
            "pg_database d ON d.oid = subdbid"):
        through, count = re.subn(r"port='?\d+'?", f"port={proxy.port}", conninfo)
        assert count == 1
        connection = play.lab.connect("green", database, "postgres")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")  # green is closed
            cursor.execute(f'ALTER SUBSCRIPTION "{name}" CONNECTION %s', (through,))
    wait_until(lambda: proxy.open_connections() >= 4 and play.lab.query(
        "blue", "postgres", "SELECT count(*) = 4 FROM pg_replication_slots WHERE active")[0][0],
        "green to follow blue through the proxy", 30, 0.05)
    return proxy


def assert_blue_then_cured_and_moved(play, proxy):
    """Clients are on blue; once the line is whole, prepare and cutover do what they always do."""
    play.stage.wait_alone()
    play.wait_served("blue")
    assert play.status()["may_write"] == "blue"
    proxy.cut()  # whatever is half-open comes to an end
    proxy.heal()
    play.follow_again()
    play.stage.cutover()
    play.assert_ended("green", within=None)


def test_replication_cut_before_the_pause(play):
    proxy = replicate_through(play)
    # the watchdog is patient until all workers have noticed
    play.config = play.stage.variant("patient", "pause", "budget", "30s")
    engine = play.stopped("observe")
    proxy.cut()
    wait_until(lambda: play.lab.query("green", "postgres", "SELECT count(*) FROM pg_subscription "
                                      "WHERE subenabled") == [(0,)], "the end of the workers", 10)
    engine.go_on()
    assert engine.wait(60) == STALE, engine.text()
    assert "clients are on blue" in engine.text()
    assert_blue_then_cured_and_moved(play, proxy)


@pytest.mark.parametrize("lose", (Proxy.cut, Proxy.half_open), ids=("cut", "half-open"))
def test_replication_lost_in_the_pause(play, lose):
    proxy = replicate_through(play)
    engine = play.stopped("fence")
    lose(proxy)
    engine.go_on()
    assert play.wait_released(engine) < BUDGET + SLACK
    assert engine.wait(60) == ROLLED_BACK, engine.text()
    assert_blue_then_cured_and_moved(play, proxy)


def test_replication_half_open_before_the_pause(play):
    """The slots are active and nothing seems to be missing: what arm wrote does not arrive."""
    proxy = replicate_through(play)
    play.config = play.stage.variant("hasty", "pause", "quiet_wait", "2s")
    engine = play.stopped("observe")
    with play.load.frozen():  # half a transaction would be open on green: another case
        wait_until(lambda: play.lab.query("green", "events", NOTHING_OPEN)[0][0],
                   "green to have applied everything", 20, 0.05)
        proxy.half_open()
    engine.go_on()
    assert engine.wait(60) == TRANSIENT, engine.text()
    assert "what was written on blue to arrive in green" in engine.text()
    assert "hold" not in engine.text()
    assert_blue_then_cured_and_moved(play, proxy)
