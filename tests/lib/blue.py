"""One server that stands for blue, of any major, and `check` asked of it: no poolers, no green.

    with Blue(program, 10) as blue:
        blue.psql("postgres", "bad.sql")
        found = blue.check()
        found.code, found.findings, found.not_asked
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile

import jsonschema
import psycopg2

import stand_ins
from lab import bin_directory
from layout import wrapper
from processes import Account, LabError, free_ports, last_lines, read_pid, remove_tree, run, \
    write_file
from servers import stop_postmaster

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PSQL = "/usr/lib/postgresql/15/bin/psql"  # in the search path stands a script that takes longer
LONG = 180
# Room for a database a case; nothing else that a check could find fault with.
SETTINGS = {
    "wal_level": "logical", "max_wal_senders": 400, "max_replication_slots": 400,
    "max_worker_processes": 400, "max_logical_replication_workers": 400,
    "max_connections": 450, "max_prepared_transactions": 10,
    "fsync": "off", "autovacuum": "off", "shared_buffers": "64MB", "max_wal_size": "4GB",
    "checkpoint_timeout": "1h", "timezone": "UTC", "log_statement": "none",
}
CONFIGURATION = {
    "cluster cases": {"kind": "self_managed", "state_directory": "{d}/state"},
    "blue": {"conninfo": "host={d}/run port={blue} user=postgres dbname=postgres",
             "from_green": "host={d}/run port={blue}"},
    "green": {"conninfo": "host=127.0.0.1 port={green} user=postgres dbname=postgres",
              "run": "{d}/on-green",
              "from_blue": "host=127.0.0.1 port={green}", "bin_directory": "{green_bin}",
              "old_bin_directory": "{blue_bin}", "data_directory": "{d}/green", "port": "{green}",
              "socket_directory": "{d}/run"},
}


def environment(more=None):
    """Without what the caller's shell says of connections; a sanitizer's report is exit code 99."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LANG": "C.UTF-8", "ASAN_OPTIONS": "exitcode=99",
            "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1", **(more or {})}


@functools.lru_cache(maxsize=None)
def programs(major):
    """The bin directory of that major, which is fetched where it is not there; a machine on which it
    cannot be had fails."""
    try:
        return bin_directory(major)
    except LabError:
        run([f"{ROOT}/scripts/fetch-postgres", str(major)], timeout=300)
        return bin_directory(major)


def green_for(major):
    """The major that blue of this one is taken to, where a case does not say."""
    return max(major, 17)


def schema(name):
    with open(f"{ROOT}/docs/schemas/{name}.json") as stream:
        return json.load(stream)


def listed(program):
    """What `check --list --output=json` says: id -> row."""
    done = subprocess.run([program, "check", "--list", "--output=json"], timeout=20, check=True,
                          stdout=subprocess.PIPE, env=environment())
    return {check["id"]: check for check in json.loads(done.stdout)["checks"]}


class Found:
    """What `check --output=json` answered; it must be as its schema says, and its exit code too."""

    def __init__(self, code, out, err):
        assert code in (0, 3), f"exit code {code}: {err}{out}"
        self.code, self.messages = code, err
        self.answer = json.loads(out)
        jsonschema.validate(self.answer, schema("check"))
        self.findings = self.answer["findings"]
        self.not_asked = {each["id"]: each["reason"] for each in self.answer["not_asked"]}
        counted = {severity: sum(each["severity"] == severity for each in self.findings)
                   for severity in ("error", "warning", "note", "advice")}
        assert self.answer["counts"] == counted, self.answer["counts"]
        assert code == self.answer["exit_code"] == (3 if counted["error"] else 0), counted

    def where(self, place):
        return [each for each in self.findings if each["where"] == place]


# A process counts the memory of the one that it was forked from: this one is small.
MEASURE = """
import os, sys, time
begun = time.monotonic()
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_pid, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - begun, usage.ru_maxrss, file=sys.stderr)
"""


