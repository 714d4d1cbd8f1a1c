"""Indexes that green's host sorts differently than blue's are built anew before changes arrive.

15 and 17 come from releases of Debian with different ICU: no stand-in is needed.
"""

import glob

from support import DONE

INDEXES = """SELECT c.relname, pg_relation_filenode(c.oid)
               FROM pg_class AS c JOIN pg_index AS i ON i.indexrelid = c.oid
              WHERE i.indrelid IN ('"Sorted"'::regclass, 'plain'::regclass) ORDER BY 1"""


ODD = "it's \\odd"


def make(stage):
    stage.lab.query("blue", "postgres", f'CREATE DATABASE "{ODD}"')
    stage.lab.query("blue", "events", 'CREATE TABLE "Sorted" (id integer PRIMARY KEY, '
                    'a text COLLATE "en-x-icu" UNIQUE, b text COLLATE "C" UNIQUE)')
    stage.lab.query("blue", "events", 'CREATE INDEX "By Case" ON "Sorted" (lower(a))')
    stage.lab.query("blue", "events", "CREATE TABLE plain (id integer PRIMARY KEY)")
    stage.lab.query("blue", "events", """INSERT INTO "Sorted" SELECT n, 'a' || n, 'b' || n
                                           FROM generate_series(1, 1000) AS n""")
    stage.lab.query("blue", "events",
                    "CREATE COLLATION kept (provider = icu, locale = 'de-DE')")


def test_prepare_builds_them_anew_and_no_others(make_stage):
    stage = make_stage(poolers=("p1",))
    make(stage)
    with stage.load():
        stage.prepare()
    before = dict(stage.lab.query("blue", "events", INDEXES))
    after = dict(stage.lab.query("green", "events", INDEXES))
    anew = {name for name in before if before[name] != after[name]}
    assert anew == {"Sorted_a_key", "By Case"}  # pg_upgrade keeps the files of the others
    log, = glob.glob(f"{stage.lab.green.data}.pgcutover/jobs/reindex-*/log")
    with open(log) as stream:
        assert set(stream.read().splitlines()) >= {
            f"reindexed {name}" for name in ("events", "shop", "template1", ODD)}
    assert stage.lab.query("green", "events", "SELECT collversion = pg_collation_actual_version(oid) "
                           "FROM pg_collation WHERE collname = 'kept'") == [(True,)]
    assert stage.lab.query("green", "events", "SELECT count(*) FROM \"Sorted\"") == [(1000,)]


def test_where_both_sort_alike_nothing_is_built_anew(make_stage):
    stage = make_stage(poolers=("p1",))
    stage.prepare()
    assert glob.glob(f"{stage.lab.green.data}.pgcutover/jobs/reindex-*") == []


def test_the_dry_run_shows_it(make_stage):
    stage = make_stage(poolers=("p1",))
    text = stage.run("prepare", code=DONE).out
    assert "reindex" in text and "<" in text[text.index("reindex"):]
