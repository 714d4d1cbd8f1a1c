"""A laboratory on one machine: a PostgreSQL cluster in use, its poolers, and room for the next one.

    lab = Lab("/tmp/somewhere", scale="tiny")
    lab.up()
    with lab.connect("p1", "shop") as connection: ...
    lab.down()
"""

import argparse
import dataclasses
import fcntl
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time

import psycopg2

import layout
import poolers as pooler_module
import schema
import secrecy
import servers
import stand_ins
import tls
from processes import Account, LabError, free_ports, remove_tree, write_file

MARKER = ".pgcutover-lab"
STATE = "lab.json"
LONGEST_DIRECTORY = 60  # so that socket paths stay below the 107 bytes of sun_path
ROLES = ("postgres", "app", "reporting", "monitor")
templates = None  # of a test run: templates.Templates
PROGRAMS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "scripts"))


@dataclasses.dataclass
class Options:
    """What can be varied; kept in lab.json, so that a later Lab(directory) knows it."""
    scale: str = "full"                      # or tiny, for tests
    poolers: tuple = ("p1", "p2")
    pool_mode: str = "transaction"
    # In the poolers' auth_file, instead of SCRAM secrets: each server login then costs PgBouncer the
    # 4096 rounds of a key derivation.
    plain_passwords: bool = False
    pooler_settings: dict = dataclasses.field(default_factory=dict)
    pgbouncer: str = "/usr/sbin/pgbouncer"
    blue_major: int = 15
    green_major: int = 17
    extra_hba: tuple = ()                    # lines put before the others
    settings: dict = dataclasses.field(default_factory=dict)  # of blue's postgresql.conf
    # wal_retrieve_retry_interval of both. Until 15 a launcher that has just started an apply worker
    # starts the next one, of another database, only so much later.
    worker_retry: str = "5s"


def default_directory():
    return os.environ.get("PGCUTOVER_LAB") or f"/tmp/pgcutover-lab-{os.getuid()}"


