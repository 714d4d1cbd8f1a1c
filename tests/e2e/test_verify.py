"""verify: a difference is found and named, what only moves is none; on two plain servers."""

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import psycopg2
import pytest

from pair import LONG, Pair
from processes import wait_until
from verifying import HOT, NEAREST, TYPES, Writers

EQUAL, FAILED, USAGE, DIFFERENT, LOCKED, TRANSIENT = 0, 1, 2, 3, 6, 7


def described(findings, weight="different"):
    """"object, row key: what" of each, without the database."""
    return sorted(f"{each['object']}{', row ' + each['key'] if each['key'] else ''}: {each['what']}"
                  for each in findings if each["weight"] == weight)


@pytest.fixture(scope="module")
def pair(program):
    with Pair(program, 15, 17) as made:
        made.both("shop", HOT)
        made.replicate()
        yield made


@pytest.fixture
def busy(pair):
    with Writers(pair) as writers:
        wait_until(lambda: writers.commits > 20 or writers.errors, "the writers' first commits")
        yield pair


@pytest.mark.parametrize("majors", [(15, 17), (13, 17), (13, 15)], ids=str)
def test_rows_of_every_type_are_equal_across_majors(program, majors):
    with Pair(program, *majors) as pair:
        pair.both("shop", TYPES)
        pair.replicate()
        findings = pair.findings(code=EQUAL)
        assert described(findings) == described(findings, "undecided") == []
        assert described(findings, "advice")[-1].startswith("table public.scratch: unlogged")
        everything = json.loads(pair.verify("--output=json").stdout)
        assert everything["tables"] >= 15 and everything["complete"] is True


@pytest.mark.parametrize("majors", [(15, 17), (13, 17)], ids=str)
def test_the_smallest_difference_of_each_type_is_found(program, majors):
    with Pair(program, *majors) as pair:
        pair.both("shop", TYPES)
        pair.replicate()
        for table, change, where in NEAREST:
            pair.execute("green", "shop", f"UPDATE {table} SET {change} WHERE {where}")
        found = described(pair.findings(code=DIFFERENT))
        for table in {table for table, _, _ in NEAREST}:
            wanted = sum(each == table for each, _, _ in NEAREST)
            named = [each for each in found if each.startswith(f"table public.{table}, row ")]
            assert len(named) == wanted, (table, found)
        assert len(found) == len(NEAREST)


def test_nothing_is_different_in_20_runs_while_everything_moves(busy):
    for number in range(20):
        done = busy.verify("--output=json", f"--jobs={1 + number % 3}")
        assert done.returncode == EQUAL, f"run {number + 1}: {done.stdout}{done.stderr}"
        assert json.loads(done.stdout)["equal"] is True


# What is done to green, and how verify must name it; `undo` makes them equal again.
TAMPERED = (
    ("UPDATE quiet SET amount = amount + 0.1 WHERE id = md5('77')::uuid",
     "UPDATE quiet SET amount = 77 / 7.0 WHERE id = md5('77')::uuid",
     ["table public.quiet, row 28dd2c79-55ce-9264-5624-0b2ff0100bde: not the same on green as on "
      "blue"]),
    ("DELETE FROM settings WHERE name = 'setting 9'", "INSERT INTO settings VALUES ('setting 9', 9)",
     ["table public.settings, row setting 9: missing on green"]),
    ("INSERT INTO settings VALUES ('more', 1)", "DELETE FROM settings WHERE name = 'more'",
     ["table public.settings, row more: only on green"]),
    ("INSERT INTO keyless VALUES (99, 'twice'), (99, 'twice')",
     "DELETE FROM keyless WHERE client = 99",
     ["table public.keyless, row without a key, hash N: 2 rows more on green than on blue"]),
    ("UPDATE settings SET value = 91 - value WHERE name IN ('setting 41', 'setting 50')",
     "UPDATE settings SET value = 91 - value WHERE name IN ('setting 41', 'setting 50')",
     ["table public.settings, row setting 41: not the same on green as on blue",
      "table public.settings, row setting 50: not the same on green as on blue"]),
    ("DROP INDEX quiet_amount", "CREATE INDEX quiet_amount ON quiet (amount)",
     ["index public.quiet_amount on public.quiet using btree (amount numeric_ops): only on blue"]),
    ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'quiet_amount'::regclass",
     "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'quiet_amount'::regclass",
     ["index public.quiet_amount on public.quiet using btree (amount numeric_ops): only on blue"]),
    ("ALTER TABLE settings ALTER value SET DEFAULT 6",
     "ALTER TABLE settings ALTER value SET DEFAULT 5",
     ["default of public.settings.value: 5 on blue, 6 on green"]),
    ("ALTER SEQUENCE ticket INCREMENT 4", "ALTER SEQUENCE ticket INCREMENT 3",
     ["sequence public.ticket, bigint, increment 3, from 1 to 9223372036854775807, start 1, cycle f, "
      "cache 1, of no column: only on blue",
      "sequence public.ticket, bigint, increment 4, from 1 to 9223372036854775807, start 1, cycle f, "
      "cache 1, of no column: only on green"]),
    ("SELECT setval('ticket', 5000000001)", "SELECT setval('ticket', 1, false)",
     ["sequence public.ticket: at 5000000001 on green, ahead of N on blue: it was moved "
      "there, or set back on blue"]),
    ("SELECT lo_put(70002, 2500, 'x')", "SELECT lo_put(70002, 2500, '\\x00')",
     ["large object 70002: not the same on both sides; large objects are not replicated"]),
    ("ALTER ROLE postgres CONNECTION LIMIT 7", "ALTER ROLE postgres CONNECTION LIMIT -1", None),
    ("ALTER ROLE postgres SET work_mem = '7MB'", "ALTER ROLE postgres RESET work_mem",
     ["setting of role postgres in all databases, work_mem=7MB: only on green"]),
)


