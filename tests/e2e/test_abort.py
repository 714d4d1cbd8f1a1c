"""A run that is given up, or killed and repeated, at any stage: blue as it was, nothing lost."""

import contextlib
import glob
import os
import signal

import pytest

import facts
import support
from processes import wait_until
from support import DONE, FAILED, ROLLED_BACK

# Where one kind of trace after another has been made.
KILLED = ("survey", "identities", "clone", "target", "start_green", "enable")
# pg_upgrade breaks off behind its work, as long as the file is there.
BREAKS_OFF = """\
"$real" "$@" || exit
[ "$1" != --link ] || [ ! -e FILE ] || { echo "the disk is full"; exit 1; }
"""


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A lab under load; every test ends without a run, and with everything as it was."""
    stage = make_module_stage()
    lab = stage.lab
    lab.query("blue", "shop", 'CREATE ROLE "Mixed Role"; '
              'GRANT CONNECT ON DATABASE "Billing" TO "Mixed Role" WITH GRANT OPTION; '
              "ALTER DATABASE events SET default_transaction_read_only = off; "
              "ALTER TABLE sales.customer REPLICA IDENTITY FULL; "
              "ALTER TABLE sales.purchase REPLICA IDENTITY NOTHING")
    stage.breaks = f"{stage.directory}/breaks"
    stage.configure("green", "bin_directory", support.green_programs(
        stage, pg_upgrade=BREAKS_OFF.replace("FILE", stage.breaks)))
    stage.before = facts.everything(lab)
    stage.identities = facts.identities(lab, "blue")
    stage.writers = stage.load(rate=10)
    stage.writers.start()
    return stage


def empty_socket_directories(uid):
    found = []
    for path in glob.glob("/tmp/pgcutover.??????"):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_uid == uid and not os.listdir(path):
                found.append(path)
    return found


def assert_as_before(stage):
    """Servers, poolers and files; and clients never noticed anything."""
    assert stage.run_directory() is None
    assert support.pooler_states(stage.lab) == []
    facts.assert_same(stage.before, facts.everything(stage.lab))
    facts.assert_same(stage.identities, facts.identities(stage.lab, "blue"))
    assert stage.lab.green.pid() is None
    # those of labs at work beside this one are empty for a moment only
    wait_until(lambda: not empty_socket_directories(stage.lab.account.uid),
               "the end of the clone's socket directory", 60)
    stage.wait_commits(stage.writers)


def abort(stage):
    result = stage.abort()
    assert "aborted: blue is as it was before" in result.out
    assert_as_before(stage)


def kill_at(stage, row):
    engine = stage.stopped("prepare", "--execute", stop_at=row)
    engine.kill()


def kill_within(stage, job, job_too=False):
    """Kills the engine within a job that it has begun on green's host; without job_too that one
    goes on.
    """
    begun = f"{stage.lab.green.data}.pgcutover/jobs/{job}-*"
    engine = stage.begin("prepare", "--execute")
    wait_until(lambda: glob.glob(f"{begun}/pid") or engine.process.poll() is not None,
               f"job {job} to begin", 60, 0.001)
    engine.kill()
    if job_too:
        for path in glob.glob(f"{begun}/pid"):
            with open(path) as stream:
                os.killpg(int(stream.read().split()[0]), signal.SIGKILL)
    assert glob.glob(f"{begun}/pid") and not glob.glob(f"{begun}/rc"), f"{job} has ended already"


def test_without_a_run_there_is_nothing_to_abort(shared):
    assert "nothing to abort" in shared.abort().out
    assert "nothing to abort" in shared.run("abort", code=DONE).out
    assert_as_before(shared)


@pytest.mark.parametrize("row", KILLED)
def test_abort_of_a_prepare_that_was_killed(shared, row):
    kill_at(shared, row)
    abort(shared)


def test_abort_of_a_prepare_that_was_killed_within_the_upgrade(shared):
    """pg_upgrade runs on; abort ends it first."""
    kill_within(shared, "upgrade")
    abort(shared)


def test_the_dry_run_of_abort_changes_nothing(shared):
    kill_at(shared, "clone")
    before = facts.everything(shared.lab)
    text = shared.run("abort", code=DONE).out
    for step in ("workplace", "slots", "publications", "markers", "identities"):
        assert f"  {step}: " in text
    facts.assert_same(before, facts.everything(shared.lab))
    abort(shared)


def test_prepare_goes_on_wherever_it_was_killed(shared):
    """One run, killed at every stage and within its long jobs; then abort of what is ready."""
    shared.runs = set()
    for row in ("identities", "publications", "slots", "settle"):
        kill_at(shared, row)
        shared.runs.add(shared.run_directory())
    kill_within(shared, "clone", job_too=True)
    kill_within(shared, "clone")
    for row in ("target", "recover"):
        kill_at(shared, row)
    kill_within(shared, "upgrade", job_too=True)
    kill_within(shared, "upgrade")
    for row in ("start_green", "relations", "origins", "enable", "catch_up", "ready"):
        kill_at(shared, row)
        shared.runs.add(shared.run_directory())
    result = shared.prepare()
    assert "green is ready" in result.out
    assert shared.runs == {shared.run_directory()}
    assert_green_follows(shared)
    abort(shared)


def assert_green_follows(stage):
    """Row by row, once blue is at rest."""
    stage.writers.stop()
    wait_until(lambda: not facts.differences(facts.rows(stage.lab, "blue"),
                                             facts.rows(stage.lab, "green")),
               "green to have every row of blue, once each", 90, 0.2)
    stage.assert_nothing_lost(stage.writers, "blue", errors=0)
    stage.writers = stage.load(rate=10)
    stage.writers.start()


def test_a_failed_upgrade_is_repeated_on_a_fresh_clone_and_an_undone_cutover_aborted(shared):
    """Files are linked by then: the clone is lost, but not what blue's slots keep."""
    with open(shared.breaks, "w"):
        result = shared.run("prepare", "--execute", code=FAILED)
    assert "the disk is full" in result.err and "blue accepts writes" in result.err
    shared.wait_commits(shared.writers)
    os.unlink(shared.breaks)
    shared.prepare()
    assert shared.fact("clone.attempt") == "2"
    assert_green_follows(shared)
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="commit")
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    abort(shared)


def test_abort_of_a_failed_upgrade(shared):
    with open(shared.breaks, "w"):
        shared.run("prepare", "--execute", code=FAILED)
    abort(shared)
    os.unlink(shared.breaks)


def test_abort_brings_back_clients_that_a_dead_engine_left_held(shared):
    """Engine and watchdog gone within the pause: abort undoes the cutover, then the rest."""
    shared.prepare()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="commit")
    shared.kill_both(engine)
    assert support.pooler_states(shared.lab)
    abort(shared)


def test_a_second_run_behind_all_of_them_loses_nothing(shared):
    shared.prepare()
    shared.cutover()
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
    shared.finish()
    identities = facts.identities(shared.lab, "green")
    facts.assert_same(shared.identities, identities)
    assert identities["shop", "sales", "purchase"] == ("n", None)
