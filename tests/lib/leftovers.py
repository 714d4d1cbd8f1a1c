"""leftovers.py [--end] [--quiet] DIRECTORY: what do tests that used DIRECTORY as TMPDIR leave?

Lists processes that work beneath it, name it or inherited it, and the files in it. Exit code 1 when
there is something; --end ends and removes it.
"""

import argparse
import os
import signal
import sys

from processes import (LabError, alive, parent_of, program_of, remove_tree, signal_quietly,
                       wait_until)


def _read(path):
    try:
        with open(path, errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _belongs(pid, directory):
    try:
        where = os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
    except OSError:
        where = ""
    words = _read(f"/proc/{pid}/cmdline").split("\0") + _read(f"/proc/{pid}/environ").split("\0")
    return f"{where}/".startswith(f"{directory}/") or any(directory in word for word in words)


def processes(directory):
    """(pid, program) of what belongs to the directory, without this process and its ancestors."""
    own, pid = set(), os.getpid()
    while pid:
        own.add(pid)
        pid = parent_of(pid)
    found = [(int(each), program_of(int(each))) for each in os.listdir("/proc") if each.isdigit()
             and int(each) not in own and _belongs(int(each), directory)]
    return [(pid, program) for pid, program in found if program]


def _settled(directory):
    """What is left once those that are ending anyway have ended."""
    try:
        wait_until(lambda: not processes(directory), "", 5)
    except LabError:
        pass
    return processes(directory)


def end(directory, left):
    while left:
        for pid, _program in left:
            signal_quietly(pid, signal.SIGKILL)
        for pid, program in left:
            wait_until(lambda: not alive(pid, program), f"the end of process {pid}", 15)
        left = processes(directory)
    if os.path.isdir(directory):
        remove_tree(directory)


def main():
    parser = argparse.ArgumentParser(prog="leftovers")
    parser.add_argument("--end", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("directory")
    arguments = parser.parse_args()
    directory = os.path.realpath(arguments.directory)
    left = processes(directory) if arguments.quiet else _settled(directory)
    for pid, program in left:
        words = _read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
        print(f"left behind: process {pid}, {program}: {words[:100]}")
    names = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    for name in names:
        print(f"left behind: {directory}/{name}")
    found = bool(left or names)
    if arguments.end:
        end(directory, left)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