@pytest.mark.parametrize("number", range(len(TAMPERED)))
def test_a_difference_is_found_and_named_while_everything_moves(busy, number):
    change, undo, expected = TAMPERED[number]
    busy.execute("green", "shop", change)
    try:
        found = [re.sub(r"\b(hash|ahead of) -?\d+", r"\1 N", each)
                 for each in described(busy.findings(code=DIFFERENT))]
        if expected is None:
            assert found and all(each.startswith("role postgres") for each in found), found
        else:
            assert found == sorted(expected)
    finally:
        busy.execute("green", "shop", undo)
    assert busy.findings(code=EQUAL) == []


def test_a_missing_sequence_and_a_missing_table_are_named(program):
    with Pair(program, 15, 17) as pair:
        pair.both("shop", "CREATE SEQUENCE lonely; CREATE TABLE here (a integer PRIMARY KEY)")
        pair.replicate()
        pair.execute("green", "shop", "DROP SEQUENCE lonely; CREATE TABLE more (a integer)")
        pair.execute("green", "shop", "ALTER TABLE here ADD late integer")
        found = described(pair.findings(code=DIFFERENT))
        assert any(each.startswith("sequence public.lonely, ") and each.endswith("only on blue")
                   for each in found)
        assert "table public.more: only on green" in found
        assert "table public.here: other columns, so its rows were not compared" in found


def test_a_row_lost_on_the_way_is_found_though_its_table_is_hot(busy):
    busy.execute("green", "shop", "INSERT INTO hot (id, n) VALUES (100000, 1)")
    busy.execute("green", "shop", "DELETE FROM hot WHERE id = 300")
    try:
        assert described(busy.findings("--table=hot", code=DIFFERENT)) == [
            "table public.hot, row 100000: only on green",
            "table public.hot, row 300: missing on green"]
    finally:
        busy.execute("green", "shop", "DELETE FROM hot WHERE id = 100000")
        [[n, note]] = busy.execute("blue", "shop", "SELECT n, note FROM hot WHERE id = 300")
        busy.execute("green", "shop", "INSERT INTO hot VALUES (300, %s, %s)", (n, note))


def test_many_differences_are_listed_up_to_a_limit_and_counted_on(program):
    with Pair(program, 15, 17) as pair:
        pair.both("shop", "CREATE TABLE big (id integer PRIMARY KEY, v text); INSERT INTO big "
                  "SELECT n, 'v' || n FROM generate_series(1, 70000) AS n; "
                  "CREATE TABLE heap (v integer); ALTER TABLE heap REPLICA IDENTITY FULL; "
                  "INSERT INTO heap SELECT generate_series(1, 5000)")
        pair.replicate()
        with Writers(pair, count=0):
            pair.execute("green", "shop", "UPDATE big SET v = 'x' WHERE id > 1000")
            pair.execute("green", "shop", "INSERT INTO big SELECT n, '' FROM "
                         "generate_series(70001, 130000) AS n")
            pair.execute("green", "shop", "DELETE FROM heap")
            found = described(pair.findings(code=DIFFERENT))
        big = [each for each in found if each.startswith("table public.big")]
        heap = [each for each in found if each.startswith("table public.heap")]
        assert len(big) == len(heap) == 101
        assert "table public.big: more of its rows than are listed differ, or may" in big
        assert "table public.heap: more of its rows than are listed differ, or may" in heap


