"""The traps by name: what makes such a move lose rows, double them, or never come to an end."""

import glob
import re

import psycopg2
import pytest

import accounting
import facts
import support
from load import Load
from processes import wait_until
from support import CHECKS, DONE, FAILED, ROLLED_BACK, STALE, TRANSIENT

# A transaction of a few hundred rows is big for such a blue: it is spilled, or streamed if asked.
SETTINGS = {"logical_decoding_work_mem": "64kB", "max_prepared_transactions": "10"}
# On a slow machine a client's may be open, too, when it is looked.
NAMED = r"waiting for (the transaction|\d+ open transactions, that) of pid "
# Nothing in it tells a row that came twice from two rows: doubled rows stay, and are counted.
BAG = "CREATE TABLE load.bag (batch text NOT NULL, n integer NOT NULL); " \
      "ALTER TABLE load.bag OWNER TO app"
QUOTED = '''
CREATE ROLE "Mixed ""Role""" NOLOGIN;
GRANT "Mixed ""Role""" TO app;
GRANT CONNECT ON DATABASE "Billing" TO "Mixed ""Role""" WITH GRANT OPTION;
CREATE SCHEMA "It's a Schema" AUTHORIZATION "Mixed ""Role""";
SET ROLE "Mixed ""Role""";
CREATE TYPE "It's a Schema"."Mixed State" AS ENUM ('New', 'it''s "old"');
CREATE SEQUENCE "It's a Schema"."Sequence ""Q""" START 41 INCREMENT 3;
CREATE TABLE "It's a Schema"."Table €" ("Id" integer GENERATED ALWAYS AS IDENTITY,
    "select" "It's a Schema"."Mixed State", "a""b" text, PRIMARY KEY ("Id"));
CREATE TABLE "It's a Schema"."No 'Key'" ("FROM" text);
INSERT INTO "It's a Schema"."Table €" ("select", "a""b")
    SELECT 'it''s "old"', 'row ' || n FROM generate_series(1, 30) AS n;
INSERT INTO "It's a Schema"."No 'Key'" VALUES ('one'), ('two'), ('two');
SELECT nextval('"It''s a Schema"."Sequence ""Q"""');
'''


def fill_bag(session, batch, first, last):
    with session.cursor() as cursor:
        cursor.execute("INSERT INTO load.bag SELECT %s, generate_series(%s, %s)",
                       (batch, first, last))


def bag(lab, side, batch):
    """(rows, different rows) of a batch."""
    return lab.query(side, "shop", "SELECT count(*), count(DISTINCT n) FROM load.bag "
                     "WHERE batch = %s", (batch,))[0]


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def switch_point(stage):
    """From the clone's own history file, which the program did not write."""
    path, = glob.glob(f"{stage.lab.green.data}.clone/pg_wal/*.history")
    with open(path) as stream:
        return stream.read().strip().splitlines()[-1].split("\t")[1]


def positions_to_be_wary_of(stage):
    """Where the promoted clone itself writes, and where it says that redo was done."""
    work = f"{stage.lab.green.data}.pgcutover"
    with open(f"{work}/clone.log") as stream:
        redo_done = re.search(r"redo done at ([0-9A-F]+/[0-9A-F]+)", stream.read()).group(1)
    with open(f"{work}/socket") as stream:
        clone = psycopg2.connect(host=stream.read().strip(), port=50432, user="postgres",
                                 dbname="template1")
    stage.sessions.append(clone)
    with clone.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        insert, = cursor.fetchone()
    clone.close()
    return insert, redo_done


def version_of(stage, side, database):
    return stage.lab.query(side, database, "SHOW server_version_num", user="app")[0][0][:2]


def assert_clients_write_on_blue(stage, load):
    assert support.pooler_states(stage.lab) == []
    for side, database in (("p1", "shop"), ("p2a", "shop"), ("p2b", "events"), ("p1", "Billing")):
        assert version_of(stage, side, database) == "15"
    stage.wait_commits(load)
    assert stage.fact("side") == "blue" and stage.fact("cutover.state") in (None, "undone")


