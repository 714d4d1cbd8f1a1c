"""Whether the poolers can log in to green is tried before anybody is held, and leaves no trace."""

import contextlib
import os
import re
import signal
import time

import psycopg2
import pytest

import accounting
import facts
import support
from processes import wait_until, write_file
from support import CHECKS, DONE

PROCESSES = ("p1", "p2a", "p2b")
TRIAL = "pgcutover_probe"


@pytest.fixture(scope="module")
def tried(stopping_program, make_module_stage):
    """Ready; every test but the last ends with clients on blue and everything as it was."""
    stage = make_module_stage()
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    return stage


@pytest.fixture
def writers(tried):
    with tried.load() as load:
        yield load


def trials(stage):
    """Entries that are tried, of every process."""
    return sorted((side, row["name"], int(row["port"]), row["database"]) for side in PROCESSES
                  for row in stage.lab.process(side).command("SHOW DATABASES")
                  if row["name"].startswith(TRIAL))


def logs(stage):
    texts = {}
    for side in PROCESSES:
        with open(stage.lab.process(side).log) as stream:
            texts[side] = stream.read()
    return texts


def assert_untouched(stage, load):
    """Nobody was held or met an error, and everything is as it was."""
    stage.wait_alone()
    stage.wait_commits(load)
    assert trials(stage) == []
    assert support.pooler_states(stage.lab) == []
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))
    stage.assert_nothing_lost(load, "blue", errors=0)


def refused(stage, load, config=None):
    """A cutover that ends before it holds anybody; what it says. It tries all entries at once: one
    after the other, they would take 4 s each."""
    begun = time.monotonic()
    result = stage.run("cutover", "--execute", "--yes", code=CHECKS, config=config)
    assert support.elapsed(begun) < 30, result
    assert "they were held" not in result.err, result
    assert_untouched(stage, load)
    return result.err


def test_every_entry_is_tried_and_nothing_is_left_of_it(tried, writers):
    before = {name: facts.tree(pooler.directory) for name, pooler in tried.lab.poolers.items()}
    said = logs(tried)
    engine = tried.stopped("cutover", "--execute", "--yes", stop_at="probe,quiet")
    staged = {name: facts.tree(pooler.directory) for name, pooler in tried.lab.poolers.items()}
    engine.go_on()
    engine.wait_stopped()
    assert trials(tried) == []
    for name, pooler in tried.lab.poolers.items():
        now = facts.tree(pooler.directory)
        assert now.pop(f"{pooler.file}.pgcutover-probe.done")  # goes with what is staged
        assert now == staged[name]
        assert now[pooler.file] == before[name][pooler.file]
    for side, databases in (("p1", ("shop", "Billing", "postgres")),
                            ("p2a", ("shop", "events", "Billing"))):
        new = logs(tried)[side][len(said[side]):]
        for database in databases:
            assert f'permission denied for database "{database}"' in new, new
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    engine.wait()
    assert "not tried" not in engine.text()
    assert_untouched(tried, writers)


@contextlib.contextmanager
def rejecting(stage):
    """Green's pg_hba.conf does not let the poolers' user in."""
    lab = stage.lab
    (path,), = lab.query("green", "postgres", "SHOW hba_file")
    with open(path) as stream:
        text = stream.read()

    def answers(words):
        try:
            lab.connect("green").close()
        except psycopg2.OperationalError as error:
            return words in str(error)
        return False

    def put(content, words):
        with open(path, "w") as stream:
            stream.write(content)
        lab.query("green", "postgres", "SELECT pg_reload_conf()")
        wait_until(lambda: answers(words), f"green to answer '{words}'", 10)

    put(f"host all app all reject\n{text}", "pg_hba.conf rejects")
    try:
        yield
    finally:
        put(text, "permission denied")


def test_a_green_whose_access_rules_reject_the_poolers_is_found_before_anybody_waits(tried,
                                                                                     writers):
    with rejecting(tried):
        said = refused(tried, writers)
    assert re.search(r"pooler p\d entry \S+", said) and "pg_hba.conf rejects" in said, said
    assert "pg_hba.conf, role, password" in said, said


def test_a_wrong_address_of_green_is_found_before_anybody_waits(tried, writers):
    """Nobody listens there. PgBouncer itself would let its clients wait, and say nothing."""
    nowhere = tried.lab.ports["spare"]
    config = tried.variant("nowhere", "green", "from_poolers", f"host=localhost port={nowhere}")
    said = refused(tried, writers, config)
    assert "no answer within 4 s" in said and f"localhost port {nowhere}" in said, said
    assert "[green] from_poolers" in said


def test_an_address_that_is_blues_is_not_taken_for_greens(tried, writers):
    """By a name that [blue] from_poolers does not know."""
    port = tried.lab.ports["blue"]
    config = tried.variant("blues", "green", "from_poolers", f"host=127.0.0.1 port={port}")
    with open(config) as stream:
        text = stream.read()
    known = f"host=localhost port={port}"
    changed = re.sub(rf"^(from_poolers = ).*{known}.*$", rf"\1{known}", text, flags=re.M)
    assert changed != text
    write_file(config, changed)
    said = refused(tried, writers, config)
    assert "version 15" in said and "another server" in said, said