def test_rows_are_shown_only_when_asked(pair):
    pair.execute("green", "shop", "UPDATE settings SET value = 4711 WHERE name = 'setting 3'")
    try:
        assert "4711" not in pair.verify("--table=settings").stdout
        done = pair.verify("--table=public.settings", "--show-rows")
        assert 'blue: ("setting 3",3); green: ("setting 3",4711)' in done.stdout
        with open(f"{pair.run_directory}/verify.json") as stream:
            assert "4711" in stream.read()
    finally:
        pair.execute("green", "shop", "UPDATE settings SET value = 3 WHERE name = 'setting 3'")


# -- what must not be an alarm, nor an all-clear --------------------------------------------------

def insert_quietly(pair):
    with contextlib.suppress(psycopg2.Error):
        pair.execute("blue", "shop", "INSERT INTO t VALUES (1)")


def test_a_commit_that_waits_for_a_standby_is_no_difference(program):
    """Green has it before blue shows it."""
    with Pair(program, 15, 17) as pair:
        pair.both("shop", "CREATE TABLE t (id integer PRIMARY KEY)")
        pair.replicate()
        pair.execute("blue", "shop", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        pair.execute("blue", "shop", "SELECT pg_reload_conf()")
        waits = threading.Thread(target=insert_quietly, args=(pair,), daemon=True)
        waits.start()
        wait_until(lambda: pair.execute("green", "shop", "SELECT id FROM t"), "the row on green", 20)
        assert pair.execute("blue", "shop", "SELECT id FROM t") == []
        done = pair.verify("--output=json", "--table=t")
        assert described(json.loads(done.stdout)["findings"]) == []
        assert done.returncode == TRANSIENT
        pair.execute("blue", "shop", "ALTER SYSTEM RESET synchronous_standby_names")
        pair.execute("blue", "shop", "SELECT pg_reload_conf()")
        waits.join(20)
        assert pair.findings("--table=t", code=EQUAL) == []


def test_a_slot_that_is_not_there_or_not_used_is_never_equal(program):
    with Pair(program, 15, 17) as pair:
        pair.both("shop", "CREATE TABLE t (id integer PRIMARY KEY)")
        done = pair.verify()
        assert done.returncode == FAILED and "is not there: nothing is replicated" in done.stderr
        assert "equal" not in done.stdout
        pair.replicate()
        assert pair.verify().returncode == EQUAL
        for name in pair.databases:
            pair.execute("green", name, f"ALTER SUBSCRIPTION pgcutover_{pair.oids[name]} DISABLE")
        done = pair.verify(timeout=90)
        assert done.returncode == TRANSIENT and "is not in use" in done.stderr
        assert not done.stdout


def test_a_table_that_is_not_subscribed_is_named(program):
    with Pair(program, 15, 17) as pair:
        pair.replicate()
        pair.both("shop", "CREATE TABLE late (id integer PRIMARY KEY)")
        assert described(pair.findings(code=DIFFERENT)) == [
            "table public.late: not in the subscription: what is written to it does not arrive"]


def test_behind_the_switch_blue_is_compared_with_green(program):
    with Pair(program, 15, 17) as pair:
        pair.both("shop", HOT)
        pair.replicate("green", "blue")
        for fact, value in (("side", "green"), ("leg", "cutover"), ("cutover.state", "done")):
            pair.set_fact(fact, value)
        done = pair.verify()
        assert done.returncode == EQUAL and '--accept-data-loss" would lose' in done.stdout, done
        pair.set_fact("way_back", "1")
        with Writers(pair, side="green") as writers:
            wait_until(lambda: writers.commits > 20, "the writers' first commits")
            done = pair.verify("--output=json")
            assert done.returncode == EQUAL, done
            said = json.loads(done.stdout)
            assert (said["publisher"], said["subscriber"]) == ("green", "blue")
            pair.execute("blue", "shop", "DELETE FROM settings WHERE name = 'setting 5'")
            assert described(pair.findings(code=DIFFERENT)) == [
                "table public.settings, row setting 5: missing on blue"]


# -- interrupted, resumed, refused ---------------------------------------------------------------

ROWS = 400000  # several hundred ranges with a rest behind each: longer than what is kept every 3 s


@pytest.fixture(scope="module")
def long_pair(program):
    """Enough rows that a verification can be caught in the middle of them."""
    with Pair(program, 15, 17) as made:
        made.both("shop", "CREATE TABLE long (id integer PRIMARY KEY, v text); INSERT INTO long "
                  f"SELECT n, md5(n::text) FROM generate_series(1, {ROWS}) AS n; "
                  "CREATE TABLE short (id integer PRIMARY KEY); INSERT INTO short VALUES (1)")
        made.replicate()
        yield made


SLOW = ("--max-chunk=1000", "--rest=95", "--jobs=1")


def begin_slowly(pair, *arguments):
    """A verification that has done some ranges of the long table, and not all."""
    before = pair.progress_file().get("started_us")
    process = pair.begin(*SLOW, "--restart", *arguments)

    def has_begun():
        kept = pair.progress_file()
        return kept.get("started_us") not in (None, before) and any(
            each["table"] == "long" and each["rows"] > 0 for each in kept["tables"])

    wait_until(lambda: process.poll() is not None or has_begun(), "the first ranges", 60)
    assert process.poll() is None, process.communicate()
    return process


def test_an_interrupted_verification_goes_on_where_it_stopped(long_pair):
    process = begin_slowly(long_pair)
    out, err = long_pair.interrupt(process)
    assert process.returncode == TRANSIENT and "it goes on where it stopped" in err and not out
    kept = {each["table"]: each for each in long_pair.progress_file()["tables"]}
    assert 0 < kept["long"]["rows"] < ROWS and not kept["long"]["is_done"]
    # below what was compared nothing is read again: this is not seen, the next one is
    long_pair.execute("green", "shop", f"UPDATE long SET v = 'x' WHERE id IN (1, {ROWS})")
    try:
        done = long_pair.verify("--output=json")
        assert described(json.loads(done.stdout)["findings"]) == [
            f"table public.long, row {ROWS}: not the same on green as on blue"]
        assert json.loads(done.stdout)["rows"] == ROWS + 1
        assert len(long_pair.findings(code=DIFFERENT)) == 2
    finally:
        long_pair.execute("green", "shop",
                          f"UPDATE long SET v = md5(id::text) WHERE id IN (1, {ROWS})")
    assert long_pair.findings(code=EQUAL) == []


def test_what_was_found_before_the_interruption_is_not_forgotten(long_pair):
    long_pair.execute("green", "shop", "UPDATE long SET v = 'x' WHERE id = 5")
    try:
        process = begin_slowly(long_pair)
        process.kill()
        process.communicate(timeout=LONG)
        assert described(long_pair.findings(code=DIFFERENT)) == [
            "table public.long, row 5: not the same on green as on blue"]
    finally:
        long_pair.execute("green", "shop", "UPDATE long SET v = md5('5') WHERE id = 5")
    assert long_pair.findings(code=EQUAL) == []


def test_ranges_whose_ends_are_estimated_leave_no_row_out(program):
    with Pair(program, 15, 17) as pair:
        pair.both("shop", "CREATE TABLE big (a integer, b integer, PRIMARY KEY (a, b)); INSERT INTO big "
                  "SELECT n / 7, n FROM generate_series(1, 900000) AS n ORDER BY n % 1000; "
                  "INSERT INTO big SELECT -n, n FROM generate_series(1, 100000) AS n; ANALYZE big")
        pair.replicate()
        done = pair.verify("--output=json", "--table=big", "--max-chunk=200000", "--jobs=3")
        assert done.returncode == EQUAL, done
        assert json.loads(done.stdout)["rows"] == 1000000
        pair.execute("green", "shop", "DELETE FROM big WHERE b IN (1, 450000, 900000) AND a >= 0")
        assert described(pair.findings("--table=big", "--max-chunk=200000", code=DIFFERENT)) == sorted(
            f"table public.big, row ({n // 7}, {n}): missing on green" for n in (1, 450000, 900000))


def test_restart_begins_anew(long_pair):
    long_pair.interrupt(begin_slowly(long_pair))
    long_pair.execute("green", "shop", "UPDATE long SET v = 'x' WHERE id = 1")
    try:
        assert len(long_pair.findings("--restart", code=DIFFERENT)) == 1
    finally:
        long_pair.execute("green", "shop", "UPDATE long SET v = md5('1') WHERE id = 1")


def test_a_second_verification_at_the_same_time_is_refused(long_pair):
    process = begin_slowly(long_pair)
    done = long_pair.verify()
    assert done.returncode == LOCKED and "another verify is at work" in done.stderr
    long_pair.interrupt(process)


@pytest.mark.parametrize("side", ["blue", "green"])
def test_a_server_that_is_lost_in_the_middle_can_be_gone_on_with(long_pair, side):
    process = begin_slowly(long_pair)
    process.send_signal(signal.SIGSTOP)  # it does not end while the server does
    long_pair.stop(side)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=LONG)
    long_pair.start(side)
    assert process.returncode == TRANSIENT and f" {side} " in err and not out, err
    wait_until(lambda: long_pair.execute("blue", "postgres", "SELECT bool_and(active) "
                                         "FROM pg_replication_slots")[0][0], "the slots", 60)
    done = long_pair.verify("--output=json")
    assert done.returncode == EQUAL, done
    assert json.loads(done.stdout)["rows"] == ROWS + 1


