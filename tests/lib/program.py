"""Runs pgcutover against a lab, and reads what it says.

    program = Program("build/pgcutover", lab)
    ran = program.run("cutover", "--execute", "--yes")
    ran.code, ran.output, ran.held()
"""

import collections
import os
import re
import subprocess
import time

import accounting
from processes import LabError

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60000.0}
Held = collections.namedtuple("Held", "ms rows")


def clear_environment():
    """Connections are described in full; what the caller's shell says about others is no help."""
    for name in list(os.environ):
        if name.startswith("PG") and name not in ("PGCUTOVER_CACHE", "PGCUTOVER_LOAD"):
            del os.environ[name]


def _duration(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def parse_held(output):
    """Held(ms, {row: ms}) from "clients were held for 23 ms: hold 10 ms, ..."; None without."""
    line = re.search(r"clients were held for ([\d.]+ \w+)(?:: (.*))?", output)
    if line is None:
        return None
    rows = {name: _duration(value) for name, value
            in re.findall(r"(\w+) ([\d.]+ (?:us|ms|s|min))\b", line.group(2) or "")}
    return Held(_duration(line.group(1)), rows)


class Ran:
    """A command that ended. Times are CLOCK_MONOTONIC nanoseconds, as in the load's logs."""

    def __init__(self, command, code, output, messages, begun, ended):
        self.command, self.code, self.output, self.messages = command, code, output, messages
        self.begun, self.ended = begun, ended

    def seconds(self):
        return (self.ended - self.begun) / 1e9

    def held(self):
        return parse_held(self.output)

    def complaint(self):
        """What it said of its failure, in one line."""
        said = re.findall(r"^pgcutover: (?:error|detail): (.*)", self.messages, re.MULTILINE)
        return f"{self.command} ended with exit code {self.code}: " + \
            ("; ".join(said) or self.messages.strip()[-300:] or "it said nothing")


class Program:
    """The program, a lab's configuration, and a directory for what each command prints."""

    def __init__(self, path, lab, directory=None):
        self.path, self.lab = os.path.abspath(path), lab
        self.directory = directory or f"{lab.directory}/commands"
        os.makedirs(self.directory, exist_ok=True)

    def run(self, command, *arguments, timeout=180, on_message=None):
        """Runs it to its end; on_message gets each line of its stderr as it comes.

        Output goes to files: what it leaves running may hold a pipe open.
        """
        out, err = f"{self.directory}/{command}.out", f"{self.directory}/{command}.err"
        with open(out, "w") as output, open(err, "w") as messages:
            begun = time.monotonic_ns()
            process = subprocess.Popen(
                [self.path, command, f"--config={self.lab.config_path}", *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=messages)
            try:
                self._follow(process, err, on_message, time.monotonic() + timeout)
            except BaseException:
                process.kill()
                process.wait()
                raise
            ended = time.monotonic_ns()
        with open(out, errors="replace") as output, open(err, errors="replace") as messages:
            return Ran(command, process.returncode, output.read(), messages.read(), begun, ended)

    @staticmethod
    def _follow(process, path, on_message, end):
        with open(path, errors="replace") as stream:
            rest = ""
            while True:
                try:
                    left = max(0.0, end - time.monotonic())
                    process.wait(min(left, 0.1) if on_message else left)
                    ended = True
                except subprocess.TimeoutExpired:
                    ended = False
                *lines, rest = (rest + stream.read()).split("\n") if on_message else ("",)
                for line in lines:
                    on_message(line)
                if ended:
                    return
                if time.monotonic() >= end:
                    raise LabError(f"no end of {' '.join(process.args)}")


def compare_gaps(log, ran):
    """Longest gap of one client, ms: while the command ran, and in as long a time just before."""
    before = (ran.begun - (ran.ended - ran.begun), ran.begun)
    return (accounting.gaps(log, (ran.begun, ran.ended))["client_inside_ms"],
            accounting.gaps(log, before)["client_inside_ms"])