# -- a prepare under load --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """Ready, and prepared under load; transactions lay across every moment that matters."""
    stage = make_module_stage(settings=SETTINGS)
    lab = stage.lab
    lab.query("blue", "shop", BAG)
    with stage.load(rate=50):
        engine = stage.stopped("prepare", "--execute", stop_at="clone,target,isolate,enable")
        before, across = stage.session("blue"), stage.session("blue")
        fill_bag(before, "committed before the clone's LSN", 1, 2000)
        fill_bag(across, "across the clone's LSN", 1, 2000)
        engine.go_on()
        engine.wait_stopped()
        before.commit()
        fill_bag(across, "across the clone's LSN", 2001, 4000)
        engine.go_on()
        engine.wait_stopped()
        stage.switch_point = switch_point(stage)
        stage.insert_lsn, stage.redo_done = positions_to_be_wary_of(stage)
        fill_bag(across, "across the clone's LSN", 4001, 5000)
        across.commit()
        engine.go_on()
        engine.wait_stopped()
        stage.origins = lab.query("green", "postgres",
                                  "SELECT remote_lsn::text FROM pg_replication_origin_status")
        engine.go_on()
        assert engine.wait() == DONE, engine.text()
    wait_until(lambda: not facts.differences(facts.rows(lab, "blue"), facts.rows(lab, "green")),
               "green to have every row of blue, once each", 90, 0.2)
    stage.writers = stage.load(direct=("blue", "shop"), direct_rate=20)
    stage.writers.start()
    return stage


def test_the_origin_is_the_switch_point_and_nothing_else(shared):
    """Before it a commit would come twice, behind it one would be lost.

    "redo done at" is where the last record that was read begins: here the first one that was not
    replayed, elsewhere (inclusive=on) the last one that was. Where the clone writes lies behind.
    """
    assert shared.fact("clone.lsn") == shared.switch_point
    assert shared.origins == [(shared.switch_point,)] * len(support.DATABASES)
    assert lsn(shared.insert_lsn) > lsn(shared.switch_point) >= lsn(shared.redo_done)


def test_transactions_around_the_clones_lsn_arrive_once(shared):
    """(That every row arrived once the fixture has waited for.)"""
    assert bag(shared.lab, "green", "committed before the clone's LSN") == (2000, 2000)
    assert bag(shared.lab, "green", "across the clone's LSN") == (5000, 5000)


def test_streaming_is_off(shared):
    """Streamed, a transaction could be applied before it is committed, or be lost with a worker."""
    found = shared.lab.query("green", "postgres", "SELECT substream::text FROM pg_subscription")
    assert found == [("f",)] * len(support.DATABASES)
    # and it mattered: the transaction was too big for blue's memory
    (spilled, streamed), = shared.lab.query(
        "blue", "postgres",
        "SELECT sum(spill_txns), sum(stream_txns) FROM pg_stat_replication_slots")
    assert spilled > 0 and streamed == 0


# -- cutovers that give up -------------------------------------------------------------------------

def test_a_prepared_transaction_is_waited_for_and_named(shared):
    session = shared.session("blue", autocommit=True)
    with session.cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO load.bag VALUES ('prepared', 1); "
                       "PREPARE TRANSACTION 'it is waited for'")
        hasty = shared.variant("hasty", "pause", "quiet_wait", "1s")
        result = shared.run("cutover", "--execute", "--yes", config=hasty, code=TRANSIENT)
        assert "prepared transactions" in result.err
        assert_clients_write_on_blue(shared, shared.writers)
        cursor.execute("COMMIT PREPARED 'it is waited for'")


