"""What the crash tests share: one lab that is ready and can be had again, and plays on it.

Every test plays one cutover under load, breaks something, and says how it must end. Whatever ended
on green is put back from a snapshot; so the hundreds of them need one lab.

A parameter marked `full` is left out unless pytest is called with --full (scripts/test crash).
"""

import json
import re
import signal
import time

import pytest

import accounting
import facts
import support
from processes import wait_until
from snapshot import Snapshot
from support import CHECKS, DONE, FAILED, ROLLED_BACK, ROOT, STALE, TRANSIENT

BUDGET = 3.0
# What a busy machine and sanitizers add to what clients wait.
SLACK = 1.0
AMBIGUOUS = 9
# The rows at which something is always killed, also where only a spread is run.
ALWAYS = ("fence", "point", "commit", "open", "release")


# -- the tables of the plans -------------------------------------------------------------------------


def plan_rows(plan):
    """(step, flags) of every row of cutover/plans/PLAN.c and of what it includes."""
    text = ""
    for name in (f"{plan}.c", "moving.h"):
        with open(f"{ROOT}/cutover/plans/{name}") as stream:
            text += stream.read() if not text or "MOVING_ROWS" in text else ""
    found = re.findall(r"\{&step_(\w+), \w+, ([\w| ]+),", text)
    assert found, f"no rows in {plan}.c"
    return [(step, {flag for flag in flags.replace(" ", "").split("|") if flag != "0"})
            for step, flags in found]


def plan_lines(plan):
    """What an undisturbed run notes in its journal, in order, as "step state"."""
    rows, lines = plan_rows(plan), []
    for step, flags in rows:
        if "ROW_PAUSE" not in flags:
            lines.append(f"{step} intent")
        lines.append(f"{step} done")
        if "ROW_ARM" in flags:
            lines += [f"{each} intent" for each, others in rows if "ROW_PAUSE" in others]
    return lines


# Behind the end of a plan that moves clients, nobody watches any more: what the client probe felt.
SYNCS_BEHIND = 1


def plan_syncs(plan):
    """The transactions of an undisturbed run, in order, by what they make durable."""
    syncs = []
    for step, flags in plan_rows(plan):
        if "ROW_COMMIT" in flags:
            syncs.append(f"{step} done")
        elif "ROW_PAUSE" not in flags:
            syncs += [f"{step} intent", f"{step} done"]
    return syncs + ["end"]


def spread(names, always=(), every=4):
    """Parameters (number from 1, name), ids "7:fence done"; the most are marked `full`."""
    return [pytest.param(number, name, id=f"{number}:{name.replace(' ', '-')}",
                         marks=[] if name in always or number % every == 1 else pytest.mark.full)
            for number, name in enumerate(names, 1)]


def spread_of(cases, every, first=0):
    """Parameters of tuples; all but every so-many-th are marked `full`."""
    return [pytest.param(*case, id="-".join(map(str, case)),
                         marks=[] if number % every == first else pytest.mark.full)
            for number, case in enumerate(cases)]


# -- the lab -----------------------------------------------------------------------------------------


class Ground:
    """A lab that is ready for its cutover, or its rollback, as often as it is needed."""

    def __init__(self, stage, plan="cutover"):
        self.stage, self.lab, self.plan = stage, stage.lab, plan
        self.begins, self.ends = ("blue", "green") if plan == "cutover" else ("green", "blue")
        stage.configure("pause", "budget", f"{BUDGET:g}s")
        stage.prepare()
        if plan == "rollback":
            stage.cutover()
        self.snapshot = Snapshot(self.lab, self.begins)
        self.before = facts.everything(self.lab, green=True)

    def put_back(self):
        """Ends whatever a test began; the lab is as it was."""
        self.stage.end_engines()
        self.stage.thaw()
        self.stage.kill_programs()
        self.stage.wait_alone()
        self.stage.end_clients()
        self.snapshot.restore()


def assert_code_fits(code, side, recovered, text, begins="blue"):
    """What the exit code and the message say is where clients are, and whether `recover` was needed.

    An engine that a busy machine kept from beating in time was ended by its watchdog, which did the
    rest: it says nothing.
    """
    if code == -signal.SIGKILL:
        return
    expected = (FAILED, CHECKS, STALE, TRANSIENT, ROLLED_BACK) if side == begins else (DONE, FAILED)
    assert code in expected, f"{code}: {text}"
    assert not recovered or code == FAILED, text
    assert recovered or code != FAILED or side == begins, text
    assert not recovered or "recover --execute" in text, text
    assert recovered or f"clients are on {side}" in text, text


