"""PostgreSQL servers of the lab."""

import contextlib
import os
import signal

from processes import (LabError, alive, end_process, last_lines, loopback_addresses, parent_of,
                       processes_in, processes_naming, read_pid, signal_quietly, wait_until,
                       wait_until_reaped)

BLUE_CONFIGURATION = """\
# Configuration of the lab's blue server; like Debian's, it is not in the data directory.
data_directory = '{data}'
hba_file = '{etc}/pg_hba.conf'
ident_file = '{etc}/pg_ident.conf'
listen_addresses = '{addresses}'
port = {port}
unix_socket_directories = '{socket_directory}'
cluster_name = 'lab-blue'

ssl = on
ssl_cert_file = '{etc}/server.crt'
ssl_key_file = '{etc}/server.key'
password_encryption = 'scram-sha-256'

wal_level = logical
fsync = on
max_wal_senders = 20
max_replication_slots = 20
max_worker_processes = 20
max_logical_replication_workers = 12
max_connections = 150
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all

shared_buffers = 128MB
work_mem = 6MB
maintenance_work_mem = 96MB
effective_cache_size = 1GB
random_page_cost = 1.25
checkpoint_timeout = 10min
autovacuum_naptime = 30s
log_min_duration_statement = 500ms
log_statement = ddl
log_connections = off
log_line_prefix = '%m [%p] %q%u@%d %a '
log_timezone = 'UTC'
timezone = 'UTC'
datestyle = 'iso, ymd'
lc_messages = 'C.UTF-8'
default_text_search_config = 'pg_catalog.english'
"""

HBA = """\
# type     database     user      address       method
local      all          postgres                peer map=lab
local      all          all                     scram-sha-256
{extra}hostssl    all          all       127.0.0.1/32  scram-sha-256
hostssl    all          all       ::1/128       scram-sha-256
hostssl    replication  postgres  127.0.0.1/32  scram-sha-256
hostssl    replication  postgres  ::1/128       scram-sha-256
hostnossl  all          all       all           reject
"""

STOP_SIGNALS = {
    "smart": [(signal.SIGTERM, 60)],
    "fast": [(signal.SIGINT, 30), (signal.SIGQUIT, 15), (signal.SIGKILL, 10)],
    "immediate": [(signal.SIGQUIT, 15), (signal.SIGKILL, 10)],
    "kill": [(signal.SIGKILL, 10)],
}


