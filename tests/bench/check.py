"""How long `check` takes on a clean schema of many tables, how much memory, and which statements are slow.

One server on this machine, a database of --tables tables, which are ANALYZEd. Medians of --runs runs;
the slowest statements are those of one more run, as the server's log tells them. It fails where the
median is over --limit seconds.
"""

import argparse
import os
import re
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import large  # noqa: E402
from blue import Blue, measured_check  # noqa: E402
from processes import LabError  # noqa: E402


def run(blue, path):
    """Seconds, and the most memory in kB."""
    code, _text, seconds, memory = measured_check(blue.program, path)
    if code != 0:
        raise LabError(f"check ended with exit code {code}: a clean schema has faults")
    return seconds, memory


def measure(arguments):
    settings = {"max_locks_per_transaction": 256, "log_line_prefix": "%p %a|"}
    with Blue(f"{arguments.build}/pgcutover", arguments.major, settings) as blue:
        blue.execute("postgres", "CREATE DATABASE shop")
        blue.execute("shop", large.statements(arguments.tables, arguments.major))
        path = blue.write_configuration()
        run(blue, path)  # caches
        runs = [run(blue, path) for _ in range(arguments.runs)]
        seconds = statistics.median(each[0] for each in runs)
        print(f"PostgreSQL {arguments.major}, {arguments.tables} tables: "
              f"{seconds:.2f} s (median of {arguments.runs}, {min(runs)[0]:.2f} to "
              f"{max(runs)[0]:.2f}), {max(each[1] for each in runs) / 1024:.1f} MB")
        blue.configure({"log_duration": "on", "log_statement": "all"})
        run(blue, path)
        for ms, statement in slowest(blue, arguments.slowest):
            print(f"  {ms:8.1f} ms  {statement[:100]}")
        return seconds


def slowest(blue, count):
    """A statement and, behind it, its duration: lines of one session are in order."""
    with open(f"{blue.directory}/blue.log", errors="replace") as stream:
        text = stream.read()
    last, found = {}, []
    for pid, kind, rest in re.findall(
            r"^(\d+) pgcutover[^|\n]*\|LOG:  (statement|execute [^:]*|duration): "
            r"(.*(?:\n\t.*)*)", text, re.MULTILINE):
        if kind == "duration":
            if pid in last:
                found.append((float(rest.split()[0]), last.pop(pid)))
        else:
            last[pid] = " ".join(rest.split())
    return sorted(found, reverse=True)[:count]


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/check", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--major", type=int, default=17)
    parser.add_argument("--tables", type=int, default=1500)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slowest", type=int, default=5, help="how many statements are listed")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds")
    arguments = parser.parse_args()
    try:
        seconds = measure(arguments)
    except LabError as error:
        print(f"check: error: {error}", file=sys.stderr)
        return 1
    if seconds > arguments.limit:
        print(f"check: error: {seconds:.2f} s is more than {arguments.limit:g} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