def test_the_result_is_kept_with_its_age(long_pair):
    long_pair.findings(code=EQUAL)
    first = long_pair.progress_file()["last"]
    assert first["is_equal"] is True and first["is_part"] is False and first["rows"] == ROWS + 1
    long_pair.findings("--table=short", code=EQUAL)
    assert long_pair.progress_file()["last"]["is_part"] is True
    assert long_pair.progress_file()["last"]["started_us"] > first["started_us"]


@pytest.mark.parametrize("arguments, words", [
    (["--jobs=0"], "--jobs takes a number from 1 to 64, not \"0\""),
    (["--jobs=two"], "--jobs takes a number"),
    (["--rest=100"], "--rest takes a number from 0 to 95"),
    (["--max-chunk=5"], "--max-chunk takes a number"),
    (["--database=nowhere"], "--database takes databases of the run, not \"nowhere\""),
    (["--table=public.nothing"], "there is no table \"public.nothing\""),
    (["--execute"], "verify changes nothing"),
    (["--jobs"], "needs a value"),
    (["--tabel=t"], "Did you mean \"--table\"?"),
], ids=lambda value: value[0] if isinstance(value, list) else "")
def test_wrong_arguments_are_refused_with_one_clear_error(pair, arguments, words):
    done = pair.verify(*arguments)
    assert done.returncode == USAGE and words in done.stderr and not done.stdout
    assert done.stderr.count("error:") == 1


