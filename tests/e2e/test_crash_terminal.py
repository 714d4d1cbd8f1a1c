"""The terminal, the SSH session or whoever reads the output is gone, or does not read."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import termios
import time

import pytest

import support
from crashes import BUDGET, SLACK
from processes import wait_until
from support import DONE, ROLLED_BACK

COMMAND = ("cutover", "--execute", "--yes")


def begin(play, out, stop_at, **more):
    """The program with another stdout and stderr than a file."""
    stage = play.stage
    log = f"{stage.directory}/nobody-reads.log"
    process = subprocess.Popen(stage.argv(*COMMAND), cwd="/", stdin=more.pop("stdin", None)
                               or subprocess.DEVNULL, stdout=out, stderr=out,
                               env=stage._environment({"PGCUTOVER_STOP_AT": stop_at}), **more)
    with open(log, "w"):
        pass
    engine = support.Engine(process, log)
    stage.engines.append(engine)
    return engine


def on_terminal(play, stop_at):
    """The program as the leader of a terminal's session; and the terminal's other side."""
    master, slave = pty.openpty()
    engine = begin(play, slave, stop_at, stdin=slave, preexec_fn=lambda: os.login_tty(slave))
    os.close(slave)
    engine.wait_stopped()
    return engine, master


def ended(play, engine, codes):
    code = engine.wait(60)
    assert code in codes, code
    play.assert_ended("green" if code == DONE else "blue")
    return code


@pytest.mark.parametrize("row", ("hold", "prove"))
def test_terminal_gone_before_the_switch(play, row):
    """SIGHUP: undone at once, by the engine itself."""
    engine, master = on_terminal(play, row)
    os.close(master)
    engine.go_on()
    assert ended(play, engine, (ROLLED_BACK, 1, 7)) == ROLLED_BACK or row == "hold"


@pytest.mark.parametrize("row", ("open", "release"))
def test_terminal_gone_behind_the_switch(play, row):
    """There is only forward."""
    engine, master = on_terminal(play, row)
    os.close(master)
    engine.go_on()
    ended(play, engine, (DONE,))


def test_process_group_ended_with_the_terminal(play):
    """What a closed SSH session sends to everybody in it; the watchdog is not in it."""
    engine, master = on_terminal(play, "prove")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL):
        os.killpg(engine.pid, number)
    assert engine.wait(20) == -signal.SIGKILL
    os.close(master)
    play.assert_ended("blue")


@pytest.mark.parametrize("row", (pytest.param("arm", marks=pytest.mark.full), "prove",
                                 pytest.param("release", marks=pytest.mark.full)))
def test_reader_of_the_output_gone(play, row):
    """A pipe that nobody reads any more: it does not matter to the clients."""
    reading, writing = os.pipe()
    engine = begin(play, writing, row)
    os.close(writing)
    engine.wait_stopped()
    os.close(reading)
    engine.go_on()
    ended(play, engine, (DONE,))


class Unread:
    """A pipe that is full, and read only when somebody asks for it."""

    def __init__(self):
        self.reading, self.writing = os.pipe()
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)

    def fill(self):
        os.set_blocking(self.writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.writing, b".")
        os.set_blocking(self.writing, True)

    def drain(self, engine):
        """Reads until the program has ended."""
        os.close(self.writing)
        os.set_blocking(self.reading, False)

        def over():
            with contextlib.suppress(BlockingIOError):
                os.read(self.reading, 65536)
            return engine.process.poll() is not None
        wait_until(over, "the end of the program", 60)
        os.close(self.reading)


def watch_ended(play, engine):
    """The engine says good-bye before it prints what blocks; an end by force would take it along."""
    wait_until(lambda: not play.stage.watchdogs(engine), "the end of the watch", BUDGET * 3)


@pytest.mark.parametrize("row", ("quiet", "hold"))
def test_reader_that_does_not_read_keeps_nobody_held(play, row):
    """Full from then on; the cutover goes through, what it says comes when it is read."""
    pipe = Unread()
    engine = begin(play, pipe.writing, row)
    engine.wait_stopped()
    pipe.fill()
    engine.go_on()
    play.wait_served("green")
    watch_ended(play, engine)
    pipe.drain(engine)
    ended(play, engine, (DONE,))


def assert_undone_unread(play, engine):
    """Green hangs, so the cutover fails within the pause: clients are released all the same."""
    play.stage.freeze(play.lab.green)
    begun = time.monotonic_ns()
    engine.go_on()
    wait_until(play.released, "the release", BUDGET * 3)
    assert play.took(begun) < BUDGET + SLACK
    play.stage.thaw()


def test_reader_that_does_not_read_while_it_fails(play):
    pipe = Unread()
    engine = begin(play, pipe.writing, "prove")
    engine.wait_stopped()
    pipe.fill()
    assert_undone_unread(play, engine)
    watch_ended(play, engine)
    pipe.drain(engine)
    assert engine.wait(60) == ROLLED_BACK
    play.assert_ended("blue", errors=None)


def test_terminal_that_is_stopped_while_it_fails(play):
    """Flow control (Ctrl-S): writes to it block."""
    engine, master = on_terminal(play, "prove")
    os.write(master, termios.tcgetattr(master)[6][termios.VSTOP])
    assert_undone_unread(play, engine)
    watch_ended(play, engine)
    os.write(master, termios.tcgetattr(master)[6][termios.VSTART])
    os.set_blocking(master, False)

    def over():
        with contextlib.suppress(OSError):  # nothing there, or nobody at the other side any more
            os.read(master, 65536)
        return engine.process.poll() is not None
    wait_until(over, "the end of the program", 60)
    os.close(master)
    assert engine.wait(60) == ROLLED_BACK
    play.assert_ended("blue", errors=None)
