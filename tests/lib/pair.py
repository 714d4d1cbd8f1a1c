"""Two plain servers that replicate, and a run directory that says so: what `verify` needs, no more.

    with Pair(program, 15, 17) as pair:
        pair.execute("blue", "shop", "INSERT ...")
        result = pair.verify("--output=json")

Both sides get the same statements instead of a clone and an upgrade; subscriptions do not copy.
"""

import json
import os
import signal
import sqlite3
import subprocess
import tempfile

import psycopg2

from lab import bin_directory
from processes import Account, LabError, free_ports, read_pid, remove_tree, wait_until
from servers import stop_postmaster

CONFIGURATION = """\
[cluster pair]
kind = self_managed
state_directory = {d}/state
[blue]
conninfo = host={d}/run port={blue} user=postgres dbname=postgres
from_green = host={d}/run port={blue}
[green]
conninfo = host={d}/run port={green} user=postgres dbname=postgres
from_blue = host={d}/run port={green}
bin_directory = {d}
old_bin_directory = {d}
data_directory = {d}/green
port = {green}
socket_directory = {d}/run
"""
SETTINGS = {"listen_addresses": "", "wal_level": "logical", "fsync": "off", "autovacuum": "off",
            "max_wal_senders": "20", "max_replication_slots": "20", "max_worker_processes": "20",
            "max_logical_replication_workers": "12", "shared_buffers": "64MB",
            "log_statement": "none"}
# What must not be seen in any comparison: each side has its own.
HABITS = {"blue": {"timezone": "America/Caracas", "datestyle": "sql,dmy", "bytea_output": "escape",
                   "intervalstyle": "iso_8601", "extra_float_digits": "-3"},
          "green": {"timezone": "Asia/Kathmandu", "datestyle": "german", "lc_monetary": "C",
                    "intervalstyle": "sql_standard", "extra_float_digits": "2"}}
LONG = 120


