"""What it costs to sample many slots each second: `watch`, a loop of psql, and postgres_exporter.

One server on this machine with --slots logical slots that nobody reads, while its log grows, so that
every slot changes with every sample. Each way is run --runs times, in turns, for --seconds; CPU seconds
(its own and those of its children, user and system) and the most memory are those of the watcher; what
the server spends on its questions is told beside them. Medians, and ratios to `watch` taken in one run.

ways:
  watch          pgcutover watch, its lines thrown away
  watch+all      the same with a page that somebody looks at, --metrics-file and --record
  psql loop      a psql each second that prints lag and retained WAL of every slot
  psql \\watch    the same by one psql
  exporter       postgres_exporter as it comes, scraped each second
  exporter lean  the same without the collector of settings
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from blue import PSQL, Blue, environment  # noqa: E402
from processes import LabError, free_ports, wait_until  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
QUESTION = """SELECT slot_name, active, wal_status, safe_wal_size,
                     pg_wal_lsn_diff(pg_current_wal_flush_lsn(), confirmed_flush_lsn),
                     pg_wal_lsn_diff(pg_current_wal_flush_lsn(), restart_lsn)
                FROM pg_replication_slots"""
SETTINGS = {"max_replication_slots": 1100, "wal_level": "logical", "max_wal_size": "8GB"}


def cpu_of(pid):
    """Seconds of a process and of its children that have ended; memory in kB."""
    with open(f"/proc/{pid}/stat") as stream:
        fields = stream.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status") as stream:
        memory = next((int(line.split()[1]) for line in stream if line.startswith("VmHWM:")), 0)
    return sum(int(each) for each in fields[11:15]) / TICK, memory


class Clock:
    """Something each second, until it is told to end."""

    def __init__(self, do):
        self.do, self.ended = do, threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        due = time.monotonic()
        while not self.ended.is_set():
            self.do()
            due += 1
            self.ended.wait(max(0, due - time.monotonic()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self.ended.set()
        self.thread.join(30)


class Bench:
    def __init__(self, arguments, server):
        self.arguments, self.server = arguments, server
        self.config = server.write_configuration()
        self.conninfo = f"host={server.directory}/run port={server.port} user=postgres " \
                        "dbname=postgres"

    # -- the ways ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def program(self, argv, more=None, stdin=None):
        process = subprocess.Popen(argv, stdin=stdin or subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
                                   env=environment(more))
        try:
            yield process
            if process.poll() is not None:
                raise LabError(f"{argv[0]} ended with {process.returncode}")
        finally:
            process.terminate()
            process.wait(30)

    @contextlib.contextmanager
    def watch(self, *more):
        with self.program([self.server.program, "watch", f"--config={self.config}",
                           *more]) as process:
            yield lambda: cpu_of(process.pid)

    @contextlib.contextmanager
    def watch_all(self):
        port, = free_ports(1)
        directory = self.server.directory
        with self.watch(f"--http=127.0.0.1:{port}", f"--metrics-file={directory}/slots.prom",
                        f"--record={directory}/slots.jsonl") as cost:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: fetch(f"{url}/healthz"), "the page", 20)
            with self.program(["curl", "-sN", f"{url}/api/events"]):
                yield cost
        os.unlink(f"{directory}/slots.jsonl")

    @contextlib.contextmanager
    def psql_loop(self):
        """Each psql is a process of its own, and each is counted when it has ended."""
        spent = [0.0, 0]

        def once():
            process = subprocess.Popen([PSQL, "-XAtqc", QUESTION, self.conninfo],
                                       stdout=subprocess.DEVNULL, env=environment())
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            spent[0] += usage.ru_utime + usage.ru_stime
            spent[1] = max(spent[1], usage.ru_maxrss)

        with Clock(once):
            yield lambda: tuple(spent)

    @contextlib.contextmanager
    def psql_watch(self):
        path = f"{self.server.directory}/watch.sql"
        with open(path, "w") as stream:
            stream.write(f"{QUESTION}\n\\watch 1\n")
        with open(path) as stream, self.program([PSQL, "-XAtq", self.conninfo],
                                                stdin=stream) as process:
            yield lambda: cpu_of(process.pid)

    @contextlib.contextmanager
    def exporter(self, *more):
        port, = free_ports(1)
        source = f"host={self.server.directory}/run port={self.server.port} user=postgres " \
                 "dbname=postgres sslmode=disable"
        url = f"http://127.0.0.1:{port}/metrics"
        with self.program(["prometheus-postgres-exporter", f"--web.listen-address=127.0.0.1:{port}",
                           *more], {"DATA_SOURCE_NAME": source}) as process:
            wait_until(lambda: b"pg_replication_slots" in (fetch(url) or b""), "slots", 30)
            with Clock(lambda: fetch(url)):
                yield lambda: cpu_of(process.pid)

    # -- measuring ---------------------------------------------------------------------------------

    def server_cpu(self):
        """Of all of the server's processes, those that have ended included."""
        with open(f"{self.server.data}/postmaster.pid") as stream:
            postmaster = int(stream.readline())
        total = cpu_of(postmaster)[0]
        with open(f"/proc/{postmaster}/task/{postmaster}/children") as stream:
            for pid in stream.read().split():
                with contextlib.suppress(OSError):
                    total += cpu_of(pid)[0]
        return total

    def write(self):
        self.server.execute("postgres", "SELECT pg_logical_emit_message(false, 'x', "
                            "repeat('x', 100000))")

    def idle(self):
        """What the server spends without anybody who asks."""
        with Clock(self.write):
            before = self.server_cpu()
            threading.Event().wait(self.arguments.seconds)
            return self.server_cpu() - before

    def measure(self, way):
        with Clock(self.write), way() as cost:
            threading.Event().wait(self.arguments.warm)
            before, served = cost(), self.server_cpu()
            threading.Event().wait(self.arguments.seconds)
            after, served = cost(), self.server_cpu() - served
            return after[0] - before[0], after[1], served


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read()
    except OSError:
        return None


