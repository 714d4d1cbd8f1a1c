"""Who is told what happens ([notify NAME]), and that nobody ever waits for it."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import threading
import time

import jsonschema
import pytest

import accounting
import support
from processes import write_file
from support import CHECKS, DONE, ROLLED_BACK, USAGE

AMBIGUOUS = 9
KEY = "s3cret-signing-key"


class Listener:
    """Somebody who is told, and writes down when and what; with `silent` he never answers."""

    def __init__(self):
        self.silent, self.got, self.release = False, [], threading.Event()
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                at = time.monotonic_ns()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append((at, self.path, dict(self.headers), body))
                if listener.silent:
                    listener.release.wait(60)
                    return
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:  # whom we were silent to has gone
                    pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def bodies(self, path):
        return [json.loads(body) for _, at, _, body in self.got if at == path]

    def forget(self):
        self.got.clear()
        self.silent = False

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def listener():
    made = Listener()
    yield made
    made.close()


def tell(stage, listener):
    """A configuration that tells all three kinds."""
    for name, text in (("key", KEY), ("slack", f"{listener.url}/s3cret-slack\n"),
                       ("routing", "s3cret-routing\n")):
        write_file(f"{stage.directory}/{name}.secret", text, 0o600)
    with open(stage.lab.config_path, "a") as stream:
        stream.write(f"\n[notify ops]\nkind = webhook\nurl = {listener.url}/s3cret-ops\n"
                     f"key_file = {stage.directory}/key.secret\n"
                     f"[notify chat]\nkind = slack\nurl_file = {stage.directory}/slack.secret\n"
                     f"[notify call]\nkind = pagerduty\nurl = {listener.url}/pager\n"
                     f"key_file = {stage.directory}/routing.secret\n")


@pytest.fixture(scope="module")
def shared(make_module_stage, listener):
    stage = make_module_stage()
    tell(stage, listener)
    stage.listener = listener
    stage.prepared = stage.prepare()
    stage.in_prepare = listener.bodies("/s3cret-ops")
    stage.writers = stage.load()
    stage.writers.start()
    return stage


@pytest.fixture(autouse=True)
def fresh(listener):
    yield
    listener.forget()


def events(listener):
    found = listener.bodies("/s3cret-ops")
    with open(f"{support.ROOT}/docs/schemas/notification.json") as stream:
        schema = json.load(stream)
    for each in found:
        jsonschema.validate(each, schema)
    return found


def pause(stage, since_us):
    """From the end of the last row before the hold to the release, by the engine's clock."""
    rows = stage.journal("SELECT step, state, mono_ns FROM row WHERE plan IS NOT NULL"
                         " AND state = 'done' AND wall_us >= ? ORDER BY id", (since_us,))
    at = {step: mono for step, _, mono in rows}
    return at["quiet"], at["release"]


def assert_no_secret(stage, *results):
    for result in results:
        assert "s3cret" not in result.out + result.err, result
    directory = stage.run_directory() or stage.run_directory("last")
    for name in os.listdir(directory):
        with open(f"{directory}/{name}", "rb") as stream:
            assert b"s3cret" not in stream.read(), name


def test_prepare_tells_its_beginning_and_its_end(shared):
    assert [each["event"] for each in shared.in_prepare] == ["began", "done"]
    assert {each["command"] for each in shared.in_prepare} == {"prepare"}
    assert shared.in_prepare[1]["next"] == "pgcutover cutover --execute"
    assert_no_secret(shared, shared.prepared)


def test_nothing_that_is_printed_shows_a_secret(shared, listener):
    plan, dry = shared.run("plan", code=DONE), shared.run("cutover", code=DONE)
    assert "told what happens: ops (webhook), chat (slack), call (pagerduty)" in dry.out
    assert_no_secret(shared, plan, dry, shared.run("check"), shared.run("status"))
    assert listener.got == []


def test_a_secret_that_others_may_read_is_refused(shared):
    path = f"{shared.directory}/slack.secret"
    os.chmod(path, 0o644)
    try:
        for command in ("check", "plan", "cutover"):
            said = shared.run(command, code=USAGE)
            assert "[notify chat]" in said.err and "others may read it" in said.err, said
        assert "nothing to recover" in shared.run("recover", "--execute", "--yes", code=DONE).out
    finally:
        os.chmod(path, 0o600)


