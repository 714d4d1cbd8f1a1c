"""Traps of what is moved: writers of any role, sequences of any kind, what a clone brings along."""

import re
import threading
import time

import psycopg2
import pytest

import facts
import support
from processes import wait_until
from support import CHECKS, DONE, FAILED, ROLLED_BACK, STALE

# name -> (how it is made, what happens to it before the clone, what on blue behind it)
SEQUENCES = {
    "never_called": ("START 700", "", ""),
    "set_but_not_called": ("", "", "SELECT setval('trap.{n}', 4711, false)"),
    "descending": ("INCREMENT -5 MINVALUE -100000 MAXVALUE 100 START 100", "",
                   "SELECT nextval('trap.{n}') FROM generate_series(1, 7)"),
    "cached": ("CACHE 50", "SELECT nextval('trap.{n}')", "SELECT nextval('trap.{n}')"),
    "with_gaps": ("", "SELECT nextval('trap.{n}') FROM generate_series(1, 9)",
                  "BEGIN; SELECT nextval('trap.{n}') FROM generate_series(1, 500); ROLLBACK"),
    "set_back": ("", "SELECT setval('trap.{n}', 9000)", "SELECT setval('trap.{n}', 12)"),
    "at_its_end": ("AS smallint MAXVALUE 32767", "", "SELECT setval('trap.{n}', 32767)"),
    "in_a_circle": ("AS integer MINVALUE 5 MAXVALUE 8 CYCLE", "",
                    "SELECT nextval('trap.{n}') FROM generate_series(1, 6)"),
}
# What the next value on green is, where the last one alone does not tell.
FOLLOWS = {"never_called": 700, "set_but_not_called": 4711, "descending": 65, "with_gaps": 510,
           "set_back": 13, "in_a_circle": 7}
# Its owner's rows end long before its value: who goes by the rows hands out ids again.
OWNED = """
CREATE TABLE trap.owned (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
INSERT INTO trap.owned (note) SELECT 'row' FROM generate_series(1, 50);
DELETE FROM trap.owned WHERE id > 10;
CREATE TABLE trap.keyless (n integer, note text);
INSERT INTO trap.keyless SELECT n % 5, 'before' FROM generate_series(1, 100) AS n;
CREATE TABLE trap.big (n integer, note text);
ALTER TABLE trap.big ALTER note SET STORAGE PLAIN;
INSERT INTO trap.big SELECT n, repeat('x', 1900) FROM generate_series(1, 9500) AS n;
UPDATE trap.big SET note = 'short' WHERE n = 1;
"""


class Writer:
    """Somebody of a role of his own, past the poolers: he keeps writing, and comes back."""

    def __init__(self, stage, user, name):
        self.stage, self.user, self.name = stage, user, name
        self.acknowledged, self.refused = [], []
        self.done, self.seen = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._write)

    def _write(self):
        number, connection = 0, None
        while not self.done.wait(0.05):
            number += 1
            try:
                connection = connection or self.stage.lab.connect("blue", "shop", self.user)
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO trap.others VALUES (%s, %s)", (self.name, number))
                self.acknowledged.append(number)
            except psycopg2.Error as error:
                self.refused.append(error)
                connection = None
            self.seen.set()
        if connection is not None:
            connection.close()

    def __enter__(self):
        self.thread.start()
        assert self.seen.wait(10)
        return self

    def stop(self):
        self.done.set()
        self.thread.join()

    def __exit__(self, kind, value, traceback):
        self.stop()


def rows_of(stage, side, name):
    return [n for n, in stage.lab.query(side, "shop", "SELECT n FROM trap.others WHERE who = %s "
                                        "ORDER BY n", (name,))]


def subscribe(stage):
    """Blue becomes a subscriber itself, behind the check's back, of another of its databases."""
    lab = stage.lab
    lab.query("blue", "events", "CREATE PUBLICATION feed FOR TABLE trap_feed")
    lab.query("blue", "events", "SELECT pg_create_logical_replication_slot('feed', 'pgoutput')")
    stage.subscribe_itself("shop", "events", "feed")