def test_tables_and_databases_can_be_chosen(pair):
    done = json.loads(pair.verify("--output=json", "--table=hot,public.settings",
                                  "--table", "quiet").stdout)
    assert done["tables"] == 3 and done["complete"] is False
    done = json.loads(pair.verify("--output=json", "--database=postgres").stdout)
    assert done["databases"] == 1 and done["complete"] is False


def test_it_changes_nothing_and_locks_nothing(pair):
    """Beside a table that somebody has locked against writers, and nothing is written."""
    holder = pair.connect("blue")
    holder.autocommit = False
    with contextlib.closing(holder), holder.cursor() as cursor:
        cursor.execute("LOCK TABLE quiet IN SHARE ROW EXCLUSIVE MODE")
        before = pair.execute("blue", "shop", "SELECT txid_current()")[0][0]
        assert pair.verify().returncode == EQUAL
        assert pair.execute("blue", "shop", "SELECT txid_current()")[0][0] == before + 1


def test_it_waits_for_a_lock_that_ends_soon(pair):
    holder = pair.connect("green")
    holder.autocommit = False
    with contextlib.closing(holder), holder.cursor() as cursor:
        cursor.execute("LOCK TABLE quiet IN ACCESS EXCLUSIVE MODE")
        process = pair.begin("--table=quiet")
        wait_until(lambda: pair.execute("green", "shop", "SELECT 1 FROM pg_locks WHERE NOT granted"),
                   "verify to wait for the lock", 30)
        holder.rollback()
        process.communicate(timeout=LONG)
        assert process.returncode == EQUAL


def test_progress_is_drawn_no_wider_than_the_terminal(long_pair):
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
    process = subprocess.Popen(long_pair.argv(*SLOW, "--restart"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=follower, cwd="/")
    long_pair.begun.append(process)
    os.close(follower)
    drawn = b""
    try:
        while drawn.count(b"\r") < 5:
            drawn += os.read(leader, 4096)
    finally:
        process.kill()
        os.close(leader)
    lines = drawn.decode().replace("\x1b[K", "").split("\r")
    assert any("verify: " in line and "%" in line for line in lines)
    assert max(len(line) for line in lines) <= 29
