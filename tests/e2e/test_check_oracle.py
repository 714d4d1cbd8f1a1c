"""What pg_upgrade refuses, `check` refuses before: the real `pg_upgrade --check` of green's release is asked
of every case that says what it will answer."""

import contextlib
import functools
import subprocess

import pytest

import blue as single
import cases

# Only of these are all programs at hand. A server that runs may be asked, too.
# pg_upgrade meets it when it restores the schemas, and --check says nothing of it.
LATER = ("green_attribute_versions",)
PAIRS = ((13, 17), (15, 17), (17, 18))


class Oracle:
    """A server, and an empty cluster of the other major beside it."""

    def __init__(self, server, green):
        self.server, self.green = server, green
        self.bin = single.programs(green)
        self.data = f"{server.directory}/new"
        same = ["--no-data-checksums"] if green >= 18 else []
        server.account.run([f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "--auth=trust",
                            "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync", *same], timeout=120)
        self.clean = self.check()

    def check(self):
        return self.server.check(green=self.green)

    def refusal(self):
        """What pg_upgrade says where it refuses; None where it does not."""
        run = self.server
        done = subprocess.run(
            [*run.account.prefix(), f"{self.bin}/pg_upgrade", "--check", "-U", "postgres",
             "-b", run.server_bin, "-B", self.bin, "-d", run.data, "-D", self.data,
             "-p", str(run.port), "-P", str(run.green_port), "-s", f"{run.directory}/run"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=run.account.home, timeout=120, check=False)
        return done.stdout if done.returncode != 0 else None

    def errors(self):
        return [cases.told(each) for each in cases.new_ones(self.clean.findings,
                                                            self.check().findings)
                if each["severity"] == "error" and each["id"] not in LATER]

    def make(self, case):
        if case.kind == "server":
            if case.file("bad.sql"):
                self.server.psql("postgres", case.file("bad.sql"))
            return
        self.server.execute("postgres", f"CREATE DATABASE {cases.quote(case.database)}")
        self.server.psql(case.database, case.file("bad.sql"))

    def undo(self, case):
        if case.kind == "server":
            if case.file("good.sql"):
                self.server.psql("postgres", case.file("good.sql"))
            return
        self.server.execute("postgres", f"DROP DATABASE {cases.quote(case.database)}")


@pytest.fixture(scope="module")
def oracles(program):
    """oracles(blue, green): the servers are started when they are first asked for."""
    with contextlib.ExitStack() as stack:
        @functools.lru_cache(maxsize=None)
        def oracle(blue, green):
            return Oracle(stack.enter_context(single.Blue(program, blue)), green)
        yield oracle


def asked():
    """All of them from 15, from the others those that 15 does not know or that want their green."""
    found = []
    for blue, green in PAIRS:
        for case in cases.cases("server", blue) + cases.cases("database", blue):
            if not case.get("pg_upgrade") or case.get("green", green) != green:
                continue
            is_told_by_15 = blue != 15 and case.applies(15) and not case.get("green")
            found.append(pytest.param(blue, green, case, id=f"{blue}-{green}-{case}",
                                      marks=[pytest.mark.full] if is_told_by_15 else []))
    return found


@pytest.mark.parametrize("blue, green", PAIRS)
def test_a_clean_server_is_refused_by_nobody(oracles, blue, green):
    oracle = oracles(blue, green)
    assert [each for each in oracle.clean.findings if each["severity"] == "error"] == []
    assert oracle.refusal() is None


@pytest.mark.parametrize("blue, green, case", asked())
def test_what_pg_upgrade_refuses_is_an_error(oracles, blue, green, case):
    oracle = oracles(blue, green)
    oracle.make(case)
    try:
        errors, refusal = oracle.errors(), oracle.refusal()
    finally:
        oracle.undo(case)
    assert (refusal is not None) == (case.get("pg_upgrade") == "refuses"), refusal
    assert bool(errors) == (refusal is not None), (errors, refusal)


def test_every_kind_of_refusal_was_tried():
    tried = {each["id"] for case in cases.all_cases() if case.get("pg_upgrade") == "refuses"
             for each in case.get("expect")}
    assert {"refused_types", "closed_databases", "prepared_transactions"} <= tried