class Server:
    """One server: where it lives, and start, stop, restart. It may not exist yet (green)."""

    def __init__(self, account, name, directory, bin_directory, port):
        self.account, self.name, self.directory = account, name, directory
        self.bin_directory, self.port = bin_directory, port
        self.data = f"{directory}/data"
        self.etc = f"{directory}/etc"
        self.log = f"{directory}/log/postgresql.log"
        self.socket_directory = f"{directory}/run"
        self.config_file = f"{self.etc}/postgresql.conf"

    def make_directories(self):
        self.account.mkdir(self.directory)
        self.account.mkdir(f"{self.directory}/log")
        self.account.mkdir(self.socket_directory)

    def initialize(self, password_file):
        """initdb."""
        self.account.run([f"{self.bin_directory}/initdb", "-D", self.data, "-U", "postgres",
                          f"--pwfile={password_file}", "--auth=scram-sha-256", "--data-checksums",
                          "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"], timeout=120)

    def configure(self, settings=None, extra_hba=()):
        """The configuration, outside the data directory where etc is."""
        if self.etc != self.data:
            self.account.mkdir(self.etc)
        for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.data}/{name}")
        text = BLUE_CONFIGURATION.format(data=self.data, etc=self.etc, port=self.port,
                                         addresses=", ".join(loopback_addresses()),
                                         socket_directory=self.socket_directory)
        for name, value in (settings or {}).items():
            text += f"{name} = '{value}'\n"
        self.account.write(self.config_file, text)
        self.account.write(f"{self.etc}/pg_hba.conf",
                           HBA.format(extra="".join(f"{line}\n" for line in extra_hba)))
        self.account.write(f"{self.etc}/pg_ident.conf", f"lab {self.account.name} postgres\n")

    def start(self, timeout=60, options=None):
        """pg_ctl start; with the configuration file beside the data directory if there is one."""
        if options is None:
            outside = os.path.exists(self.config_file)
            options = f"-c config_file={self.config_file}" if outside else ""
        wait_until_reaped(read_pid(f"{self.data}/postmaster.pid"))
        argv = [f"{self.bin_directory}/pg_ctl", "-D", self.data, "-l", self.log, "-w",
                "-t", str(timeout)]
        try:
            self.account.run(argv + (["-o", options] if options else []) + ["start"],
                             timeout=timeout + 10)
        except LabError as error:
            raise LabError(f"{error}\n{last_lines(self.log)}") from None

    def stop(self, mode="fast"):
        """smart, fast, immediate, or kill (SIGKILL to the postmaster); no error when not running."""
        pid = self.pid()
        if pid is not None:
            stop_postmaster(pid, mode)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def reload(self):
        signal_quietly(self.require_pid(), signal.SIGHUP)

    def pid(self):
        """The postmaster's pid; None when it does not run."""
        pid = read_pid(f"{self.data}/postmaster.pid")
        return pid if alive(pid, "postgres") else None

    def require_pid(self):
        pid = self.pid()
        if pid is None:
            raise LabError(f"server {self.name} is not running")
        return pid

    def pids(self):
        """The postmaster and its children."""
        pid = self.pid()
        if pid is None:
            return []
        return [pid] + [each for each in processes_in(self.data, {"postgres"})
                        if parent_of(each) == pid]

    def freeze(self):
        """Those too that were begun while it looked: one session that answers is no frozen server."""
        frozen = []
        while new := [pid for pid in self.pids() if pid not in frozen]:
            for pid in new:
                signal_quietly(pid, signal.SIGSTOP)
            frozen += new

    def thaw(self):
        for pid in self.pids():
            signal_quietly(pid, signal.SIGCONT)


def stop_postmaster(pid, mode="fast"):
    """Ends a postmaster and waits for its children, whose shared memory would bar a new start."""
    children = processes_of(pid)
    for child in [pid] + children:
        signal_quietly(child, signal.SIGCONT)
    end_process(pid, "postgres", STOP_SIGNALS[mode])
    for child in children:
        wait_or_kill(child, "postgres")


def wait_or_kill(pid, program):
    try:
        wait_until(lambda: not alive(pid, program), f"the end of {program} {pid}", 15)
    except LabError:
        end_process(pid, program, STOP_SIGNALS["kill"])


def processes_of(pid):
    """Children of a process."""
    return [int(each) for each in os.listdir("/proc")
            if each.isdigit() and parent_of(int(each)) == pid]


def stop_programs_of(directory):
    """Kills every pgcutover that was told a path beneath directory, and the shells of its jobs."""
    def left():
        # A watchdog that recovers was started as /proc/self/exe, and is called so.
        return (processes_naming(directory, {"pgcutover", "exe"})
                + processes_in(f"{directory}/home", {"sh"}))

    def none_left():
        for pid in left():
            signal_quietly(pid, signal.SIGKILL)
        return not left()
    wait_until(none_left, "the end of every pgcutover of this lab", 15)


def stop_everything_in(directory):
    """Stops every postmaster whose data directory is beneath directory, then what is left."""
    tools = {"pgbouncer", "pg_basebackup", "pg_upgrade", "pg_ctl", "pg_dump", "pg_restore", "initdb",
             "load"}
    for where, _directories, files in os.walk(directory):
        if "postmaster.pid" in files:
            pid = read_pid(f"{where}/postmaster.pid")
            if pid in processes_in(where, {"postgres"}):
                stop_postmaster(pid)
    left = processes_in(directory, {"postgres"})
    for pid in [each for each in left if parent_of(each) not in left]:
        if alive(pid, "postgres"):
            stop_postmaster(pid)
    for program in sorted(tools) + ["postgres"]:
        for pid in processes_in(directory, {program}):
            end_process(pid, program, [(signal.SIGTERM, 10), (signal.SIGKILL, 10)])
