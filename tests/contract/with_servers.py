"""with_servers.py [--without | --aged | --major N] PROGRAM [ARGUMENT...]: beside PostgreSQL and PgBouncer.

Both live in a temporary directory, listen on unix sockets only, and end with this script, however
it ends. The program finds them in PGCUTOVER_CONTRACT_SERVER and PGCUTOVER_CONTRACT_CONSOLE, and a
TMPDIR that is removed with them, also when it crashes. --without: that directory only. --major: that
PostgreSQL, packaged or fetched, instead of the newest one that is packaged. --aged: one that is
three billion transactions old.
"""

import glob
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from processes import Account, LabError, last_lines, remove_tree, wait_until  # noqa: E402

AGE = 3_000_000_000
TRANSACTIONS_A_SEGMENT = 32 * 8192 * 4  # pages of pg_xact, two bits a transaction
PORT = 5439  # of sockets in a directory of our own: any number is free

POOLER = """\
[databases]
postgres = host={run} port={port}
shop = host={run} port={port}
[pgbouncer]
listen_port = {port}
listen_addr =
unix_socket_dir = {pooler}
auth_type = trust
auth_file = {directory}/users
admin_users = postgres
pool_mode = transaction
logfile = {directory}/pgbouncer.log
"""


FETCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts",
                     "fetch-postgres")


def bin_directory(major):
    """The server of that major version, or the newest one under /usr/lib/postgresql."""
    if major:
        done = subprocess.run([FETCH, "--bin", major], timeout=100, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise LabError(done.stderr.strip())
        return done.stdout.strip()
    found = [path for path in glob.glob("/usr/lib/postgresql/*/bin")
             if re.search(r"/\d+/bin$", path)]
    if not found:
        raise LabError("there is no PostgreSQL server under /usr/lib/postgresql")
    return max(found, key=lambda path: int(path.split("/")[-2]))

# A session of ours must look the same on a server that prefers these.
UNUSUAL = [word for setting in ("timezone=Asia/Kathmandu", "datestyle=SQL, DMY",
                                "intervalstyle=iso_8601", "bytea_output=escape")
           for word in ("-c", setting)]


class Servers:
    """A server with the databases postgres and shop, and a pooler before it."""

    def __init__(self, directory, major, is_aged):
        self.directory, self.major, self.is_aged = directory, major, is_aged
        self.account = Account(directory)
        self.processes = []

    def start(self):
        binaries, run = bin_directory(self.major), f"{self.directory}/run"
        pooler = f"{self.directory}/pooler"
        self.account.own(self.directory)
        self.account.mkdir(run)
        self.account.mkdir(pooler)
        self.account.run([f"{binaries}/initdb", "-D", f"{self.directory}/data", "-U", "postgres",
                          "--auth=trust", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"],
                         timeout=120)
        if self.is_aged:
            self._age(binaries)
        self._spawn("postgres", [f"{binaries}/postgres", "-D", f"{self.directory}/data", "-p",
                                 str(PORT), "-c", "listen_addresses=", "-c",
                                 f"unix_socket_directories={run}", "-c", "wal_level=logical",
                                 "-c", "fsync=off"] + UNUSUAL)
        self._await("postgres", [f"{binaries}/pg_isready", "-q", "-h", run, "-p", str(PORT)])
        self.account.run([f"{binaries}/createdb", "-h", run, "-p", str(PORT), "-U", "postgres",
                          "shop"])
        self.account.write(f"{self.directory}/users", '"postgres" ""\n')
        self.account.write(f"{self.directory}/pgbouncer.ini",
                           POOLER.format(run=run, port=PORT, pooler=pooler,
                                         directory=self.directory))
        self._spawn("pgbouncer", ["/usr/sbin/pgbouncer", f"{self.directory}/pgbouncer.ini"])
        self._await("pgbouncer", [f"{binaries}/psql", "-Xqc", "SHOW VERSION", "-h", pooler, "-p",
                                  str(PORT), "-U", "postgres", "pgbouncer"])
        return {"PGCUTOVER_CONTRACT_SERVER": f"host={run} port={PORT} user=postgres",
                "PGCUTOVER_CONTRACT_CONSOLE": f"host={pooler} port={PORT} user=postgres"}

    def _age(self, binaries):
        """What initdb wrote is frozen, and keeps its xmin: its age is below zero then."""
        data = f"{self.directory}/data"
        self.account.write(f"{self.directory}/freeze", "VACUUM FREEZE\n")
        for database in ("template1", "postgres"):
            self.account.run(["sh", "-c", f"{binaries}/postgres --single -D {data} {database} "
                              f"<{self.directory}/freeze"])
        self.account.run([f"{binaries}/pg_resetwal", "-x", str(AGE), "-u", str(AGE - 1000), data])
        segment = f"{data}/pg_xact/{AGE // TRANSACTIONS_A_SEGMENT:04X}"
        self.account.run(["truncate", "-s", "256K", segment])

    def _spawn(self, name, argv):
        """In the foreground, and ended by the kernel when this script is killed."""
        switch = self.account.prefix()
        guard = ["setpriv", "--pdeathsig", "INT"] + (switch[1:4] if self.account.switches else [])
        clean = switch[4:] if self.account.switches else switch
        with open(f"{self.directory}/{name}.out", "w") as output:
            self.processes.append((name, subprocess.Popen(
                guard + clean + argv, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, cwd=self.directory, start_new_session=True)))

    def _await(self, name, argv):
        process = dict(self.processes)[name]

        def answers():
            if process.poll() is not None:
                raise LabError(f"{name} ended: {last_lines(f'{self.directory}/{name}.out')}")
            return self.account.run(argv, check=False).returncode == 0
        wait_until(answers, f"{name} to answer", 30)

    def stop(self):
        for _name, process in reversed(self.processes):
            process.send_signal(signal.SIGINT)
        for _name, process in reversed(self.processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main(argv):
    def end(number, _frame):
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end)
    directory = tempfile.mkdtemp(prefix="pgc-servers-")
    without, aged = argv[:1] == ["--without"], argv[:1] == ["--aged"]
    major = argv[1] if argv[:1] == ["--major"] else None
    program = argv[1:] if without or aged else argv[2:] if major else argv
    servers = Servers(directory, major, aged)
    own = f"{directory}/tmp"
    try:
        os.mkdir(own)
        found = {} if without else servers.start()
        code = subprocess.run(program, check=False,
                              env={**os.environ, **found, "TMPDIR": own}).returncode
        return code if code >= 0 else 128 - code
    except LabError as error:
        print(f"with_servers.py: error: {error}", file=sys.stderr)
        return 1
    finally:
        servers.stop()
        remove_tree(directory)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
