"""What the end-to-end tests share: the program, a lab to run it on, and looking at both from outside.

    stage = Stage(directory, settings={"log_statement": "all"})
    stage.run("prepare", "--execute", code=0)
    with stage.load() as load: ...
    stage.assert_nothing_lost(load, "green")
"""

import contextlib
import os
import signal
import sqlite3
import subprocess
import threading
import time

import psycopg2

import accounting
from lab import Lab
from load import Load
from processes import LabError, program_of, wait_until, write_file

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATABASES = ("Billing", "events", "postgres", "shop")
DONE, FAILED, USAGE, CHECKS, STALE, LOCKED, TRANSIENT, ROLLED_BACK = 0, 1, 2, 3, 4, 6, 7, 8
# Sanitizers and a busy machine make the program slower, not the clients it holds.
LONG = 180


def find_program():
    """$PGCUTOVER_BUILD/pgcutover, else that of build-test, else that of build."""
    named = os.environ.get("PGCUTOVER_BUILD")
    for directory in [named] if named else [f"{ROOT}/build-test", f"{ROOT}/build"]:
        if os.access(f"{directory}/pgcutover", os.X_OK):
            return os.path.realpath(f"{directory}/pgcutover")
    return None


def knows_stops(program):
    """Whether it is a test build, which stops at $PGCUTOVER_STOP_AT."""
    with open(program, "rb") as stream:
        return b"PGCUTOVER_STOP_AT\0" in stream.read()


def process_state(pid):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return ""


class Engine:
    """The program at work in the background."""

    def __init__(self, process, output):
        self.process, self.output = process, output
        self.pid = process.pid

    def wait_stopped(self, deadline=LONG):
        """Until it has stopped itself; LabError when it ends instead."""
        wait_until(lambda: process_state(self.pid) == "T" or self.process.poll() is not None,
                   "the engine to stop itself", deadline)
        if self.process.poll() is not None:
            raise LabError(f"it did not stop but ended with {self.process.returncode}:\n"
                           f"{self.text()}")

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)

    def wait(self, deadline=LONG):
        self.process.wait(timeout=deadline)
        return self.process.returncode

    def text(self):
        with open(self.output) as stream:
            return stream.read()


