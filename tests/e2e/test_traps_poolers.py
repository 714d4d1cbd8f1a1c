"""Traps of the poolers: clients held for ever, dropped, or sent to the wrong side later."""

import contextlib
import os
import re
import signal
import time

import pytest

import accounting
import facts
import support
from processes import wait_until, write_file
from support import CHECKS, DONE, ROLLED_BACK

BUDGET = 5.0
ENTRIES = (("p1", "shop"), ("p1", "shop_alias"), ("p2a", "Billing"), ("p2b", "events"))
PROCESSES = ("p1", "p2a", "p2b")


@pytest.fixture(scope="module")
def held(stopping_program, make_module_stage):
    """Ready; every test but the last ends with clients on blue and everything as it was."""
    stage = make_module_stage()
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    stage.patient = stage.variant("patient", "pause", "budget", "30s")
    return stage


@pytest.fixture
def writers(held):
    with held.load() as load:
        yield load


def stopped_patiently(stage, stop_at):
    """With a budget that leaves time for what a test does while the engine is stopped."""
    engine = stage.begin("cutover", "--execute", "--yes", stop_at=stop_at, config=stage.patient)
    engine.wait_stopped()
    return engine


def signal_all(stage, number=signal.SIGHUP):
    """Somebody else's unrelated reload: of every process, by the signal."""
    for side in PROCESSES:
        process = stage.lab.process(side)
        process.when_calm(lambda _, pid=process.pid(): os.kill(pid, number), settled=True)


def targets(stage):
    """Ports that entries of blue or green point to, of every process."""
    known = {stage.lab.ports["blue"], stage.lab.ports["green"]}
    return {int(row["port"]) for side in PROCESSES
            for row in stage.lab.process(side).command("SHOW DATABASES")
            if row["port"] is not None and int(row["port"]) in known}


def wait_reloaded(stage, count):
    """Until the log of every process tells of that many reloads more than when it was asked."""
    def all_have():
        return all(reloads(stage, side) >= count[side] for side in PROCESSES)
    wait_until(all_have, "every pooler process to read its files", 10)


def reloads(stage, side):
    with open(stage.lab.process(side).log) as stream:
        return len(re.findall(r"SIGHUP", stream.read()))


def reload_all(stage, load=None):
    """Clients ask for nothing until it is done: a login that begins between the look for logins and the
    signal is cut off by PgBouncer, which its clients see, whoever sent the signal."""
    count = {side: reloads(stage, side) + 1 for side in PROCESSES}
    with load.frozen() if load else contextlib.nullcontext():
        signal_all(stage)
        wait_reloaded(stage, count)


def assert_back_on_blue(stage, load, errors=0):
    stage.wait_commits(load)
    assert support.pooler_states(stage.lab) == []
    for side, database in ENTRIES:
        (found,), = stage.lab.query(side, database, "SHOW server_version_num", user="app")
        assert found.startswith("15"), (side, database, found)
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))
    stage.assert_nothing_lost(load, "blue", errors=errors)


def watchdog(stage, engine):
    pid, = stage.watchdogs(engine)
    return pid


def longest_gap(stage, load, begun):
    stage.wait_commits(load)
    return stage.longest_wait(load, begun)


def test_a_transaction_of_ten_seconds_keeps_nobody_held_beyond_the_budget(held, writers):
    """The pause waits for it; everybody else waits for the pause."""
    engine = held.stopped("cutover", "--execute", "--yes", stop_at="hold")
    its_watchdog = watchdog(held, engine)
    os.kill(its_watchdog, signal.SIGSTOP)  # for as long as it takes to open a transaction
    begun = time.monotonic_ns()
    with held.load(clients=0, hold_open=(10000,), targets=(("p2b", "shop"),)) as long:
        wait_until(lambda: held.lab.query(
            "blue", "postgres", "SELECT count(*) FROM pg_stat_activity WHERE state = "
            "'idle in transaction' AND clock_timestamp() - state_change > interval '300 ms'"
        )[0][0] > 0, "the long transaction to be open", 10)
        engine.go_on()
        wait_until(lambda: support.pooler_states(held.lab), "clients to be held", 10, 0.005)
        os.kill(its_watchdog, signal.SIGCONT)  # the engine beats again: that is what it hears first
        assert engine.wait() == ROLLED_BACK, engine.text()
        assert longest_gap(held, writers, begun) < BUDGET + 1
        wait_until(lambda: held.commits(long) > 0 or not long.running(), "its commit", 20, 0.2)
        held.assert_nothing_lost(long, "blue", errors=0)
    assert_back_on_blue(held, writers)


def test_a_pause_that_somebody_resumes_meanwhile_ends_within_the_budget(held, writers):
    """PgBouncer never answers a PAUSE that was pending when somebody else resumed its entry."""
    engine = held.stopped("cutover", "--execute", "--yes", stop_at="hold")
    begun = time.monotonic_ns()
    session = held.session("p2a")
    with session.cursor() as cursor:
        cursor.execute("UPDATE load.account SET balance = balance WHERE id = 120")
    engine.go_on()
    process = held.lab.process("p2a")
    wait_until(lambda: f"{process.name}:shop" in support.pooler_states(held.lab),
               "the entry to be held", 5, 0.005)
    process.command('RESUME "shop"')
    session.commit()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert longest_gap(held, writers, begun) < BUDGET + 1
    assert_back_on_blue(held, writers)