def test_a_prepared_transaction_in_the_last_moment_undoes_the_fence(shared):
    """It could be committed through the fence."""
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="fence")
    session = shared.session("blue", autocommit=True)
    with session.cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO load.bag VALUES ('prepared', 2); "
                       "PREPARE TRANSACTION 'in the last moment'")
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert "in the last moment" in engine.text() and "hint: " in engine.text()
    assert "ROLLBACK PREPARED" in engine.text() and "clients are on blue" in engine.text()
    assert_clients_write_on_blue(shared, shared.writers)
    shared.lab.query("blue", "shop", "COMMIT PREPARED 'in the last moment'", user="app")
    wait_until(lambda: bag(shared.lab, "green", "prepared") == (2, 2), "the prepared rows", 20)


def test_a_transaction_opened_before_is_waited_for_while_nobody_is_held(shared):
    """Through a pooler, and past all of them."""
    hasty = shared.variant("hasty", "pause", "quiet_wait", "1s")
    for side in ("p1", "blue"):
        session = shared.session(side)
        fill_bag(session, f"opened before, {side}", 1, 10)
        result = shared.run("cutover", "--execute", "--yes", config=hasty, code=TRANSIENT)
        assert "transaction of pid " in result.err and "clients were held" not in result.out
        assert shared.fact("cutover.state") == "undone"
        session.commit()
        assert_clients_write_on_blue(shared, shared.writers)


def test_a_transaction_kept_open_in_a_pooler_costs_the_budget_and_no_more(shared):
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="hold")
    session = shared.session("p2a")
    fill_bag(session, "kept open", 1, 10)
    engine.go_on()
    # whatever fails below, what comes next does not wait for it
    code, _ = engine.wait(), session.commit()
    assert code == ROLLED_BACK, engine.text()
    assert re.search(NAMED, engine.text()), engine.text()
    held = re.search(r"they were held for ([\d.]+) s", engine.text())
    assert held and 2.9 <= float(held.group(1)) < 5.5, engine.text()
    assert_clients_write_on_blue(shared, shared.writers)
    assert bag(shared.lab, "blue", "kept open") == (10, 10)


# -- the cutover -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def moved(shared):
    """The same lab behind a cutover with everything in its way."""
    patient = shared.variant("patient", "pause", "budget", "50s")
    shared.ended_before = len(shared.events("terminated"))
    growing = shared.session("blue")
    fill_bag(growing, "in progress when the cutover began", 1, 20000)
    engine = shared.begin("cutover", "--execute", "--yes", stop_at="hold,fence", config=patient)
    wait_until(lambda: re.search(NAMED, engine.text()) or engine.process.poll() is not None,
               "the cutover to wait for it", 60)
    fill_bag(growing, "in progress when the cutover began", 20001, 25000)
    growing.commit()
    engine.wait_stopped()
    with shared.session("blue", autocommit=True) as million:
        fill_bag(million, "a million", 1, 1000000)
    engine.go_on()
    engine.wait_stopped()
    shared.late = shared.session("blue")
    fill_bag(shared.late, "across the fence", 1, 10)
    shared.late_pid = shared.late.get_backend_pid()
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    shared.cutover_text = engine.text()
    shared.wait_commits(shared.writers)
    shared.writers.stop()
    return shared


def test_a_big_transaction_in_progress_arrives_once(moved):
    assert bag(moved.lab, "green", "in progress when the cutover began") == (25000, 25000)


def test_a_million_rows_committed_just_before_the_fence_arrive(moved):
    assert bag(moved.lab, "green", "a million") == (1000000, 1000000)


def test_a_transaction_across_the_fence_is_refused_and_never_acknowledged(moved):
    with pytest.raises(psycopg2.OperationalError):
        moved.late.commit()
    for side in ("blue", "green"):
        assert bag(moved.lab, side, "across the fence") == (0, 0)


def test_transactions_of_the_cutovers_that_gave_up_arrive_once(moved):
    for batch, count in (("prepared", 2), ("opened before, p1", 10), ("opened before, blue", 10),
                         ("kept open", 10)):
        assert bag(moved.lab, "green", batch) == (count, count), batch


