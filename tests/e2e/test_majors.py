"""Other majors than those of the main job: what a server of 13 has and has not."""

import subprocess

import pytest

import facts
import support
from support import DONE
from takers import Takers, told

FETCH = f"{support.ROOT}/scripts/fetch-postgres"


@pytest.fixture(scope="module")
def old_major():
    """13 comes from an older suite, which mirrors drop one day: that shall be noticed."""
    done = subprocess.run([FETCH, "13"], timeout=300, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, f"PostgreSQL 13: {done.stdout.strip()[-300:]}"
    return 13


@pytest.mark.parametrize("green", (15, 17))
def test_from_13_there_and_back_and_there_again_nothing_is_lost(green, old_major, make_stage):
    stage = make_stage(blue_major=old_major, green_major=green)
    Takers.create(stage)
    assert "0 errors" in stage.run("check", code=DONE).err
    with stage.load() as load, Takers(stage) as takers:
        stage.prepare()
        stage.wait_commits(load)
        moves = [stage.cutover()]
        stage.wait_commits(load)
        moves.append(stage.run("rollback", "--execute", "--yes", code=DONE))
        stage.wait_commits(load)
        moves.append(stage.cutover())
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green", errors=0)
    takers.check([old_major, green, old_major, green])
    assert all(told(moved)["held"] > 0 for moved in moves)
    stage.finish()
    assert takers.missing("green") == []


def test_from_13_abort_leaves_nothing(old_major, make_stage):
    stage = make_stage(blue_major=old_major)
    before = facts.everything(stage.lab)
    stage.prepare()
    stage.run("abort", "--execute", "--yes", code=DONE)
    facts.assert_same(before, facts.everything(stage.lab))


def test_more_views_than_a_lock_table_of_blue_has_room_for_upgrade(make_stage):
    """pg_dump keeps a lock on every view until its end, and views have no files to be counted."""
    stage = make_stage(settings={"max_connections": "20", "max_wal_senders": "8",
                                 "max_worker_processes": "8"})
    stage.lab.query("blue", "shop", "CREATE SCHEMA views")
    for first in range(0, 18000, 2000):
        stage.lab.query("blue", "shop", f"""
            DO $$BEGIN
                FOR n IN {first} .. {first + 1999} LOOP
                    EXECUTE format('CREATE VIEW views.v%s AS SELECT %s AS a', n, n);
                END LOOP;
            END$$""")
    stage.prepare()
    assert stage.lab.query("green", "shop", "SELECT count(*) FROM pg_views "
                           "WHERE schemaname = 'views'") == [(18000,)]