def test_killed_between_the_new_file_and_its_reload_then_an_unrelated_sighup(held, writers):
    """The file says green, the process says blue. Whoever reloads it, in that moment or after the
    recovery, sends nobody to the other side."""
    with support.slow_rename(held, "p2", "pgcutover-after") as flags:
        engine = held.begin("cutover", "--execute", "--yes")
        wait_until(lambda: os.path.exists(f"{flags}/renamed"), "the file of p2 to be renamed", 60,
                   0.001)
        os.kill(watchdog(held, engine), signal.SIGSTOP)
        engine.kill()
        reload_all(held, writers)
        assert held.lab.ports["green"] in targets(held)  # it was the new file that they read
        os.kill(watchdog(held, engine), signal.SIGCONT)
        write_file(f"{flags}/go", "", 0o644)
        held.wait_alone()
    assert targets(held) == {held.lab.ports["blue"]}
    reload_all(held, writers)
    assert targets(held) == {held.lab.ports["blue"]}
    assert_back_on_blue(held, writers)


def test_unrelated_reloads_while_it_is_undone_and_afterwards(held, writers):
    engine = stopped_patiently(held, "commit,undo:point,undo:fence,undo:hold")
    engine.process.send_signal(signal.SIGINT)
    for following in ("undo:point", "undo:fence", "undo:hold", None):
        reload_all(held, writers)
        engine.go_on()
        if following:
            engine.wait_stopped()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert targets(held) == {held.lab.ports["blue"]}
    reload_all(held, writers)
    assert targets(held) == {held.lab.ports["blue"]}
    assert_back_on_blue(held, writers)


def test_a_pooler_restarted_while_clients_are_being_held_undoes_the_cutover(held, writers):
    """It comes up without its pause, with the file on disk: blue's, until blue is fenced."""
    engine = held.stopped("cutover", "--execute", "--yes", stop_at="hold")
    process = held.lab.process("p2b")
    session = held.session("p2b")
    with session.cursor() as cursor:
        cursor.execute("UPDATE load.account SET balance = balance WHERE id = 120")
    begun = time.monotonic_ns()
    engine.go_on()
    wait_until(lambda: f"{process.name}:shop" in support.pooler_states(held.lab),
               "the entry to be held", 5, 0.005)
    process.stop(kill=True)
    process.start()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert longest_gap(held, writers, begun) < BUDGET + 1
    assert_back_on_blue(held, writers, errors=None)
    log = accounting.read(writers.log_directory)
    ports = {log.clients[failure.client].port for failure in log.failures}
    assert ports <= {process.port}, log.failures


@pytest.fixture
def impatient(held):
    """One process of three drops clients that wait for longer than the budget would let them."""
    process = held.lab.process("p2b")
    with open(process.ini) as stream:
        text = stream.read()
    with open(process.ini, "w") as stream:
        stream.write(text.replace("log_connections = 0",
                                  "log_connections = 0\nquery_wait_timeout = 3"))
    reload_all(held)
    yield
    with open(process.ini, "w") as stream:
        stream.write(text)
    reload_all(held)


def test_a_time_out_of_a_pooler_below_the_budget_is_found_by_check(held, impatient):
    found = held.run("check", code=CHECKS)
    assert re.search(r"error +pooler_patience.*\n?.*query_wait_timeout is 3", found.out), found.out


def test_a_time_out_of_a_pooler_below_the_budget_is_refused_by_cutover(held, impatient, writers):
    """Clients would be dropped before they could be given back."""
    engine = held.begin("cutover", "--execute", "--yes", stop_at="arm")
    wait_until(lambda: support.process_state(engine.pid) in ("T", "Z", None),
               "the cutover to refuse, or to begin", 60)
    if engine.process.poll() is None:
        engine.kill()
        held.wait_alone()
        pytest.fail("it was about to hold clients")
    assert engine.wait() == CHECKS and "query_wait_timeout" in engine.text(), engine.text()
    held.wait_commits(writers)
    held.assert_nothing_lost(writers, "blue", errors=0)


def test_unrelated_reloads_at_every_row_of_a_cutover(held, writers):
    """The last one: with a SIGHUP to every process wherever it can be, clients end on green."""
    rows = ("arm", "probe", "quiet", "hold", "fence", "prove", "commit", "open", "release",
            "confirm")
    begun = time.monotonic_ns()
    engine = stopped_patiently(held, ",".join(rows))
    for row in rows:
        reload_all(held, writers)
        engine.go_on()
        if row != rows[-1]:
            engine.wait_stopped()
    assert engine.wait() == DONE, engine.text()
    # a RELOAD takes back how soon a failed login is tried again: 15 s later, if nobody sees to it;
    # the reloads of the test are a part of what clients wait
    assert longest_gap(held, writers, begun) < 2 * BUDGET
    assert targets(held) == {held.lab.ports["green"]}
    reload_all(held, writers)
    assert targets(held) == {held.lab.ports["green"]}
    held.wait_commits(writers)
    held.assert_nothing_lost(writers, "green", errors=0)
    held.finish()