def test_a_writer_past_the_poolers_at_20_a_second_loses_nothing(moved):
    moved.assert_nothing_lost(moved.writers, "green", errors=None)
    log = accounting.read(moved.writers.log_directory)
    kinds = {log.clients[failure.client].kind for failure in log.failures}
    assert kinds == {"direct"}, log.failures  # the pooled ones never saw an error
    assert all(failure.outcome != "unknown" or failure.stage == "commit"
               for failure in log.failures)


def test_sessions_that_the_fence_ended_are_named(moved):
    events = moved.events("terminated")[moved.ended_before:]
    late, = [event for event in events if event.startswith(f"pid={moved.late_pid} ")]
    assert "usename=app datname=shop" in late and "INSERT INTO load.bag" in late
    assert any("application_name=load " in event for event in events)
    for event in events:
        assert f"ended on blue: {event}" in moved.cutover_text


# -- an idle blue ----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def idle(make_module_stage):
    """Nobody writes on blue while it is prepared; behind it one past the poolers does, at 2/s."""
    stage = make_module_stage()
    stage.lab.query("blue", "shop", QUOTED)
    stage.lab.query("blue", "Billing", 'GRANT ALL ON invoice TO "Mixed ""Role"""')
    old = support.green_programs(stage, postgres='exec "$real" "$@"\n')
    old = stage.variant("old", "green", "bin_directory", old)
    stage.old_minor = stage.run("check", config=old)
    stage.refused = stage.run("prepare", "--execute", config=old)
    stage.newest_minor = stage.run("check", code=DONE)
    stage.prepared = stage.prepare()
    stage.lab.query("blue", "shop", '''
        UPDATE "It's a Schema"."No 'Key'" SET "FROM" = 'three' WHERE "FROM" = 'one';
        DELETE FROM "It's a Schema"."Table €" WHERE "Id" % 2 = 0;
        SELECT nextval('"It''s a Schema"."Sequence ""Q"""') FROM generate_series(1, 4)''')
    stage.writer = Load(stage.lab, clients=0, direct=("blue", "shop"), direct_rate=2)
    stage.loads.append(stage.writer)
    stage.writer.start()
    wait_until(lambda: stage.commits(stage.writer) >= 2, "the writer past the poolers", 20)
    stage.moved = stage.cutover()
    wait_until(lambda: accounting.read(stage.writer.log_directory).failures,
               "the writer past the poolers to be refused", 20)
    stage.writer.stop()
    return stage


def test_the_clones_lsn_is_reached_though_nobody_writes(idle):
    """The insert position of an idle blue may lie behind the header of a page not yet written."""
    assert "green is ready" in idle.prepared.out
    assert idle.fact("clone.lsn")


def test_a_writer_past_the_poolers_at_2_a_second_loses_nothing(idle):
    idle.assert_nothing_lost(idle.writer, "green", errors=None)
    event, = [event for event in idle.events("terminated") if "application_name=load " in event]
    assert f"ended on blue: {event}" in idle.moved.out
    for failure in accounting.read(idle.writer.log_directory).failures:
        assert failure.stage != "commit" or failure.outcome == "unknown"


def test_quoted_names_keep_rows_and_sequences(idle):
    """Nobody writes on green: every table and every sequence of all databases is the same."""
    facts.assert_equal_servers(idle.lab)
    assert facts.sequences(idle.lab, "green")["shop", "It's a Schema", 'Sequence "Q"'] == (53, True)
    assert facts.rows(idle.lab, "green")["shop", "It's a Schema", "Table €"][0] == 15


def test_quoted_names_keep_owners_and_privileges(idle):
    owners = ("SELECT relname, relowner::regrole::text, relacl::text FROM pg_class "
              "WHERE relnamespace = '\"It''s a Schema\"'::regnamespace ORDER BY 1")
    assert idle.lab.query("green", "shop", owners) == idle.lab.query("blue", "shop", owners)
    grants = ("SELECT privilege_type, is_grantable FROM pg_database, aclexplode(datacl) WHERE "
              "datname = 'Billing' AND grantee = '\"Mixed \"\"Role\"\"\"'::regrole")
    assert idle.lab.query("green", "postgres", grants) == [("CONNECT", True)]


