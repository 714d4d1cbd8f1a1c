"""What `watch` asks a server of each major, and what one who may see little is told."""

import contextlib

import pytest

import blue as single
from cases import MAJORS
from watching import Watch


@contextlib.contextmanager
def watched(server, **configuration):
    path = server.write_configuration(**configuration)
    with Watch(server.program, server.directory, path) as watch:
        watch.until(lambda: watch.server("blue", "cases")["state"] == "measured", "the server")
        yield watch


@pytest.mark.parametrize("major", MAJORS)
def test_every_major_is_measured(major, program):
    """A slot, a subscription that is disabled, a transaction, a prepared one."""
    with single.Blue(program, major) as server:
        server.execute("postgres", "SELECT pg_create_logical_replication_slot('pgcutover_1', "
                       "'pgoutput')")
        server.execute("postgres", """CREATE SUBSCRIPTION "two words" CONNECTION 'dbname=none'
                       PUBLICATION p WITH (connect = false, slot_name = 'other')""")
        server.psql("postgres", text="BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'left'")
        with watched(server) as watch:
            def now():
                return watch.server("blue", "cases")
            watch.until(lambda: "pgcutover_1" in now()["slots"] and now()["subscriptions"], "both")
            assert now()["version_num"] // 10000 == major
            slot, subscription = now()["slots"]["pgcutover_1"], now()["subscriptions"]["two words"]
            assert slot["database"] == "postgres" and not slot["is_active"]
            assert slot["wal_status"] == ("reserved" if major >= 13 else None)
            assert slot["retained"] >= slot["behind"] >= 0
            assert (subscription["slot"], subscription["is_enabled"]) == ("other", False)
            assert subscription["apply_errors"] == (0 if major >= 15 else None)
            assert subscription["conflicts"] == (0 if major >= 18 else None)
            assert now()["oldest_who"] == "postgres@postgres, prepared: left"
            assert now()["oldest_pid"] == 0
            server.execute("postgres", "CREATE TABLE more AS SELECT generate_series(1, 10000)")
            watch.until(lambda: now()["slots"]["pgcutover_1"]["trend"] == "never", "it behind", 40)
            watch.until(lambda: now()["wal_rate"] is not None, "how fast its log grows")
            if major >= 14:
                watch.until(lambda: now()["slots"]["pgcutover_1"]["spilled"] == 0, "the counter")


def test_how_long_a_slot_that_has_a_limit_lives(program):
    settings = {"max_slot_wal_keep_size": "40MB", "max_wal_size": "80MB", "min_wal_size": "32MB"}
    with single.Blue(program, 17, settings=settings) as server:
        server.execute("postgres", "SELECT pg_create_logical_replication_slot('pgcutover_1', "
                       "'pgoutput')")
        with watched(server) as watch:
            def slot():
                return watch.server("blue", "cases")["slots"].get("pgcutover_1") or {}

            def write():
                server.execute("postgres", "SELECT pg_logical_emit_message(false, 'x', "
                               "repeat('x', 500000))")
            seen = []

            def write_once_a_look():
                """However late watch is: it is to see it before it is lost."""
                if slot().get("safe") and slot()["safe"] not in seen:
                    seen.append(slot()["safe"])
                    write()
            watch.until(lambda: slot().get("safe"), "what is left")
            before = slot()["safe"]
            watch.until(lambda: write_once_a_look() or slot()["lost_in_us"], "when it is lost")
            assert slot()["safe"] < before and slot()["wal_status"] in ("reserved", "extended")
            watch.until(lambda: write() or server.execute("postgres", "CHECKPOINT") or
                        slot()["wal_status"] == "lost", "it lost", 60)
            assert watch.told("slot pgcutover_1 on blue is lost")
        server.execute("postgres", "SELECT pg_drop_replication_slot('pgcutover_1')")


def test_who_may_see_little_is_not_told_that_nothing_is_there(program):
    with single.Blue(program, 17) as server:
        server.execute("postgres", "CREATE ROLE blind LOGIN")
        server.execute("postgres", "CREATE ROLE seeing LOGIN IN ROLE pg_monitor")
        conninfo = "host={d}/run port={blue} dbname=postgres user="
        connection = server.connect()
        connection.autocommit = False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            with watched(server, config={"blue": {"conninfo": conninfo + "blind"}}) as watch:
                now = watch.server("blue", "cases")
                assert now["oldest_us"] is None and now["oldest_who"] is None
            with watched(server, config={"blue": {"conninfo": conninfo + "seeing"}}) as watch:
                watch.state.clusters.clear()
                watch.until(lambda: (watch.server("blue", "cases").get("oldest_us") or 0) > 0,
                            "it")


@pytest.mark.parametrize("major", MAJORS)
def test_pg_monitor_is_enough(major, program):
    with single.Blue(program, major) as server:
        server.execute("postgres", "CREATE ROLE seeing LOGIN IN ROLE pg_monitor")
        server.execute("postgres", """CREATE SUBSCRIPTION s CONNECTION 'dbname=none' PUBLICATION p
                       WITH (connect = false, slot_name = 'other')""")
        conninfo = "host={d}/run port={blue} dbname=postgres user=seeing"
        with watched(server, config={"blue": {"conninfo": conninfo}}) as watch:
            watch.until(lambda: "s" in watch.server("blue", "cases")["subscriptions"], "it")
            assert not watch.told("blue is not measured")


def test_slots_of_others_that_come_and_go_are_forgotten(program):
    with single.Blue(program, 17) as server, watched(server) as watch:
        def slots():
            return watch.server("blue", "cases")["slots"]
        for first in range(0, 160, 80):
            for number in range(first, first + 80):
                server.execute("postgres", "SELECT pg_create_logical_replication_slot("
                               f"'sync_{number}', 'pgoutput')")
            watch.until(lambda: f"sync_{first + 79}" in slots(), "them")
            server.execute("postgres", "SELECT pg_drop_replication_slot(slot_name) "
                           "FROM pg_replication_slots")
        watch.until(lambda: len(slots()) <= 64 and not any(
            slot["is_there"] for slot in slots().values()), "few of them", 30)
