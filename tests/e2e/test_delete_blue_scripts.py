"""What is removed, and what never: the scripts of finish --delete-blue on a directory that looks like blue's.

No server: its programs are stand-ins, so that every state of a directory can be made at will.
"""

import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from processes import wait_until, write_file

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
RUN, SYSTEM, TIMELINE, BEGAN = "/runs/1", "7001", "1", "1700000000"
REFUSED = 3

CONTROL = """Database system identifier:           {system}
Latest checkpoint's TimeLineID:       1
Database cluster state:               {state}
"""
PG_CONTROLDATA = '#!/bin/sh\ncat "$1/global/pg_control"\n'
PG_CTL = """#!/bin/sh
sed -i 's/in production/shut down/' "$3/global/pg_control"
kill "$(head -n 1 "$3/postmaster.pid")" && rm "$3/postmaster.pid"
"""


def identity(path):
    return subprocess.run(["stat", "-c", "%i.%W", path], check=True, capture_output=True,
                          text=True).stdout.strip()


class Blue:
    """A directory as a server leaves it, and the two scripts before it."""

    def __init__(self, place):
        self.place, self.bin, self.data = place, f"{place}/bin", f"{place}/pg/data"
        self.programs, self.why, self.seen = [], "", ""
        os.mkdir(self.bin)
        os.mkdir(f"{place}/pg")
        write_file(f"{self.bin}/pg_controldata", PG_CONTROLDATA, 0o755)
        write_file(f"{self.bin}/pg_ctl", PG_CTL, 0o755)
        shutil.copy("/bin/cat", f"{self.bin}/postgres")
        self.make(self.data)
        self.directory = identity(self.data)

    def make(self, data, system=SYSTEM, state="shut down"):
        for name in ("global", "base", "pg_tblspc", "pg_wal"):
            os.makedirs(f"{data}/{name}")
        write_file(f"{data}/PG_VERSION", "15\n")
        write_file(f"{data}/global/pg_control", CONTROL.format(system=system, state=state))
        write_file(f"{data}/postmaster.opts", f'{self.bin}/postgres "-D" "{data}"\n')
        write_file(f"{data}/pg_wal/0001", "")

    def process(self, directory):
        """A server's process that waits for the end of its input."""
        process = subprocess.Popen([f"{self.bin}/postgres"], cwd=directory, stdin=subprocess.PIPE)
        self.programs.append(process)
        wait_until(lambda: os.readlink(f"/proc/{process.pid}/exe") == f"{self.bin}/postgres",
                   "the server's process")
        return process.pid

    def start(self):
        """What blue answers: the pid of its server and when it began."""
        pid = self.process(self.data)
        write_file(f"{self.data}/global/pg_control",
                   CONTROL.format(system=SYSTEM, state="in production"))
        write_file(f"{self.data}/postmaster.pid", f"{pid}\n{self.data}\n{BEGAN}\n5432\n")
        return f"{pid} {BEGAN}"

    def end(self):
        for process in self.programs:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def sh(self, script, *arguments, before=""):
        """`before`: what is mounted meanwhile, seen by the script only."""
        text = subprocess.run([f"{ROOT}/scripts/embed", "--print",
                               f"{ROOT}/cutover/clusters/sh/{script}.sh"], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        command = ["sh", "-c", text, script, *arguments]
        if before:
            command = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                       "sh", "-ec", f'{before}\nexec "$@"', "-", *command]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/")

    def look(self, data=None, start="", seen=None, before=""):
        return self.sh("blue_look", data or self.data, self.data, RUN, SYSTEM, TIMELINE, start,
                       self.why, self.seen if seen is None else seen, before=before)

    def delete(self, data=None, start="", before=""):
        return self.sh("delete_blue", data or self.data, RUN, SYSTEM, self.directory, start, "",
                       before=before)

    def see(self, start=""):
        """One look that finds it; what it found is known from here on."""
        result = self.look(start=start)
        assert result.returncode == 0, result.stderr
        self.seen = values(result)["place"]

    def mark(self):
        write_file(f"{self.data}/pgcutover.deleting", f"{RUN}\n{self.directory}\n")

    def is_whole(self):
        return all(os.path.exists(f"{self.data}/{name}")
                   for name in ("PG_VERSION", "global/pg_control", "pg_wal/0001"))


def values(result):
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def assert_refused(result, cause, code=REFUSED):
    assert result.returncode == code and cause in result.stderr, result
    assert "state=" not in result.stdout


