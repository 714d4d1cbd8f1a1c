"""A whole upgrade under load: nothing lost, nobody disturbed, nothing left behind."""

import subprocess
import time

import psycopg2
import pytest

import accounting
import facts
import support
from support import CHECKS, DONE, USAGE

IDENTITIES = """
ALTER TABLE sales.customer REPLICA IDENTITY FULL;
CREATE TABLE sales.by_index (a integer NOT NULL, b integer PRIMARY KEY);
CREATE UNIQUE INDEX by_index_a ON sales.by_index (a);
ALTER TABLE sales.by_index REPLICA IDENTITY USING INDEX by_index_a;
CREATE TABLE sales.by_nothing (a integer PRIMARY KEY, b text);
ALTER TABLE sales.by_nothing REPLICA IDENTITY NOTHING;
CREATE TABLE sales.without_key (a integer, b text);
INSERT INTO sales.by_index SELECT n, n FROM generate_series(1, 20) AS n;
INSERT INTO sales.by_nothing SELECT n, n FROM generate_series(1, 20) AS n;
INSERT INTO sales.without_key SELECT n % 3, 'same' FROM generate_series(1, 20) AS n;
"""


@pytest.fixture(scope="module")
def flow(make_module_stage):
    """One upgrade from beginning to end; what was seen on the way is in its attributes."""
    stage = make_module_stage(settings={"log_statement": "all"}, worker_retry="5s")
    lab = stage.lab
    lab.query("blue", "shop", IDENTITIES)
    stage.words = stage.passwords()
    stage.leaks_before = leaks(stage)
    stage.identities = facts.identities(lab, "blue")
    stage.parameters = {name: dict(facts.poolers(lab)[f"config of {name}"])
                        for name in ("pgbouncer", "p2a", "p2b")}
    stage.files = {name: pooler.databases() for name, pooler in lab.poolers.items()}
    stage.none = stage.run("status", code=DONE)
    stage.plan = stage.run("plan", code=DONE)
    stage.check = stage.run("check", code=DONE)
    with support.Watcher(stage.words.values()) as stage.watcher:
        with stage.load() as stage.writers:
            stage.prepared = stage.prepare()
            stage.writing_sessions = update_everything(lab)
            stage.prepared_again = stage.prepare()
            stage.status_ready = stage.run("status", code=DONE)
            stage.too_early = stage.run("finish", "--execute", code=CHECKS)
            stage.wait_commits(stage.writers)
            begun = time.monotonic_ns()
            stage.moved = stage.cutover()
            stage.moved_again = stage.cutover()
            stage.wait_commits(stage.writers)
            stage.waited = stage.longest_wait(stage.writers, begun)
            stage.no_abort = stage.run("abort", "--execute", "--yes")
            stage.recovered = stage.run("recover", "--execute", code=DONE)
        stage.blue_rows = facts.rows(lab, "blue")
        stage.blue_sequences = facts.sequences(lab, "blue")
        stage.subscription_conninfos = lab.query("blue", "postgres",
                                                 "SELECT subconninfo FROM pg_subscription")
        stage.finished = stage.finish()
    return stage


def update_everything(lab):
    """Blue's tables of every identity stay writable while they are published."""
    lab.query("blue", "shop", "UPDATE sales.by_index SET b = b + 100; "
              "UPDATE sales.by_nothing SET b = b || '!'; "
              "UPDATE sales.without_key SET b = 'other' WHERE a = 1; "
              "DELETE FROM sales.without_key WHERE a = 2")


def leaks(stage):
    """password -> files beneath the lab that contain it."""
    found = {}
    for role, word in stage.passwords().items():
        done = subprocess.run(["grep", "-rcaF", "--", word, stage.directory], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False)
        for line in done.stdout.splitlines():
            path, _, count = line.rpartition(":")
            if int(count):
                found[role, path] = int(count)
    return found


def test_nothing_lost_and_no_client_saw_an_error(flow):
    flow.assert_nothing_lost(flow.writers, "green", errors=0)


def test_clients_were_held_for_a_moment_only(flow):
    assert flow.waited < 3 and "clients were held for" in flow.moved.out
    # a disk that is busy with a clone keeps commits back, and is nobody's pause
    gaps = accounting.gaps(accounting.read(flow.writers.log_directory))
    assert gaps["all_outside_ms"] < 10000, gaps


def test_green_is_the_new_version_and_writable(flow):
    assert flow.lab.query("green", "shop", "SHOW server_version_num")[0][0].startswith("17")
    for side, database in (("p1", "shop"), ("p1", "shop_alias"), ("p1", "Billing"),
                           ("p1", "events"), ("p2a", "shop"), ("p2b", "events"),
                           ("p2a", "Billing")):
        version, read_only = flow.lab.query(
            side, database, "SELECT current_setting('server_version_num'), "
            "current_setting('transaction_read_only')", user="app")[0]
        assert version.startswith("17") and read_only == "off", (side, database)


