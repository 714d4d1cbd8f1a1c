"""Two hosts have the run directory, or a copy of it: only one of them can be right."""

import shutil
import tempfile

import facts
import psycopg2
import pytest
import support
from support import DONE, FAILED

AMBIGUOUS = 9


def copy_elsewhere(stage):
    """The run directory on another host: another place, another lock."""
    copy = f"{tempfile.mkdtemp(dir=stage.directory)}/run"
    shutil.copytree(stage.run_directory(), copy)
    return copy


def test_a_host_that_slept_through_its_undo_opens_nothing(ready_again):
    """It wakes up behind the switch, which was undone from elsewhere meanwhile."""
    stage = ready_again
    stage.before = facts.everything(stage.lab, green=True)
    with stage.load() as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="commit,open")
        copy = copy_elsewhere(stage)
        stage.kill_watchdog(engine)  # nobody there notices that it sleeps
        engine.go_on()
        engine.wait_stopped()
        assert stage.fact("side") == "green"
        other = stage.run("recover", "--execute", f"--run={copy}", code=DONE)
        assert "undone: clients are on blue" in other.out
        stage.wait_commits(load)
        engine.go_on()
        assert engine.wait() == AMBIGUOUS  # its session was ended, the row repeated
        assert "green does not wait for this attempt any more" in engine.text()
        assert "hint: " in engine.text()
        again = stage.run("recover", "--execute", code=AMBIGUOUS)
        assert "undone" in again.err
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "blue")
    assert support.pooler_states(stage.lab) == []
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))


def test_a_host_that_slept_before_the_switch_does_nothing(ready_again):
    stage = ready_again
    stage.before = facts.everything(stage.lab, green=True)
    with stage.load() as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="prove")
        copy = copy_elsewhere(stage)
        stage.kill_watchdog(engine)
        stage.run("recover", "--execute", f"--run={copy}", code=DONE)
        stage.wait_commits(load)
        engine.go_on()
        assert engine.wait() in (FAILED, support.ROLLED_BACK)
        assert stage.run("recover", "--execute").code == DONE
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "blue")
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))


def test_a_lock_that_another_run_holds_is_named_with_its_address(ready_again):
    """On the servers, where another host's run directory is not to be seen."""
    stage = ready_again
    with stage.session("green", "postgres", "postgres").cursor() as cursor:
        cursor.execute("SET application_name = 'pgcutover elsewhere'")
        cursor.execute("SELECT pg_advisory_lock(8099551810964911730)")
        for command in (("cutover", "--execute", "--yes"), ("abort", "--execute", "--yes")):
            refused = stage.run(*command, code=support.LOCKED)
            assert "another run holds it: pgcutover elsewhere, from 127.0.0.1, pid " in refused.err


def test_abort_with_a_copy_from_before_the_cutover_removes_nothing(ready_again):
    stage = ready_again
    copy = copy_elsewhere(stage)
    with stage.load() as load:
        stage.cutover()
        refused = stage.run("abort", "--execute", "--yes", f"--run={copy}", code=AMBIGUOUS)
        assert "green is open to clients" in refused.err and "nothing was removed" in refused.err
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green", errors=0)
    stage.finish()


def test_a_host_that_slept_while_clients_were_moved_from_another_gives_nothing_back(ready_again):
    stage = ready_again
    with stage.load() as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="prove")
        copy = copy_elsewhere(stage)
        stage.kill_watchdog(engine)
        stage.run("recover", "--execute", f"--run={copy}", code=DONE)
        stage.run("cutover", "--execute", "--yes", f"--run={copy}", code=DONE)
        stage.wait_commits(load)
        engine.go_on()
        assert engine.wait() == AMBIGUOUS, engine.text()
        assert support.pooler_states(stage.lab) == []
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            stage.lab.connect("blue", "shop", "app")
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green")
