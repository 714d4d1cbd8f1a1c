"""blue, green and the poolers' processes are killed or hang at every row of the cutover."""

import contextlib

import pytest

import crashes
from crashes import BUDGET, SLACK
from processes import LabError, wait_until

ROWS = [step for step, _flags in crashes.plan_rows("cutover")]
HELD = [step for step, flags in crashes.plan_rows("cutover") if "ROW_PAUSE" in flags]
BEHIND = ROWS[ROWS.index("commit") + 1:]
SERVERS, POOLERS = ("blue", "green"), ("p1", "p2b")
BEFORE_CASES = [(row, thing) for row in ROWS if row not in BEHIND for thing in SERVERS + POOLERS]
BEHIND_CASES = [(row, thing) for row in BEHIND for thing in SERVERS + POOLERS]


class Victim:
    """A server or a pooler's process, and what is done to it."""

    def __init__(self, play, name):
        self.play, self.name, self.is_pooler = play, name, name in POOLERS
        self.thing = play.lab.process(name) if self.is_pooler else getattr(play.lab, name)

    def kill(self):
        if self.is_pooler:
            self.thing.stop(kill=True)
        else:
            self.thing.stop("kill")
        self.mend = self.thing.start

    def freeze(self):
        self.play.stage.freeze(self.thing)
        self.mend = self.play.stage.thaw

    def without(self):
        return (self.thing.name,) if self.is_pooler else ()


def hit(play, row, name, how):
    """Until clients go on, or the program has ended, or has had time enough; then it is mended.
    Its exit code.
    """
    engine = play.stopped(row)
    victim = Victim(play, name)
    (victim.kill if how == "killed" else victim.freeze)()
    engine.go_on()
    if row == "hold":  # clients are held in a moment
        with contextlib.suppress(LabError):
            wait_until(lambda: engine.process.poll() is not None
                       or not play.released(victim.without()), "the hold", BUDGET)
    if row in HELD:
        assert play.wait_released(engine, victim.without()) < BUDGET + SLACK
    else:
        with contextlib.suppress(LabError):
            wait_until(lambda: engine.process.poll() is not None, "its end", BUDGET)
    victim.mend()
    return engine


def assert_comes_to_an_end(play, engine, sides):
    """Exit code, status and where clients are agree; what is left to do is one `recover`."""
    code = engine.wait(150)
    assert engine.text().count("not undone yet") < 10, "the same is said again and again"
    play.stage.wait_alone()
    recovered = play.recover_if_asked()
    side = play.status()["may_write"]
    assert side in sides, engine.text()
    crashes.assert_code_fits(code, side, recovered, engine.text())
    play.wait_served(side)
    if side == "blue":
        play.follow_again()
    # what was acknowledged counts; that a server or a pooler dies is seen by its clients
    play.assert_ended(side, errors=None, within=None)


def sides_before(row, name):
    """A server that is needed: undone. A pooler that is lost once everybody is held is left behind.
    What is hit before the hold may have come back in time.
    """
    if row not in HELD or (row, name) == ("commit", "green"):
        return ("blue", "green")
    return ("blue",) if name in SERVERS or row == "hold" else ("green",)


@pytest.mark.parametrize("row, name", crashes.spread_of(BEFORE_CASES, 11, 2))
def test_server_or_pooler_killed_before_the_switch(play, row, name):
    engine = hit(play, row, name, "killed")
    assert_comes_to_an_end(play, engine, sides_before(row, name))


@pytest.mark.parametrize("row, name", crashes.spread_of(BEFORE_CASES, 11, 7))
def test_server_or_pooler_frozen_before_the_switch(play, row, name):
    engine = hit(play, row, name, "frozen")
    assert_comes_to_an_end(play, engine, sides_before(row, name))


@pytest.mark.parametrize("row, name", crashes.spread_of(BEHIND_CASES, 6, 1))
def test_server_or_pooler_killed_behind_the_switch(play, row, name):
    engine = hit(play, row, name, "killed")
    assert_comes_to_an_end(play, engine, ("green",))


@pytest.mark.parametrize("row, name", crashes.spread_of(BEHIND_CASES, 6, 2))
def test_server_or_pooler_frozen_behind_the_switch(play, row, name):
    engine = hit(play, row, name, "frozen")
    assert_comes_to_an_end(play, engine, ("green",))


def test_blue_restarted_before_the_cutover_is_followed_again(play):
    """Green's workers take it for an error and stop: nothing is lost, and one command cures it."""
    play.lab.blue.restart()
    wait_until(lambda: play.lab.query("green", "postgres", "SELECT 1 FROM pg_subscription WHERE NOT "
                                      "subenabled"), "the end of the workers", 30)
    play.wait_served("blue")
    play.follow_again()
    play.stage.cutover()
    play.assert_ended("green", errors=None, within=None)