def test_pg_attver_that_green_does_not_know_is_found_before_anything_is_made(idle):
    """pg_upgrade itself would notice it late, when it restores the schemas."""
    (columns,), = idle.lab.query("blue", "shop", "SELECT count(*) FROM pg_attribute WHERE "
                                 "attrelid >= 16384 AND attoptions::text LIKE '%pg_attver%'")
    if columns == 0:
        pytest.skip("blue's minor release has no pg_attver")
    assert idle.old_minor.code == idle.refused.code == CHECKS
    assert "error   attribute_versions: blue " in idle.old_minor.out
    assert "newest minor release" in idle.old_minor.out
    assert "attribute_versions" in idle.refused.err
    assert "nothing was changed" in idle.refused.err
    assert "attribute_versions" not in idle.newest_minor.out


# -- an empty lag answer ---------------------------------------------------------------------------

def drop_slot(stage, database):
    """As somebody might behind our back: what its subscriber lacks is gone."""
    stage.lab.query("blue", "postgres", "SELECT pg_terminate_backend(active_pid) FROM "
                    "pg_replication_slots WHERE database = %s AND active", (database,))
    wait_until(lambda: stage.lab.query(
        "blue", "postgres", "SELECT active FROM pg_replication_slots WHERE database = %s",
        (database,)) == [(False,)], "the slot's reader to go", 10, 0.005)
    stage.lab.query("blue", "postgres", "SELECT pg_drop_replication_slot(slot_name) FROM "
                    "pg_replication_slots WHERE database = %s", (database,))


@pytest.mark.parametrize("row, code", (("prove", ROLLED_BACK), ("quiet", FAILED)))
def test_a_slot_that_is_gone_is_no_lag_of_zero(gone, row, code):
    gone.prepare()
    engine = gone.stopped("cutover", "--execute", "--yes", stop_at=row)
    drop_slot(gone, "events")
    engine.go_on()
    assert engine.wait() == code, engine.text()
    assert re.search(r"slot .*is gone", engine.text()), engine.text()
    assert "clients are on blue" in engine.text()
    assert_clients_write_on_blue(gone, gone.writers)
    again = gone.cutover(code=STALE)
    assert "error: " in again.err and "hint: " in again.err
    assert_clients_write_on_blue(gone, gone.writers)
    gone.abort()
    facts.assert_same(gone.before, facts.everything(gone.lab))


@pytest.fixture(scope="module")
def gone(stopping_program, make_module_stage):
    stage = make_module_stage()
    stage.before = facts.everything(stage.lab)
    stage.writers = stage.load(rate=10)
    stage.writers.start()
    return stage


def test_without_its_slot_nothing_was_lost_on_blue(gone):
    gone.assert_nothing_lost(gone.writers, "blue", errors=0)


# -- what drifts, works or writes beside the clients ------------------------------------------------

FEED = "CREATE TABLE feed (n integer PRIMARY KEY)"


def add_background_writer(stage):
    """An apply worker of blue's own: no client backend, but it writes. Its pid."""
    lab = stage.lab
    lab.query("blue", "events", "CREATE PUBLICATION feed FOR TABLE feed")
    lab.query("blue", "events", "SELECT pg_create_logical_replication_slot('feed', 'pgoutput')")
    stage.subscribe_itself("shop", "events", "feed")
    find = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'logical replication worker'"
    return wait_until(lambda: lab.query("blue", "shop", find), "the apply worker on blue", 20)[0][0]