def test_sequences_are_exact_behind_the_fence(flow):
    """Green goes on from blue's last values: equal where nobody has called them since."""
    green = facts.sequences(flow.lab, "green")
    assert set(green) == set(flow.blue_sequences)
    for key, (value, called) in flow.blue_sequences.items():
        if key[1:] == ("load", "counter"):
            assert green[key][0] >= value, key
        else:
            assert green[key] == (value, called), key


def test_rows_that_nobody_wrote_since_are_equal(flow):
    green = facts.rows(flow.lab, "green")
    assert set(green) == set(flow.blue_rows)
    different = {key[1:] for key in green if green[key] != flow.blue_rows[key]}
    assert different <= {("load", "ledger"), ("load", "keyless"), ("load", "account")}


def test_blue_is_fenced(flow):
    for database in support.DATABASES:
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            flow.lab.connect("blue", database, "app")
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            flow.lab.query("blue", database, "CREATE TABLE public.late (a integer)")


def test_identities_are_restored_on_both_sides(flow):
    for side in ("blue", "green"):
        found = facts.identities(flow.lab, side)
        facts.assert_same(flow.identities, found)
    assert flow.identities["shop", "sales", "customer"] == ("f", None)
    assert flow.identities["shop", "sales", "by_index"] == ("i", "by_index_a")
    assert flow.identities["shop", "sales", "by_nothing"] == ("n", None)


def test_nothing_of_ours_is_left(flow):
    for side in ("blue", "green"):
        found = facts.catalogs(flow.lab, side)
        assert found["slots"] == found["subscriptions"] == found["origins"] == []
        for database in support.DATABASES:
            assert found[f"publications of {database}"] == []
            assert not any("pgcutover" in each for each in found[f"schemas of {database}"])
    for pooler in flow.lab.poolers.values():
        assert not [name for name in facts.tree(pooler.directory) if "pgcutover" in name]


def test_pooler_files_differ_in_the_address_only(flow):
    blue, green = f"port={flow.lab.ports['blue']}", f"port={flow.lab.ports['green']}"
    for name, pooler in flow.lab.poolers.items():
        before, after = flow.files[name].split("\n"), pooler.databases().split("\n")
        assert len(before) == len(after)
        for old, new in zip(before, after):
            if blue in old and not old.lstrip().startswith((";", "#")):
                assert green in new
                expected = old.replace(blue, green)
                for host in ("host='localhost'", "host=localhost"):
                    expected = expected.replace(host, "host=127.0.0.1")
                assert new.replace("host='127.0.0.1'", "host=127.0.0.1") == expected
            else:
                assert new == old


def test_pooler_settings_are_as_before(flow):
    found = facts.poolers(flow.lab)
    for name, before in flow.parameters.items():
        assert dict(found[f"config of {name}"]) == before
        assert before["server_login_retry"] == "15"
    assert support.pooler_states(flow.lab) == []


def test_passwords_are_nowhere(flow):
    """Where the lab itself keeps them they may be, and no more often than before."""
    after = leaks(flow)
    found = {key: count for key, count in after.items() if count > flow.leaks_before.get(key, 0)}
    assert not found
    assert not flow.watcher.found and flow.watcher.seen > 1000
    for result in (flow.plan, flow.check, flow.prepared, flow.moved, flow.finished):
        for word in flow.words.values():
            assert word not in result.out and word not in result.err
    assert flow.subscription_conninfos
    for conninfo, in flow.subscription_conninfos:
        assert "password=" not in conninfo


def test_a_repeat_is_harmless_and_says_so(flow):
    assert "green is ready" in flow.prepared_again.out
    assert "already" in flow.moved_again.out and "finish" in flow.moved_again.out
    assert "nothing to recover" in flow.recovered.out
    assert "not on green yet" in flow.too_early.err
    assert flow.no_abort.code == CHECKS and "no undo" in flow.no_abort.err


def test_every_answer_names_the_next_step(flow):
    assert "prepare --execute" in flow.none.out
    assert "cutover --execute" in flow.prepared.out
    assert "cutover --execute" in flow.status_ready.out and "lag:" in flow.status_ready.out
    assert "finish --execute" in flow.moved.out
    assert "What is left" in flow.finished.out


def test_after_the_end_no_run_is_under_way(flow):
    assert flow.run("cutover", "--execute", "--yes").code == USAGE
    assert "nothing to finish" in flow.run("finish", "--execute", code=DONE).out
    ended = flow.run("status", code=DONE).out
    assert "no run is under way" in ended and "may write: green" in ended
    assert "blue still runs, fenced" in ended and "next:      nothing" in ended
