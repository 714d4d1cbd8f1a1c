"""The demonstration behind scripts/demo: a cluster under load goes to the next major version.

    demo.py --build DIRECTORY [--keep] [--and-back [--stay SECONDS]]
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import psycopg2

import accounting
from lab import Lab
from load import Load
from processes import LabError, processes_in, processes_naming, wait_until
from program import Program, clear_environment, compare_gaps

WIDTH = 80
CLIENTS, RATE = 8, 100
# Every database, the catch-all entry of p1 (events, postgres) and an alias among them.
TARGETS = (("p1", "shop"), ("p1", "Billing"), ("p2a", "shop"), ("p2b", "events"),
           ("p1", "shop_alias"), ("p2a", "Billing"), ("p1", "events"), ("p1", "postgres"))
SERVED = {"p1": ("shop", "Billing", "events", "postgres"), "p2a": ("shop", "Billing", "events"),
          "p2b": ("shop", "Billing", "events")}
REFERENCE_S = 3  # of load with no cutover, to compare with
STAY_S = 5  # on each side, when clients are moved to and fro
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PROGRAMS = {"postgres", "pgbouncer", "pgcutover", "load", "exe", "sh"}


class Interrupted(BaseException):
    pass


class Demo:
    def __init__(self, build, keep, and_back, stay):
        self.keep, self.and_back, self.stay = keep, and_back, stay
        self.begun, self.moves = time.monotonic(), []
        self.lab = Lab(tempfile.mkdtemp(prefix="pgcutover-demo-", dir="/tmp"))
        self.path = f"{build}/pgcutover"
        self.program, self.load, self.reasons = None, None, []

    # -- saying ------------------------------------------------------------------------------------

    def say(self, what, text=""):
        """One dated line, and more beneath it when the text is long."""
        head = f"{time.monotonic() - self.begun:5.1f} s  {what:<9} "
        print(textwrap.fill(text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head),
                            break_on_hyphens=False).rstrip() or head.rstrip(), flush=True)

    @staticmethod
    def indent(text):
        """A line of the program beneath that."""
        if text.strip():
            line = "  " + text.rstrip()
            print(line if len(line) <= WIDTH else line[:WIDTH - 4].rsplit(" ", 1)[0] + " ...",
                  flush=True)

    def must(self, holds, reason):
        if not holds:
            self.reasons.append(reason)

    # -- the steps ---------------------------------------------------------------------------------

    def run(self):
        print(f"pgcutover: {self.lab.options.blue_major} to {self.lab.options.green_major} with "
              f"clients connected; in {self.lab.directory}\n")
        self.lab.up()
        self.program = Program(self.path, self.lab)
        before = self.versions()
        self.say("lab", f"PostgreSQL {self.version('blue')} with {len(SERVED['p1'])} databases; "
                 "PgBouncer p1, and p2 with two processes")
        self.load = Load(self.lab, rate=RATE, clients=CLIENTS, targets=TARGETS).start()
        self.say("load", f"{CLIENTS} clients, {RATE} transactions a second each, through both "
                 "poolers, until the end")
        self.check_and_plan()
        self.act("prepare", "--execute")
        self.let_pass(REFERENCE_S)
        self.verify()
        self.move("cutover", "green")
        if self.and_back:
            self.move("rollback", "blue")
            self.move("cutover", "green")
        self.act("finish", "--execute", "--yes", quiet=True)
        after = self.versions()
        summary = self.load.stop()
        self.say("load", f"stopped; {summary['commits']} commits were acknowledged")
        self.report(before, after, summary)

    @staticmethod
    def let_pass(seconds):
        until = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() >= until, "", seconds + 5)

    def move(self, name, side):
        """Clients go to the other side, and stay there for a while if they are to come back."""
        self.moves.append((f"{name} to {side}",
                           self.act(name, "--execute", "--yes")))
        if self.and_back:
            self.let_pass(self.stay)
            self.say("load", f"{self.stay:g} s on {side}")
            self.verify()

    def verify(self):
        ran = self.command("verify")
        said = [line for line in ran.output.splitlines() if " is equal to " in line]
        self.must(said, "verify does not say that both servers are equal")
        self.say("verify", "".join(said))

    def check_and_plan(self):
        ran = self.command("check")
        counts = [line for line in ran.messages.splitlines() if "errors" in line]
        self.say("check", counts[-1] if counts else "done")
        ran = self.command("plan")
        self.say("plan", f"{ran.output.count(chr(10))} lines, every statement and command, in "
                 f"{self.program.directory}/plan.out" + ("" if self.keep else " (goes with the lab)"))

    def command(self, name, *arguments, **options):
        ran = self.program.run(name, *arguments, **options)
        if ran.code != 0:
            raise LabError(ran.complaint())
        return ran

    def act(self, name, *arguments, quiet=False):
        self.say(name, " ".join(("pgcutover", name, *arguments)))
        ran = self.command(name, *arguments,
                           on_message=None if quiet else lambda line: self.row(name, line))
        self.say("", f"done in {ran.seconds():.1f} s")
        proof = re.search(r"^.*proof: .*$", ran.output, re.MULTILINE)
        if proof:
            self.say("", proof.group(0))
        return ran

    def row(self, name, line):
        if not line.startswith(f"{name}:"):
            self.indent(line)

    # -- what came of it ---------------------------------------------------------------------------

    def version(self, side):
        return self.lab.query(side, "postgres", "SHOW server_version")[0][0].split()[0]

    def versions(self):
        """Major version as a client sees it, by database and pooler process."""
        text = "SELECT current_setting('server_version_num')::integer / 10000"
        return {(database, side): self.lab.query(side, database, text, user="app")[0][0]
                for side, databases in SERVED.items() for database in databases}

    def report(self, before, after, summary):
        print()
        self.report_versions(before, after)
        account = accounting.account(self.lab, self.load.log_directory, "green")
        broken = {key: account[key] for key in (*accounting.MUST_BE_ZERO, "balance_difference")
                  if account[key]}
        print(f"\n{account['acknowledged']} commits: {account['lost']} lost, "
              f"{account['doubled']} doubled, {summary['errors']} client errors")
        self.must(account["ok"], "the accounting does not come out even: "
                  + ", ".join(f"{key} {value}" for key, value in broken.items()))
        self.must(summary["errors"] == 0, f"clients saw {summary['errors']} errors: "
                  + ", ".join(account["sqlstates"]))
        self.must(account["acknowledged"] > 0, "no client ever committed")
        for title, ran in self.moves:
            self.report_pause(f"{title}:\n" if len(self.moves) > 1 else "", ran)

    def report_versions(self, before, after):
        green = self.lab.options.green_major
        print(f"{'as seen through':<17}" + "".join(f"{side:<11}" for side in SERVED).rstrip())
        for database in SERVED["p1"]:
            cells = [f"{before[database, side]} -> {after[database, side]}"
                     if database in databases else "-" for side, databases in SERVED.items()]
            print(f"  {database:<15}" + "".join(f"{cell:<11}" for cell in cells).rstrip())
        for (database, side), version in after.items():
            self.must(version == green, f"{database} through {side} is still {version}")

    def report_pause(self, title, moved):
        log = accounting.read(self.load.log_directory)
        inside, outside = compare_gaps(log, moved)
        print(f"\n{title}longest gap between two commits of one client (each commits every 10 ms)\n"
              f"  {inside:6.1f} ms  in the {moved.seconds():.1f} s of the {moved.command}\n"
              f"  {outside:6.1f} ms  in the {moved.seconds():.1f} s before it")
        held = moved.held()
        self.must(held is not None, f"the {moved.command} does not say how long clients were held")
        if held:
            print("clients held by the poolers, by pgcutover's own clock\n"
                  f"  {held.ms:6.1f} ms  PAUSE to RESUME")
            split = ", ".join(f"{name} {value:g}" for name, value in held.rows.items())
            print(textwrap.fill(f"of which {split}", WIDTH, initial_indent=" " * 13,
                                subsequent_indent=" " * 13))

    # -- the end -----------------------------------------------------------------------------------

    def end_load(self):
        if self.load and self.load.running():
            self.load.process.kill()
            self.load.process.wait(timeout=10)

    def keep_logs(self):
        """What a failure can be understood from; no file with a password."""
        kept = tempfile.mkdtemp(prefix="pgcutover-demo-logs-", dir="/tmp")
        for where, directories, names in os.walk(self.lab.directory):
            directories[:] = [each for each in directories if each not in ("data", "tls", "home")]
            for name in names:
                if re.search(r"\.(log|out|err|json|db|db-wal)$|^pgcutover\.ini$|^databases\.ini$",
                             name):
                    target = os.path.join(kept, os.path.relpath(where, self.lab.directory))
                    os.makedirs(target, exist_ok=True)
                    shutil.copy(f"{where}/{name}", target)
        print(f"demo: logs are kept in {kept}", file=sys.stderr)

    def take_down(self):
        """Nothing may be left; what is, is a failure as well."""
        self.end_load()
        self.lab.down()
        left = (processes_in(self.lab.directory, PROGRAMS)
                + processes_naming(self.lab.directory, PROGRAMS))
        self.must(not left, "processes are left: " + " ".join(map(str, left)))
        self.must(not os.path.exists(self.lab.directory), f"{self.lab.directory} is left")

    def explain_lab(self):
        directory = self.lab.directory
        scripts = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
            os.path.abspath(__file__)))), "scripts")
        print(f"""