class Play:
    """One cutover on the ground, with clients at work."""

    def __init__(self, ground):
        self.ground, self.stage, self.lab = ground, ground.stage, ground.lab
        self.load = self.stage.load()
        self.load.start()
        self.begun = time.monotonic_ns()
        self.plan, self.begins, self.ends = ground.plan, ground.begins, ground.ends
        self.config = None  # another than the lab's, for all commands
        self.cleanups, self.is_clean = [], False

    # -- the program -------------------------------------------------------------------------------

    def stopped(self, at):
        engine = self.stage.begin(self.plan, "--execute", "--yes", stop_at=at, config=self.config)
        engine.wait_stopped()
        return engine

    def kill_watchdog(self, engine):
        self.stage.kill_watchdog(engine)

    def kill_both(self, engine):
        self.stage.kill_both(engine)

    def run(self, command, *arguments, code=None):
        return self.stage.run(command, *arguments, code=code, config=self.config)

    def status(self, *arguments):
        return json.loads(self.run("status", "--output=json", *arguments, code=DONE).out)

    # -- looking -----------------------------------------------------------------------------------

    def released(self, without=()):
        """Whether nothing is paused in any process that answers; `without` are not asked."""
        for pooler in self.lab.poolers.values():
            for process in pooler.processes:
                if process.name in without:
                    continue
                if any(int(row["paused"]) for row in process.command("SHOW DATABASES")):
                    return False
        return True

    def wait_released(self, engine, without=()):
        """Until clients go on or the engine has ended; seconds that it took."""
        begun = time.monotonic_ns()
        wait_until(lambda: engine.process.poll() is not None or self.released(without),
                   "the poolers' release", BUDGET * 2 + 20)
        return self.took(begun)

    def took(self, begun):
        """Seconds since then, without those in which the machine stood still."""
        now = time.monotonic_ns()
        return (now - begun) / 1e9 - self.load.still.seconds(begun, now)

    def highest(self, side):
        """(database, client) -> the last number it has written there."""
        found = {}
        for database in {each.database for each in
                         accounting.read(self.load.log_directory).clients.values()}:
            for client, seq in self.lab.query(
                    side, database, "SELECT client, max(seq) FROM load.ledger WHERE client >= %s "
                    "GROUP BY client", (self.load.first_client,)):
                found[database, client] = seq
        return found

    def wait_served(self, side, deadline=60):
        """Until every client has written on that side again."""
        before = self.highest(side)

        def served():
            now = self.highest(side)
            return len(now) >= self.load.count and all(
                seq > before.get(key, 0) + 1 for key, seq in now.items())
        wait_until(served, f"every client to write on {side}", deadline, 0.05)

    def gap(self):
        """The longest wait of a client, in seconds; the load has ended."""
        return self.stage.longest_wait(self.load, self.begun)

    # -- how it ended --------------------------------------------------------------------------------

    def recover_if_asked(self):
        """What the operator does when status says so; True when it was needed."""
        if self.status()["next"] != "pgcutover recover --execute":
            return False
        self.run("recover", "--execute", code=DONE)
        return True

    def follow_again(self):
        """What the operator does when a broken connection has stopped the replication."""
        if self.lab.query("green", "postgres", "SELECT 1 FROM pg_subscription WHERE NOT subenabled"):
            refused = self.run("cutover", "--execute", "--yes", code=STALE)
            assert "pgcutover prepare --execute" in refused.err
            self.stage.prepare()

    def assert_ended(self, side, errors=0, within=BUDGET + SLACK):
        """Everything has come to its end on that side: clients, poolers, journal, status, rows.

        errors None: clients may have seen some; within None: they may have waited for long.
        """
        stage = self.stage
        stage.wait_alone()
        self.wait_served(side)
        assert support.pooler_states(self.lab) == []
        status = self.status()
        assert status["may_write"] == side == stage.fact("side"), status
        assert status["phase"] == self._phase(side), status
        result = self.run("recover", "--execute", code=DONE)
        assert f"nothing to recover: clients are on {side}" in result.out, result
        stage.assert_nothing_lost(self.load, side, errors=errors)
        if within is not None:
            assert self.gap() < within
        if side == self.begins:
            facts.assert_same(self.ground.before, facts.everything(self.lab, green=True))
            self.is_clean = True
        else:
            self._assert_fenced(self.begins)

    def _phase(self, side):
        if side == "green":
            return "cut over"
        return "ready" if self.plan == "cutover" else "rolled back"

    def _assert_fenced(self, side):
        for database in support.DATABASES:
            (may, read_only), = self.lab.query(
                side, database, "SELECT has_database_privilege('app', current_database(), "
                "'CONNECT'), current_setting('default_transaction_read_only')")
            assert not may and read_only == "on", database

    def close(self):
        """Takes back what the test changed; the lab is as before, or is put back."""
        self.stage.end_engines()
        for cleanup in reversed(self.cleanups):
            cleanup()
        if self.is_clean:
            self.stage.thaw()
            self.stage.end_clients()
        else:
            self.ground.put_back()
