"""pgcutover watch on a terminal, and where there is none: seen as an operator sees it."""

import itertools
import json
import os
import shlex
import signal
import subprocess

import pytest

from pair import Pair
from processes import wait_until
from terminals import PROMPT, Terminal

LAG = "caught up"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def pair(program):
    with Pair(program, 15, 17) as made:
        made.execute("blue", "shop", "CREATE TABLE t (a int)")
        made.execute("green", "shop", "CREATE TABLE t (a int)")
        made.replicate()
        made.second = f"{made.directory}/second.ini"
        with open(made.config_path) as stream, open(made.second, "w") as other:
            other.write(stream.read().replace("[cluster pair]", "[cluster 日本]"))
        yield made


@pytest.fixture
def terminal(tmp_path):
    with Terminal(str(tmp_path), 80, 24) as made:
        yield made


def command(pair, *arguments, config=None):
    return shlex.join([pair.program, "watch", f"--config={config or pair.config_path}",
                       *arguments])


def begin(terminal, pair, *arguments):
    terminal.type(command(pair, *arguments))
    terminal.wait(LAG)


def end(terminal, key="q", code=0):
    """It ends so, and not by a sanitizer's report behind the screen that it gives back."""
    terminal.keys(key)
    terminal.wait(PROMPT.strip())
    number = next(NUMBERS)
    terminal.type(f"echo code $? {number}")
    terminal.wait(f"code {code} {number}")


def test_every_size_and_a_resize_while_it_runs(pair, terminal):
    begin(terminal, pair)
    slot = f"pgcutover_{pair.oids['shop']}"
    for width, height, seen in ((80, 24, "OLDEST TRANSACTION"), (200, 50, "WAL POSITION"),
                                (40, 10, "q quit"), (132, 43, "ANSWERS IN"), (80, 24, "VERSION")):
        terminal.resize(width, height)
        terminal.wait(seen)
        lines = wait_until(lambda: len(terminal.lines()) == height and terminal.lines(),
                           "all of the window to be used")
        assert all(len(line) <= width for line in lines)
        assert "run    ready" in terminal.wait("blue may write")
        assert slot in terminal.screen() and lines[-1].startswith("q quit")
    end(terminal)


def test_a_server_that_dies_and_returns(pair, terminal):
    begin(terminal, pair)
    try:
        pair.stop("green")
        screen = terminal.wait("green  unmeasured since")
        assert "green is not measured:" in screen
        pair.execute("blue", "shop", "INSERT INTO t VALUES (1)")  # nothing written: caught up
        terminal.wait("nobody reads the slot")
        assert "!! " in terminal.screen()
    finally:
        pair.start("green")
    terminal.wait("green is measured again", 40)
    terminal.wait_gone("unmeasured since")
    screen = terminal.wait(LAG, 40)
    assert "17." in screen
    pair.stop("blue")
    try:
        screen = terminal.wait("worst  !! blue: unmeasured since")
        assert LAG not in screen  # what was measured once is not shown as if it were now
    finally:
        pair.start("blue")
    terminal.wait(LAG, 40)
    end(terminal)


def test_quitting_gives_the_terminal_back(pair, terminal):
    before = terminal.modes()
    begin(terminal, pair)
    assert terminal.state() == (True, False) and terminal.modes() != before
    end(terminal)
    assert terminal.state() == (False, True) and terminal.modes() == before
    assert LAG not in terminal.screen()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGABRT, signal.SIGSEGV))
def test_signals_and_faults_give_the_terminal_back(pair, terminal, number):
    before = terminal.modes()
    terminal.type("ulimit -c 0")
    begin(terminal, pair)
    [pid] = terminal.programs("pgcutover")
    os.kill(pid, number)
    wait_until(lambda: terminal.programs("pgcutover") == [], "it to end")
    wait_until(lambda: terminal.state() == (False, True), "the screen of the shell")
    assert terminal.modes() == before


def test_stopped_and_brought_back(pair, terminal):
    before = terminal.modes()
    begin(terminal, pair)
    terminal.keys("C-z")
    wait_until(lambda: terminal.state() == (False, True), "the shell to have its screen")
    terminal.type("echo between")
    terminal.wait("between")
    assert terminal.modes() == before
    terminal.type("bg; echo behind")
    terminal.wait("behind")
    assert terminal.state() == (False, True)
    terminal.resize(100, 30)  # in the background nothing is drawn
    terminal.type("echo still")
    terminal.wait("still")
    terminal.type("fg")
    terminal.wait(LAG)
    assert terminal.state() == (True, False)
    assert len(terminal.lines()) == 30
    end(terminal)
    assert terminal.modes() == before


def recorded(path):
    with open(path) as stream:
        return stream.read().count("\n")


