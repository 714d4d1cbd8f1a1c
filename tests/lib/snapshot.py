"""A lab as it was once: servers, poolers' files and the run directory, to be had again in seconds.

    snapshot = Snapshot(lab)     # both servers are stopped and started for it
    snapshot.restore()           # whatever happened since
"""

import contextlib
import glob
import os
import shutil
import stat

from processes import LabError, read_pid, run, wait_until, wait_until_reaped


def _is_same(one, other):
    """Nobody has written the file since it was copied: the copy kept its time."""
    return (stat.S_ISREG(one.st_mode) and stat.S_ISREG(other.st_mode)
            and (one.st_size, one.st_mtime_ns, one.st_mode, one.st_uid)
            == (other.st_size, other.st_mtime_ns, other.st_mode, other.st_uid))


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _put_back(copy, place):
    """Makes `place` what `copy` is; only what differs is touched."""
    wanted = os.lstat(copy)
    if not stat.S_ISDIR(wanted.st_mode):
        if not (os.path.lexists(place) and _is_same(wanted, os.lstat(place))):
            with contextlib.suppress(FileNotFoundError):
                _remove(place)
            shutil.copy2(copy, place, follow_symlinks=False)
            os.lchown(place, wanted.st_uid, wanted.st_gid)
        return
    if not os.path.isdir(place):
        os.mkdir(place)
        os.lchown(place, wanted.st_uid, wanted.st_gid)
        os.chmod(place, stat.S_IMODE(wanted.st_mode))
    names = os.listdir(copy)
    for name in set(os.listdir(place)) - set(names):
        _remove(f"{place}/{name}")
    for name in names:
        _put_back(f"{copy}/{name}", f"{place}/{name}")


class Snapshot:
    """Copies beneath the lab's directory; taken while one server follows the other and no client
    writes."""

    def __init__(self, lab, publisher="blue"):
        self.lab, self.publisher = lab, getattr(lab, publisher)
        self.subscriber = lab.green if publisher == "blue" else lab.blue
        self.copies = f"{lab.directory}/snapshot"
        self.followers = self._followers()
        # first: its workers take the end of the other one for an error, and may stop for good
        self.subscriber.stop()
        self.publisher.stop()
        os.mkdir(self.copies)
        for place in self._places():
            run(["cp", "-a", place, self._copy(place)])
        self._start()

    def _places(self):
        work = glob.glob(f"{self.lab.green.data}.*") + glob.glob(f"{self.lab.blue.data}.*")
        files = [pooler.file for pooler in self.lab.poolers.values()]
        return [self.lab.blue.data, self.lab.green.data, *work, f"{self.lab.directory}/state",
                self.lab.config_path, *files]

    def _copy(self, place):
        return f"{self.copies}/{os.path.relpath(place, self.lab.directory).replace('/', ':')}"

    def _followers(self):
        """How many of the subscriber's workers follow."""
        (count,), = self.lab.query(self.publisher.name, "postgres", "SELECT count(*) FROM pg_replication_slots "
                                   "WHERE slot_type = 'logical' AND active")
        return count

    def _start(self):
        self.publisher.start()
        self.subscriber.start()
        wait_until(lambda: self._followers() == self.followers, "one to follow the other", 60, 0.05)

    def _stop(self):
        for pooler in self.lab.poolers.values():
            for process in pooler.processes:
                with contextlib.suppress(LabError):
                    process.thaw()
            pooler.stop(kill=True)
        for server in (self.lab.blue, self.lab.green):
            server.thaw()
            server.stop("immediate")
            # left by one that was killed before; a number that still exists would bar the start
            lock = f"{server.socket_directory}/.s.PGSQL.{server.port}.lock"
            wait_until_reaped(read_pid(lock))

    def restore(self):
        self._stop()
        copies = {name.replace(":", "/"): f"{self.copies}/{name}"
                  for name in os.listdir(self.copies)}
        beside = [path for pooler in self.lab.poolers.values()
                  for path in glob.glob(f"{pooler.file}.*")]
        work = glob.glob(f"{self.lab.blue.data}.*")
        for path in glob.glob(f"{self.lab.green.data}*") + work + beside:
            if os.path.relpath(path, self.lab.directory) not in copies:
                _remove(path)
        for name, copy in copies.items():
            _put_back(copy, f"{self.lab.directory}/{name}")
        self._start()
        for pooler in self.lab.poolers.values():
            pooler.start()