class Result:
    """How a command of the program ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Stage:
    """A lab of its own and the program that works on it."""

    def __init__(self, program, directory, **options):
        self.program, self.directory = program, directory
        options.setdefault("scale", "tiny")
        options.setdefault("worker_retry", "200ms")
        self.lab = Lab(directory, **options)
        self.engines, self.loads, self.sessions, self.frozen = [], [], [], []
        self.lab.up()

    # -- the program -----------------------------------------------------------------------------

    def _environment(self, more):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("PG")}
        environment.update({"LANG": "C.UTF-8", "ASAN_OPTIONS": "exitcode=99",
                            "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1", **(more or {})})
        return environment

    def argv(self, command, *arguments, config=None):
        return [self.program, command, f"--config={config or self.lab.config_path}", *arguments]

    def run(self, command, *arguments, code=None, config=None, env=None, timeout=LONG):
        """Runs it to its end; with `code`, that must be its exit code."""
        return self._run(self.argv(command, *arguments, config=config), code, env, timeout)

    def run_alone(self, command, *arguments, code=None, env=None, timeout=LONG):
        """The same without a configuration."""
        return self._run([self.program, command, *arguments], code, env, timeout)

    def _run(self, argv, code, env, timeout):
        done = subprocess.run(argv, timeout=timeout, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, cwd="/", env=self._environment(env))
        result = Result(done.returncode, done.stdout, done.stderr)
        self.assert_no_password(f"{done.stdout}{done.stderr}")
        assert result.code != 99, f"a sanitizer's report: {result}"
        if code is not None:
            assert result.code == code, f"{argv[1]}: expected exit code {code}, got {result}"
        return result

    def begin(self, command, *arguments, stop_at=None, config=None):
        """Starts it in the background; with stop_at it stops itself where that row begins."""
        output = f"{self.directory}/engine-{len(self.engines)}.log"
        env = {"PGCUTOVER_STOP_AT": stop_at} if stop_at else {}
        with open(output, "w") as stream:
            process = subprocess.Popen(self.argv(command, *arguments, config=config), cwd="/",
                                       stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                                       env=self._environment(env), start_new_session=True)
        engine = Engine(process, output)
        self.engines.append(engine)
        return engine

    def stopped(self, command, *arguments, stop_at):
        """Starts it and returns when it has stopped itself at that row."""
        engine = self.begin(command, *arguments, stop_at=stop_at)
        engine.wait_stopped()
        return engine

    def prepare(self):
        return self.run("prepare", "--execute", code=DONE)

    def cutover(self, code=DONE):
        return self.run("cutover", "--execute", "--yes", code=code)

    def finish(self):
        return self.run("finish", "--execute", code=DONE)

    def abort(self, code=DONE):
        return self.run("abort", "--execute", "--yes", code=code)

    def configure(self, section, key, value):
        """Changes one key of the lab's configuration file."""
        self.write_configuration(self.lab.config_path, section, key, value)

    def variant(self, name, section, key, value):
        """A copy of the configuration with one key changed; its path."""
        path = f"{self.directory}/{name}.ini"
        self.write_configuration(path, section, key, value)
        return path

    def write_configuration(self, path, section, key, value):
        with open(self.lab.config_path) as stream:
            lines = stream.read().splitlines()
        if f"[{section}]" not in lines:
            lines += ["", f"[{section}]"]
        at = lines.index(f"[{section}]") + 1
        for i in range(at, len(lines)):
            if lines[i].startswith("["):
                break
            if lines[i].split("=")[0].strip() == key:
                del lines[i]
                break
        if value is not None:
            lines.insert(at, f"{key} = {value}")
        with open(path, "w") as stream:
            stream.write("\n".join(lines) + "\n")

    def subscribe_itself(self, database, publisher, name):
        """A subscription on blue to another of its databases; publication and slot are there."""
        self.lab.tell_secret(
            "blue", database, f"CREATE SUBSCRIPTION {name} CONNECTION 'host=127.0.0.1 "
            f"sslmode=require port={self.lab.ports['blue']} user=postgres dbname={publisher} "
            f"password={self.passwords()['postgres']}' PUBLICATION {name} "
            "WITH (create_slot = false, copy_data = false)")

    # -- the run -----------------------------------------------------------------------------------

    def run_directory(self, name="current"):
        """The run under way, or with name="last" the one that ended; None when there is none."""
        state = f"{self.directory}/state"
        for system in os.listdir(state) if os.path.isdir(state) else []:
            with contextlib.suppress(FileNotFoundError), open(f"{state}/{system}/{name}") as stream:
                return f"{state}/{system}/{stream.read().strip()}"
        return None

    def journal(self, statement, parameters=()):
        directory = self.run_directory() or self.run_directory("last")
        connection = sqlite3.connect(f"{directory}/run.db", timeout=10)
        try:
            with connection:
                return connection.execute(statement, parameters).fetchall()
        finally:
            connection.close()

    def fact(self, key):
        found = self.journal("SELECT value FROM fact WHERE key = ?", (key,))
        return found[0][0] if found else None

    def set_fact(self, key, value):
        self.journal("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))

    def events(self, kind):
        """What the journal tells of that kind, oldest first."""
        return [text for text, in self.journal(
            "SELECT state FROM row WHERE plan IS NULL AND step = ? ORDER BY id", (kind,))]

    # -- clients -----------------------------------------------------------------------------------

    def load(self, rate=25, clients=8, **options):
        load = Load(self.lab, rate=rate, clients=clients, **options)
        self.loads.append(load)
        return load

    def commits(self, load):
        """How many commits its clients have written down so far (they buffer a moment)."""
        return accounting.count_commits(load.log_directory)

    def wait_commits(self, load, more=50, deadline=60):
        before = self.commits(load)
        wait_until(lambda: self.commits(load) >= before + more, "commits of the load", deadline,
                   0.1)

    def longest_wait(self, load, begun):
        """Seconds that a client of it has waited since then, at most; what the machine stood still
        in that is nobody's."""
        log = accounting.read(load.log_directory)
        longest, since, until = accounting.gaps(log, (begun, time.monotonic_ns()))["client_inside"]
        return longest / 1000 - load.still.seconds(since, until)

    def session(self, side, database="shop", user="app", autocommit=False):
        connection = self.lab.connect(side, database, user, autocommit)
        self.sessions.append(connection)
        return connection

    def assert_nothing_lost(self, load, side, errors=0):
        """Ends the load and compares what its clients were told with what that side holds."""
        load.stop()
        account = accounting.account(self.lab, load.log_directory, side)
        assert account["ok"], f"on {side}: {account}"
        assert account["acknowledged"] > 0
        if errors is not None:
            assert account["errors"] == errors, account
        return account

    # -- what the machine has --------------------------------------------------------------------

    def freeze(self, thing):
        thing.freeze()
        self.frozen.append(thing)

    def thaw(self):
        for thing in self.frozen:
            with contextlib.suppress(LabError):
                thing.thaw()
        self.frozen.clear()

    def passwords(self):
        with open(self.lab.passfile) as stream:
            return {line.split(":")[3]: line.rstrip("\n").split(":")[4] for line in stream}

    def assert_no_password(self, said):
        assert not [role for role, word in self.passwords().items() if word in said], \
            "a password is in what the program says"

    def processes(self):
        """pids of everything that belongs to this lab: program, watchdogs, servers, poolers."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/cmdline", "rb") as stream:
                    line = stream.read()
                # in the middle of an exec it has no arguments: a watchdog that begins to recover
                mine = (self.directory.encode() in line if line
                        else executable(entry) == self.program)
                if mine and program_of(int(entry)) is not None:
                    found.append(int(entry))
        return found

    def programs(self):
        """pids of the program's engines and watchdogs; these call themselves "exe" later."""
        return [pid for pid in self.processes() if os.path.basename(executable(pid)) == "pgcutover"]

    def wait_alone(self, deadline=30):
        """Until no engine and no watchdog runs any more."""
        wait_until(lambda: not self.programs(), "the end of the watchdog", deadline)

    def watchdogs(self, engine):
        return [pid for pid in self.programs() if pid != engine.pid]

    def kill_watchdog(self, engine):
        """Nobody is left who would notice what becomes of that engine."""
        watchdogs = self.watchdogs(engine)
        assert len(watchdogs) == 1, watchdogs
        os.kill(watchdogs[0], signal.SIGKILL)

    def kill_both(self, engine):
        """As when their host is lost: nobody of ours is left to recover."""
        self.kill_watchdog(engine)
        engine.kill()
        self.wait_alone()

    def end_engines(self):
        for engine in self.engines:
            if engine.process.poll() is None:
                engine.kill()
        self.engines.clear()

    def end_clients(self):
        for connection in self.sessions:
            with contextlib.suppress(psycopg2.Error):
                connection.close()
        for load in self.loads:
            with contextlib.suppress(LabError):
                load.stop()
        self.sessions.clear()
        self.loads.clear()

    def kill_programs(self):
        for pid in self.programs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self):
        """Ends everything; whatever of the program runs on by itself is waited for."""
        self.end_engines()
        self.thaw()
        self.end_clients()
        try:
            self.wait_alone()
        except LabError:
            self.kill_programs()
            raise
        finally:
            self.lab.down()
        wait_until(lambda: not self.processes(), f"the end of all processes of {self.directory}", 20)


