"""prepare and abort are killed or frozen at every line of their journal and inside every
transaction, under load: the same command again goes on, or abort makes blue what it was.
"""


import pytest

import crashes
import facts
import support
from processes import wait_until
from support import DONE, LOCKED
from test_abort import assert_as_before, assert_green_follows

LINES = crashes.plan_lines("prepare")
# the first one makes the run, before its first row
SYNCS = ["begin"] + crashes.plan_syncs("prepare")
# always: where something of a new kind is about to come to blue or to green's host
TRACES = ("slots intent", "clone intent")
PREPARE, ABORT = ("prepare", "--execute"), ("abort", "--execute", "--yes")


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A lab under load; every test ends without a run, and with everything as it was."""
    stage = make_module_stage()
    stage.before = facts.everything(stage.lab)
    stage.identities = facts.identities(stage.lab, "blue")
    stage.writers = stage.load(rate=10)
    stage.writers.start()
    return stage


def hit_at_each(stage, command, kind, every=1, first=1):
    """Begins it again and again; at each place it is frozen, another operator is told who it is,
    and it is killed. Returns the number at which it ended by itself.
    """
    number = first
    while True:
        engine = stage.begin(*command, stop_at=f"{kind}:{number}")
        wait_until(lambda: support.process_state(engine.pid) == "T"
                   or engine.process.poll() is not None, "the engine to stop itself", 60)
        if engine.process.poll() is not None:
            assert engine.process.returncode == DONE, f"{kind}:{number}: {engine.text()}"
            return number
        # the very first transaction makes the run, which nobody else can know of before
        other = PREPARE if kind == "sync" and number == 1 else ABORT
        refused = stage.run(*other, code=LOCKED)
        assert f"another pgcutover is at work: pid {engine.pid} since 20" in refused.err
        engine.kill()
        stage.run("status", code=DONE)
        number += every


def abort(stage):
    assert "aborted: blue is as it was before" in stage.abort().out
    assert_as_before(stage)


@pytest.mark.parametrize("every, kind", [pytest.param(1, "line", marks=pytest.mark.full),
                                         pytest.param(1, "sync", marks=pytest.mark.full),
                                         (8, "line")])
def test_prepare_and_abort_frozen_and_killed_at_every_journal_line_go_on(shared, every, kind):
    """One run: killed again and again until green is ready, and again and again until it is gone."""
    ended = hit_at_each(shared, PREPARE, kind, every)
    # who goes on with a run has no "begin"
    assert len(LINES) < ended <= len(LINES) + 1 + every, "the list of places is wrong"
    assert_green_follows(shared)
    assert hit_at_each(shared, ABORT, kind, every) > every, "it noted nothing"
    assert_as_before(shared)


@pytest.mark.parametrize("number, line", crashes.spread(LINES, TRACES, 50))
def test_abort_of_a_prepare_killed_at_every_journal_line(shared, number, line):
    shared.stopped(*PREPARE, stop_at=f"line:{number}").kill()
    abort(shared)


@pytest.mark.parametrize("number, sync", crashes.spread(SYNCS, every=50))
def test_abort_of_a_prepare_killed_inside_every_journal_transaction(shared, number, sync):
    shared.stopped(*PREPARE, stop_at=f"sync:{number}").kill()
    if sync == "begin":
        assert "no run is under way" in shared.abort().out
        assert_as_before(shared)
    else:
        abort(shared)


@pytest.mark.full
@pytest.mark.parametrize("kind", ("line", "sync"))
def test_abort_of_a_lost_cutover_killed_at_every_journal_line_goes_on(shared, kind):
    """Clients are held when it begins: it brings them back first."""
    shared.prepare()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="commit")
    shared.kill_both(engine)
    assert support.pooler_states(shared.lab)
    assert hit_at_each(shared, ABORT, kind) > 1
    assert_as_before(shared)


@pytest.mark.full
def test_afterwards_a_whole_run_loses_nothing(shared):
    shared.prepare()
    shared.cutover()
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
    shared.finish()
