"""What a finished run leaves to people, and finish --delete-blue: blue's data directory and no more."""

import json
import os

import pytest

import facts
from support import CHECKS, DONE, FAILED, USAGE

DELETE = ("finish", "--execute", "--delete-blue=lab")


def status(stage):
    return json.loads(stage.run("status", "--output=json", code=DONE).out)


def debt(stage):
    return {each["what"]: each["text"] for each in status(stage)["debt"]}


def lines(text):
    """What a command lists as left, line by line."""
    return [line[4:] for line in text.split("What is left for you to decide:\n")[1].splitlines()]


def fenceless(stage, statement):
    """One statement on blue, by itself."""
    connection = stage.lab.connect("blue", "postgres", "postgres", autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute(statement)
    finally:
        connection.close()


def as_account(stage, script):
    """A line of shell on blue's host, by the user that owns it."""
    stage.lab.account.run(["sh", "-c", script], timeout=60)


def assert_refused(stage, wrong, *arguments, code=CHECKS, config=None):
    """Nothing is removed, and blue runs on."""
    pid, before = stage.lab.blue.pid(), sorted(os.listdir(stage.lab.blue.data))
    result = stage.run(*(arguments or DELETE), config=config, code=code)
    assert wrong in result.err and "hint:" in result.err, result
    assert stage.lab.blue.pid() == pid and sorted(os.listdir(stage.lab.blue.data)) == before
    return result


def assert_gone_is_not_believed(stage):
    """Where blue is silent and a typo leads to nothing."""
    typo = stage.variant("typo", "blue", "data_directory", f"{stage.lab.blue.data}x")
    result = stage.run(*DELETE, config=typo, code=CHECKS)
    assert stage.fact("blue.deleted") is None
    return result


@pytest.fixture
def cut(make_stage):
    """Clients are on green, and no finish yet."""
    stage = make_stage()
    stage.prepare()
    stage.cutover()
    return stage


@pytest.fixture(scope="module")
def finished(make_module_stage):
    stage = make_module_stage()
    stage.lab.query("blue", "shop", "ALTER TABLE sales.customer REPLICA IDENTITY FULL")
    assert status(stage)["phase"] == "none"
    stage.prepare()
    stage.not_yet = stage.run(*DELETE, code=CHECKS)
    stage.cutover()
    stage.debt_before = status(stage)["debt"]
    stage.wrong_before = stage.run("finish", "--execute", "--delete-blue=Lab", code=USAGE)
    stage.finish_state = stage.fact("finish.state")
    stage.finished = stage.finish()
    return stage


def test_before_the_cutover_nothing_is_deleted_and_nothing_finished(finished):
    assert "clients are on blue" in finished.not_yet.err
    assert finished.debt_before is None


def test_a_wrong_name_changes_nothing_not_even_the_finish_begins(finished):
    assert "does not name this cluster" in finished.wrong_before.err
    assert finished.finish_state is None


def test_finish_tells_what_is_left_and_so_does_status(finished):
    left = lines(finished.finished.out)
    assert left == [each["text"] for each in status(finished)["debt"]]
    assert left == lines(finished.run("status", code=DONE).out)
    found = debt(finished)
    assert "blue still runs, fenced" in found["server"]
    assert finished.lab.blue.data in found["server"] and "--delete-blue=lab" in found["server"]
    assert sum(each["what"] == "pooler" for each in status(finished)["debt"]) == 2
    assert "shop sales.customer" in found["identities"]
    assert f"{finished.lab.green.data}.pgcutover" in found["files"]
    assert "backups" in found["backups"]


def test_a_second_finish_is_harmless_and_tells_the_same(finished):
    again = finished.run("finish", "--execute", "--yes", code=DONE)
    assert "nothing to finish" in again.out
    assert lines(again.out) == lines(finished.finished.out)
    assert finished.lab.blue.pid()


def test_a_finished_run_that_is_named_is_not_finished_again(finished):
    """Slots of the same names may be of the next run, for which this green is blue."""
    connection = finished.lab.connect("green", "shop", "postgres")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_create_logical_replication_slot('pgcutover_' || oid, 'pgoutput') "
                       "FROM pg_database WHERE datname = 'shop'")
    try:
        run = finished.run_directory("last")
        named = finished.run("finish", "--execute", f"--run={run}", code=DONE)
        assert "this run is finished" in named.out and finished.run_directory("last") == run
        assert finished.lab.query("green", "shop", "SELECT count(*) FROM pg_replication_slots")[0][0]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
        connection.close()