def unsubscribe(stage):
    stage.lab.query("blue", "shop", "DROP SUBSCRIPTION feed")
    stage.lab.query("blue", "events", "DROP PUBLICATION feed")


def look_at_clone(stage, text):
    with open(f"{stage.lab.green.data}.pgcutover/socket") as stream:
        clone = psycopg2.connect(host=stream.read().strip(), port=50432, user="postgres",
                                 dbname="shop")
    try:
        with clone.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()
    finally:
        clone.close()


@pytest.fixture(scope="module")
def data(stopping_program, make_module_stage):
    """Ready; blue was a subscriber while it was cloned, and is not any more."""
    stage = make_module_stage()
    lab = stage.lab
    lab.query("blue", "shop", "CREATE SCHEMA trap; CREATE TABLE trap.others (who text, n integer, "
              "PRIMARY KEY (who, n)); CREATE ROLE batch LOGIN; CREATE TABLE trap_feed (n integer "
              f"PRIMARY KEY);{OWNED}")
    lab.query("blue", "events", "CREATE TABLE trap_feed (n integer PRIMARY KEY)")
    (secret,), = lab.query("blue", "shop",
                           "SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")
    lab.query("blue", "shop", f"ALTER ROLE batch PASSWORD '{secret}'; "
              "GRANT USAGE ON SCHEMA trap TO batch; GRANT INSERT ON trap.others TO batch")
    with open(lab.passfile, "a") as stream:
        stream.write(f"*:*:*:batch:{stage.passwords()['app']}\n")
    for name, (options, before, _behind) in SEQUENCES.items():
        lab.query("blue", "shop", f"CREATE SEQUENCE trap.{name} {options}")
        if before:
            lab.query("blue", "shop", before.format(n=name))
    engine = stage.stopped("prepare", "--execute", stop_at="clone,isolate")
    subscribe(stage)
    stage.refused = stage.run("check")
    engine.go_on()
    engine.wait_stopped()
    stage.cloned = look_at_clone(stage, "SELECT subname, subenabled FROM pg_subscription")
    stage.at_work = look_at_clone(stage, "SELECT backend_type FROM pg_stat_activity WHERE "
                                  "backend_type LIKE 'logical replication%'")
    lab.query("blue", "events", "INSERT INTO trap_feed SELECT generate_series(1, 100)")
    wait_until(lambda: lab.query("blue", "shop", "SELECT count(*) FROM trap_feed") == [(100,)],
               "blue to get what is meant for it", 20)
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    unsubscribe(stage)
    for name, (_options, _before, behind) in SEQUENCES.items():
        if behind:
            lab.query("blue", "shop", behind.format(n=name))
    lab.query("blue", "shop", "UPDATE trap.keyless SET note = 'behind' WHERE n = 1; "
              "DELETE FROM trap.keyless WHERE n = 2")
    return stage


def test_a_blue_that_subscribes_is_refused_by_check(data):
    assert data.refused.code == CHECKS
    assert re.search(r"error +subscriptions", data.refused.out), data.refused.out


def test_a_subscription_that_the_clone_carries_does_not_start_there(data):
    """It would take from its publisher what is meant for blue."""
    assert data.cloned == [("feed", True)] and data.at_work == []
    found = data.lab.query("green", "shop", "SELECT subname FROM pg_subscription")
    assert found and ("feed",) not in found


def test_a_big_table_without_any_index_is_found_beforehand(data):
    """Every update of it would read all of it on green."""
    assert re.search(r"warning +identity_slow.*trap\.big", data.refused.out), data.refused.out


def test_output_plugins_that_are_not_allowed_are_found_beforehand(data):
    if not data.lab.query("blue", "postgres", "SELECT 1 FROM pg_settings WHERE name = "
                          "'output_plugin_libraries'"):
        pytest.skip("blue's minor release allows every output plugin")
    before = data.run("check").out
    data.lab.query("blue", "postgres", "ALTER SYSTEM SET output_plugin_libraries = test_decoding")
    data.lab.query("blue", "postgres", "SELECT pg_reload_conf()")
    found = data.run("check", code=CHECKS)
    data.lab.query("blue", "postgres", "ALTER SYSTEM RESET output_plugin_libraries")
    data.lab.query("blue", "postgres", "SELECT pg_reload_conf()")
    assert re.search(r"error +output_plugin\b", found.out), found.out
    assert "output_plugin" not in before