def measured_check(program, path, more_environment=None):
    """`check --output=json` as (exit code, what it printed, seconds, the most memory in kB)."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", MEASURE, program, "check",
                           f"--config={path}", "--output=json"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
                          timeout=LONG, check=True, env=environment(more_environment))
    code, seconds, memory = done.stderr.splitlines()[-1].split()
    return int(code), done.stdout, float(seconds), int(memory)


def run_check(program, path, *arguments, timeout=LONG, env=None):
    """`check --output=json` with that configuration file; a Found."""
    done = subprocess.run([program, "check", f"--config={path}", "--output=json", *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, cwd="/", timeout=timeout, check=False, env=environment(env))
    return Found(done.returncode, done.stdout, done.stderr)


class Blue:
    """A server with a minimum of settings, reached by its socket and by loopback."""

    def __init__(self, program, major, settings=None, listen=""):
        self.program, self.major = os.path.abspath(program), major
        self.settings = {**SETTINGS, "listen_addresses": listen, **(settings or {})}
        if major >= 18:  # counted by themselves since then
            self.settings["max_active_replication_origins"] = 400
        self.directory = tempfile.mkdtemp(prefix="pgc-")
        os.chmod(self.directory, 0o755)
        self.account = Account(f"{self.directory}/home")
        self.account.own(self.directory)
        self.data = f"{self.directory}/blue"
        self.port, self.green_port = free_ports(2)
        bins = {"blue": programs(major), "green": programs(17)}
        self.server_bin = bins["blue"]
        self.blue_bin = stand_ins.complete(self.directory, bins, {"blue": major, "green": 17},
                                           bins["green"])["blue"]

    def __enter__(self):
        try:
            for name, mode in (("run", 0o755), ("home", 0o700)):
                self.account.mkdir(f"{self.directory}/{name}", mode)
            write_file(f"{self.directory}/on-green", wrapper(self.account, "green"), 0o755)
            self.account.run([f"{self.server_bin}/initdb", "-D", self.data, "-U", "postgres",
                              "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"],
                             timeout=120)
            with open(f"{self.data}/postgresql.conf", "a") as stream:
                for name, value in {**self.settings, "port": self.port,
                                    "unix_socket_directories": f"{self.directory}/run"}.items():
                    stream.write(f"{name} = '{value}'\n")
                stream.write("include_if_exists = 'case.conf'\n")
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

    def close(self):
        self.stop("immediate")
        remove_tree(self.directory)

    # -- the server --------------------------------------------------------------------------------

    def start(self):
        try:
            self.account.run([f"{self.server_bin}/pg_ctl", "-D", self.data, "-w", "-t", "60", "-l",
                              f"{self.directory}/blue.log", "start"], timeout=70)
        except LabError as error:
            raise LabError(f"{error}\n{last_lines(f'{self.directory}/blue.log')}") from None

    def stop(self, mode="fast"):
        pid = read_pid(f"{self.data}/postmaster.pid")
        if pid is not None:
            stop_postmaster(pid, mode)

    def configure(self, settings):
        """These settings behind the others, and no more than these; the server is started again."""
        text = "".join(f"{name} = '{self.fill(str(value))}'\n" for name, value in settings.items())
        self.account.write(f"{self.data}/case.conf", text)
        self.stop()
        self.start()

    def connect(self, database="postgres", user="postgres"):
        connection = psycopg2.connect(host=f"{self.directory}/run", port=self.port,
                                      dbname=database, user=user)
        connection.autocommit = True
        return connection

    def execute(self, database, text, parameters=None):
        """All rows of one statement, [] when it returns none."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def psql(self, database, path=None, text=None):
        """A script, from a file or as it is; LabError with what psql said where it fails."""
        done = subprocess.run(
            [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"directory={self.directory}",
             "-v", f"port={self.port}", "-v", f"major={self.major}", "-h", f"{self.directory}/run",
             "-p", str(self.port), "-U", "postgres", "-d", conninfo_of(database),
             "-f", path or "-"],
            input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONG,
            check=False, env=environment({"PGOPTIONS": "-c client_min_messages=warning"}))
        if done.returncode != 0:
            raise LabError(f"psql {path or ''}: {done.stdout.strip()[-1000:]}")
        return done.stdout

    def shell(self, path):
        """A script for sh, as the server's user, with the names of places in its environment."""
        [[libraries]] = self.execute("postgres", "SELECT setting FROM pg_config "
                                     "WHERE name = 'PKGLIBDIR'")
        with open(path) as stream:
            text = stream.read()
        self.account.run(["env", f"DIRECTORY={self.directory}", f"DATA={self.data}",
                          f"LIBRARIES={libraries}", "sh", "-euc", text])

    # -- the program -------------------------------------------------------------------------------

    def green_bin(self, major):
        """The bin directory of green, which lacks no program."""
        if stand_ins.is_complete(programs(major)):
            return programs(major)
        directory = f"{self.directory}/programs-{major}"
        if not os.path.exists(directory):
            stand_ins.complete_green(directory, programs(major), major, programs(17))
        return directory

    def fill(self, text, green=None):
        """{d} and the like in a value of the configuration."""
        for name, value in (("d", self.directory), ("blue", self.port), ("green", self.green_port),
                            ("blue_bin", self.blue_bin),
                            ("green_bin", self.green_bin(green or green_for(self.major)))):
            text = text.replace("{" + name + "}", str(value))
        return re.sub(r"\{bin_(\d+)\}", lambda found: programs(int(found.group(1))), text)

    def write_configuration(self, green=None, parameters=None, config=None):
        """pgcutover.ini with what differs from the usual, without keys that are null; its path."""
        sections = {name: dict(keys) for name, keys in CONFIGURATION.items()}
        for name, keys in {**(config or {}),
                           **({"green.parameters": parameters} if parameters else {})}.items():
            sections[name] = {**sections.get(name, {}), **keys}
        path = f"{self.directory}/pgcutover.ini"
        with open(path, "w") as stream:
            for name, keys in sections.items():
                stream.write(f"[{name}]\n" + "".join(
                    f"{key} = {self.fill(str(value), green)}\n"
                    for key, value in keys.items() if value is not None))
        return path

    def check(self, *arguments, green=None, parameters=None, config=None, timeout=LONG, env=None):
        path = self.write_configuration(green, parameters, config)
        return run_check(self.program, path, *arguments, timeout=timeout, env=env)

    def fix(self, **configuration):
        """The script that `check --fix` prints."""
        path = self.write_configuration(**configuration)
        done = subprocess.run([self.program, "check", f"--config={path}", "--fix"], timeout=LONG,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, cwd="/", check=False,
                              env=environment())
        assert done.returncode in (0, 3), done.stderr
        return done.stdout


def conninfo_of(database):
    """psql takes a name with = in it for a connection string, so it always gets one."""
    return "dbname='" + database.replace("\\", "\\\\").replace("'", "\\'") + "'"
