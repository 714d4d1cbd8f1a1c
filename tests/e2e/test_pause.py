"""The engine dies or hangs within the pause: its watchdog alone brings the clients back."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import psycopg2
import pytest

import accounting
import facts
import support
from processes import wait_until
from support import DONE, ROLLED_BACK

BEFORE = ("observe", "arm", "quiet", "hold", "fence", "prove", "sequences", "point", "commit")
BEHIND = ("open", "release", "confirm")
BUDGET = 5.0
AMBIGUOUS = 9


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A lab that is ready, and under load; every test leaves it so."""
    stage = make_module_stage()
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    stage.writers = stage.load()
    stage.writers.start()
    return stage


def assert_back_on_blue(stage):
    """Everything as it was before the cutover, but for the run's own facts."""
    assert stage.fact("side") == "blue"
    assert stage.fact("cutover.state") in (None, "undone")
    assert support.pooler_states(stage.lab) == []
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))


def assert_gap_within_budget(stage, begun):
    """No client waited longer than the budget allows."""
    stage.wait_commits(stage.writers)
    assert stage.longest_wait(stage.writers, begun) < BUDGET + 1


@pytest.mark.parametrize("row", BEFORE)
def test_killed_before_the_switch(shared, row):
    begun = time.monotonic_ns()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at=row)
    engine.kill()
    shared.wait_alone()
    assert_gap_within_budget(shared, begun)
    assert_back_on_blue(shared)
    assert shared.commits(shared.writers) and not accounting.read(
        shared.writers.log_directory).failures


@pytest.mark.parametrize("row", ("hold", "fence", "point", "commit"))
def test_hangs_before_the_switch(shared, row):
    """Stopped but not killed: the watchdog ends it first."""
    begun = time.monotonic_ns()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at=row)
    assert engine.wait(20) == -signal.SIGKILL
    shared.wait_alone()
    assert_gap_within_budget(shared, begun)
    assert_back_on_blue(shared)


@pytest.mark.parametrize("row", ("point", "fence", "hold", "arm"))
def test_killed_while_it_undoes(shared, row):
    begun = time.monotonic_ns()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at=f"commit,undo:{row}")
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    engine.wait_stopped()
    engine.kill()
    shared.wait_alone()
    assert_gap_within_budget(shared, begun)
    assert_back_on_blue(shared)


@pytest.mark.parametrize("side, row", (("blue", "fence"), ("blue", "prove"), ("blue", "commit"),
                                       ("green", "prove")))
def test_a_server_that_hangs_in_the_pause(shared, side, row):
    """Poolers are released when the budget is over; what else there is to undo has to wait."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at=row)
    begun = time.monotonic_ns()
    shared.freeze(getattr(shared.lab, side))
    engine.go_on()
    wait_until(lambda: not support.pooler_states(shared.lab), "the poolers' release", 20)
    now = time.monotonic_ns()
    assert (now - begun) / 1e9 - shared.writers.still.seconds(begun, now) < BUDGET + 1
    shared.thaw()
    assert engine.wait() == ROLLED_BACK
    assert "clients are on blue" in engine.text()
    shared.wait_commits(shared.writers)
    assert_back_on_blue(shared)
    assert not accounting.read(shared.writers.log_directory).failures


def test_interrupted_by_the_operator(shared):
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="prove")
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK
    assert "clients are on blue" in engine.text()
    assert_back_on_blue(shared)


def test_while_one_is_at_work_nobody_else_may(shared):
    # its watchdog is patient while the others try
    engine = shared.begin("cutover", "--execute", "--yes", stop_at="quiet",
                          config=shared.variant("patient", "pause", "budget", "30s"))
    engine.wait_stopped()
    for command in (("cutover", "--execute", "--yes"), ("abort", "--execute", "--yes"),
                    ("recover", "--execute"), ("finish", "--execute"), ("prepare", "--execute")):
        result = shared.run(*command, code=support.LOCKED)
        assert "another pgcutover is at work: pid " in result.err
        assert str(engine.pid) in result.err and "since 20" in result.err
        assert "hint:" in result.err
    engine.kill()
    shared.wait_alone()
    assert_back_on_blue(shared)


def test_recover_without_a_watchdog(shared):
    """Both are gone, as when their host is lost: poolers stay paused until one command."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="point")
    shared.kill_both(engine)
    assert support.pooler_states(shared.lab)
    verdict = shared.run("recover", code=DONE)
    assert "verdict: the switch was not reached" in verdict.out
    assert "recover --execute" in shared.run("status", code=DONE).out
    refused = shared.run("cutover", "--execute", "--yes")
    assert refused.code != DONE and "recover --execute" in refused.err
    shared.run("recover", "--execute", code=DONE)
    shared.wait_commits(shared.writers)
    assert_back_on_blue(shared)


