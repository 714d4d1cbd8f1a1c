"""What check asks of a run: before green, of a green that is ready, and of one that is in trouble."""

import json

import jsonschema
import pytest

from processes import wait_until
from support import CHECKS, DONE, ROOT
from test_pairs import fetch

# a line break, which green's configuration has to hold too
SETTINGS = {"max_slot_wal_keep_size": "1GB", "min_wal_size": "32MB", "log_line_prefix": r"%m\n[%p] "}
SUBSCRIPTION = "SELECT subname FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid " \
               "WHERE datname = 'shop'"


def check(stage, code=None):
    """The answer as JSON, which is as its schema says and agrees with the exit code."""
    found = stage.run("check", "--output=json")
    said = json.loads(found.out)
    with open(f"{ROOT}/docs/schemas/check.json") as stream:
        jsonschema.validate(said, json.load(stream))
    assert found.code == said["exit_code"] == (CHECKS if said["counts"]["error"] else DONE), found
    assert code is None or found.code == code, said["findings"]
    return said


def ids(said):
    return {finding["id"] for finding in said["findings"]}


def of(said, name):
    return [(finding["where"], finding["what"], finding["evidence"])
            for finding in said["findings"] if finding["id"] == name]


def asked_of_green(stage):
    listed = json.loads(stage.run("check", "--list", "--output=json", code=DONE).out)["checks"]
    return {each["id"] for each in listed
            if each["asked_of"] in ("green", "every database of green")}


def not_asked_for_want_of_green(said):
    return {each["id"] for each in said["not_asked"] if "green does not run yet" in each["reason"]}