class Pair:
    """Blue and green of the given major versions."""

    def __init__(self, program, blue_major=15, green_major=17, databases=("shop",)):
        self.program, self.databases = os.path.abspath(program), ("postgres", *databases)
        self.directory = tempfile.mkdtemp(prefix="pgc-")
        os.chmod(self.directory, 0o755)
        self.account = Account(self.directory)
        self.account.own(self.directory)
        self.majors = {"blue": blue_major, "green": green_major}
        self.ports = dict(zip(("blue", "green"), free_ports(2)))
        self.config_path = f"{self.directory}/pgcutover.ini"
        self.oids, self.run_directory, self.begun = {}, None, []

    def __enter__(self):
        try:
            self.account.mkdir(f"{self.directory}/run")
            for side in self.majors:
                self._start_new(side)
            for name in self.databases[1:]:
                self.both("postgres", f'CREATE DATABASE "{name}"')
            for name in self.databases:  # 15 made the schema public less so
                self.both(name, "ALTER SCHEMA public OWNER TO postgres; "
                          "GRANT ALL ON SCHEMA public TO postgres, PUBLIC")
            self._make_run()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

    def close(self):
        for process in self.begun:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=20)
        for side in self.majors:
            self.stop(side, "immediate")
        remove_tree(self.directory)

    # -- servers -----------------------------------------------------------------------------------

    def _bin(self, side):
        return bin_directory(self.majors[side])

    def _start_new(self, side):
        data = f"{self.directory}/{side}"
        self.account.run([f"{self._bin(side)}/initdb", "-D", data, "-U", "postgres",
                          "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"],
                         timeout=120)
        self.start(side)

    def start(self, side):
        settings = {**SETTINGS, **HABITS[side], "port": self.ports[side],
                    "unix_socket_directories": f"{self.directory}/run"}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.account.run([f"{self._bin(side)}/pg_ctl", "-D", f"{self.directory}/{side}", "-w", "-l",
                          f"{self.directory}/{side}.log", "-o", options, "start"], timeout=60)

    def pid(self, side):
        return read_pid(f"{self.directory}/{side}/postmaster.pid")

    def stop(self, side, mode="immediate"):
        pid = self.pid(side)
        if pid is not None:
            stop_postmaster(pid, mode)

    def connect(self, side, database="shop"):
        connection = psycopg2.connect(host=f"{self.directory}/run", port=self.ports[side],
                                      dbname=database, user="postgres",
                                      options="-c timezone=UTC -c datestyle=iso,ymd")
        connection.autocommit = True
        return connection

    def execute(self, side, database, text, parameters=None):
        """All rows of one statement, [] when it returns none."""
        connection = self.connect(side, database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def both(self, database, text):
        for side in self.majors:
            self.execute(side, database, text)

    # -- replication -------------------------------------------------------------------------------

    def replicate(self, publisher="blue", subscriber="green"):
        """Publications, slots and subscriptions of every database; waits until they are in use."""
        for name in self.databases:
            slot = f"pgcutover_{self.oids[name]}"
            self.execute(publisher, name, "CREATE PUBLICATION pgcutover FOR ALL TABLES")
            self.execute(publisher, name,
                         f"SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')")
            self.execute(subscriber, name, f"CREATE SUBSCRIPTION {slot} CONNECTION "
                         f"'host={self.directory}/run port={self.ports[publisher]} user=postgres "
                         f"dbname={name}' PUBLICATION pgcutover WITH (create_slot = false, "
                         f"slot_name = '{slot}', copy_data = false, streaming = off)")
        wait_until(lambda: self.execute(publisher, "postgres", "SELECT bool_and(active) "
                                        "FROM pg_replication_slots")[0][0],
                   "the slots to be in use", 60)

    def unreplicate(self, publisher="blue", subscriber="green"):
        for name in self.databases:
            self.execute(subscriber, name, f"DROP SUBSCRIPTION pgcutover_{self.oids[name]}")
            self.execute(publisher, name, "DROP PUBLICATION pgcutover")

    def wait_applied(self, publisher="blue", deadline=30):
        """Until every slot has confirmed what the publisher has flushed now."""
        [[target]] = self.execute(publisher, "postgres", "SELECT pg_current_wal_flush_lsn()")
        wait_until(lambda: self.execute(
            publisher, "postgres", "SELECT bool_and(confirmed_flush_lsn >= %s) "
            "FROM pg_replication_slots", (target,))[0][0], "the other side to have it all", deadline)

    # -- the run -----------------------------------------------------------------------------------

    def _make_run(self):
        [[system]] = self.execute("blue", "postgres",
                                  "SELECT system_identifier::text FROM pg_control_system()")
        self.oids = {name: self.execute("blue", "postgres", "SELECT oid FROM pg_database "
                                        "WHERE datname = %s", (name,))[0][0]
                     for name in self.databases}
        self.run_directory = f"{self.directory}/state/{system}/20260101T000000Z"
        os.makedirs(self.run_directory)
        with open(f"{self.directory}/state/{system}/current", "w") as stream:
            stream.write("20260101T000000Z\n")
        facts = {"run": "20260101T000000Z", "cluster": "pair", "side": "blue",
                 "blue.system_identifier": system, "green.ready": "yes",
                 "databases": json.dumps({name: str(oid) for name, oid in self.oids.items()})}
        connection = sqlite3.connect(f"{self.run_directory}/run.db")
        with connection:
            connection.execute("CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT)")
            connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, plan TEXT, "
                               "step TEXT NOT NULL, state TEXT NOT NULL, side TEXT, "
                               "wall_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL)")
            connection.executemany("INSERT INTO fact VALUES (?, ?)", facts.items())
        connection.close()
        with open(self.config_path, "w") as stream:
            stream.write(CONFIGURATION.format(d=self.directory, blue=self.ports["blue"],
                                              green=self.ports["green"]))

    def set_fact(self, key, value):
        connection = sqlite3.connect(f"{self.run_directory}/run.db")
        with connection:
            connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (key, value))
        connection.close()

    # -- the program -------------------------------------------------------------------------------

    def argv(self, *arguments):
        return [self.program, "verify", f"--config={self.config_path}", *arguments]

    def _environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return {**kept, "LANG": "C.UTF-8", "ASAN_OPTIONS": "exitcode=99",
                "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1"}

    def verify(self, *arguments, timeout=LONG):
        """The command's end: a CompletedProcess."""
        done = subprocess.run(self.argv(*arguments), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
                              timeout=timeout, check=False, env=self._environment())
        assert done.returncode != 99, f"a sanitizer's report: {done.stderr}"
        return done

    def findings(self, *arguments, code=None):
        """What it lists, as JSON objects; with `code`, that must be its exit code."""
        done = self.verify("--output=json", *arguments)
        if code is not None and done.returncode != code:
            raise LabError(f"exit code {done.returncode} instead of {code}: {done.stderr}"
                           f"{done.stdout}")
        return json.loads(done.stdout)["findings"]

    def begin(self, *arguments):
        """Starts it in the background; it is killed with the pair."""
        process = subprocess.Popen(self.argv(*arguments), stdin=subprocess.DEVNULL, cwd="/",
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=self._environment())
        self.begun.append(process)
        return process

    def interrupt(self, process):
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=LONG)

    def progress_file(self):
        path = f"{self.run_directory}/verify.json"
        if not os.path.exists(path):
            return {}
        with open(path) as stream:
            return json.load(stream)
