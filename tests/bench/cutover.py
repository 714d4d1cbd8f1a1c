"""How long clients wait for a cutover: lab after lab, each upgraded under load and accounted for.

It prints what it measured and fails on no figure; it fails when a commit is lost or doubled, a
client sees an error, or the cutover does not succeed.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import psycopg2

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import accounting  # noqa: E402
from lab import Lab  # noqa: E402
from load import Load  # noqa: E402
from processes import LabError, wait_until  # noqa: E402
from program import UNITS, Program, clear_environment, compare_gaps  # noqa: E402

REFERENCE_S = 4  # of load before the cutover; the window compared with is as long as the cutover
FIGURES = (("cutover_ms", "gap in it"), ("without_ms", "without"), ("held_ms", "held"),
           ("felt_ms", "felt"))
BACK = (("back_ms", "gap back"), ("back_held_ms", "held back"))
COUNTS = ("errors", "lost", "doubled")


def measure(lab, arguments, reverse, probe):
    """One run: what it cost the clients, and whether all they were promised is there."""
    lab.up()
    with open(lab.config_path, "a") as stream:
        stream.write("" if probe else "client_probe = no\n")  # of [pause], which is the last
        stream.write("" if reverse else "[rollback]\nreverse = no\n")
    program = Program(f"{arguments.build}/pgcutover", lab)
    succeed(program.run("prepare", "--execute"))
    targets = [("p1", "shop")] if arguments.one_pool else None
    with Load(lab, rate=arguments.rate, clients=arguments.clients, targets=targets) as load:
        until = time.monotonic() + REFERENCE_S
        wait_until(lambda: time.monotonic() >= until, "", REFERENCE_S + 5)
        ran = program.run("cutover", "--execute", "--yes")
        wait_until(lambda: time.monotonic_ns() >= ran.ended + 10**9, "", 10)
        back = None
        if arguments.and_back and reverse and ran.code == 0:
            back = program.run("rollback", "--execute", "--yes")
            wait_until(lambda: time.monotonic_ns() >= back.ended + 10**9, "", 10)
    succeed(ran)
    log = accounting.read(load.log_directory)
    account = accounting.account(lab, load.log_directory, "blue" if back else "green")
    inside, outside = compare_gaps(log, ran)
    held = ran.held()
    there_and_back = {"reverse": reverse, "probe": probe, "felt_ms": felt(ran)}
    if back:
        succeed(back)
        there_and_back.update(back_ms=compare_gaps(log, back)[0],
                              back_held_ms=back.held().ms if back.held() else None)
    return {**there_and_back,
            "cutover_ms": inside, "without_ms": outside, "window_ms": ran.seconds() * 1000,
            "held_ms": held.ms if held else None, "rows_ms": held.rows if held else {},
            "ok": account["ok"] and account["errors"] == 0,
            **{key: account[key] for key in ("acknowledged", *COUNTS, "unexplained", "torn")}}


def felt(ran):
    """What the program's own client felt, ms."""
    said = re.search(r"^clients felt: longest gap ([\d.]+) (us|ms|s) ", ran.output, re.MULTILINE)
    return float(said.group(1)) * UNITS[said.group(2)] if said else None


def succeed(ran):
    if ran.code != 0:
        raise LabError(ran.complaint())


def run_once(arguments, reverse, probe):
    directory = tempfile.mkdtemp(prefix="pgcutover-bench-", dir="/tmp")
    lab = Lab(directory, scale=arguments.scale, plain_passwords=arguments.plain_passwords)
    try:
        return measure(lab, arguments, reverse, probe)
    finally:
        lab.down()
        shutil.rmtree(directory, ignore_errors=True)


def cell(value):
    return "-" if value is None else f"{value:.1f}"


def summary(values):
    """median [min-max] of what was measured."""
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"


def print_head(arguments):
    kind = ("one pool" if arguments.one_pool else "all pools") + (
        ", plain passwords" if arguments.plain_passwords else "")
    print(f"{arguments.clients} clients x {arguments.rate} transactions a second, {kind}, "
          "milliseconds; "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
          "gap in it: longest gap of one client while the cutover ran; without: in as long a time\n"
          "before it; held: PAUSE to RESUME, and its rows; felt: what the client probe says\n")


