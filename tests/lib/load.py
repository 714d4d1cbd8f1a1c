"""Runs the load generator against a lab."""

import contextlib
import glob
import json
import os
import signal
import subprocess

from processes import LabError, run, wait_until
from stillness import Stillness

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Every pooler process and every database with a pool, an alias and a catch-all entry among them.
TARGETS = (("p1", "shop"), ("p1", "Billing"), ("p2a", "shop"), ("p2b", "events"),
           ("p1", "shop_alias"), ("p2a", "Billing"), ("p1", "events"), ("p2b", "shop"))


def find_program(lab):
    """$PGCUTOVER_LOAD, else the newest build, else one compiled into the lab's directory."""
    named = os.environ.get("PGCUTOVER_LOAD")
    if named:
        return os.path.abspath(named)
    built = glob.glob(f"{ROOT}/build*/tests/load/load")
    if built:
        return max(built, key=os.path.getmtime)
    program = f"{lab.directory}/bin/load"
    if not os.path.exists(program):
        include = subprocess.run(["pkg-config", "--cflags", "libpq"], timeout=10, check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.split()
        run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", *include,
             *sorted(glob.glob(f"{ROOT}/tests/load/*.c")), "-lpq", "-pthread", "-o", program])
    return program


class Load:
    """Writers through the poolers, and if asked one past them.

    targets and direct are pairs (side, database); hold_open lists milliseconds; with prepare the
    clients of the poolers use prepared statements.
    with Load(lab, rate=100, clients=8) as load: ...; load.summary is there afterwards.
    """

    def __init__(self, lab, log_directory=None, rate=100, clients=8, targets=None, direct=None,
                 direct_rate=2, hold_open=(), seconds=None, prepare=False):
        self.lab = lab
        self.targets = targets or [each for each in TARGETS if each[0][:2] in lab.poolers]
        self.count = clients + len(hold_open) + (1 if direct else 0)
        self.first_client = lab.reserve_clients(self.count)
        self.log_directory = os.path.abspath(
            log_directory or f"{lab.directory}/load-{self.first_client}")
        self.seconds = seconds
        self.summary, self.process, self.still = None, None, None
        self.arguments = ["--log", self.log_directory, "--rate", str(rate),
                          "--clients", str(clients), "--first-client", str(self.first_client)]
        for side, database in self.targets:
            self.arguments += ["--client-database", lab.conninfo(side, database, "app")]
        for milliseconds in hold_open:
            self.arguments += ["--hold-open", str(milliseconds)]
        if direct:
            self.arguments += ["--direct", lab.conninfo(direct[0], direct[1], "app"),
                               "--direct-rate", str(direct_rate)]
        if prepare:
            self.arguments.append("--prepare")
        if seconds:
            self.arguments += ["--seconds", str(seconds)]

    def start(self, wait=True):
        """Starts it; with wait, returns when every client has reached its database."""
        os.makedirs(self.log_directory, exist_ok=True)
        with open(f"{self.log_directory}/summary.json", "w") as output, \
                open(f"{self.log_directory}/stderr.log", "w") as messages:
            self.process = subprocess.Popen([find_program(self.lab), *self.arguments],
                                            cwd=self.log_directory,
                                            stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=messages)
        self.still = Stillness()
        if wait:
            wait_until(lambda: self.process.poll() is not None
                       or self.connected() >= self.count, "the load's first connections", 60)
            if self.process.poll() not in (None, 0):
                raise LabError(f"load ended at once: {self._read('stderr.log')}")
        return self

    def connected(self):
        """How many clients have reached their database so far."""
        try:
            return self._read("clients.log").count("\n")
        except FileNotFoundError:
            return 0

    def _read(self, name):
        with open(f"{self.log_directory}/{name}") as stream:
            return stream.read()

    def running(self):
        return self.process is not None and self.process.poll() is None

    @contextlib.contextmanager
    def frozen(self):
        """Its clients stay connected and do nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def wait(self, deadline=None):
        """Waits for the end of a load that has seconds; its summary."""
        return self._finish(deadline or (self.seconds or 0) + 30)

    def stop(self, deadline=60):
        """Asks it to end; its summary. Repeating it is harmless."""
        if self.running():
            self.process.send_signal(signal.SIGTERM)
        return self._finish(deadline)

    def _finish(self, deadline):
        if self.summary is not None or self.process is None:
            return self.summary
        try:
            code = self.process.wait(timeout=deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)
            raise LabError(f"the load did not end within {deadline:g} s") from None
        finally:
            self.still.end()
        if code != 0:
            raise LabError(f"load: exit code {code}: {self._read('stderr.log')}")
        self.summary = json.loads(self._read("summary.json"))
        return self.summary

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, traceback):
        self.stop()