def execute(stage, side, database, statement):
    session = stage.session(side, database, "postgres", autocommit=True)
    with session.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")  # green is closed
        cursor.execute(statement)
    session.close()


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A rehearsal: checked before anything is there, then again when green is ready."""
    stage = make_module_stage(settings=SETTINGS)
    stage.before = check(stage, code=DONE)
    stage.prepare()
    stage.ready = check(stage, code=DONE)
    return stage


def test_before_green_what_needs_it_is_named_and_the_rest_is_asked(shared):
    assert not_asked_for_want_of_green(shared.before) == asked_of_green(shared)
    assert len(asked_of_green(shared)) > 10
    # the lab's own schema has such things
    assert {"identity_missing"} <= ids(shared.before)


def test_once_green_runs_all_is_asked_and_a_healthy_one_has_no_finding(shared):
    assert not_asked_for_want_of_green(shared.ready) == set()
    assert not {name for name in ids(shared.ready) if name in asked_of_green(shared)} \
        - {"outdated_extensions", "green_slot_settings"}  # the limit in SETTINGS
    assert {shared.lab.query(side, "postgres", "SHOW log_line_prefix")[0]
            for side in ("blue", "green")} == {("%m\n[%p] ",)}


def test_a_subscription_that_is_disabled_is_an_error(shared):
    name, = shared.lab.query("green", "postgres", SUBSCRIPTION)[0]
    execute(shared, "green", "shop", f"ALTER SUBSCRIPTION {name} DISABLE")
    try:
        said = check(shared, code=CHECKS)
        assert of(said, "green_apply") == [("green", "shop", "its subscription is disabled")]
        assert ids(said) - ids(shared.ready) == {"green_apply"}
    finally:
        shared.prepare()  # the cure that is told
    wait_until(lambda: "green_apply" not in ids(check(shared)), "a worker on green", 30)


def test_a_table_that_only_green_has_is_an_error(shared):
    execute(shared, "green", "shop", "CREATE TABLE made_on_green (id integer PRIMARY KEY)")
    try:
        said = check(shared, code=CHECKS)
        assert of(said, "green_relations") == [
            ("green shop", "public.made_on_green", "green does not apply changes to it")]
        assert ids(said) - ids(shared.ready) == {"green_relations"}
    finally:
        execute(shared, "green", "shop", "DROP TABLE made_on_green")


def test_green_that_waits_for_a_standby_is_a_warning(shared):
    execute(shared, "green", "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    execute(shared, "green", "postgres", "SELECT pg_reload_conf()")
    try:
        wait_until(lambda: "green_synchronous_standbys" in ids(check(shared, code=DONE)),
                   "green to have read its configuration", 20)
    finally:
        execute(shared, "green", "postgres", "ALTER SYSTEM RESET synchronous_standby_names")
        execute(shared, "green", "postgres", "SELECT pg_reload_conf()")
    wait_until(lambda: "green_synchronous_standbys" not in ids(check(shared)),
               "green to have read its configuration", 20)


def test_an_error_of_apply_is_told_also_when_it_was_cured(shared):
    name, = shared.lab.query("green", "postgres", SUBSCRIPTION)[0]
    column = "ALTER TABLE load.keyless ADD CONSTRAINT refuses CHECK (note <> 'refused') NOT VALID"
    execute(shared, "green", "shop", column)
    execute(shared, "blue", "shop", "INSERT INTO load.keyless VALUES (0, 0, 'refused')")
    wait_until(lambda: "green_apply_errors" in ids(check(shared)), "apply to stop", 30)
    execute(shared, "green", "shop", "ALTER TABLE load.keyless DROP CONSTRAINT refuses")
    execute(shared, "green", "shop", f"ALTER SUBSCRIPTION {name} ENABLE")
    wait_until(lambda: "green_apply" not in ids(check(shared)), "a worker on green", 30)
    said = check(shared, code=DONE)
    (where, what, evidence), = of(said, "green_apply_errors")
    assert (where, what) == ("green", "shop") and int(evidence.split()[0]) > 0
    oid, = shared.lab.query("green", "postgres", SUBSCRIPTION.replace("subname", "s.oid"))[0]
    execute(shared, "green", "postgres", f"SELECT pg_stat_reset_subscription_stats({oid})")
    wait_until(lambda: "green_apply_errors" not in ids(check(shared, code=DONE)),
               "the number to be forgotten", 20)


def test_a_row_that_green_does_not_have_is_an_error(make_stage):
    for major in (16, 18):
        fetch(major)
    stage = make_stage(blue_major=16, green_major=18, poolers=("p1",))
    stage.prepare()
    assert "green_conflicts" not in ids(check(stage, code=DONE))
    execute(stage, "blue", "shop", "INSERT INTO load.keyless VALUES (1, 1, 'before')")
    row = "SELECT count(*) FROM load.keyless WHERE note = 'before'"
    wait_until(lambda: stage.lab.query("green", "shop", row)[0] == (1,), "the row", 20)
    execute(stage, "green", "shop", "DELETE FROM load.keyless WHERE note = 'before'")
    execute(stage, "blue", "shop", "DELETE FROM load.keyless WHERE note = 'before'")
    wait_until(lambda: "green_conflicts" in ids(check(stage)), "apply to miss it", 30)
    said = check(stage, code=CHECKS)
    assert of(said, "green_conflicts") == [("green", "shop", "1 confl_delete_missing")]
    assert "green_apply_errors" not in ids(said)
    refused = stage.run("prepare", "--execute", code=CHECKS)
    assert "green_conflicts" in refused.err and "confl_delete_missing" in refused.err


def test_behind_the_switch_and_behind_a_rollback(shared):
    """Blue is fenced and not to be cured; then green follows again, and is asked."""
    shared.cutover()
    said = check(shared, code=DONE)
    assert said["findings"] == [] and said["blue_version_num"] == 0
    shared.run("rollback", "--execute", "--yes", code=DONE)
    said = check(shared, code=DONE)
    assert not_asked_for_want_of_green(said) == set()
    assert ids(said) <= ids(shared.ready)


def test_a_slot_that_can_still_be_saved_is_told_how(shared):
    """Until the next checkpoint its WAL is there: more room, and it is reserved again."""
    name, = shared.lab.query("green", "postgres", SUBSCRIPTION)[0]
    status = f"SELECT wal_status FROM pg_replication_slots WHERE slot_name = '{name}'"
    execute(shared, "blue", "postgres", "CHECKPOINT")  # the next one is not due for ten minutes
    execute(shared, "green", "shop", f"ALTER SUBSCRIPTION {name} DISABLE")
    execute(shared, "blue", "postgres", "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    execute(shared, "blue", "postgres", "SELECT pg_reload_conf()")
    execute(shared, "blue", "shop", "CREATE TABLE written (id integer PRIMARY KEY)")

    def is_unreserved():
        execute(shared, "blue", "shop", "INSERT INTO written SELECT count(*) FROM written")
        execute(shared, "blue", "postgres", "SELECT pg_switch_wal()")
        return shared.lab.query("blue", "postgres", status) == [("unreserved",)]

    wait_until(is_unreserved, "the slot to be short of WAL", 60, 0.2)
    found, = [each for each in check(shared, code=CHECKS)["findings"]
              if each["id"] == "slots_lost" and each["what"] == name]
    assert found["cure"].startswith("ALTER SYSTEM SET max_slot_wal_keep_size = '...';")
    execute(shared, "blue", "postgres", "ALTER SYSTEM RESET max_slot_wal_keep_size")
    execute(shared, "blue", "postgres", "SELECT pg_reload_conf()")
    execute(shared, "green", "shop", f"ALTER SUBSCRIPTION {name} ENABLE")
    wait_until(lambda: shared.lab.query("blue", "postgres", status) == [("reserved",)],
               "the slot to be reserved again", 60, 0.2)


def test_a_slot_that_has_lost_its_wal_ends_the_run(shared):
    """The last one: this green can never catch up."""
    name, = shared.lab.query("green", "postgres", SUBSCRIPTION)[0]
    execute(shared, "green", "shop", f"ALTER SUBSCRIPTION {name} DISABLE")
    execute(shared, "blue", "postgres", "ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    execute(shared, "blue", "postgres", "SELECT pg_reload_conf()")
    execute(shared, "blue", "shop", "CREATE TABLE filler (id integer PRIMARY KEY)")

    def is_lost():
        execute(shared, "blue", "shop", "INSERT INTO filler SELECT count(*) FROM filler")
        execute(shared, "blue", "postgres", "SELECT pg_switch_wal()")
        execute(shared, "blue", "postgres", "CHECKPOINT")
        return shared.lab.query("blue", "postgres", "SELECT count(*) FROM pg_replication_slots "
                                f"WHERE slot_name = '{name}' AND wal_status = 'lost'") == [(1,)]

    wait_until(is_lost, "the slot to be invalidated", 60, 0.2)
    said = check(shared, code=CHECKS)
    assert ("blue", name) in [(where, what) for where, what, _ in of(said, "slots_lost")]