def print_run(number, result):
    figures = FIGURES + (BACK if "back_ms" in result else ())
    print(f"{number:>3}{'' if result['reverse'] else ' (no way back)'}"
          f"{'' if result['probe'] else ' (no client probe)'}  "
          + "  ".join(f"{name} {cell(result[key]):>6}" for key, name in figures)
          + "  " + "  ".join(f"{key} {result[key]}" for key in COUNTS)
          + f"  of {result['acknowledged']}")
    rows = ", ".join(f"{name} {value:g}" for name, value in result["rows_ms"].items())
    print(f"     {rows}", flush=True)


def print_summary(results, title="median [min-max]"):
    print(f"\n{title}")
    for key, name in FIGURES + (BACK if "back_ms" in results[0] else ()):
        print(f"  {name:<14}{summary([result[key] for result in results])}")
    names = list(dict.fromkeys(name for result in results for name in result["rows_ms"]))
    for name in names:
        print(f"    {name:<12}{summary([result['rows_ms'].get(name) for result in results])}")
    print("total: " + ", ".join(f"{sum(result[key] for result in results)} {key}"
                                for key in COUNTS)
          + f" of {sum(result['acknowledged'] for result in results)} commits")


def each_way(wanted, first):
    """Both: the other one first every other time."""
    return (wanted == "yes",) if wanted != "both" else (first, not first)


def kinds_of_runs(arguments):
    """(number, with the way back, with the client probe); of "both" one of each."""
    for number in range(1, arguments.runs + 1):
        for reverse in each_way(arguments.reverse, number % 2 == 1):
            for probe in each_way(arguments.client_probe, number % 2 == 1):
                yield number, reverse, probe


def print_comparison(results, key, name):
    """What that adds to the pause."""
    kinds = [[result for result in results if result[key] == value] for value in (True, False)]
    if not all(kinds):
        return
    print_summary(kinds[0], f"with {name}: median [min-max]")
    print_summary(kinds[1], "without: median [min-max]")
    for figure, title in FIGURES:
        values = [[result[figure] for result in kind if result[figure] is not None]
                  for kind in kinds]
        if all(values):
            middle = [statistics.median(each) for each in values]
            print(f"{name} adds to \"{title}\": {middle[0] - middle[1]:+.1f}")


def conduct(arguments):
    results, failures = [], []
    print_head(arguments)
    for number, reverse, probe in kinds_of_runs(arguments):
        try:
            result = run_once(arguments, reverse, probe)
        except (LabError, psycopg2.Error, OSError, subprocess.SubprocessError) as error:
            failures.append(f"run {number}: {str(error).strip()}")
            print(f"{number:>3}  failed: {str(error).strip()}", flush=True)
            continue
        results.append(result)
        print_run(number, result)
        if not result["ok"]:
            failures.append(f"run {number}: errors, or the accounting does not come out even")
    print_comparison(results, "reverse", "the way back")
    print_comparison(results, "probe", "the client probe")
    if results and "both" not in (arguments.reverse, arguments.client_probe):
        print_summary(results)
    if arguments.json:
        with open(arguments.json, "w") as stream:
            json.dump({"schema_version": 1, "clients": arguments.clients, "rate": arguments.rate,
                       "runs": results, "failures": failures}, stream, indent=2)
            stream.write("\n")
    for failure in failures:
        print(f"cutover: error: {failure}", file=sys.stderr)
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/cutover", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rate", type=int, default=100, help="transactions a second, a client")
    parser.add_argument("--scale", default="full", help="of the lab: full or tiny")
    parser.add_argument("--one-pool", action="store_true",
                        help="all clients in one pool, instead of eight pools of three processes")
    parser.add_argument("--plain-passwords", action="store_true",
                        help="in the poolers' auth_file, instead of SCRAM secrets")
    parser.add_argument("--reverse", choices=("yes", "no", "both"), default="yes",
                        help="with the way back, without, or one after the other to compare")
    parser.add_argument("--client-probe", choices=("yes", "no", "both"), default="yes",
                        help="with [pause] client_probe, without, or one after the other")
    parser.add_argument("--and-back", action="store_true",
                        help="then roll back, and measure that, too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--build", default="build-demo", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.build = os.path.abspath(arguments.build)
    clear_environment()
    os.environ["PGCUTOVER_LOAD"] = f"{arguments.build}/tests/load/load"
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    return conduct(arguments)


if __name__ == "__main__":
    sys.exit(main())