def test_what_status_answers_is_json_whatever_the_cluster_is_called(finished):
    path = f"{finished.directory}/quoted.ini"
    with open(finished.lab.config_path) as stream, open(path, "w") as quoted:
        quoted.write(stream.read().replace("[cluster lab]", '[cluster a"b\\c]'))
    found = json.loads(finished.run("status", "--output=json", config=path, code=DONE).out)
    assert found["cluster"] == 'a"b\\c' and found["phase"] == "none"


def test_a_wrong_name_is_refused_and_yes_does_not_stand_for_it(finished):
    for name in ("Lab", "lab ", "blue", "", "la"):
        assert_refused(finished, "does not name this cluster", "finish", "--execute", "--yes",
                       f"--delete-blue={name}", code=USAGE)
    assert finished.run("status", "--delete-blue=lab").code == USAGE
    assert finished.run("abort", "--execute", "--delete-blue=lab").code == USAGE


def test_what_is_not_configured_is_not_guessed(finished):
    for key in ("data_directory", "run"):
        config = finished.variant(f"without-{key}", "blue", key, None)
        assert_refused(finished, f"[blue] {key} is not configured", code=USAGE, config=config)


def test_another_directory_is_refused(finished):
    lab = finished.lab
    copy = f"{lab.blue.directory}/copy"
    as_account(finished, f"cp -a {lab.blue.data} {copy}")
    as_account(finished, f"ln -s {lab.blue.data} {lab.blue.directory}/link")
    try:
        for path, wrong in ((copy, "is not the directory that blue named"),
                            (lab.green.data, "is not the directory that blue named"),
                            (f"{lab.blue.directory}/link", "is not a directory itself"),
                            (f"{lab.blue.data}/base", "is no data directory"),
                            (f"{lab.blue.directory}/link/", "is not a directory itself"),
                            (f"{lab.blue.directory}/nothing", "blue answers, but")):
            config = finished.variant("elsewhere", "blue", "data_directory", path)
            assert_refused(finished, wrong, config=config)
            dry = finished.run("finish", "--delete-blue=lab", config=config, code=DONE)
            assert "it would be refused: " in dry.out and wrong in dry.out
        config = finished.variant("unreachable", "blue", "run", "false")
        assert_refused(finished, "said nothing", code=FAILED, config=config)
        dry = finished.run("finish", "--delete-blue=lab", config=config, code=DONE)
        assert "it could not be looked at: " in dry.out
        assert os.path.isfile(f"{copy}/PG_VERSION") and lab.green.pid()
    finally:
        as_account(finished, f"rm -rf {copy} {lab.blue.directory}/link")


def test_tablespaces_and_wal_elsewhere_are_listed_and_nothing_is_removed(finished):
    place = f"{finished.lab.blue.directory}/space"
    as_account(finished, f"mkdir {place}")
    fenceless(finished, f"CREATE TABLESPACE aside LOCATION '{place}'")
    refused = assert_refused(finished, "has tablespaces outside of its data directory")
    assert place in refused.err and os.listdir(place)
    fenceless(finished, "DROP TABLESPACE aside")


def test_one_that_clients_may_write_to_again_is_refused(finished):
    fenceless(finished, "ALTER DATABASE shop RESET default_transaction_read_only")
    fenceless(finished, "GRANT CONNECT ON DATABASE shop TO app")
    try:
        assert_refused(finished, "the fence does not hold any more")
        assert "the fence does not hold any more" in debt(finished)["server"]
        dry = finished.run("finish", "--delete-blue=lab", code=DONE).out
        assert "it would be refused: the fence does not hold any more" in dry
    finally:
        fenceless(finished, "REVOKE CONNECT ON DATABASE shop FROM app")
        fenceless(finished, "ALTER DATABASE shop SET default_transaction_read_only = on")


def test_one_that_answers_but_cannot_be_asked_is_not_taken_for_silent(finished):
    config = finished.variant("nobody", "blue", "conninfo",
                              finished.lab.conninfo("blue", "postgres", "nobody_there"))
    refused = assert_refused(finished, "cannot be asked", config=config)
    assert "password" in refused.err
    dry = finished.run("finish", "--delete-blue=lab", config=config, code=DONE).out
    assert "it would be refused: what answers at blue's address cannot be asked" in dry


def test_a_dry_run_names_what_would_be_done_and_does_nothing(finished):
    pid = finished.lab.blue.pid()
    dry = finished.run("finish", "--delete-blue=lab", code=DONE).out
    assert "delete_blue: Delete blue" in dry and f"delete_blue.sh '{finished.lab.blue.data}'" in dry
    assert "refused" not in dry
    assert finished.lab.blue.pid() == pid and finished.fact("blue.deleting") is None


