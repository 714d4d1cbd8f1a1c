"""Processes, accounts, ports and waiting: what the lab needs of the operating system."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LAB_USER = "pgcutover-lab"
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"


class LabError(Exception):
    """Something the person at the keyboard can act on."""


def wait_until(condition, what, deadline=30.0, interval=0.02):
    """Returns the first true value of condition(); LabError when deadline seconds have passed."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise LabError(f"waited {deadline:g} s in vain for {what}")
        time.sleep(interval)


class Account:
    """Whom servers and poolers run as: an unprivileged user for root, else oneself."""

    def __init__(self, home):
        self.home = home
        self.switches = os.geteuid() == 0
        if self.switches:
            self._create_lab_user()
            entry = pwd.getpwnam(LAB_USER)
        else:
            entry = pwd.getpwuid(os.geteuid())
        self.name, self.uid, self.gid = entry.pw_name, entry.pw_uid, entry.pw_gid

    @staticmethod
    def _create_lab_user():
        try:
            pwd.getpwnam(LAB_USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--user-group", "--no-create-home",
                            "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", LAB_USER],
                           check=True, timeout=30)

    def prefix(self):
        """Words before a command so that it runs as this account in a clean environment."""
        words = []
        if self.switches:
            words = ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--init-groups"]
        return words + ["env", "-i", f"HOME={self.home}", f"USER={self.name}",
                        f"LOGNAME={self.name}", f"PATH={SEARCH_PATH}", "LANG=C.UTF-8"]

    def run(self, argv, timeout=60, check=True):
        """Runs argv as the account. Output goes through a file: daemons keep their stdout open."""
        return run(self.prefix() + list(argv), timeout=timeout, check=check, cwd=self.home)

    def own(self, path):
        if self.switches:
            os.chown(path, self.uid, self.gid)

    def mkdir(self, path, mode=0o755):
        os.mkdir(path)
        os.chmod(path, mode)
        self.own(path)

    def write(self, path, text, mode=0o644):
        write_file(path, text, mode)
        self.own(path)


def run(argv, timeout=60, check=True, cwd=None, env=None):
    """subprocess.run whose output goes through a file; LabError with that output on failure."""
    with tempfile.TemporaryFile(mode="w+", errors="replace") as output:
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  timeout=timeout, cwd=cwd, env=env, check=False)
        except subprocess.TimeoutExpired:
            raise LabError(f"no end within {timeout:g} s: {' '.join(argv)}") from None
        output.seek(0)
        text = output.read()
    if check and done.returncode != 0:
        raise LabError(f"exit code {done.returncode}: {' '.join(argv)}\n{text.strip()}")
    return subprocess.CompletedProcess(argv, done.returncode, text, "")


def write_file(path, text, mode=0o644):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        os.fchmod(descriptor, mode)
        stream.write(text)


def last_lines(path, count=8):
    """The end of a log, for messages."""
    try:
        with open(path, errors="replace") as stream:
            return "".join(stream.readlines()[-count:]).strip()
    except OSError:
        return f"(no {path})"


def read_pid(path):
    """First line of a pid file as a number; None when there is none."""
    try:
        with open(path) as stream:
            return int(stream.readline())
    except (OSError, ValueError):
        return None


def program_of(pid):
    """Base name of what pid runs, None when there is no such process (a zombie counts as none)."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            text = stream.read()
    except OSError:
        return None
    name, state = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2]
    return None if state in "ZX" else name


def alive(pid, program):
    return pid is not None and program_of(pid) == program


def signal_quietly(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def end_process(pid, program, signals):
    """Sends (signal, seconds) one after the other until the process is gone."""
    for number, seconds in signals:
        if not alive(pid, program):
            return
        signal_quietly(pid, number)
        signal_quietly(pid, signal.SIGCONT)
        try:
            wait_until(lambda: not alive(pid, program), f"the end of {program} {pid}", seconds)
            break
        except LabError:
            continue
    else:
        raise LabError(f"{program} {pid} cannot be ended")


def wait_until_reaped(pid):
    """Before starting anew: servers ask kill(2) whether the old one lives; for that a zombie does."""
    if pid is not None and program_of(pid) is None:
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), f"init to reap process {pid}", 30)


def processes_in(directory, programs):
    """pids of processes of those programs whose working directory is beneath directory."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or program_of(int(entry)) not in programs:
            continue
        try:
            where = os.readlink(f"/proc/{entry}/cwd").removesuffix(" (deleted)")
        except OSError:
            continue
        if os.path.commonpath([where, directory]) == directory:
            found.append(int(entry))
    return found


def processes_naming(directory, programs):
    """pids of processes of those programs with an argument that names a path beneath directory."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or program_of(int(entry)) not in programs:
            continue
        try:
            with open(f"/proc/{entry}/cmdline", errors="replace") as stream:
                words = stream.read().split("\0")
        except OSError:
            continue
        if any(f"{directory}/" in f"{word}/" for word in words):
            found.append(int(entry))
    return found


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _bindable(port):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or "in use" in str(error):
                return False
    return True


def loopback_addresses():
    """Resolvers may answer ::1 for localhost whatever the hosts file says: serve it if it exists."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return ["127.0.0.1", "::1"]
    except OSError:
        return ["127.0.0.1"]


_given = set()


def free_ports(count):
    """Odd ports below the range the kernel gives to clients, all different, all free now.

    A lab may listen on one later only: none is given twice, and those who work at the same time have
    different ones.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    mine = range(20001 + 2 * (worker % workers), 32768, 2 * workers)
    candidates = [port for port in mine if port not in _given]
    random.shuffle(candidates)
    chosen = []
    for port in candidates:
        if _bindable(port):
            chosen.append(port)
            if len(chosen) == count:
                _given.update(chosen)
                return chosen
    raise LabError("no free ports between 20001 and 32767")


def remove_tree(directory):
    """Removes a tree; a file that vanishes meanwhile is no error."""
    def ignore_missing(_function, _path, info):
        if not isinstance(info[1], FileNotFoundError):
            raise info[1]
    shutil.rmtree(directory, onerror=ignore_missing)