def bin_directory(major):
    """Where the programs of that major version are, packaged or fetched."""
    done = subprocess.run([f"{PROGRAMS}/fetch-postgres", "--bin", str(major)], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise LabError(done.stderr.strip())
    return done.stdout.strip()


class Lab:
    """One lab directory. Objects appear with up(), or at once when the lab is there already."""

    def __init__(self, directory=None, **options):
        self.directory = os.path.realpath(directory or default_directory())
        self.options = Options(**options)
        self.config_path = f"{self.directory}/pgcutover.ini"
        self.passfile = f"{self.directory}/pgpass"
        self.ports, self.account, self.blue, self.green, self.poolers = {}, None, None, None, {}
        self.may_leak = []  # ends of paths: files into which a test writes passwords itself
        if self.exists():
            self._load()

    # -- what there is ---------------------------------------------------------------------------

    def exists(self):
        return os.path.exists(f"{self.directory}/{STATE}")

    def _load(self):
        with open(f"{self.directory}/{STATE}") as stream:
            state = json.load(stream)
        self.options = Options(**state["options"])
        self.ports = state["ports"]
        self._lay_out(state["bin_directories"])

    def _lay_out(self, bins):
        self.account = Account(f"{self.directory}/home")
        self.blue = servers.Server(self.account, "blue", f"{self.directory}/blue", bins["blue"],
                                   self.ports["blue"])
        if self.options.blue_major < 11:  # it reads no files that lie elsewhere
            self.blue.etc = self.blue.data
            self.blue.config_file = f"{self.blue.data}/postgresql.conf"
        self.green = servers.Server(self.account, "green", f"{self.directory}/green",
                                    bins["green"], self.ports["green"])
        self.poolers = {}
        for name in self.options.poolers:
            pooler = pooler_module.Pooler(self.account, name, f"{self.directory}/{name}",
                                          self.options.pgbouncer, self.passfile)
            if name == "p1":
                pooler.add_process("pgbouncer", self.ports["p1"], f"{pooler.directory}/run")
            else:
                for letter in "ab":
                    pooler.add_process(f"{name}{letter}", self.ports[f"{name}{letter}"],
                                       f"{pooler.directory}/run-{letter}")
            self.poolers[name] = pooler

    def process(self, side):
        """The pooler process of a side: p1, p2a, p2b."""
        pooler, _, letter = re.fullmatch(r"(p\d+)(([ab])?)", side).groups()
        processes = self.poolers[pooler].processes
        return processes[1 if letter == "b" else 0]

    def running(self):
        """Names of what runs: blue, green, and pooler processes."""
        names = [each.name for each in (self.blue, self.green) if each and each.pid()]
        return names + [process.name for pooler in self.poolers.values()
                        for process in pooler.processes if process.pid()]

    # -- connections -----------------------------------------------------------------------------

    def conninfo(self, side, dbname="shop", user="app"):
        """For blue and green verify-ca, for poolers require; the password is in the passfile."""
        if side in ("blue", "green"):
            port = self.ports[side]
            encryption = f"sslmode=verify-ca sslrootcert={self.directory}/tls/ca.crt"
        else:
            port, encryption = self.process(side).port, "sslmode=require"
        return (f"host=127.0.0.1 port={port} dbname={dbname} user={user} {encryption} "
                f"passfile={self.passfile} connect_timeout=10")

    def connect(self, side, dbname="shop", user="app", autocommit=True):
        connection = psycopg2.connect(self.conninfo(side, dbname, user))
        connection.autocommit = autocommit
        return connection

    def query(self, side, dbname, text, parameters=None, user="postgres"):
        """All rows of one statement, [] when it returns none."""
        connection = self.connect(side, dbname, user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def tell_secret(self, side, dbname, text):
        """A statement with a password in it, that no log and no statistics keep."""
        connection = self.connect(side, dbname, "postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute(schema.UNSEEN)
                cursor.execute(text)
        finally:
            connection.close()

    # -- up ----------------------------------------------------------------------------------------

    def up(self):
        """Builds and starts everything; True if it did, False if it was up already."""
        if self.exists():
            if self.blue.pid() and all(pooler.pids() for pooler in self.poolers.values()):
                return False
            raise LabError(f"the lab in {self.directory} is there but not all of it runs "
                           f"(running: {', '.join(self.running()) or 'nothing'}); "
                           "take it down first")
        self._claim_directory()
        try:
            self._build()
        except BaseException:
            self.down()
            raise
        return True

    def _claim_directory(self):
        if not re.fullmatch(r"[A-Za-z0-9_./+-]+", self.directory):
            raise LabError(f"{self.directory}: only letters, digits and _ . / + - are possible here")
        if len(self.directory) > LONGEST_DIRECTORY:
            raise LabError(f"{self.directory} is longer than {LONGEST_DIRECTORY} characters, too "
                           "long for Unix sockets beneath it")
        try:
            os.mkdir(self.directory, 0o755)
        except FileExistsError:
            if os.listdir(self.directory):
                raise LabError(f"{self.directory} exists and is not empty") from None
        os.chmod(self.directory, 0o755)
        try:
            write_file(f"{self.directory}/{MARKER}", "", 0o644)
        except OSError as error:
            raise LabError(f"cannot write to {self.directory}: {error.strerror}") from None

    def _build(self):
        os.chdir("/")
        names = ["blue", "green", "spare"]
        for name in self.options.poolers:
            names += [name] if name == "p1" else [f"{name}a", f"{name}b"]
        self.ports = dict(zip(names, free_ports(len(names))))
        bins = {"blue": bin_directory(self.options.blue_major),
                "green": bin_directory(self.options.green_major)}
        majors = {"blue": self.options.blue_major, "green": self.options.green_major}
        bins = stand_ins.complete(self.directory, bins, majors, bin_directory(17))
        self._lay_out(bins)
        self._write_state(bins)
        self.account.mkdir(f"{self.directory}/home", 0o700)
        tls.create_authority(f"{self.directory}/tls")
        word_for = templates.password if templates else lambda _role: secrets.token_urlsafe(18)
        passwords = {role: word_for(role) for role in ROLES}
        write_file(self.passfile, "".join(f"*:*:*:{role}:{word}\n"
                                          for role, word in passwords.items()), 0o600)
        self._create_blue(passwords)
        self.green.make_directories()
        self._create_poolers(passwords)
        os.mkdir(f"{self.directory}/bin")
        for host in ("blue", "green", *self.options.poolers):
            write_file(f"{self.directory}/bin/on-{host}", layout.wrapper(self.account, host), 0o755)
        write_file(self.config_path, layout.configuration(self))

    def _write_state(self, bins):
        state = {"options": dataclasses.asdict(self.options), "ports": self.ports,
                 "bin_directories": bins, "account": self.account.name,
                 "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        write_file(f"{self.directory}/{STATE}", json.dumps(state, indent=2) + "\n")

    def _create_blue(self, passwords):
        self.blue.make_directories()
        is_copied = bool(templates) and templates.restore(self.options, self.blue.data)
        if not is_copied:
            password_file = f"{self.directory}/home/initial-password"
            self.account.write(password_file, passwords["postgres"] + "\n", 0o600)
            self.blue.initialize(password_file)
            os.unlink(password_file)
        self.blue.configure({"wal_retrieve_retry_interval": self.options.worker_retry,
                             **self.options.settings}, self.options.extra_hba)
        tls.create_certificate(f"{self.directory}/tls", self.account, self.blue.etc, "blue")
        self.blue.start()
        if is_copied:
            return
        schema.fill(self, {role: passwords[role] for role in ROLES if role != "postgres"},
                    self.options.scale)
        if templates and templates.suits(self.options):
            self.blue.stop()
            templates.keep(self.options, self.blue.data)
            self.blue.start()

    def _create_poolers(self, passwords):
        userlist = schema.scram_secrets(self)
        if self.options.plain_passwords:
            userlist = "".join(f'"{role}" "{word}"\n' for role, word in passwords.items())
        for name, pooler in self.poolers.items():
            self.account.mkdir(pooler.directory)
            tls.create_certificate(f"{self.directory}/tls", self.account, pooler.directory, name)
            single = name == "p1"
            pooler.create(f"{self.directory}/tls", userlist,
                          pooler_module.SINGLE if single else pooler_module.SHARED,
                          self.blue.port, self.options)
            pooler.start()

    # -- down --------------------------------------------------------------------------------------

    def down(self):
        """Stops whatever runs beneath the directory and removes it; True if there was a lab."""
        if not os.path.exists(self.directory):
            return False
        if not os.path.exists(f"{self.directory}/{MARKER}"):
            raise LabError(f"{self.directory} is not a lab's directory")
        if os.stat(self.directory).st_uid != os.geteuid():
            raise LabError(f"{self.directory} belongs to somebody else")
        if self.exists() and self.blue is None:
            self._load()
        servers.stop_programs_of(self.directory)
        for pooler in self.poolers.values():
            pooler.stop()
        servers.stop_everything_in(self.directory)
        leaks = self._leaks()
        remove_tree(self.directory)
        if leaks:
            raise LabError("passwords were written to\n" + "\n".join(leaks))
        return True

    def _leaks(self):
        """Files with a password of this lab that have no business with it."""
        if not os.path.exists(self.passfile):
            return []
        return secrecy.search(self.directory, secrecy.passwords(self.passfile), self.may_leak)

    # -- numbers for load generators ---------------------------------------------------------------

    def reserve_clients(self, count):
        """The first of count client numbers no other load on this lab has used."""
        with open(f"{self.directory}/clients", "a+") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            stream.seek(0)
            first = int(stream.read() or "1")
            stream.truncate(0)
            stream.write(str(first + count))
        return first


def _describe(lab):
    running = lab.running()
    print(f"lab:           {lab.directory}")
    print(f"configuration: {lab.config_path}")
    print(f"account:       {lab.account.name}")
    for name, port in lab.ports.items():
        state = "" if name == "spare" else (
            "running" if name in running or (name == "p1" and "pgbouncer" in running)
            else "not running")
        print(f"  {name:6} port {port}  {state}".rstrip())
    print(f"to connect:    psql '{lab.conninfo('blue', 'shop', 'app')}'")


def _act(arguments):
    options = {"scale": arguments.scale} if arguments.command == "up" else {}
    lab = Lab(arguments.directory, **options)
    if arguments.command == "up":
        begun = time.monotonic()
        if lab.up():
            print(f"lab: up in {time.monotonic() - begun:.1f} s")
        else:
            print("lab: it is up already")
        _describe(lab)
    elif arguments.command == "down":
        print("lab: taken down" if lab.down() else "lab: there is none")
    elif not lab.exists():
        print("lab: there is none")
        return 1
    else:
        _describe(lab)
    return 0


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="lab", description="A PostgreSQL cluster with poolers to try pgcutover on.")
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--directory", default=None,
                        help="where the lab lives (default: $PGCUTOVER_LAB, else %s)"
                        % "/tmp/pgcutover-lab-UID")
    parser.add_argument("--scale", choices=tuple(schema.SCALES), default="full",
                        help="how many rows")
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        return _act(arguments)
    except (LabError, psycopg2.Error, OSError, subprocess.SubprocessError) as error:
        print(f"lab: error: {str(error).strip()}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