def test_one_that_was_killed_or_failed_midway_goes_on_and_removes_that_directory_only(
        finished, stopping_program):
    lab = finished.lab
    rows = facts.rows(lab, "green")
    as_account(finished, f"cd {lab.blue.data} && mkdir stuck && touch stuck/file && chmod 500 stuck "
               f"&& ln -s {lab.blue.directory}/log kept-log")
    engine = finished.stopped(*DELETE, stop_at="delete_blue")
    engine.kill()
    assert os.path.isfile(f"{lab.blue.data}/PG_VERSION") and lab.blue.pid()
    assert "blue is being deleted, or that was interrupted" in debt(finished)["server"]
    assert "blue still runs, fenced" in debt(finished)["server"]
    typo = finished.variant("typo", "blue", "data_directory", f"{lab.blue.data}x")
    refused = assert_refused(finished, "blue answers, but", config=typo)
    assert "nothing was removed now" in refused.err and finished.fact("blue.deleted") is None
    fenceless(finished, "ALTER DATABASE shop RESET default_transaction_read_only")
    fenceless(finished, "GRANT CONNECT ON DATABASE shop TO app")
    assert "the fence does not hold any more" in debt(finished)["server"]
    fenceless(finished, "REVOKE CONNECT ON DATABASE shop FROM app")
    fenceless(finished, "ALTER DATABASE shop SET default_transaction_read_only = on")
    failed = finished.run(*DELETE, code=FAILED)
    assert "stuck" in failed.err and "the same command goes on" in failed.err
    assert lab.blue.pid() is None and not os.path.exists(f"{lab.blue.data}/global/pg_control")
    assert "is being deleted" in debt(finished)["server"]
    assert "still runs" not in debt(finished)["server"]
    elsewhere = assert_gone_is_not_believed(finished)
    assert "was seen" in elsewhere.err
    before = facts.tree(lab.blue.directory)
    as_account(finished, f"chmod 700 {lab.blue.data}/stuck")
    done = finished.run(*DELETE, code=DONE)
    assert "blue is deleted" in done.out and not os.path.exists(lab.blue.data)
    assert facts.tree(lab.blue.directory) == {
        path: state for path, state in before.items()
        if path != lab.blue.data and not path.startswith(f"{lab.blue.data}/")}
    assert os.path.isdir(f"{lab.blue.directory}/log") and facts.rows(lab, "green") == rows


def test_deleted_blue_is_no_debt_any_more_and_a_repeat_says_so(finished):
    assert not os.path.exists(finished.lab.blue.data)
    assert "server" not in debt(finished) and "pooler" in debt(finished)
    again = finished.run(*DELETE, code=DONE)
    assert "blue is deleted already" in again.out
    assert not any("blue still runs" in line for line in lines(again.out))


def test_finish_and_deletion_in_one_killed_on_the_way_with_a_stop_command(cut, stopping_program):
    lab = cut.lab
    cut.configure("blue", "stop_command",
                  f"touch {lab.blue.directory}/stopped && {lab.blue.bin_directory}/pg_ctl stop "
                  f"-D {lab.blue.data} -m fast -w")
    engine = cut.stopped(*DELETE, stop_at="drop_markers")
    engine.kill()
    assert lab.blue.pid() and cut.run_directory()
    with cut.load() as writers:
        cut.wait_commits(writers)
        done = cut.run(*DELETE, code=DONE)
        assert "This closed the way back" in done.out and "blue is deleted" in done.out
        cut.wait_commits(writers)
    cut.assert_nothing_lost(writers, "green", errors=0)
    assert os.path.exists(f"{lab.blue.directory}/stopped")
    assert not os.path.exists(lab.blue.data) and cut.run_directory() is None
    assert "server" not in debt(cut)


def test_blue_that_was_stopped_before_is_deleted_but_not_one_that_crashed(cut):
    lab = cut.lab
    cut.finish()
    lab.blue.stop("kill")
    assert "blue does not answer" in debt(cut)["server"]
    refused = cut.run(*DELETE, code=CHECKS)
    assert "was not shut down properly" in refused.err and "blue does not answer (" in refused.err
    assert os.path.isfile(f"{lab.blue.data}/PG_VERSION")
    lab.blue.start()
    lab.blue.stop()
    other = cut.variant("other-port", "blue", "conninfo", lab.conninfo(
        "blue", "postgres", "postgres").replace(f"port={lab.ports['blue']}",
                                                f"port={lab.ports['green']}"))
    wrong = cut.run(*DELETE, code=CHECKS, config=other)
    assert "another server answers at blue's address" in wrong.err
    assert "blue is deleted" in cut.run(*DELETE, code=DONE).out
    assert not os.path.exists(lab.blue.data)
