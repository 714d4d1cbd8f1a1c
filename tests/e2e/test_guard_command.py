"""pgcutover guard: what applications see behind a cutover is told, alerted, or rolled back."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess

import pytest

import support
from guarding import (FAST, Guard, Web, baseline, breaks, configure, events_of, full_pipe, pending,
                      sql_probe, stopped_terminal)
from processes import wait_until
from support import CHECKS, DONE, FAILED, LOCKED, ROLLED_BACK, TRANSIENT, USAGE


@pytest.fixture(scope="module")
def web():
    made = Web()
    yield made
    made.close()


@pytest.fixture(scope="module")
def blue(make_module_stage):
    """Green is ready, clients are on blue."""
    stage = make_module_stage()
    stage.no_run = stage.run("guard")
    stage.prepare()
    return stage


@pytest.fixture(scope="module")
def green(blue):
    """Clients are on green; a guard was there all the time."""
    config = configure(blue, "watched", {}, app=sql_probe(blue))
    guard = Guard(blue, config=config)
    guard.wait("blue")
    wait_until(lambda: baseline(blue, "app")[0] >= 20, "a baseline", 60)
    with blue.load() as load:
        blue.wait_commits(load)
        blue.cutover()
        guard.wait("green")
        blue.wait_commits(load)
    blue.assert_nothing_lost(load, "green", errors=0)
    blue.through_cutover = guard.lines()
    blue.code_of_guard = guard.end()
    return blue


# --- before the cutover ---------------------------------------------------------------------------


def test_without_a_run_there_is_nothing_to_guard(blue):
    assert blue.no_run.code == USAGE and "there is no run under way" in blue.no_run.err


@pytest.mark.parametrize("guard, probe, said", (
    ({"on_trip": "roll back"}, None, "is not a choice"),
    ({"alarm": "x"}, None, 'unknown key "alarm"'),
    ({}, {"url": "gopher://h/"}, "url is not a URL"),
    ({}, {"sql": "SELECT 1"}, "has sql, but no conninfo"),
    ({}, {"url": "http://h/", "command": "true"}, "tries several things"),
    ({}, {"command": "true", "timeout": "5s"}, "runs too seldom for [guard] errors_for"),
))
def test_a_bad_configuration_is_one_clear_error(blue, guard, probe, said):
    config = configure(blue, "bad", guard, **({"x": probe} if probe else {}))
    refused = blue.run("guard", config=config, code=USAGE)
    assert said in refused.err and refused.err.count("error:") == 1
    assert refused.out == ""


def test_a_rollback_by_itself_wants_a_way_back_and_an_answer(blue):
    config = configure(blue, "none", {"on_trip": "rollback"}, app=sql_probe(blue))
    refused = blue.run("guard", "--rollback-reverse=no", config=config, code=CHECKS)
    assert "there will be no way back" in refused.err
    refused = blue.run("guard", "--execute", config=config, code=USAGE)
    assert "--yes answers for you" in refused.err


def test_a_guard_that_was_killed_goes_on_with_its_baseline_and_there_is_only_one(blue):
    config = configure(blue, "watched", {}, app=sql_probe(blue))
    breaks(blue, "blue", True)
    first = Guard(blue, config=config)
    wait_until(lambda: baseline(blue, "app")[1] >= 3, "failed runs in the baseline", 60)
    refused = blue.run("guard", config=config, code=LOCKED)
    assert "another guard is at work" in refused.err
    first.engine.kill()
    breaks(blue, "blue", False)
    runs, errors = baseline(blue, "app")
    second = Guard(blue, config=config)
    began = second.wait("began")
    assert f"baseline of app: {errors} of {runs} runs failed" in began["text"]
    wait_until(lambda: baseline(blue, "app")[0] > runs, "more runs in the baseline", 60)
    assert not second.events("tripped")  # on blue nothing is judged
    assert second.end() == TRANSIENT
    assert second.events()[-1]["event"] == "stopped"
    os.unlink(f"{blue.run_directory()}/guard.json")


def test_a_baseline_that_cannot_be_kept_ends_it_with_a_call_for_help(blue):
    told = f"{blue.directory}/told-kept"
    config = configure(blue, "kept", {"alert": f"echo \"$1 $2\" >>{told}"}, app=sql_probe(blue))
    made = f"{blue.run_directory()}/guard.json.new"
    os.mkdir(made)  # as on a disk that is full
    try:
        guard = Guard(blue, config=config)
        assert guard.engine.wait(30) == FAILED
    finally:
        os.rmdir(made)
    assert guard.lines()[-1]["event"] == "ended"
    assert guard.engine.text().count("error:") == 1
    line, = events_of(told)
    assert line.startswith("blind the baseline cannot be kept: ")


def test_clients_that_are_held_count_as_no_failure(blue, stopping_program):
    """A cutover hangs in its pause for longer than a probe waits, and is undone."""
    assert stopping_program == blue.program
    config = configure(blue, "held", {}, app=sql_probe(blue), again=sql_probe(blue))
    guard = Guard(blue, config=config)
    guard.wait("blue")
    wait_until(lambda: baseline(blue, "app")[0] > 5, "a baseline", 60)
    engine = blue.stopped("cutover", "--execute", "--yes", stop_at="fence")
    guard.wait("moving")
    engine.kill()
    blue.lab.query("p1", "shop", "SELECT 1", user="app")  # it is let go by the watchdog
    guard.wait("blue", more=2)
    runs = baseline(blue, "app")[0]
    wait_until(lambda: baseline(blue, "app")[0] > runs + 10, "runs behind it", 60)
    assert baseline(blue, "app")[1] == baseline(blue, "again")[1] == 0
    assert guard.end() == TRANSIENT
    os.unlink(f"{blue.run_directory()}/guard.json")


# --- behind it ------------------------------------------------------------------------------------


def test_a_cutover_is_waited_for_and_counts_as_no_failure(green):
    names = [line["event"] for line in green.through_cutover]
    assert [name for name in names if name in ("blue", "moving", "green")] == \
        ["blue", "moving", "green"]
    assert "tripped" not in names
    assert green.code_of_guard == TRANSIENT


def test_a_url_that_fails_is_alerted_once_until_it_has_recovered(green, web):
    told = f"{green.directory}/told"
    config = configure(green, "web", {
        "on_trip": "rollback",
        "alert": f"echo \"$1|$2|$PGCUTOVER_NAME|${{PGPASSWORD-none}}\" >>{told}"},
        web={"url": web.url, **FAST})
    before = green.journal("SELECT count(*) FROM row")
    guard = Guard(green, config=config)  # without --execute
    guard.wait("green")
    seen = web.asked
    wait_until(lambda: web.asked > seen + 3, "runs of the probe", 60)
    web.status = 503
    tripped = guard.wait("tripped")
    assert tripped["probe"] == "web" and tripped["errors"] >= 3
    assert tripped["last_error"] == "it answered with 503"
    assert tripped["baseline_percent"] is None and tripped["allowed_percent"] == 5
    assert "pgcutover rollback --execute" in tripped["text"]
    seen = web.asked
    wait_until(lambda: web.asked > seen + 20, "more failures", 60)
    web.status = 204
    guard.wait("recovered")
    wait_until(lambda: len(events_of(told)) == 2, "the alert of the recovery", 60)
    assert [line.split("|")[0] for line in events_of(told)] == ["tripped", "recovered"]
    assert all(line.endswith("|lab|none") for line in events_of(told))
    web.status = 500
    guard.wait("tripped", more=2)
    wait_until(lambda: len(events_of(told)) == 3, "the alert of the next time", 60)
    web.status = 200
    assert guard.end() == TRANSIENT
    # nothing was done
    assert not guard.events("rolling_back")
    assert green.fact("side") == "green" and green.fact("leg") == "cutover"
    assert green.journal("SELECT count(*) FROM row") == before
    assert "s3cret" not in guard.engine.text()


def test_a_url_that_is_not_answered_has_failed_and_others_are_tried_meanwhile(green, web):
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        ports = silent.getsockname()[1], closed.getsockname()[1]
        config = configure(green, "silent", {}, web={"url": web.url, **FAST},
                           silent={"url": f"http://127.0.0.1:{ports[0]}/", **FAST},
                           refused={"url": f"http://127.0.0.1:{ports[1]}/", **FAST})
        guard = Guard(green, config=config)
        guard.wait("green")
        seen = web.asked
        guard.wait("tripped", more=2)
        assert guard.end() == TRANSIENT
    told = {line["probe"]: line["last_error"] for line in guard.events("tripped")}
    assert set(told) == {"silent", "refused"}
    assert "Couldn't connect" in told["refused"] and "timed out" in told["silent"], told
    assert web.asked > seen + 10  # nobody waited for the silent one


def test_an_alert_that_fails_is_told_and_the_guard_goes_on(green, web):
    config = configure(green, "dumb", {"alert": "echo no such pager >&2; exit 3"},
                       web={"url": web.url, **FAST})
    web.status = 500
    guard = Guard(green, config=config)
    failed = guard.wait("alert_failed")
    assert "no such pager" in failed["text"]
    web.status = 200
    assert guard.end() == TRANSIENT


def test_without_a_way_back_a_rollback_is_refused_at_once(green):
    since = green.fact("way_back")
    config = configure(green, "closed", {"on_trip": "rollback"}, app=sql_probe(green))
    green.journal("DELETE FROM fact WHERE key = 'way_back'")
    try:
        refused = green.run("guard", "--execute", "--yes", config=config, code=CHECKS)
    finally:
        green.set_fact("way_back", since)
    assert "there is no way back" in refused.err and refused.out == ""


def test_on_a_terminal_a_line_moves_until_the_operator_stops_it(green, web):
    config = configure(green, "drawn", {}, web={"url": web.url, **FAST})
    ours, theirs = pty.openpty()
    process = subprocess.Popen(green.argv("guard", config=config), stdin=theirs, stderr=theirs,
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    os.close(theirs)
    os.set_blocking(ours, False)
    said = bytearray()

    def drawn():
        with contextlib.suppress(BlockingIOError):
            said.extend(os.read(ours, 65536))
        return re.search(rb"\r\x1b\[Kguard: clients: green; web: 0\.0 % of \d+ \(allowed 5\.0 %\)"
                         rb"; lag: \d", said)

    try:
        wait_until(drawn, "the line", 30)
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        os.close(ours)
    assert process.returncode == TRANSIENT
    assert [line.split()[1] for line in out.splitlines()] == ["began:", "green:", "stopped:"]


def test_a_command_that_never_succeeded_is_no_reason_to_roll_back(green):
    config = configure(green, "never", {"on_trip": "rollback"},
                       job={"command": "echo not installed >&2; false", **FAST})
    guard = Guard(green, "--execute", "--yes", config=config)
    tripped = guard.wait("tripped")
    assert "it has never succeeded" in tripped["text"] and "not installed" in tripped["text"]
    assert guard.end() == TRANSIENT
    assert green.fact("leg") == "cutover"


@pytest.mark.parametrize("make", (full_pipe, stopped_terminal))
def test_who_does_not_read_keeps_no_alert_back(green, web, make):
    told = f"{green.directory}/told-{make.__name__}"
    config = configure(green, "unread", {"alert": f"echo \"$1\" >>{told}"},
                       web={"url": web.url, **FAST})
    ours, theirs = make()
    process = subprocess.Popen(green.argv("guard", config=config), stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    try:
        seen = web.asked
        wait_until(lambda: web.asked > seen + 3, "runs of the probe", 60)
        web.status = 500
        wait_until(lambda: events_of(told) == ["tripped"], "the alert", 60)
        web.status = 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == TRANSIENT
    finally:
        web.status = 200
        process.kill()
        process.wait()
        os.close(ours)


def test_without_a_baseline_a_probe_is_no_reason_to_roll_back(green, web):
    """It was first tried on green: nobody knows whether it was better on blue."""
    config = configure(green, "new", {"on_trip": "rollback"}, new={"url": web.url, **FAST})
    guard = Guard(green, "--execute", "--yes", config=config)
    assert "probe new has no baseline (0 of 20 runs)" in guard.wait("green")["text"]
    seen = web.asked
    wait_until(lambda: web.asked > seen + 3, "runs of the probe", 60)
    web.status = 500
    tripped = guard.wait("tripped")
    web.status = 200
    assert "there is no baseline" in tripped["text"] and "no rollback" in tripped["text"]
    assert guard.end() == TRANSIENT
    assert not guard.events("rolling_back") and green.fact("leg") == "cutover"


def test_a_blue_that_cannot_follow_is_told_with_bytes_and_seconds(green):
    config = configure(green, "lag", {"lag": "1s", "lag_for": "2s"})
    guard = Guard(green, config=config)
    guard.wait("green")
    name, = green.lab.query("blue", "shop", "SELECT subname FROM pg_subscription s "
                            "JOIN pg_database d ON d.oid = subdbid WHERE datname = 'shop'")[0]

    def subscription(action):
        connection = green.lab.connect("blue", "shop", "postgres")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(f'ALTER SUBSCRIPTION "{name}" {action}')

    subscription("DISABLE")
    with green.load() as load:
        tripped = guard.wait("tripped")
        assert tripped["lag_bytes"] > 0 and tripped["lag_seconds"] > 1
        assert "not in use" in tripped["text"]
        subscription("ENABLE")
        recovered = guard.wait("recovered")
        assert recovered["lag_seconds"] <= 0.5
    green.assert_nothing_lost(load, "green", errors=0)
    assert guard.end() == TRANSIENT


def test_a_lag_that_cannot_be_measured_is_unknown_and_over_the_limit(green):
    """Green does not answer for a while: whatever the limit is, nobody knows that it is kept."""
    config = configure(green, "unknown", {"lag": "1h", "lag_for": "1s"})
    guard = Guard(green, config=config)
    guard.wait("green")
    green.freeze(green.lab.green)
    tripped = guard.wait("tripped")
    green.thaw()
    assert tripped["lag_seconds"] is None and "unknown" in tripped["text"]
    assert guard.wait("recovered")["lag_seconds"] is not None
    assert guard.end() == TRANSIENT


def test_a_probe_that_fails_on_green_only_moves_the_clients_back_by_itself(green):
    told = f"{green.directory}/told-rollback"
    config = configure(green, "rollback", {"on_trip": "rollback",
                                           "alert": f"echo \"$PGCUTOVER_EVENT\" >>{told}"},
                       app=sql_probe(green))
    guard = Guard(green, "--execute", "--yes", config=config)
    guard.wait("green")
    with green.load() as load:
        green.wait_commits(load)
        breaks(green, "green", True)
        assert guard.engine.wait() == ROLLED_BACK, guard.engine.text()
        green.wait_commits(load)
    green.assert_nothing_lost(load, "blue", errors=0)
    names = [line["event"] for line in guard.lines()]
    assert names[-3:] == ["tripped", "rolling_back", "rolled_back"], names
    tripped = guard.events("tripped")[0]
    assert tripped["probe"] == "app" and tripped["baseline_percent"] == 0
    assert tripped["last_error"] == "its first row begins with NULL or false"
    assert events_of(told) == ["tripped", "rolled_back"]
    assert "clients were held for" in guard.engine.text()
    assert green.fact("side") == "blue" and green.fact("rollback.state") == "done"
    breaks(green, "green", False)


@pytest.fixture(scope="module")
def back(green):
    """Clients were moved back by the test before; this may also run without it."""
    if green.fact("side") == "green":
        green.run("rollback", "--execute", "--yes", code=DONE)
    return green


def test_a_rollback_that_is_undone_is_a_failure_and_clients_are_on_green(back, stopping_program):
    """Its own code for that, 8, would say that clients are on blue. A signal is handed on to it."""
    assert stopping_program == back.program
    back.cutover()
    config = configure(back, "undone", {"on_trip": "rollback"}, app=sql_probe(back))
    with back.load() as load:
        guard = Guard(back, "--execute", "--yes", config=config, stop_at="fence")
        guard.wait("green")
        breaks(back, "green", True)
        child, = wait_until(lambda: [pid for pid in back.programs()
                                     if support.process_state(pid) == "T"],
                            "the rollback to stop itself", 60)
        guard.engine.process.send_signal(signal.SIGTERM)
        wait_until(lambda: pending(child, signal.SIGTERM), "the signal to be handed on", 60)
        os.kill(child, signal.SIGCONT)
        assert guard.engine.wait() == FAILED, guard.engine.text()
        breaks(back, "green", False)
        back.wait_commits(load)
    back.assert_nothing_lost(load, "green", errors=0)
    failed = guard.lines()[-1]
    assert failed["event"] == "rollback_failed"
    assert f"exit code {ROLLED_BACK}; clients are on green" in failed["text"]
    assert back.fact("side") == "green" and back.fact("rollback.state") == "undone"


def test_somebody_elses_rollback_ends_the_guard_and_finish_does(back):
    config = configure(back, "others", {}, app=sql_probe(back))
    if back.fact("side") == "blue":
        back.cutover()
    guard = Guard(back, config=config)
    guard.wait("green")
    back.run("rollback", "--execute", "--yes", code=DONE)
    assert guard.engine.wait() == DONE
    assert "somebody has moved the clients back" in guard.lines()[-1]["text"]
    guard = Guard(back, config=config)  # for the next cutover
    guard.wait("blue")
    back.finish()
    assert guard.engine.wait() == DONE
    assert "finish has" in guard.lines()[-1]["text"]  # begun, or closed the way back