def report(arguments, results, idle):
    hour = 3600 / arguments.seconds
    base = None
    print(f"{arguments.slots} slots, each second; medians of {arguments.runs} runs of "
          f"{arguments.seconds:g} s; an hour of watching:")
    print(f"  {'':14} {'CPU s/h':>9} {'ratio':>7} {'MB':>7} {'ratio':>7} {'server s/h':>11}")
    for name, runs in results.items():
        cpu = statistics.median(each[0] for each in runs) * hour
        memory = statistics.median(each[1] for each in runs) / 1024
        served = (statistics.median(each[2] for each in runs) - idle) * hour
        base = base or (cpu, memory)
        print(f"  {name:14} {cpu:9.1f} {cpu / base[0]:7.2f} {memory:7.1f} {memory / base[1]:7.2f} "
              f"{served:11.1f}")


def run(arguments):
    with Blue(f"{arguments.build}/pgcutover", arguments.major, SETTINGS) as server:
        server.psql("postgres", text="SELECT count(pg_create_logical_replication_slot("
                    "'pgcutover_' || n, 'pgoutput')) "
                    f"FROM generate_series(1, {arguments.slots}) AS n")
        bench = Bench(arguments, server)
        ways = {"watch": bench.watch, "watch+all": bench.watch_all, "psql loop": bench.psql_loop,
                "psql \\watch": bench.psql_watch, "exporter": bench.exporter,
                "exporter lean": lambda: bench.exporter("--disable-settings-metrics")}
        if arguments.only:
            ways = {name: way for name, way in ways.items() if name in arguments.only.split(",")}
        results = {name: [] for name in ways}
        idle = []
        for _ in range(arguments.runs):
            idle.append(bench.idle())
            for name, way in ways.items():
                results[name].append(bench.measure(way))
        report(arguments, results, statistics.median(idle))


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/watch", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--major", type=int, default=15)
    parser.add_argument("--slots", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--warm", type=float, default=5, help="seconds before each is measured")
    parser.add_argument("--only", help="some of the ways, comma-separated")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except LabError as error:
        print(f"watch: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