def test_an_undone_cutover_is_told(shared, listener):
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="fence")
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    told = events(listener)
    assert [each["event"] for each in told] == ["began", "undone"]
    assert told[1]["may_write"] == "blue" and "asked us to stop" in told[1]["text"]
    assert [each["event_action"] for each in listener.bodies("/pager")] == ["resolve"]


def test_what_the_watchdog_has_recovered_is_told(shared, listener):
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="fence")
    engine.kill()
    shared.wait_alone()
    told = events(listener)
    assert told[-1]["event"] == "recovered" and told[-1]["may_write"] == "blue"
    assert "is recovered: clients are on blue" in told[-1]["text"]


def test_a_hook_that_says_no_is_told(shared, listener):
    directory = f"{shared.directory}/hooks"
    os.mkdir(directory, 0o755)
    write_file(f"{directory}/before-cutover", "#!/bin/sh\nexit 3\n", 0o755)
    config = shared.variant("hooked", "hooks", "directory", directory)
    shared.run("cutover", "--execute", "--yes", config=config, code=CHECKS)
    told = events(listener)
    assert [each["event"] for each in told] == ["failed"]
    assert "cutover did not begin: running the hook before-cutover" in told[0]["text"]


def test_who_never_answers_lengthens_neither_the_pause_nor_the_command(shared, listener):
    """Behind it clients are on green."""
    listener.silent = True
    since_us = time.time_ns() // 1000
    begun = time.monotonic_ns()
    result = shared.cutover()
    took_ns = time.monotonic_ns() - begun
    paused_ns, released_ns = pause(shared, since_us)
    assert [at for at, *_ in listener.got if at < paused_ns], "nothing was begun to be told"
    assert not [at for at, *_ in listener.got if paused_ns <= at <= released_ns]
    # two seconds of its end were for those who did not answer
    last_ns, = shared.journal("SELECT max(mono_ns) FROM row WHERE plan IS NOT NULL")[0]
    assert begun + took_ns - last_ns < 12_000_000_000, "the command waited longer than it may"
    for name in ("ops", "chat", "call"):
        assert f"pgcutover: warning: [notify {name}]: " in result.err, result
    assert len(shared.events("notify")) >= 3
    assert_no_secret(shared, result)
    shared.wait_commits(shared.writers)
    gaps = accounting.gaps(accounting.read(shared.writers.log_directory), (paused_ns, released_ns))
    assert gaps["client_inside_ms"] < 2500, gaps


def test_a_human_is_called_where_nothing_more_can_be_done(shared, listener):
    """An old copy of the journal: it knows of no switch, but clients are on green."""
    shared.set_fact("side", "blue")
    shared.set_fact("cutover.state", "armed")
    said = shared.run("recover", "--execute", "--yes", code=AMBIGUOUS)
    shared.set_fact("side", "green")
    shared.set_fact("cutover.state", "done")
    called, = listener.bodies("/pager")
    assert called["event_action"] == "trigger" and called["routing_key"] == "s3cret-routing"
    assert called["payload"]["severity"] == "critical"
    shared.dedup_key = called["dedup_key"]
    assert events(listener)[0]["event"] == "needs_human"
    assert events(listener)[0]["may_write"] is None
    assert_no_secret(shared, said)


def test_who_answers_is_told_in_order_and_nothing_in_the_pause(shared, listener):
    """And back: the rollback is told as the cutover is."""
    since_us = time.time_ns() // 1000
    shared.run("rollback", "--execute", "--yes", code=DONE)
    paused_ns, released_ns = pause(shared, since_us)
    assert not [at for at, *_ in listener.got if paused_ns <= at <= released_ns]
    told = events(listener)
    assert [each["event"] for each in told] == ["began", "switched", "done"]
    assert [each["may_write"] for each in told] == ["green", "blue", "blue"]
    assert len({each["id"] for each in told}) == 3
    assert told[2]["text"].startswith("rollback done: clients were held for ")
    for _, path, headers, body in listener.got:
        if path == "/s3cret-ops":
            sign = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
            assert headers["X-Pgcutover-Signature"] == f"sha256={sign}"
    called, = listener.bodies("/pager")
    assert called["event_action"] == "resolve" and called["dedup_key"] == shared.dedup_key
    chat = listener.bodies("/s3cret-slack")
    assert len(chat) == 3 and all(set(each) == {"text"} for each in chat)
    assert "rollback done" in chat[2]["text"]
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "blue", errors=None)