def test_an_entry_of_the_name_that_is_tried_is_refused(tried, writers):
    pooler = tried.lab.poolers["p2"]
    text = pooler.databases()
    with open(pooler.file, "a") as stream:
        stream.write(f"{TRIAL}_1 = host=localhost port=1 dbname=elsewhere\n")
    try:
        for process in pooler.processes:
            process.reload()
        result = tried.run("cutover", "--execute", "--yes")
    finally:
        with open(pooler.file, "w") as stream:
            stream.write(text)
        for process in pooler.processes:
            process.reload()
    assert result.code == support.USAGE and f"{TRIAL}" in result.err, result
    assert f"{pooler.file}:{text.count(chr(10)) + 1}" in result.err, result
    assert_untouched(tried, writers)


@pytest.fixture
def looking_up(tried):
    """Its entries look passwords up on their server; a configuration whose probe needs that."""
    pooler, process = tried.lab.poolers["p1"], tried.lab.process("p1")
    text = pooler.databases()
    with open(pooler.file, "w") as stream:
        stream.write(re.sub("^(.+ = host=.*)$", r"\1 auth_user=monitor", text, flags=re.M))
    process.reload()
    yield tried.variant("looking", "pooler p1", "probe", f"host=127.0.0.1 port={process.port} "
                        "user=stranger password=strange dbname=shop sslmode=require")
    with open(pooler.file, "w") as stream:
        stream.write(text)
    process.reload()


def test_a_pooler_that_keeps_the_cause_to_itself_is_told_so(tried, writers, looking_up):
    """1.18 says nothing to a client whose password it cannot look up; later ones tell the cause."""
    result = tried.run("cutover", "--execute", "--yes", code=CHECKS, config=looking_up)
    (version,), = [row.values() for row in tried.lab.process("p1").command("SHOW VERSION")]
    if "PgBouncer 1.18" in version:
        assert "login has been failing" in result.err, result
        assert "a user of its auth_file, or leave probe out" in result.err, result
    else:
        assert "wrong password type" in result.err, result
    assert "they were held" not in result.err
    assert trials(tried) == []
    tried.wait_commits(writers)
    tried.assert_nothing_lost(writers, "blue", errors=0)


def test_a_pooler_without_a_probe_is_told(tried, writers):
    config = tried.variant("silent", "pooler p1", "probe", None)
    engine = tried.begin("cutover", "--execute", "--yes", stop_at="quiet", config=config)
    engine.wait_stopped()
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    engine.wait()
    assert "not tried: [pooler p1] has no probe" in engine.text(), engine.text()
    assert_untouched(tried, writers)


def test_a_plan_shows_what_is_tried_and_tries_nothing(tried, writers):
    said = logs(tried)
    shown = tried.run("cutover", code=DONE).out
    assert "trying whether a pooler can log in to green" in shown
    assert "pooler p2 entry shop" in shown
    assert all("permission denied" not in text[len(said[side]):]
               for side, text in logs(tried).items())
    assert_untouched(tried, writers)


def test_killed_with_the_file_to_try_in_place_it_is_put_back(tried, writers):
    """Processes that have read it meanwhile read it again."""
    pooler = tried.lab.poolers["p2"]
    with support.slow_rename(tried, "p2", "pgcutover-probe") as flags:
        engine = tried.begin("cutover", "--execute", "--yes")
        wait_until(lambda: os.path.exists(f"{flags}/renamed"), "the file of p2 to be renamed", 60,
                   0.001)
        watchdog, = tried.watchdogs(engine)
        os.kill(watchdog, signal.SIGSTOP)
        engine.kill()
        assert TRIAL in pooler.databases()
        for process in pooler.processes:
            process.reload()
        assert {side for side, *_ in trials(tried)} >= {"p2a", "p2b"}
        os.kill(watchdog, signal.SIGCONT)
        write_file(f"{flags}/go", "", 0o644)
        tried.wait_alone()
    assert_untouched(tried, writers)


def test_the_cutover_goes_through(tried, writers):
    """The last one: behind all of these."""
    begun = time.monotonic_ns()
    result = tried.cutover()
    assert re.search(r"\bprobe +\d.*Try whether", result.err), result
    tried.wait_commits(writers)
    gaps = accounting.gaps(accounting.read(writers.log_directory), (begun, time.monotonic_ns()))
    assert gaps["client_inside_ms"] < 5000
    assert trials(tried) == []
    tried.assert_nothing_lost(writers, "green", errors=0)
    tried.finish()
    for pooler in tried.lab.poolers.values():
        assert TRIAL not in pooler.databases()
        assert not [name for name in os.listdir(pooler.directory) if "pgcutover" in name]
