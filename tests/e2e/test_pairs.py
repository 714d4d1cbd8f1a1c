"""Replication both ways between majors that the other tests have not, each by the program itself.

Servers of 10, 11, 12, 14 and 16 come without pg_upgrade and its helpers (tests/lib/stand_ins.py): all
but the upgrade itself is as it is. What pg_upgrade does is tested in test_majors.py.
"""

import subprocess

import pytest

import support
from processes import wait_until
from support import CHECKS, DONE
from takers import Takers

FETCH = f"{support.ROOT}/scripts/fetch-postgres"
PAIRS = ((10, 17), (11, 15), (12, 17), (14, 15), (16, 17), (16, 18))
ALWAYS = ((10, 17), (12, 17), (16, 18))


def fetch(major):
    """A machine on which one cannot be had fails: nothing here is left out silently."""
    done = subprocess.run([FETCH, "--bin", str(major)], timeout=20, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        done = subprocess.run([FETCH, str(major)], timeout=300, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"PostgreSQL {major}: {done.stdout.strip()[-500:]}"


def confirmed(stage, publisher):
    """Waits until the other side has confirmed everything that is written on that one now."""
    [[target]] = stage.lab.query(publisher, "postgres", "SELECT pg_current_wal_flush_lsn()")
    wait_until(lambda: stage.lab.query(
        publisher, "postgres", "SELECT count(*) FILTER (WHERE active AND confirmed_flush_lsn >= %s) "
        "FROM pg_replication_slots", (target,)) == [(len(support.DATABASES),)],
               f"all slots of {publisher} to confirm {target}", 40)


def applied(stage, subscriber):
    """Positions of what was really applied there: no keepalive moves them."""
    return stage.lab.query(subscriber, "postgres", "SELECT external_id, remote_lsn "
                           "FROM pg_replication_origin_status ORDER BY 1")


def keyless(stage, note):
    """How often that row is on blue, and on green."""
    return [stage.lab.query(side, "shop", "SELECT count(*) FROM load.keyless WHERE note = %s",
                            (note,))[0][0] for side in ("blue", "green")]


def assert_no_loop(stage, publisher, subscriber, note):
    """A row comes once, to a table without a key, which would take it again and again; behind it
    nothing is applied any more, however much is written that is not replicated."""
    connection = stage.lab.connect("p1", "shop", "app")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO load.keyless VALUES (0, 0, %s)", (note,))
    connection.close()
    wait_until(lambda: keyless(stage, note) == [1, 1], f"the row to come to {subscriber}", 30)
    confirmed(stage, publisher)
    before = applied(stage, subscriber)
    for _ in range(3):  # WAL that nobody has to apply
        stage.lab.query(publisher, "shop", "SELECT pg_logical_emit_message(true, 'none', 'x')")
    confirmed(stage, publisher)
    assert applied(stage, subscriber) == before
    assert keyless(stage, note) == [1, 1]
    others = stage.lab.query(subscriber, "postgres", "SELECT slot_name FROM pg_replication_slots")
    assert others == [], "both directions are there"


def origin_options(stage, subscriber):
    """Of all subscriptions there; None where the server does not know it."""
    return {origin for origin, in stage.lab.query(
        subscriber, "postgres", "SELECT to_jsonb(s) ->> 'suborigin' FROM pg_subscription s")}


def assert_equal(stage, side, takers):
    """Row by row, by the program; and what clients were told, once each."""
    stage.run("verify", "--jobs=2", code=DONE)
    assert takers.missing(side) == []


def assert_unreadable_files_are_refused(stage):
    """Before 11 a server reads nothing that lies outside its data directory."""
    stage.lab.query("blue", "postgres",
                    f"ALTER SYSTEM SET ssl_ca_file = '{stage.lab.directory}/tls/ca.crt'")
    stage.lab.query("blue", "postgres", "SELECT pg_reload_conf()")
    wait_until(lambda: stage.lab.query("blue", "postgres", "SHOW ssl_ca_file") != [("",)],
               "the parameter", 10)
    refused = stage.run("check", code=CHECKS)
    assert "outside_files" in refused.out and "ssl_ca_file" in refused.out


def spread():
    """The others are run by "scripts/test crash" with all that takes long."""
    return [pytest.param(pair, marks=() if pair in ALWAYS else pytest.mark.full,
                         id=f"{pair[0]}-{pair[1]}") for pair in PAIRS]


@pytest.mark.parametrize("majors", spread())
def test_there_and_back_nothing_is_lost_or_doubled_and_nothing_goes_round(majors, make_stage):
    blue, green = majors
    for major in majors:
        fetch(major)
    stage = make_stage(blue_major=blue, green_major=green, poolers=("p1",))
    Takers.create(stage)
    takers = Takers(stage)
    assert "0 errors" in stage.run("check", code=DONE).err
    with stage.load(clients=4) as there, takers:
        stage.prepare()
        assert "clients were held for" in stage.cutover().out
        stage.wait_commits(there)
    stage.assert_nothing_lost(there, "green", errors=0)
    assert origin_options(stage, "blue") == {None if blue < 16 else "none"}
    assert_no_loop(stage, "green", "blue", "on green")
    assert_equal(stage, "blue", takers)
    with stage.load(clients=4) as back, takers:
        moved = stage.run("rollback", "--execute", "--yes", code=DONE)
        assert "clients were held for" in moved.out
        stage.wait_commits(back)
    stage.assert_nothing_lost(back, "blue", errors=0)
    takers.check([blue, green, blue])
    assert_no_loop(stage, "blue", "green", "on blue again")
    assert_equal(stage, "green", takers)
    stage.finish()
    for side in ("blue", "green"):
        assert stage.lab.query(side, "postgres", "SELECT (SELECT count(*) FROM pg_subscription), "
                               "(SELECT count(*) FROM pg_replication_slots)") == [(0, 0)]
    if blue < 11:
        assert_unreadable_files_are_refused(stage)