def test_green_is_known_by_the_identity_that_it_has_behind_the_upgrade(data):
    """pg_upgrade gave it another than blue's and the clone's; who answers there now is asked."""
    look = "SELECT system_identifier::text FROM pg_control_system()"
    (blue,), = data.lab.query("blue", "postgres", look)
    (green,), = data.lab.query("green", "postgres", look)
    assert blue != green and data.fact("green.system_identifier") == green
    data.set_fact("green.system_identifier", blue)
    refused = data.cutover(code=STALE)
    data.set_fact("green.system_identifier", green)
    assert "another server answers at green's address" in refused.err


def test_a_slot_without_a_position_is_no_lag_of_zero(ready_again):
    """A slot of the right name, but without a confirmed position: NULL sorts first, and casts to
    zero elsewhere."""
    stage = ready_again
    stage.configure("pause", "budget", "20s")  # the watchdog is patient while the test is at work
    before = stage.lab.query("blue", "shop", "SELECT count(*) FROM load.ledger")
    engine = stage.stopped("cutover", "--execute", "--yes", stop_at="prove")
    (slot, pid), = stage.lab.query("blue", "postgres", "SELECT slot_name, active_pid FROM "
                                   "pg_replication_slots WHERE database = 'events'")
    stage.lab.query("blue", "postgres", "SELECT pg_terminate_backend(%s)", (pid,))

    def replaced():
        try:
            stage.lab.query("blue", "postgres", "SELECT pg_drop_replication_slot(%s)", (slot,))
        except psycopg2.errors.ObjectInUse:
            return False
        stage.lab.query("blue", "postgres", "SELECT pg_create_physical_replication_slot(%s)",
                        (slot,))
        return True

    wait_until(replaced, "the slot to be replaced", 10, 0.002)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert re.search(r"slot .* is gone or has no position", engine.text()), engine.text()
    stage.lab.query("p1", "shop", "UPDATE load.account SET balance = balance", user="app")
    assert stage.lab.query("blue", "shop", "SELECT count(*) FROM load.ledger") == before
    assert stage.cutover(code=None).code in (STALE, FAILED)
    stage.lab.query("blue", "postgres", "SELECT pg_drop_replication_slot(%s)", (slot,))


def test_undo_leaves_slots_and_subscriptions_as_they_were(data):
    """A DROP SUBSCRIPTION on the way back would take blue's slot along: what it keeps is lost."""
    look = ("SELECT slot_name, restart_lsn <= confirmed_flush_lsn FROM pg_replication_slots "
            "WHERE slot_name LIKE 'pgcutover%' ORDER BY 1")
    before = facts.everything(data.lab, green=True)
    slots = data.lab.query("blue", "postgres", look)
    engine = data.stopped("cutover", "--execute", "--yes", stop_at="commit")
    engine.kill()
    data.wait_alone()
    assert data.fact("cutover.state") == "undone"
    assert data.lab.query("blue", "postgres", look) == slots and len(slots) == 4
    facts.assert_same(before, facts.everything(data.lab, green=True))


@pytest.fixture(scope="module")
def moved(data):
    """The cutover, with everybody in its way who can be."""
    lab = data.lab
    with data.load(direct=("blue", "shop"), direct_rate=20) as data.writers, \
            Writer(data, "batch", "batch") as data.batch, \
            Writer(data, "postgres", "superuser") as data.superuser:
        # superusers are stopped by no privilege: this one writes up to the fence, but not behind it
        engine = data.begin("cutover", "--execute", "--yes", stop_at="fence,prove",
                            config=data.variant("patient", "pause", "budget", "30s"))
        engine.wait_stopped()
        data.open = data.session("blue", user="batch")
        with data.open.cursor() as cursor:
            cursor.execute("INSERT INTO trap.others VALUES ('open', 1)")
        lab.query("blue", "shop", "SELECT pg_logical_emit_message(true, 'trap', repeat('x', 9000)),"
                  " pg_logical_emit_message(false, 'trap', 'not part of a transaction')")
        data.superuser.stop()
        engine.go_on()
        engine.wait_stopped()
        # the log moves on by itself, also where nobody writes: to the head of a new segment
        lab.query("blue", "postgres", "SET default_transaction_read_only = off; "
                  "SELECT pg_create_restore_point('trap'), pg_switch_wal()")
        engine.go_on()
        data.begun = time.monotonic()
        assert engine.wait() == DONE, engine.text()
        data.took = support.elapsed(data.begun)
        data.moved_text = engine.text()
        data.wait_commits(data.writers)
    return data