def test_a_stopped_terminal_does_not_stop_the_measuring(pair, terminal, tmp_path):
    path = f"{tmp_path}/recording"
    begin(terminal, pair, f"--record={path}", "--interval=200ms")
    terminal.keys("C-s")
    before = recorded(path)
    wait_until(lambda: recorded(path) > before + 20, "it to go on")
    terminal.resize(120, 30)
    wait_until(lambda: recorded(path) > before + 30, "it to go on")
    terminal.keys("C-q")
    wait_until(lambda: len(terminal.lines()) == 30 and terminal.lines()[-1].startswith("q quit"),
               "it to draw again")
    end(terminal)


def test_a_pause_stands_still(pair, terminal, tmp_path):
    path = f"{tmp_path}/recording"
    begin(terminal, pair, f"--record={path}", "--interval=200ms")
    terminal.keys("Space")
    frozen = terminal.wait("PAUSED at")
    before = recorded(path)
    wait_until(lambda: recorded(path) > before + 10, "it to go on measuring")
    assert terminal.screen() == frozen
    terminal.keys("x", "y", "F5", "Left", "?")
    terminal.wait("stand still")
    terminal.keys("?", "Space")
    terminal.wait_gone("PAUSED at")
    end(terminal)


def test_two_clusters(pair, terminal):
    terminal.type(f"{command(pair)} --config={pair.second}")
    terminal.wait("1/2 pair")
    screen = terminal.wait(LAG)
    assert ">1  pair" in screen and " 2  日本" in screen
    terminal.keys("Tab")
    terminal.wait("2/2 日本")
    terminal.keys("1")
    terminal.wait("1/2 pair")
    terminal.keys("0")
    screen = terminal.wait("2 clusters")
    assert "SLOT" not in screen
    end(terminal)


def test_colours_and_none(pair, tmp_path):
    for name, variables, coloured in (("a", {}, True), ("b", {"NO_COLOR": "1"}, False)):
        os.mkdir(f"{tmp_path}/{name}")
        with Terminal(f"{tmp_path}/{name}", 80, 24, **variables) as terminal:
            begin(terminal, pair)
            assert ("\033[" in terminal.screen("-e")) == coloured
            end(terminal)


def test_a_recording_looks_as_it_did(pair, terminal, tmp_path):
    path = f"{tmp_path}/recording"
    begin(terminal, pair, f"--record={path}", "--interval=200ms")
    wait_until(lambda: recorded(path) > 10, "some of it")
    end(terminal)
    terminal.type(shlex.join([pair.program, "watch", f"--replay={path}", "--speed=100"]))
    terminal.wait(LAG)
    with open(path) as stream:
        last = json.loads(stream.readlines()[-1])["now_us"] // 1_000_000
    clock = f"{last // 3600 % 24:02}:{last // 60 % 60:02}:{last % 60:02}"
    terminal.wait(f"{clock} UTC")  # and stays when it is over
    end(terminal)


@pytest.mark.parametrize("variables", ({}, {"PG_COLOR": "always", "TERM": "xterm"}), ids=str)
def test_what_is_piped_is_lines(pair, tmp_path, variables):
    metrics = f"{tmp_path}/watch.prom"
    process = subprocess.Popen(shlex.split(command(pair, f"--metrics-file={metrics}")),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd="/",
                               env={**pair._environment(), **variables})
    try:
        first = process.stdout.readline()
        wait_until(lambda: f'server="green",subscription="pgcutover_{pair.oids["shop"]}"'
                   in open(metrics).read(), "metrics")
        with open(metrics) as stream:
            found = subprocess.run(["promtool", "check", "metrics"], stdin=stream, text=True,
                                   capture_output=True, check=False)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (found.returncode, found.stderr) == (0, "")
    assert process.returncode in (0, 143) and err == ""
    assert first[4] == "-" and "Z pair: " in first
    assert "\033" not in first + out and "stands: run=ready may_write=blue" in first + out


def test_it_ends_when_nobody_reads_its_lines(pair):
    done = subprocess.run(f"{command(pair, '--interval=200ms')} | head -1", shell=True, text=True,
                          capture_output=True, check=False, timeout=40, cwd="/",
                          env=pair._environment())
    assert done.stdout.count("\n") == 1 and done.stderr == ""


def test_what_goes_wrong_is_said_on_the_screen_and_behind_it(pair, terminal, tmp_path):
    begin(terminal, pair, "--record=/dev/full", f"--metrics-file={tmp_path}/none/x.prom")
    screen = terminal.wait("No space left on device")
    assert "No such file or directory" in screen and "error:" not in screen
    end(terminal, code=1)
    screen = terminal.screen()
    assert screen.count("pgcutover: error: ") == 2 and "No space left on device" in screen


def test_without_keys_it_is_drawn_all_the_same(pair, terminal):
    terminal.type(f"{command(pair)} < /dev/null")
    terminal.wait(LAG)
    terminal.keys("C-c")
    wait_until(lambda: terminal.state() == (False, True), "the screen of the shell")