@pytest.fixture
def blue():
    with tempfile.TemporaryDirectory(prefix="pgc-") as place:
        made = Blue(os.path.realpath(place))
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def mounts():
    """Mounts that nobody else sees."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    if subprocess.run(["unshare", "--mount", *user, "true"], check=False).returncode != 0:
        pytest.skip("needs a mount namespace of its own: be root, or allow those of users")


def test_one_that_runs_is_stopped_and_removed(blue):
    start = blue.start()
    looked = blue.look(start=start)
    assert values(looked)["state"] == "running" and values(looked)["directory"] == blue.directory
    done = blue.delete(start=start)
    assert done.stdout == f"removed {blue.data}\n" and not os.path.exists(blue.data)
    assert os.listdir(f"{blue.place}/pg") == []


def test_what_is_gone_is_believed_where_it_was_seen(blue):
    blue.see()
    assert blue.delete().returncode == 0
    assert values(blue.look()) == {"state": "gone"}


def test_what_is_not_there_is_no_blue_that_is_gone_while_blue_answers(blue):
    start = blue.start()
    blue.see(start)
    assert_refused(blue.look(data=f"{blue.data}x", start=start), "blue answers, but")
    blue.end()
    shutil.rmtree(blue.data)
    assert_refused(blue.look(start=start), "[blue] run leads to another host")
    os.mkdir(blue.data)
    assert_refused(blue.look(start=start), "blue answers, but")
    blue.directory = identity(blue.data)
    blue.mark()
    assert_refused(blue.look(start=start), "blue answers, but")


def test_what_is_not_there_is_not_gone_where_it_never_was(blue):
    assert_refused(blue.look(data=f"{blue.data}x"), "there is no data directory")
    blue.see()
    assert_refused(blue.look(data=f"{blue.data}x"), "not where blue's data directory was seen")
    assert_refused(blue.look(data=f"{blue.place}/other/data"), "was seen")
    os.rename(f"{blue.place}/pg", f"{blue.place}/volume")  # it is not mounted
    assert_refused(blue.look(), "was seen")
    os.mkdir(f"{blue.place}/pg")
    assert_refused(blue.look(), "was seen")


def test_a_deletion_does_not_believe_either_that_what_answers_is_gone(blue):
    start = blue.start()
    blue.end()
    blue.mark()
    for change in (lambda: None, lambda: (shutil.rmtree(blue.data), os.mkdir(blue.data)),
                   lambda: os.rmdir(blue.data)):
        change()
        blue.directory = identity(blue.data) if os.path.exists(blue.data) else blue.directory
        assert_refused(blue.delete(start=start), "blue answered a moment ago", code=1)


@pytest.mark.parametrize("is_marked", [False, True])
def test_what_is_mounted_beneath_is_never_emptied(blue, mounts, is_marked):
    other = f"{blue.place}/other"
    os.mkdir(other)
    write_file(f"{other}/file", "")
    os.mkdir(f"{blue.data}/base/a b")
    if is_marked:
        blue.mark()
    for place in ("pg_wal", "base/a b"):  # a blank is \040 there
        mount = f"mount --bind '{other}' '{blue.data}/{place}'"
        assert_refused(blue.look(before=mount), f"mounted beneath {blue.data}: {blue.data}/{place}")
        assert_refused(blue.delete(before=mount), f"{blue.data}/{place}", code=1)
        assert blue.is_whole() and os.path.exists(f"{other}/file")


@pytest.mark.parametrize("is_marked", [False, True])
def test_another_cluster_beneath_is_never_removed(blue, is_marked):
    nested = f"{blue.data}/instances/other"
    blue.make(nested, system="7002")
    if is_marked:
        blue.mark()
    else:
        assert_refused(blue.look(), nested)
    assert_refused(blue.delete(), nested, code=1)
    assert blue.is_whole() and os.path.exists(f"{nested}/PG_VERSION")


def test_a_server_beneath_is_never_left_without_its_files(blue):
    os.mkdir(f"{blue.data}/beneath")
    pid = blue.process(f"{blue.data}/beneath")
    assert_refused(blue.delete(), f"still at work in {blue.data}/beneath: {pid}", code=1)
    assert blue.is_whole()
    blue.end()
    assert blue.delete().returncode == 0


@pytest.mark.parametrize("end", ["/", "//", "/.", "/./"])
def test_a_slash_behind_it_makes_no_directory_of_a_link(blue, end):
    link = f"{blue.place}/link"
    os.symlink(blue.data, link)
    assert_refused(blue.look(data=link + end), "not a directory itself")
    assert_refused(blue.delete(data=link + end), "another directory", code=1)
    assert blue.is_whole()
    assert values(blue.look(data=blue.data + end))["state"] == "stopped"
    assert blue.delete(data=blue.data + end).stdout == f"removed {blue.data}\n"


def test_nothing_behind_links_is_removed(blue):
    os.rename(f"{blue.data}/global", f"{blue.place}/global")
    os.symlink(f"{blue.place}/global", f"{blue.data}/global")
    assert f"stays={blue.place}/global" in blue.look().stdout
    assert blue.delete().returncode == 0
    assert os.path.exists(f"{blue.place}/global/pg_control") and not os.path.exists(blue.data)


def test_why_blue_does_not_answer_is_told(blue):
    blue.start()
    blue.why = "password authentication failed"
    assert_refused(blue.look(), f"blue does not answer ({blue.why})")