def test_a_log_that_moves_behind_the_fence_does_not_keep_the_cutover(moved):
    """"No lag at all" never comes on a live server: the goal is a position that was taken."""
    assert "everything acknowledged on blue is on green" in moved.moved_text
    assert moved.took < 20


def test_a_role_that_no_pooler_uses_is_fenced_too_and_loses_nothing(moved):
    """Not only the clients' role is shut out, and whoever keeps coming back does not stop it."""
    assert moved.batch.acknowledged and moved.batch.refused
    assert rows_of(moved, "blue", "batch") == moved.batch.acknowledged
    assert rows_of(moved, "green", "batch") == moved.batch.acknowledged
    assert any("usename=batch" in event for event in moved.events("terminated"))


def test_what_a_superuser_wrote_before_the_fence_arrives(moved):
    assert moved.superuser.acknowledged
    assert rows_of(moved, "green", "superuser") == moved.superuser.acknowledged


def test_a_transaction_open_at_the_fence_is_ended_though_it_may_still_write(moved):
    """A read-only default does not touch it: its COMMIT would be acknowledged, and lost."""
    with pytest.raises(psycopg2.Error):
        moved.open.commit()
    assert rows_of(moved, "blue", "open") == rows_of(moved, "green", "open") == []


def test_messages_in_the_log_disturb_nothing(moved):
    moved.assert_nothing_lost(moved.writers, "green", errors=None)


def test_a_table_without_a_key_keeps_every_row(moved):
    """And its updates and deletes never failed on blue (the fixture made some)."""
    count = ("SELECT note, count(*) FROM trap.keyless GROUP BY note ORDER BY note")
    assert moved.lab.query("green", "shop", count) == [("before", 60), ("behind", 20)]


def test_sequences_of_every_kind_go_on_exactly(moved):
    blue, green = (facts.sequences(moved.lab, side) for side in ("blue", "green"))
    for name in (*SEQUENCES, "owned_id_seq"):
        assert green["shop", "trap", name] == blue["shop", "trap", name], name
    assert green["shop", "trap", "never_called"] == (700, False)
    assert green["shop", "trap", "set_but_not_called"] == (4711, False)
    for name, value in FOLLOWS.items():
        (found,), = moved.lab.query("green", "shop", f"SELECT nextval('trap.{name}')")
        assert found == value, name
    with pytest.raises(psycopg2.errors.SequenceGeneratorLimitExceeded):
        moved.lab.query("green", "shop", "SELECT nextval('trap.at_its_end')")
    # its cache was handed out on blue: nobody gets one of these again
    (cached,), = moved.lab.query("green", "shop", "SELECT nextval('trap.cached')")
    assert cached > blue["shop", "trap", "cached"][0]
    # who goes by MAX(id) would say 11
    assert moved.lab.query("green", "shop", "INSERT INTO trap.owned (note) VALUES ('next') "
                           "RETURNING id") == [(51,)]


def test_finish_drops_subscriptions_without_reaching_for_the_slots(moved):
    """DROP SUBSCRIPTION by itself takes the slot on the other side along, or fails without it."""
    engine = moved.stopped("finish", "--execute", stop_at="drop_slots")
    find = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'pgcutover%'"
    assert moved.lab.query("green", "postgres", find) == [(4,)]
    for side in ("blue", "green"):
        assert moved.lab.query(side, "postgres", "SELECT count(*) FROM pg_subscription") == [(0,)]
    engine.go_on()
    assert engine.wait() == DONE, engine.text()
    for side in ("blue", "green"):
        assert moved.lab.query(side, "postgres", find) == [(0,)]
