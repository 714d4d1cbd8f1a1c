"""What tests of the command guard need: something to try, and the guard at work."""

import contextlib
import http.server
import json
import os
import pty
import signal
import threading

from processes import wait_until, write_file

# Answers false where a server says so: on green, and not on blue.
SQL = "SELECT current_setting('geqo_seed') <> '0.5'"
# ten seconds are a hundred runs: the sixth failure is too much
FAST = {"interval": "100ms", "timeout": "1s"}


class Web:
    """An application's health check."""

    def __init__(self):
        self.status, self.asked = 200, 0
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked += 1
                self.send_response(web.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://user:s3cret@127.0.0.1:{self.server.server_port}/health"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Guard:
    """A guard at work, and what it has said."""

    def __init__(self, stage, *arguments, config=None, stop_at=None):
        self.engine = stage.begin("guard", "--output=json", *arguments, config=config,
                                  stop_at=stop_at)

    def lines(self):
        text = self.engine.text()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()
                if line.startswith("{")]

    def events(self, name=None):
        return [line for line in self.lines() if name in (None, line["event"])]

    def wait(self, name, more=1, deadline=90):
        """The newest of its events of that name, when there are so many."""
        def there():
            assert self.engine.process.poll() is None or len(self.events(name)) >= more, \
                self.engine.text()
            found = self.events(name)
            return found[-1] if len(found) >= more else None
        return wait_until(there, f"the guard to say {name}", deadline)

    def end(self, number=signal.SIGTERM):
        self.engine.process.send_signal(number)
        return self.engine.wait(60)


def configure(stage, name, guard, **probes):
    """A configuration with these sections; its path."""
    path = f"{stage.directory}/{name}.ini"
    with open(stage.lab.config_path) as stream:
        text = stream.read()
    sections = {"guard": {"errors_for": "10s", **guard},
                **{f"guard_probe {probe}": keys for probe, keys in probes.items()}}
    for section, keys in sections.items():
        text += f"\n[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
    write_file(path, text, 0o600)
    return path


def sql_probe(stage):
    return {"sql": SQL, "conninfo": stage.lab.conninfo("p1"), **FAST}


def breaks(stage, side, broken):
    """What the probe looks at; it is on one server only and is no difference of the databases."""
    change = "SET geqo_seed = 0.5" if broken else "RESET geqo_seed"
    connection = stage.lab.connect(side, "postgres", "postgres")
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM {change}")
        cursor.execute("SELECT pg_reload_conf()")


def pending(pid, number):
    """Whether a process that is stopped was sent that signal."""
    with open(f"/proc/{pid}/status") as stream:
        masks = [int(line.split()[1], 16) for line in stream
                 if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def baseline(stage, probe):
    """Runs and errors that the run directory knows of."""
    try:
        with open(f"{stage.run_directory()}/guard.json") as stream:
            known = json.load(stream)
    except FileNotFoundError:
        return 0, 0
    for each in known["probes"]:
        if each["name"] == probe:
            return tuple(each["before"][key] + each["now"][key] for key in ("runs", "errors"))
    return 0, 0


def events_of(path):
    with contextlib.suppress(FileNotFoundError), open(path) as stream:
        return stream.read().splitlines()
    return []


def full_pipe():
    """One that takes nothing any more."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    return reading, writing


def stopped_terminal():
    """One on which somebody has typed Ctrl-S."""
    ours, theirs = pty.openpty()
    os.write(ours, b"\x13")
    return ours, theirs
