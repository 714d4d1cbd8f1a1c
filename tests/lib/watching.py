"""A watch that runs while a test does things, and what it recorded."""

import contextlib
import json
import os
import signal
import subprocess

import jsonschema

from processes import wait_until

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
with open(f"{ROOT}/docs/schemas/watch.json") as schema:
    SCHEMA = jsonschema.Draft7Validator(json.load(schema))


class State:
    """What a recording tells, as the program itself takes it over."""

    def __init__(self):
        self.clusters, self.events = {}, []
        self.lines = 0

    def take(self, line):
        self.lines += 1
        update = json.loads(line)
        SCHEMA.validate(update)
        if update["whole"]:
            self.clusters, self.events = {}, []
        for told in update["clusters"]:
            cluster = self.clusters.setdefault(told["name"], {"servers": {}, "consoles": {}})
            cluster.update({key: value for key, value in told.items()
                            if key not in ("servers", "consoles")})
            for server in told.get("servers", ()):
                self._take_server(cluster, server)
            for console in told.get("consoles", ()):
                cluster["consoles"][console["name"]] = console
        self.events += update.get("events", ())

    @staticmethod
    def _take_server(cluster, told):
        server = cluster["servers"].setdefault(told["name"], {"slots": {}, "subscriptions": {}})
        server.update({key: value for key, value in told.items()
                       if key not in ("slots", "subscriptions")})
        server["slots"].update({slot["name"]: slot for slot in told.get("slots", ())})
        server["subscriptions"].update(
            {one["name"]: one for one in told.get("subscriptions", ())})


class Watch:
    """`pgcutover watch` with a recording, off a terminal."""

    def __init__(self, program, directory, *configs, arguments=(), interval="200ms"):
        self.path = f"{directory}/watch.jsonl"
        self.output = f"{directory}/watch.log"
        self.argv = [program, "watch", *(f"--config={path}" for path in configs),
                     f"--interval={interval}", f"--record={self.path}", *arguments]
        self.state, self.process, self.at = State(), None, 0

    def __enter__(self):
        with open(self.output, "a") as stream:
            environment = {**{name: value for name, value in os.environ.items()
                              if not name.startswith("PG")},
                           "ASAN_OPTIONS": "exitcode=99", "LANG": "C.UTF-8"}
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=stream,
                                            stderr=stream, cwd="/", env=environment)
        return self

    def __exit__(self, kind, value, traceback):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        if kind is None:
            assert code == 0, self.text()

    def text(self):
        with open(self.output) as stream:
            return stream.read()

    def look(self):
        """Takes what was recorded since."""
        assert self.process.poll() is None, self.text()
        with contextlib.suppress(FileNotFoundError), open(self.path) as stream:
            stream.seek(self.at)
            while True:
                line = stream.readline()
                if not line.endswith("\n"):
                    break
                self.at = stream.tell()
                self.state.take(line)
        return self.state

    def cluster(self, name="lab"):
        return self.look().clusters.get(name, {"servers": {}, "consoles": {}})

    def server(self, name, cluster="lab"):
        return self.cluster(cluster)["servers"].get(name, {"state": None, "slots": {}})

    def slot(self, prefix="pgcutover_", server="blue"):
        """The first whose name begins so."""
        return next((slot for name, slot in sorted(self.server(server)["slots"].items())
                     if name.startswith(prefix)), None)

    def told(self, text):
        """Is there an event with these words?"""
        return [event for event in self.look().events if text in event["text"]]

    def until(self, condition, what, deadline=60):
        return wait_until(condition, f"watch to show {what}", deadline, 0.05)
