"""One client keeps a transaction open; a pooler is lost behind the fence; clients let go in turns."""

import signal

import facts
import pytest
import support
from processes import wait_until
from support import CHECKS, DONE, FAILED, ROLLED_BACK


@pytest.fixture
def make_stage(stopping_program, make_stage):
    return make_stage


def prepared(make_stage, **options):
    stage = make_stage(**options)
    stage.configure("pause", "budget", "3s")
    stage.prepare()
    return stage


def open_transaction(stage, side):
    """A client of the pool that writes and does not come to an end."""
    session = stage.session(side)
    with session.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE straggler (n int)")
        cursor.execute("INSERT INTO straggler VALUES (1)")
    return session


def cut_over_with_a_straggler(stage, side="p1"):
    """The transaction begins when the quiet moment has been found."""
    engine = stage.stopped("cutover", "--execute", "--yes", stop_at="hold")
    session = open_transaction(stage, side)
    pid = session.info.backend_pid
    engine.go_on()
    return engine, session, pid


@pytest.mark.parametrize("mode", ("transaction", "session"))
def test_a_straggler_is_named_and_everybody_is_released(make_stage, mode):
    """The default: nothing is changed, nobody waits for longer than the budget."""
    stage = prepared(make_stage, pool_mode=mode)
    before = facts.everything(stage.lab, green=True)
    engine, session, _ = cut_over_with_a_straggler(stage)
    assert engine.wait() == ROLLED_BACK
    assert "waiting for the transaction of pid " in engine.text(), engine.text()
    assert "INSERT INTO straggler" in engine.text()
    assert support.pooler_states(stage.lab) == []
    with session.cursor() as cursor:
        cursor.execute("SELECT n FROM straggler")
        assert cursor.fetchall() == [(1,)]
    session.close()
    facts.assert_same(before, facts.everything(stage.lab, green=True))


def test_a_straggler_is_ended_where_that_is_wanted(ready_again):
    """It alone gets an error, and the report names it with what it last did."""
    stage = ready_again
    stage.configure("pause", "on_straggler", "terminate")
    stage.run("check", code=DONE)
    with stage.load() as load:
        engine, session, _ = cut_over_with_a_straggler(stage, "p2a")
        assert engine.wait() == DONE, engine.text()
        stage.wait_commits(load)
        assert "ended on blue: " in engine.text() and "INSERT INTO straggler" in engine.text()
        with pytest.raises(support.psycopg2.Error), session.cursor() as cursor:
            cursor.execute("SELECT n FROM straggler")
    stage.assert_nothing_lost(load, "green")
    assert len(stage.events("terminated")) >= 1
    stage.finish()


def test_a_budget_beyond_the_poolers_patience_is_refused(make_stage):
    stage = prepared(make_stage, pooler_settings={"query_wait_timeout": "4"})
    stage.configure("pause", "budget", "5s")
    refused = stage.run("cutover", "--execute", "--yes", code=CHECKS)
    assert "query_wait_timeout drops clients that wait for 4000 ms" in refused.err
    assert "hint: " in refused.err
    stage.configure("pause", "budget", "3s")
    stage.cutover()
    stage.finish()


@pytest.mark.parametrize("row", ("prove", "release"))
def test_a_pooler_that_is_lost_behind_the_fence_stops_nobody_else(ready_again, row):
    """It is killed; the others go on, on green. When it runs again, recover sees to it."""
    stage = ready_again
    lost = stage.lab.poolers["p2"].processes[1]
    with stage.load(targets=[("p1", "shop"), ("p2a", "events")]) as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at=row)
        support.os.kill(lost.pid(), signal.SIGKILL)
        wait_until(lambda: lost.pid() is None, "the end of a pooler", 10)
        engine.go_on()
        stage.wait_commits(load)
        assert engine.wait() == FAILED, engine.text()
        assert "clients belong on green" in engine.text() and "pooler p2 process 2" in engine.text()
        assert "recover --execute" in stage.run("status", code=DONE).out
        lost.start()
        stage.run("recover", "--execute", code=DONE)
        assert stage.lab.query("p2b", "shop", "SHOW server_version_num",
                               user="app")[0][0] >= "17"
    stage.assert_nothing_lost(load, "green")
    assert stage.events("lost")
    stage.finish()


def test_a_pooler_that_is_started_again_behind_the_fence(ready_again):
    """It holds nobody any more; its clients meet closed servers until the switch."""
    stage = ready_again
    stage.configure("pause", "budget", "20s")  # the watchdog is patient while the test is at work
    again = stage.lab.poolers["p2"].processes[1]
    with stage.load() as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="prove")
        support.os.kill(again.pid(), signal.SIGKILL)
        wait_until(lambda: again.pid() is None, "the end of a pooler", 10)
        again.start()
        engine.go_on()
        assert engine.wait() == DONE, engine.text()
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green", errors=None)
    stage.finish()


def test_poolers_are_let_go_one_after_the_other(ready_again):
    """The last process is released last: it waits for twice the stagger."""
    stage = ready_again
    stage.configure("pause", "release_stagger", "400ms")
    with stage.load() as load:
        stage.cutover()
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green")
    assert float(stage.run("status", "--output=json", code=DONE).out.count("done")) >= 1
    rows = dict(stage.journal("SELECT step, mono_ns FROM row WHERE plan = 'cutover' "
                              "AND state = 'done' AND step IN ('open', 'release')"))
    assert rows["release"] - rows["open"] >= 800e6
    stage.finish()


def test_a_pooler_with_an_entry_for_everybody_only(ready_again):
    """Its console lists none before somebody comes: every database of blue is held by name."""
    stage = ready_again
    pooler = stage.lab.poolers["p1"]
    line = "[databases]\n* = host=localhost port={}\n"
    stage.lab.account.write(pooler.file, line.format(stage.lab.ports["blue"]))
    pooler.restart()
    stage.cutover()
    assert pooler.databases() == line.format(stage.lab.ports["green"]).replace("localhost", "127.0.0.1")
    assert stage.lab.query("p1", "shop", "SELECT inet_server_port()", user="app") == [
        (stage.lab.ports["green"],)]
    stage.finish()