def test_a_copy_from_before_the_pause_undoes_nothing_in_it(shared):
    """With it the staged files would be removed, and what the newest one has to put back with them."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="arm,prove")
    copy = f"{shared.directory}/copy/run"
    shutil.copytree(shared.run_directory(), copy)
    engine.go_on()
    engine.wait_stopped()
    shared.kill_both(engine)
    refused = shared.run("recover", "--execute", f"--run={copy}", code=AMBIGUOUS)
    assert "blue is closed to clients" in refused.err and "hint: " in refused.err
    shared.run("recover", "--execute", code=DONE)
    shared.wait_commits(shared.writers)
    assert_back_on_blue(shared)


def test_signals_do_not_keep_the_watchdog_from_recovering(shared):
    """Whoever ends the engine's unit ends everything in it, again and again."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="prove")
    shared.freeze(shared.lab.green)  # recover waits for it: there is time to be interrupted
    engine.kill()

    def released():
        for pid in shared.watchdogs(engine):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        return not support.pooler_states(shared.lab)
    wait_until(released, "the watchdog to release the clients", 20, 0.02)
    shared.thaw()
    shared.wait_alone()
    shared.wait_commits(shared.writers)
    assert_back_on_blue(shared)


def test_afterwards_a_cutover_loses_nothing(shared):
    """The last one on the shared lab: after all those undone cutovers."""
    shared.cutover()
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
    shared.finish()


@pytest.mark.parametrize("row", BEHIND)
def test_killed_behind_the_switch(ready_again, row):
    stage = ready_again
    stage.configure("pause", "budget", f"{BUDGET:g}s")
    with stage.load() as load:
        begun = time.monotonic_ns()
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at=row)
        engine.kill()
        stage.wait_alone()
        stage.writers = load
        assert_gap_within_budget(stage, begun)
    assert stage.fact("side") == "green" and stage.fact("cutover.state") == "done"
    stage.assert_nothing_lost(load, "green", errors=0)
    assert support.pooler_states(stage.lab) == []
    assert "already" in stage.cutover().out
    stage.finish()


def test_hangs_behind_the_switch(ready_again):
    stage = ready_again
    stage.configure("pause", "budget", f"{BUDGET:g}s")
    with stage.load() as load:
        begun = time.monotonic_ns()
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="open")
        assert engine.wait(20) == -signal.SIGKILL
        stage.wait_alone()
        stage.writers = load
        assert_gap_within_budget(stage, begun)
    stage.assert_nothing_lost(load, "green", errors=0)
    assert stage.fact("cutover.state") == "done"
    stage.finish()


def test_recover_behind_the_switch_believes_neither_an_old_journal_nor_a_file(ready_again):
    """The run directory at hand is a copy from before the switch: nothing may be undone with it.
    And a pooler's file is the old one again, as its host lost a rename that was not yet synced."""
    stage = ready_again
    engine = stage.stopped("cutover", "--execute", "--yes", stop_at="fence,release")
    newest = stage.run_directory()
    shutil.copytree(newest, f"{stage.directory}/copy")
    engine.go_on()
    engine.wait_stopped()
    stage.kill_both(engine)
    os.rename(newest, f"{stage.directory}/newest")
    os.rename(f"{stage.directory}/copy", newest)
    refused = stage.run("recover", "--execute", code=AMBIGUOUS)
    assert "green is open to clients" in refused.err and "hint: " in refused.err
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        stage.session("blue")
    shutil.rmtree(newest)
    os.rename(f"{stage.directory}/newest", newest)

    file = stage.fact("pooler.p2.file")
    os.rename(file, f"{file}.pgcutover-after")
    subprocess.run(["cp", "-p", f"{file}.pgcutover-before", file], check=True, timeout=10)
    for process in stage.lab.poolers["p2"].processes:
        process.reload()
    stage.run("recover", "--execute", code=DONE)
    for side in ("p1", "p2a", "p2b"):
        assert stage.lab.query(side, "shop", "SHOW server_version_num", user="app")[0][0] >= "17"
    stage.finish()