class Watcher:
    """Looks at the command lines of all processes, again and again, for words."""

    def __init__(self, words):
        self.words = [word.encode() for word in words]
        self.found, self.seen = [], 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.done.wait(0.01):
            for entry in os.listdir("/proc"):
                if not entry.isdigit():
                    continue
                with contextlib.suppress(OSError), open(f"/proc/{entry}/cmdline", "rb") as stream:
                    line = stream.read()
                    self.seen += 1
                    if any(word in line for word in self.words):
                        self.found.append(line)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self.done.set()
        self.thread.join()


def pooler_states(lab):
    """Names of entries that are paused, of every process."""
    paused = []
    for pooler in lab.poolers.values():
        for process in pooler.processes:
            paused += [f"{process.name}:{row['name']}" for row in process.command("SHOW DATABASES")
                       if int(row["paused"])]
    return paused


def green_programs(stage, **scripts):
    """A directory with green's programs, some of them a shell script instead; its path.

    $real in a script is the program whose place it takes.
    """
    directory = f"{stage.directory}/programs"
    os.mkdir(directory)
    for name in os.listdir(stage.lab.green.bin_directory):
        real = f"{stage.lab.green.bin_directory}/{name}"
        if name in scripts:
            write_file(f"{directory}/{name}", f"#!/bin/sh\nreal={real}\n{scripts[name]}", 0o755)
        else:
            os.symlink(real, f"{directory}/{name}")
    return directory


# Stands before the real one in the path of a pooler's host: renames, then waits to be let go.
SLOW_MV = """\
#!/bin/sh
/bin/mv "$@" || exit
case $2 in
*.{suffix})
	: >'{flags}/renamed'
	while [ ! -e '{flags}/go' ] && [ -e '{flags}/renamed' ]; do /bin/sleep 0.01; done
esac
"""


@contextlib.contextmanager
def slow_rename(stage, name, suffix):
    """A directory in which "renamed" appears when the staged file of that pooler has taken its place;
    the rename ends when "go" is there."""
    flags, path = f"{stage.directory}/flags", f"{stage.directory}/slow"
    for directory in (flags, path):
        os.mkdir(directory)
        os.chmod(directory, 0o777)
    write_file(f"{path}/mv", SLOW_MV.format(flags=flags, suffix=suffix), 0o755)
    wrapper = f"{stage.directory}/bin/on-{name}"
    with open(wrapper) as stream:
        text = stream.read()
    assert "PATH='" in text
    write_file(wrapper, text.replace("PATH='", f"PATH='{path}:"), 0o755)
    try:
        yield flags
    finally:
        write_file(wrapper, text, 0o755)


def elapsed(begun):
    return time.monotonic() - begun
