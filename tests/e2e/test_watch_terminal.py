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


def wait_drawn(terminal, height, *texts):
    """Until all of the window is used, and these words stand in it; its lines. Before, it may have
    what was drawn for another size."""
    def drawn():
        lines = terminal.lines()
        return (len(lines) == height and lines[-1].startswith("q quit")
                and all(text in "\n".join(lines) for text in texts) and lines)
    return wait_until(drawn, f"{height} lines with {', '.join(texts)}", 40)


def test_every_size_and_a_resize_while_it_runs(pair, terminal):
    begin(terminal, pair)
    slot = f"pgcutover_{pair.oids['shop']}"
    for width, height, seen in ((80, 24, "OLDEST TRANSACTION"), (200, 50, "WAL POSITION"),
                                (40, 10, "q quit"), (132, 43, "ANSWERS IN"), (80, 24, "VERSION")):
        terminal.resize(width, height)
        lines = wait_drawn(terminal, height, seen)
        assert all(len(line) <= width for line in lines)
        terminal.wait("run    ready", "blue may write", slot)
    end(terminal)


def test_a_server_that_dies_and_returns(pair, terminal):
    begin(terminal, pair)
    try:
        pair.stop("green")
        terminal.wait("green  unmeasured since", "green is not measured:")
        pair.execute("blue", "shop", "INSERT INTO t VALUES (1)")  # nothing written: caught up
        terminal.wait("nobody reads the slot", "!! ")
    finally:
        pair.start("green")
    terminal.wait("green is measured again")
    terminal.wait_gone("unmeasured since")
    terminal.wait(LAG, "17.")
    pair.stop("blue")
    try:
        terminal.wait("worst  !! blue: unmeasured since")
        # what was measured once is not shown as if it were now
        assert "worst  !! blue: unmeasured since" in terminal.wait_gone(LAG)
    finally:
        pair.start("blue")
    terminal.wait(LAG)
    end(terminal)


def test_quitting_gives_the_terminal_back(pair, terminal):
    before = terminal.modes()
    begin(terminal, pair)
    assert terminal.state() == (True, False) and terminal.modes() != before
    end(terminal)
    assert terminal.state() == (False, True)
    terminal.wait_modes(before)
    assert LAG not in terminal.screen()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGABRT, signal.SIGSEGV))
def test_signals_and_faults_give_the_terminal_back(pair, terminal, number):
    before = terminal.modes()
    terminal.type("ulimit -c 0")
    begin(terminal, pair)
    [pid] = terminal.programs("pgcutover")
    os.kill(pid, number)
    wait_until(lambda: terminal.programs("pgcutover") == [], "it to end", 40)
    wait_until(lambda: terminal.state() == (False, True), "the screen of the shell")
    assert terminal.modes() == before


def test_stopped_and_brought_back(pair, terminal):
    before = terminal.modes()
    begin(terminal, pair)
    terminal.keys("C-z")
    wait_until(lambda: terminal.state() == (False, True), "the shell to have its screen")
    terminal.type("echo between")
    terminal.wait("between")
    terminal.wait_modes(before)
    terminal.type("bg; echo behind")
    terminal.wait("behind")
    assert terminal.state() == (False, True)
    terminal.resize(100, 30)  # in the background nothing is drawn
    terminal.type("echo still")
    terminal.wait("still")
    terminal.type("fg")
    wait_drawn(terminal, 30, LAG)
    assert terminal.state() == (True, False)
    end(terminal)
    terminal.wait_modes(before)


def recorded(path):
    with open(path) as stream:
        return stream.read().count("\n")


def test_a_stopped_terminal_does_not_stop_the_measuring(pair, terminal, tmp_path):
    path = f"{tmp_path}/recording"
    begin(terminal, pair, f"--record={path}", "--interval=200ms")
    terminal.keys("C-s")
    before = recorded(path)
    wait_until(lambda: recorded(path) > before + 20, "it to go on", 60)
    terminal.resize(120, 30)
    wait_until(lambda: recorded(path) > before + 30, "it to go on", 60)
    terminal.keys("C-q")
    wait_drawn(terminal, 30)
    end(terminal)


def test_a_pause_stands_still(pair, terminal, tmp_path):
    path = f"{tmp_path}/recording"
    begin(terminal, pair, f"--record={path}", "--interval=200ms")
    terminal.keys("Space")
    terminal.wait("PAUSED at")
    before = recorded(path)
    wait_until(lambda: recorded(path) > before + 1, "all of it to be drawn", 60)
    frozen = terminal.screen()
    wait_until(lambda: recorded(path) > before + 11, "it to go on measuring", 60)
    assert terminal.screen() == frozen
    terminal.keys("x", "y", "F5", "Left", "?")
    terminal.wait("stand still")
    terminal.keys("?", "Space")
    terminal.wait_gone("PAUSED at")
    end(terminal)


def test_two_clusters(pair, terminal):
    terminal.type(f"{command(pair)} --config={pair.second}")
    terminal.wait("1/2 pair")
    terminal.wait(LAG, ">1  pair", " 2  日本")
    terminal.keys("Tab")
    terminal.wait("2/2 日本")
    terminal.keys("1")
    terminal.wait("1/2 pair")
    terminal.keys("0")
    terminal.wait("2 clusters")
    assert "2 clusters" in terminal.wait_gone("SLOT")
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
    wait_until(lambda: recorded(path) > 10, "some of it", 60)
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
    screen = terminal.wait("No space left on device", "No such file or directory")
    assert "error:" not in screen
    end(terminal, code=1)
    screen = terminal.screen()
    assert screen.count("pgcutover: error: ") == 2 and "No space left on device" in screen


def test_without_keys_it_is_drawn_all_the_same(pair, terminal):
    terminal.type(f"{command(pair)} < /dev/null")
    terminal.wait(LAG)
    terminal.keys("C-c")
    wait_until(lambda: terminal.state() == (False, True), "the screen of the shell")
