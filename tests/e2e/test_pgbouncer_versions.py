"""Every PgBouncer that can be had: what its console says, does and refuses differs by version."""

import contextlib
import re
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

import facts
import support
from processes import wait_until
from support import CHECKS, DONE, FAILED, ROLLED_BACK
from watching import Watch

FETCH = f"{support.ROOT}/scripts/fetch-postgres"
# The Debian suite that brings it, by PostgreSQL's major there; None is the packaged one.
SUITES = (None, 17, 18)
ENTRIES = (("p1", "shop"), ("p1", "shop_alias"), ("p1", "events"), ("p2a", "Billing"),
           ("p2b", "events"))


def program_of_suite(suite):
    """17 comes from where green's server does, so it has to be there; testing may lack it."""
    if suite is None:
        return "/usr/sbin/pgbouncer"
    fetched = subprocess.run([FETCH, "--only-pgbouncer", str(suite)], timeout=300, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if fetched.returncode != 0 and suite == 18:
        pytest.skip(f"PgBouncer of {suite}'s suite: {fetched.stdout.strip()[-300:]}")
    assert fetched.returncode == 0, fetched.stdout
    return subprocess.run([FETCH, "--pgbouncer", str(suite)], timeout=20, text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()


def version_of(program):
    text = subprocess.run([program, "--version"], timeout=20, text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    return tuple(int(part) for part in re.search(r"PgBouncer (\d+)\.(\d+)", text).groups())


@pytest.fixture(scope="module", params=SUITES, ids=lambda suite: f"suite-of-{suite or 15}")
def pool(request, stopping_program, make_module_stage):
    """Ready, under load, with prepared statements where the pooler knows of them."""
    program = program_of_suite(request.param)
    version = version_of(program)
    settings = {"min_pool_size": "2"}
    if version >= (1, 25):  # in the pause, so that the notice of it goes to clients that wait
        settings["query_wait_notify"] = "1"
    stage = make_module_stage(pgbouncer=program, pooler_settings=settings)
    stage.version = version
    stage.writers = stage.load(prepare=version >= (1, 21))
    stage.writers.start()
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    stage.patient = stage.variant("patient", "pause", "budget", "20s")
    yield stage
    stage.close()


def stopped_patiently(stage, row):
    """With a budget that leaves time for what a test does while the engine is stopped."""
    engine = stage.begin("cutover", "--execute", "--yes", stop_at=row, config=stage.patient)
    engine.wait_stopped()
    return engine


def assert_clients_are_on(stage, version):
    assert support.pooler_states(stage.lab) == []
    for side, database in ENTRIES:
        (found,), = stage.lab.query(side, database, "SHOW server_version_num", user="app")
        assert found.startswith(version), (side, database, found)


def assert_back_on_blue(stage):
    """Clients write there, and poolers, files and servers are as they were before the cutover."""
    stage.wait_commits(stage.writers)
    assert stage.fact("side") == "blue"
    assert_clients_are_on(stage, "15")
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))


def test_watch_tells_of_a_pooler_that_somebody_paused_as_a_whole(pool):
    """SHOW DATABASES does not; a version without SHOW STATE shows who waits, and is asked for no more."""
    with Watch(pool.program, pool.directory, pool.lab.config_path) as watch:
        def pools():
            return watch.cluster()["consoles"].get("p1", {}).get("pools", [])
        watch.until(lambda: any(each["active"] for each in pools()), "clients at work")
        assert not any(each["is_paused"] for each in pools())
        pool.lab.process("p1").command("PAUSE")
        try:
            watch.until(lambda: any(each["waiting"] for each in pools()), "who waits")
            if pool.version >= (1, 19):
                watch.until(lambda: all(each["is_paused"] for each in pools()), "all of it paused")
        finally:
            pool.lab.process("p1").command("RESUME")
        watch.until(lambda: not any(each["is_paused"] or each["waiting"] for each in pools()),
                    "that nobody waits")
        assert not watch.told("p1 is not measured")


def test_an_interrupted_cutover_brings_clients_back_to_blue(pool):
    engine = stopped_patiently(pool, "prove")
    assert len(support.pooler_states(pool.lab)) >= len(ENTRIES)
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert "clients are on blue" in engine.text()
    assert_back_on_blue(pool)


@pytest.mark.parametrize("row", ("fence", "commit"))
def test_an_engine_killed_in_the_pause_is_recovered_from(pool, row):
    """Behind PAUSE, and behind the RELOAD that points to green."""
    engine = pool.stopped("cutover", "--execute", "--yes", stop_at=row)
    engine.kill()
    pool.wait_alone()
    assert_back_on_blue(pool)


def test_a_long_pause_with_a_notice_to_those_who_wait(pool):
    """The engine hangs: its watchdog waits for two fifths of the budget. From 1.25 on PgBouncer
    says meanwhile to clients what they wait for."""
    engine = pool.stopped("cutover", "--execute", "--yes", stop_at="fence")
    assert engine.wait(20) == -signal.SIGKILL
    pool.wait_alone()
    assert_back_on_blue(pool)
    with open(f"{pool.writers.log_directory}/stderr.log") as stream:
        assert ("NOTICE" in stream.read()) == (pool.version >= (1, 25))


class Idle:
    """Clients that ask for nothing while they are held, and at once when they are released."""

    def __init__(self, stage):
        self.stage, self.answers = stage, []
        self.clients = [stage.session("p1", "shop_alias", autocommit=True) for _ in range(4)]
        for client in self.clients:
            self.ask(client)
        self.answers.clear()
        self.thread = threading.Thread(target=self.ask_at_the_release, daemon=True)

    def ask(self, client):
        try:
            with client.cursor() as cursor:
                cursor.execute("SHOW server_version_num")
                self.answers.append(cursor.fetchone()[0])
        except psycopg2.Error as error:
            self.answers.append(error)

    def is_released(self, console):
        with console.cursor() as cursor:
            cursor.execute("SHOW DATABASES")
            names = [column.name for column in cursor.description]
            return all(row[names.index("paused")] == 0 for row in cursor.fetchall()
                       if row[names.index("name")] == "shop_alias")

    def ask_at_the_release(self):
        with contextlib.closing(self.stage.lab.process("p1").console()) as console:
            wait_until(lambda: self.is_released(console), "the release", 30, 0.001)
        for client in self.clients:
            self.ask(client)

    def watch(self):
        """While they are held; PgBouncer looks after its pools every third of a second."""
        self.thread.start()
        held = time.monotonic()
        wait_until(lambda: time.monotonic() - held > 1, "a pause of some rounds", 5)

    def end(self):
        self.thread.join(40)
        for client in self.clients:
            client.close()
        return self.answers


@pytest.mark.parametrize("row", ("fence", "commit"))
def test_idle_clients_meet_no_failed_login_behind_an_undo(pool, row):
    """PgBouncer opens min_pool_size connections for held entries too, and cuts off the logins."""
    idle = Idle(pool)
    engine = stopped_patiently(pool, row)
    idle.watch()
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    answers = idle.end()
    assert len(answers) == 4 and all(str(answer).startswith("15") for answer in answers), answers
    assert_back_on_blue(pool)


class Broken:
    """A line that PgBouncer cannot read in the main file of p1, before its entries or behind."""

    def __init__(self, stage, behind):
        self.path, self.behind = stage.lab.process("p1").ini, behind

    def __enter__(self):
        with open(self.path) as stream:
            self.text = stream.read()
        self.write(f"{self.text}oops\n" if self.behind else f"oops\n{self.text}")

    def write(self, text):
        with open(self.path, "w") as stream:
            stream.write(text)

    def __exit__(self, kind, value, traceback):
        self.write(self.text)


def test_a_broken_file_is_noticed_before_anybody_is_held(pool):
    """From 1.25 on RELOAD says so; before, it is seen that the entries to try are not there."""
    with Broken(pool, behind=False):
        result = pool.run("cutover", "--execute", "--yes")
    assert "error: " in result.err
    if pool.version >= (1, 25):
        assert result.code == FAILED and "RELOAD failed" in result.err, result
    else:
        assert result.code == CHECKS and "did not read" in result.err, result
    assert "they were held" not in result.err
    assert_back_on_blue(pool)


@pytest.mark.parametrize("behind", (False, True), ids=("before its entries", "behind its entries"))
def test_a_file_that_breaks_within_the_pause_keeps_nobody_held(pool, behind):
    """Whatever RELOAD answers, what the entries show is what counts, for the undo too."""
    engine = stopped_patiently(pool, "commit" if behind else "fence")
    begun = time.monotonic()
    with Broken(pool, behind):
        if behind:
            engine.process.send_signal(signal.SIGINT)
        engine.go_on()
        assert engine.wait() == ROLLED_BACK, engine.text()
        assert support.elapsed(begun) < 10
        assert_clients_are_on(pool, "15")
    assert_back_on_blue(pool)


def ask(stage, side, database, answers):
    try:
        answers.append(stage.lab.query(side, database, "SHOW server_version_num", user="app"))
    except psycopg2.Error as error:
        answers.append(error)


def test_the_cutover_loses_nothing_and_new_clients_of_any_entry_wait_for_green(pool):
    """A database of the entry * that nobody has asked for yet, and entries of a name."""
    idle = Idle(pool)
    engine = stopped_patiently(pool, "prove")
    answers = []
    comers = [threading.Thread(target=ask, args=(pool, side, database, answers))
              for side, database in (("p1", "postgres"), ("p1", "shop_alias"), ("p2b", "shop"))]
    for comer in comers:
        comer.start()
    wait_until(lambda: waiting(pool) >= len(comers), "new clients to wait", 5)
    assert answers == []
    idle.watch()
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    found = idle.end()
    assert len(found) == 4 and all(str(each).startswith("17") for each in found), found
    for comer in comers:
        comer.join(20)
    assert len(answers) == 3 and all(answer[0][0] >= "17" for answer in answers), answers
    assert_clients_are_on(pool, "17")
    pool.wait_commits(pool.writers)
    if pool.version >= (1, 21):
        assert prepared_by_poolers(pool) > 0


def test_back_on_an_older_server_new_clients_work_or_it_is_refused_beforehand(pool):
    """From 1.26 on a pool keeps what only newer servers know, and sets it for whoever comes."""
    before = facts.everything(pool.lab, green=True)
    result = pool.run("rollback", "--execute", "--yes")
    if pool.version >= (1, 26):
        assert result.code == CHECKS and "keeps what green reported" in result.err, result
        assert re.search(r"hint: .*Before the rollback, put an older PgBouncer in its place: up to "
                         r"1\.25", result.err, re.DOTALL), result
        assert "they were held" not in result.err
        facts.assert_same(before, facts.everything(pool.lab, green=True))
        assert_clients_are_on(pool, "17")
        pool.wait_commits(pool.writers)
        pool.assert_nothing_lost(pool.writers, "green", errors=0)
    else:
        assert result.code == DONE, result
        assert_clients_are_on(pool, "15")
        pool.wait_commits(pool.writers)
        pool.assert_nothing_lost(pool.writers, "blue", errors=0)
    pool.finish()


def waiting(stage):
    """Clients that are not of the load and wait, logged in or not."""
    return sum(1 for process in ("p1", "p2b") for row in
               stage.lab.process(process).command("SHOW CLIENTS")
               if row["application_name"] != "load" and row["database"] != "pgbouncer")


def prepared_by_poolers(stage):
    return sum(int(row["prepared_statements"]) for process in ("p1", "p2a", "p2b")
               for row in stage.lab.process(process).command("SHOW SERVERS"))