The lab is up. To look around:
  {self.path} status --config={self.lab.config_path}
  psql '{self.lab.conninfo("p1", "shop")}'
  less {self.program.directory}/plan.out
  {scripts}/lab status --directory {directory}
To take it down:
  {scripts}/lab down --directory {directory}
For one to upgrade yourself: {scripts}/lab up""")


def ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def interrupt(number, _frame):
    ignore_signals()
    raise Interrupted(number)


def conduct(demo):
    """Runs it and cleans up; the exit code."""
    code, finished = 1, False
    try:
        demo.run()
        finished = True
    except Interrupted as signalled:
        code = 128 + signalled.args[0]
    except (LabError, psycopg2.Error, OSError, subprocess.SubprocessError) as error:
        demo.reasons.append(str(error).strip())
    ignore_signals()
    if demo.reasons:
        demo.keep_logs()
    if finished and demo.keep and not demo.reasons:
        demo.explain_lab()
        return 0
    try:
        demo.take_down()
    except (LabError, OSError) as error:
        demo.reasons.append(f"taking the lab down: {error}")
    for reason in demo.reasons:
        print(textwrap.fill(f"demo: failed: {reason}", WIDTH), file=sys.stderr)
    if finished and not demo.reasons:
        print(f"\ndemo: done in {time.monotonic() - demo.begun:.0f} s; nothing is left behind")
        return 0
    if code > 128:
        print("demo: interrupted; nothing is left behind", file=sys.stderr)
    return code


def main():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--build", required=True)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--and-back", action="store_true")
    parser.add_argument("--stay", type=float, default=STAY_S)
    arguments = parser.parse_args()
    clear_environment()
    os.environ["PGCUTOVER_LOAD"] = f"{arguments.build}/tests/load/load"
    for number in SIGNALS:
        signal.signal(number, interrupt)
    return conduct(Demo(arguments.build, arguments.keep, arguments.and_back, arguments.stay))


if __name__ == "__main__":
    sys.exit(main())
