"""PgBouncer processes of the lab. A pooler is one databases file and the processes that read it."""

import contextlib
import signal
import time

import psycopg2

from processes import (LabError, alive, end_process, last_lines, read_pid, signal_quietly,
                       wait_until, wait_until_reaped)

INI = """\
; process {name} of pooler {pooler}
[pgbouncer]
logfile = {directory}/{name}.log
pidfile = {directory}/{name}.pid
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir = {socket_directory}
auth_type = scram-sha-256
auth_file = {directory}/userlist.txt
admin_users = postgres
stats_users = monitor
pool_mode = {pool_mode}
default_pool_size = 10
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
client_tls_sslmode = require
client_tls_cert_file = {directory}/server.crt
client_tls_key_file = {directory}/server.key
; without one, every RELOAD parses the system's whole bundle of authorities: 26 ms, clients held
client_tls_ca_file = {authority}/ca.crt
server_tls_sslmode = verify-ca
server_tls_ca_file = {authority}/ca.crt
log_connections = 0
log_disconnections = 0
log_pooler_errors = 1
{settings}
%include {directory}/databases.ini
"""

SINGLE = """\
[databases]
shop = host=localhost port={port}
Billing = host=localhost port={port}
shop_alias = host=localhost port={port} dbname=shop
* = host=127.0.0.1 port={port}
"""

SHARED = """\
;; databases of pooler {pooler}, read by every process of it
[databases]

; the web shop
shop    =   host=localhost   port={port}
events=host=localhost port={port} pool_size=8
# the name is mixed case
Billing = host='localhost' port={port} dbname=Billing application_name='billing via {pooler}'

; not ours: another server
elsewhere = host=127.0.0.1 port=1 dbname=elsewhere
;old = host=localhost port=5431
"""


class PoolerProcess:
    """One PgBouncer process: its own ini, port, socket directory, pid file and pause state."""

    def __init__(self, pooler, name, port, socket_directory):
        self.pooler, self.name, self.port = pooler, name, port
        self.socket_directory = socket_directory
        self.ini = f"{pooler.directory}/{name}.ini"
        self.pid_file = f"{pooler.directory}/{name}.pid"
        self.log = f"{pooler.directory}/{name}.log"

    def start(self):
        wait_until_reaped(read_pid(self.pid_file))
        try:
            self.pooler.account.run([self.pooler.program, "-d", "-q", self.ini], timeout=30)
            wait_until(self.answers, f"the console of {self.name}", 30)
        except LabError as error:
            raise LabError(f"{error}\n{last_lines(self.log)}") from None

    def stop(self, kill=False):
        pid = self.pid()
        if pid is not None:
            signals = [] if kill else [(signal.SIGTERM, 10)]
            end_process(pid, "pgbouncer", signals + [(signal.SIGKILL, 10)])

    def restart(self):
        self.stop()
        self.start()

    def pid(self):
        pid = read_pid(self.pid_file)
        return pid if alive(pid, "pgbouncer") else None

    def pids(self):
        return [pid for pid in [self.pid()] if pid is not None]

    def _signal(self, number):
        pid = self.pid()
        if pid is None:
            raise LabError(f"pooler process {self.name} is not running")
        signal_quietly(pid, number)

    def freeze(self):
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    def conninfo(self):
        """Of the admin console, by unix socket."""
        return (f"host={self.socket_directory} port={self.port} user=postgres "
                f"passfile={self.pooler.passfile}")

    def console(self):
        """A connection to the admin console; it understands the simple protocol only."""
        connection = psycopg2.connect(f"{self.conninfo()} dbname=pgbouncer connect_timeout=5")
        connection.autocommit = True
        return connection

    def answers(self):
        try:
            self.console().close()
            return True
        except psycopg2.OperationalError:
            return False

    def command(self, text):
        """Runs one console command; rows as dictionaries, [] for commands without."""
        connection = self.console()
        try:
            with connection.cursor() as cursor:
                cursor.execute(text)
                if cursor.description is None:
                    return []
                names = [column.name for column in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]
        finally:
            connection.close()


    def when_calm(self, act, settled=False):
        """Calls act(cursor of the console) in a moment in which the process logs in nowhere: a RELOAD
        or a PAUSE cuts logins off, and PgBouncer gives clients errors for that. settled: nor is
        about to, for clients that wait in an entry that is not paused; who has waited for half a
        second without a login is waiting for something else."""
        last = time.monotonic()
        with contextlib.closing(self.console()) as console, console.cursor() as cursor:
            def rows(command):
                cursor.execute(command)
                names = [each.name for each in cursor.description]
                return [dict(zip(names, row)) for row in cursor.fetchall()]

            def logs_in_nowhere():
                nonlocal last
                paused = {row["name"] for row in rows("SHOW DATABASES") if int(row["paused"])}
                pools = rows("SHOW POOLS")
                if any(int(row["sv_login"]) for row in pools):
                    last = time.monotonic()
                    return False
                return (not settled or time.monotonic() - last > 0.5
                        or all(row["database"] in paused or int(row["cl_waiting"]) == 0
                               for row in pools))
            wait_until(logs_in_nowhere, f"a moment without a login of {self.name}", 30, 0.001)
            act(cursor)

    def reload(self):
        self.when_calm(lambda cursor: cursor.execute("RELOAD"))


class Pooler:
    """A databases file and its processes; start, stop and command act on all of them."""

    def __init__(self, account, name, directory, program, passfile):
        self.account, self.name, self.directory = account, name, directory
        self.program, self.passfile = program, passfile
        self.file = f"{directory}/databases.ini"
        self.processes = []

    def add_process(self, name, port, socket_directory):
        self.processes.append(PoolerProcess(self, name, port, socket_directory))

    def create(self, authority, userlist, template, blue_port, options):
        """options: pool_mode, pooler_settings (name -> value)."""
        self.account.write(f"{self.directory}/userlist.txt", userlist, 0o600)
        self.account.write(self.file, template.format(port=blue_port, pooler=self.name))
        settings = "".join(f"{name} = {value}\n" for name, value in options.pooler_settings.items())
        for process in self.processes:
            self.account.mkdir(process.socket_directory)
            self.account.write(process.ini, INI.format(
                name=process.name, pooler=self.name, directory=self.directory, port=process.port,
                socket_directory=process.socket_directory, pool_mode=options.pool_mode,
                authority=authority, settings=settings))

    def process(self, name):
        for each in self.processes:
            if each.name == name:
                return each
        raise LabError(f"pooler {self.name} has no process {name}")

    def start(self):
        for process in self.processes:
            process.start()

    def stop(self, kill=False):
        for process in self.processes:
            process.stop(kill)

    def restart(self):
        self.stop()
        self.start()

    def pids(self):
        return [pid for process in self.processes for pid in process.pids()]

    def command(self, text):
        """The same console command on every process; a list of its rows for each."""
        return [process.command(text) for process in self.processes]

    def reload(self):
        for process in self.processes:
            process.reload()

    def databases(self):
        with open(self.file) as stream:
            return stream.read()