@pytest.fixture(scope="module")
def beside(stopping_program, make_module_stage):
    stage = make_module_stage(settings={"shared_preload_libraries": "pg_stat_statements"})
    for database in ("events", "shop"):
        stage.lab.query("blue", database, FEED)
    stage.lab.query("blue", "shop", "CREATE SCHEMA short; CREATE TABLE short.lived (a integer)")
    stage.lab.query("blue", "postgres", "ALTER SYSTEM SET log_line_prefix = '%m [%p] a\\b '")
    stage.lab.query("blue", "postgres", "SELECT pg_reload_conf()")
    engine = stage.stopped("prepare", "--execute", stop_at="isolate")
    with open(f"{stage.lab.green.data}.pgcutover/clone.conf") as stream:
        stage.clone_configuration = stream.read()
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    return stage


def test_the_clone_does_not_load_what_works_by_itself(beside):
    """pg_cron and its like would run blue's jobs on it once it is promoted."""
    settings = re.findall("^shared_preload_libraries = (.*)$", beside.clone_configuration, re.M)
    assert settings == ["''"]


@pytest.mark.parametrize("change, back, said", (
    ("CREATE UNIQUE INDEX late ON feed (n)", "DROP INDEX late", "index public.late on public.feed"),
    ("CREATE SEQUENCE late", "DROP SEQUENCE late", "sequence public.late"),
    ("ALTER SEQUENCE load.counter MAXVALUE 99999999", "ALTER SEQUENCE load.counter NO MAXVALUE",
     "sequence load.counter"),
    ("ALTER TABLE feed ADD CONSTRAINT late CHECK (n > 0)", "ALTER TABLE feed DROP CONSTRAINT late",
     "constraint late of public.feed"),
    ("SELECT lo_create(424242)", "SELECT lo_unlink(424242)", "large objects: 1")))
def test_what_changed_on_blue_since_the_clone_is_refused(beside, change, back, said):
    beside.lab.query("blue", "shop", change)
    refused = beside.cutover(code=STALE)
    beside.lab.query("blue", "shop", back)
    assert "only on blue: " in refused.err and said in refused.err


def test_what_changes_while_a_quiet_moment_is_waited_for_is_refused(beside):
    engine = beside.stopped("cutover", "--execute", "--yes", stop_at="quiet")
    beside.lab.query("blue", "shop", "CREATE SEQUENCE late")
    engine.go_on()
    assert engine.wait() == STALE, engine.text()
    beside.lab.query("blue", "shop", "DROP SEQUENCE late")
    assert "only on blue: " in engine.text() and "sequence public.late" in engine.text()


def test_a_backslash_in_a_parameter_is_carried_over(beside):
    show = "SHOW log_line_prefix"
    assert beside.lab.query("green", "postgres", show) == [("%m [%p] a\\b ",)]
    assert beside.lab.query("blue", "postgres", show) == [("%m [%p] a\\b ",)]


def test_a_password_that_changed_is_told_without_its_digest(beside):
    (was,), = beside.lab.query("blue", "postgres", "SELECT rolpassword FROM pg_authid "
                               "WHERE rolname = 'reporting'")
    beside.lab.query("blue", "postgres", "ALTER ROLE reporting PASSWORD 'another'")
    refused = beside.cutover(code=STALE)
    beside.lab.query("blue", "postgres", "ALTER ROLE reporting PASSWORD %s", (was,))
    assert "only on blue: role reporting" in refused.err and "password not shown" in refused.err
    assert not re.search(r"[0-9a-f]{32}", refused.err)


def test_background_workers_that_began_before_the_fence_are_ended(beside):
    pid = add_background_writer(beside)
    beside.cutover()
    event, = [event for event in beside.events("terminated") if event.startswith(f"pid={pid} ")]
    assert "application_name=logical replication worker" in event


def test_a_schema_that_is_gone_keeps_no_identity_from_being_restored(beside):
    for side in ("blue", "green"):
        beside.lab.query(side, "shop", "SET TRANSACTION READ WRITE; DROP SCHEMA short CASCADE")
    beside.finish()
