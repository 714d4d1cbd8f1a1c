"""verify as a gate of the cutover, and verify on both ways, with clients at work all the time."""

import json
import os

import pytest

from support import CHECKS, DONE

DIFFERENT = 3
FULL, RECENT = "--cutover-require-verify=full", "--cutover-require-verify=recent"
EXECUTE = ("--execute", "--yes")


def on(stage, side, statement):
    """As somebody who knows how to write on a server that is closed."""
    stage.lab.query(side, "shop", "SET default_transaction_read_only = off; "
                    f"SET TRANSACTION READ WRITE; SET session_replication_role = replica; {statement}")


def verify(stage, *arguments, code=DONE):
    return json.loads(stage.run("verify", "--output=json", *arguments, code=code).out)


def different(said):
    return [(each["object"], each["key"], each["what"]) for each in said["findings"]
            if each["weight"] != "advice"]


def status(stage):
    return json.loads(stage.run("status", "--output=json", code=DONE).out)


def refused(stage, *flags):
    """Dry and in earnest, and nothing has begun."""
    rows = stage.journal("SELECT count(*) FROM row")
    dry = stage.run("cutover", *flags, code=CHECKS)
    assert "Hold the clients" in dry.out and "hint:" in dry.err
    done = stage.run("cutover", *EXECUTE, *flags, code=CHECKS)
    assert "pgcutover verify" in done.err and "demands a verification" in done.err
    assert stage.journal("SELECT count(*) FROM row") == rows
    assert status(stage)["may_write"] == "blue"
    return done.err


@pytest.fixture(scope="module")
def moves(make_module_stage):
    """Prepared, with clients at work from here to the end."""
    stage = make_module_stage()
    stage.unprepared = stage.run("cutover", FULL, code=DONE)
    stage.prepare()
    with stage.load(rate=30) as stage.writers:
        stage.wait_commits(stage.writers)
        yield stage


def test_before_green_is_ready_a_dry_run_only_says_what_will_be_required(moves):
    assert "require_verify = full" in moves.unprepared.out
    assert "never verified" in moves.unprepared.out


def test_a_cutover_that_requires_a_verification_is_refused_without_one(moves):
    assert status(moves)["verified"] is None
    assert "verified:  never" in moves.run("status", code=DONE).out
    assert "none has come to its end" in refused(moves, FULL)
    assert "none has come to its end" in refused(moves, RECENT)
    assert "never verified" in moves.run("cutover", code=DONE).out


def test_one_of_a_part_is_not_enough(moves):
    assert verify(moves, "--database=shop")["equal"] is True
    assert "only at what was chosen" in refused(moves, FULL)
    found = status(moves)["verified"]
    assert found["complete"] is False and found["equal"] is True


def test_one_that_found_a_difference_is_not_enough(moves):
    on(moves, "green", "UPDATE sales.purchase SET net = net + 0.01 WHERE id = 17")
    said = verify(moves, code=DIFFERENT)
    assert different(said) == [("table sales.purchase", "17", "not the same on green as on blue")]
    assert "found 1 different" in refused(moves, FULL)
    on(moves, "green", "UPDATE sales.purchase SET net = net - 0.01 WHERE id = 17")


def test_one_that_is_too_old_is_not_enough_when_a_recent_one_is_required(moves):
    verify(moves)
    assert "old, and verify_age is 1 ms" in refused(moves, RECENT, "--cutover-verify-age=1ms")
    dry = moves.run("cutover", FULL, "--cutover-verify-age=1ms", code=DONE)
    assert " ago: equal, " in dry.out


def test_one_from_before_green_became_ready_is_not_enough(moves):
    since = moves.fact("green.ready_since")
    moves.prepare()
    assert moves.fact("green.ready_since") == since, "a repeat has made no other green"
    moves.set_fact("green.ready_since", str(int(since) + 3600 * 1000000))
    try:
        assert "before green was ready" in refused(moves, FULL)
    finally:
        moves.set_fact("green.ready_since", since)


def test_the_age_is_in_the_dry_run_and_in_status_whether_one_is_required_or_not(moves):
    found = status(moves)["verified"]
    assert found["equal"] is found["complete"] is found["since_last_change"] is True
    assert found["tables"] > 30 and found["rows"] > 1000 and 0 < found["age_seconds"] < 600
    line = f"equal, {found['tables']} tables, {found['rows']:,} rows"
    assert line in moves.run("status", code=DONE).out
    assert line in moves.run("cutover", code=DONE).out


def test_with_a_fresh_one_clients_are_moved(moves):
    moved = moves.run("cutover", *EXECUTE, RECENT, code=DONE)
    assert "verified " in moved.out and "clients are on green" in moved.out
    assert status(moves)["verified"]["since_last_change"] is False


def test_behind_the_switch_blue_is_compared_with_green_while_clients_write_there(moves):
    moves.wait_commits(moves.writers)
    for _ in range(3):
        said = verify(moves)
        assert (said["publisher"], said["subscriber"]) == ("green", "blue")
        assert said["equal"] is said["complete"] is True and said["tables"] > 30
    assert status(moves)["verified"]["publisher"] == "green"


def test_what_somebody_changed_on_blue_is_found_while_clients_write_on_green(moves):
    on(moves, "blue", "UPDATE sales.purchase SET net = net + 0.01 WHERE id = 18")
    said = verify(moves, "--database=shop", code=DIFFERENT)
    assert different(said) == [("table sales.purchase", "18", "not the same on blue as on green")]
    on(moves, "blue", "UPDATE sales.purchase SET net = net - 0.01 WHERE id = 18")
    assert different(verify(moves)) == []


def test_the_way_back_is_never_refused_for_want_of_a_verification(moves):
    os.unlink(f"{moves.run_directory()}/verify.json")
    moves.run("rollback", *EXECUTE, FULL, code=DONE)


def test_behind_a_rollback_green_is_compared_with_blue_again(moves):
    moves.wait_commits(moves.writers)
    for _ in range(2):
        said = verify(moves)
        assert (said["publisher"], said["subscriber"]) == ("blue", "green")
        assert said["equal"] is said["complete"] is True


def test_the_next_cutover_requires_a_verification_since_the_clients_were_moved(moves):
    moves.run("cutover", *EXECUTE, FULL, code=DONE)
    moves.run("rollback", *EXECUTE, code=DONE)
    assert "before clients were last moved" in refused(moves, FULL)
    verify(moves)
    moves.run("cutover", *EXECUTE, FULL, code=DONE)


def test_nothing_was_lost_and_no_client_saw_an_error(moves):
    moves.wait_commits(moves.writers)
    moves.assert_nothing_lost(moves.writers, "green", errors=0)
    moves.finish()
