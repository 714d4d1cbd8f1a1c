"""Back to blue without a way back: what was written on green is lost, listed, and nothing else is."""

import re

import psycopg2
import pytest

import accounting
import facts
import support
from processes import wait_until
from support import CHECKS, DONE, USAGE

LOSSY = ("rollback", "--accept-data-loss")
DIFFERENT = 3


def written(lab, side, loads):
    """(client, seq) of every row of the ledger that one of these loads has written there."""
    found = set()
    for load in loads:
        log = accounting.read(load.log_directory)
        for database in log.databases():
            found |= {tuple(row) for row in lab.query(
                side, database, "SELECT client, seq FROM load.ledger WHERE client = ANY (%s)",
                (sorted(log.numbers(database)),))}
    return found


def acknowledged(loads):
    return {(commit.client, commit.seq)
            for load in loads for commit in accounting.read(load.log_directory).commits}


def listed(text, table):
    """How many rows were inserted into this table of any database, as the list has it."""
    return sum(int(number) for number in
               re.findall(rf"^    [^\n]*: {re.escape(table)}: (\d+) inserted", text, re.M))


def settle_counters(lab, side):
    """Until every insertion into the ledger is in the server's counters. Sessions report when they
    end at the latest; what was rolled back is counted, too, so the number alone says nothing."""
    lab.query(side, "postgres", "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
              "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
    for database in support.DATABASES:
        if not lab.query(side, database, "SELECT to_regclass('load.ledger')")[0][0]:
            continue
        wait_until(lambda name=database: lab.query(
            side, name, "SELECT n_tup_ins >= (SELECT count(*) FROM load.ledger WHERE client > 0) "
            "FROM pg_stat_user_tables WHERE relid = 'load.ledger'::regclass") == [(True,)],
            "the counters to be reported", 90, 0.5)


@pytest.fixture(scope="module")
def trip(make_module_stage):
    """Clients at work on blue, on green, on blue again; what was seen is in its attributes."""
    stage = make_module_stage()
    lab = stage.lab
    stage.before = facts.everything(lab)
    stage.configure("rollback", "reverse", "no")
    stage.prepare()
    stage.identity = lab.query("blue", "postgres",
                               "SELECT system_identifier FROM pg_control_system()")
    with stage.load() as stage.first:
        stage.wait_commits(stage.first, 300, 60)
    settle_counters(lab, "green")
    with stage.load() as stage.moved:
        stage.cutover()
        stage.wait_commits(stage.moved, 200, 60)
    # only now: clients write down a moment later what they were told
    stage.on_blue = len(acknowledged([stage.moved]) & written(lab, "blue", [stage.moved]))
    lab.query("green", "shop", "CREATE TABLE sales.made (id serial); "
              "INSERT INTO sales.made VALUES (DEFAULT); TRUNCATE sales.audit; "
              "INSERT INTO sales.customer (id, name) OVERRIDING SYSTEM VALUE "
              "VALUES (1000001, 'lost')")
    lab.query("green", "postgres", "CREATE ROLE newcomer LOGIN")
    connection = lab.connect("green", "postgres", "postgres", True)
    connection.cursor().execute("CREATE DATABASE novel")
    connection.cursor().execute("GRANT CONNECT ON DATABASE novel TO newcomer")
    connection.close()
    settle_counters(lab, "green")
    stage.window = stage.run("status", code=DONE)
    stage.refused = stage.run("rollback", "--execute", "--yes", code=CHECKS)
    stage.dry = stage.run(*LOSSY, code=DONE)
    stage.unasked = stage.run(*LOSSY, "--execute", code=USAGE)
    stage.verified = stage.run("verify", "--table=load.ledger,sales.customer", code=DIFFERENT)
    stage.catalogs = facts.catalogs(lab, "green")
    with stage.load() as stage.back:
        stage.wait_commits(stage.back)
        stage.sequences = facts.sequences(lab, "green")
        stage.done = stage.run(*LOSSY, "--execute", "--yes", code=DONE)
        stage.wait_commits(stage.back)
    stage.status = stage.run("status", code=DONE)
    return stage


def test_without_the_flag_it_is_refused_and_the_flag_is_named(trip):
    assert "there is no way back" in trip.refused.err
    assert "--accept-data-loss" in trip.refused.err and "lists" in trip.refused.err
    assert "rollback --accept-data-loss" in trip.window.out
    assert "--yes" in trip.unasked.err and "What would be lost" in trip.unasked.out


def test_the_dry_run_says_what_would_happen_and_changes_nothing(trip):
    text = trip.dry.out
    assert "rollback: Move the clients back to blue, without what they wrote on green" in text
    assert "Fence green" in text and "Open blue to clients" in text and "Prove" not in text
    assert not re.search(r"\{\w+\}", text), re.findall(r"\{\w+\}", text)


def test_the_number_of_lost_rows_is_that_of_the_writers_log(trip):
    """With what came from blue right before the switch, and without what came long before."""
    on_green = len(acknowledged([trip.moved])) - trip.on_blue
    number = listed(trip.dry.out, "load.ledger")
    assert on_green >= 200 and len(acknowledged([trip.first])) >= 300
    assert on_green <= number <= on_green + trip.on_blue, (on_green, trip.on_blue, number)
    assert listed(trip.dry.out, "sales.made") == 1
    again = listed(trip.done.out, "load.ledger")
    assert again >= number, "the list of the real run is printed, too, and later"


def test_the_list_tells_of_what_has_no_rows(trip):
    text = trip.dry.out
    assert re.search(r"since        \d{4}-\d\d-\d\d [\d:]+ UTC, .* ago: the cutover", text)
    assert int(re.search(r"WAL          (\d+) bytes", text).group(1)) > 10000
    assert "only on green: relation sales.made" in text
    assert "only on green: role newcomer" in text
    assert "only on green: database novel" in text
    assert "shop: sales.made_id_seq: only on green" in text
    assert re.search(r"Billing: load.counter: \d+ on blue, \d+ on green", text)
    assert re.search(r"unknown      shop: sales.audit: it was written anew", text)
    assert "pgcutover verify" in text.splitlines()[-1]
    assert len(trip.events("loss")) > 10


def test_verify_names_the_rows_while_nothing_is_replicated(trip):
    text = trip.verified.out
    assert re.search(r"shop: table sales.customer, row 1000001: missing on blue", text), text
    assert re.search(r"table load.ledger, row .*: 1 row fewer on blue than on green", text), text
    assert "would lose" in text and "does not arrive" not in text and " 0 undecided" in text


def test_exactly_what_was_written_on_green_is_lost(trip):
    loads = [trip.first, trip.moved, trip.back]
    told = acknowledged(loads)
    blue, green = written(trip.lab, "blue", loads), written(trip.lab, "green", loads)
    assert told <= blue | green, "something is on neither side"
    assert acknowledged([trip.first]) <= blue
    lost = told - blue
    assert lost == (told & green) - blue and len(lost) >= 200
    # of a client what is lost is one piece: nothing of blue's before, nothing behind
    for client in {client for client, _ in lost}:
        numbers = sorted(seq for each, seq in told if each == client)
        gone = [seq for seq in numbers if (client, seq) in lost]
        assert gone == [seq for seq in numbers if gone[0] <= seq <= gone[-1]]
    assert any(key in blue and key not in green for key in acknowledged([trip.back]))


def test_nothing_on_blue_is_doubled_and_no_number_is_given_out_twice(trip):
    for database in ("shop", "Billing", "events"):
        (doubled,), = trip.lab.query(
            "blue", database, "SELECT count(*) FROM (SELECT client, seq FROM load.ledger "
            "GROUP BY client, seq HAVING count(*) > 1) AS found")
        assert doubled == 0
    for load in (trip.moved, trip.back):
        log = accounting.read(load.log_directory)
        for database in log.databases():
            numbers = log.numbers(database)
            assert accounting.regressions([each for each in log.commits
                                           if each.client in numbers]) == 0
        assert load.summary["errors"] == 0
    after = facts.sequences(trip.lab, "blue")
    for key, (value, _) in trip.sequences.items():
        assert key not in after or after[key][0] >= value, key


def test_green_is_stale_and_said_to_be(trip):
    assert "without what was written on green" in trip.status.out
    assert "may write: blue" in trip.status.out and "abort --execute" in trip.status.out
    assert "Next: pgcutover abort --execute" in trip.done.out
    for command in ("cutover", "prepare"):
        refused = trip.run(command, "--execute", *(["--yes"] if command == "cutover" else []),
                           code=CHECKS)
        assert "green is stale" in refused.err and "abort --execute" in refused.err
    assert "green is stale" in trip.run("cutover", code=CHECKS).err
    assert "abort --execute" in trip.run("finish", "--execute", code=CHECKS).err
    assert "stale" in trip.run("verify", code=USAGE).err
    for arguments in (LOSSY, ("rollback",)):
        assert "on blue already" in trip.run(*arguments, "--execute", "--yes", code=DONE).out


def test_neither_server_keeps_anything_for_the_other_and_green_stays_fenced(trip):
    for side in ("blue", "green"):
        found = facts.catalogs(trip.lab, side)
        assert found["slots"] == found["subscriptions"] == found["origins"] == []
    for database in (*support.DATABASES, "novel"):
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            trip.lab.connect("green", database, "app")


def test_z_abort_takes_all_of_it_away_and_blue_is_as_before(trip):
    """The last one of the module."""
    with trip.load() as writers:
        trip.wait_commits(writers)
        assert "blue is as it was before" in trip.abort().out
    trip.assert_nothing_lost(writers, "blue", errors=0)
    after = facts.everything(trip.lab)
    # the poolers' files were written anew, with blue's address in its first spelling
    for what in list(after):
        if what.startswith(("files of p", "databases of")):
            del after[what], trip.before[what]
    facts.assert_same(trip.before, after)


def test_killed_before_the_switch_clients_are_on_green_and_behind_it_on_blue(make_stage,
                                                                             stopping_program):
    del stopping_program
    stage = make_stage()
    stage.configure("rollback", "reverse", "no")
    stage.prepare()
    stage.cutover()
    with stage.load() as on_green:
        engine = stage.stopped(*LOSSY, "--execute", "--yes", stop_at="sequences")
        engine.kill()  # the watchdog recovers
        stage.wait_alone()
        stage.wait_commits(on_green)
        assert stage.fact("side") == "green"
        assert "on green already" in stage.cutover().out
        engine = stage.stopped(*LOSSY, "--execute", "--yes", stop_at="point")
        stage.kill_both(engine)
        assert "recover --execute" in stage.run("abort", code=CHECKS).err
        assert "recover --execute" in stage.run("prepare", "--execute", code=DONE).out
        undone = stage.run("recover", "--execute", code=DONE)
        assert "rollback --accept-data-loss --execute" in undone.out
        assert "what was parted stays so: there is no way back" in undone.out
        stage.wait_commits(on_green)
    stage.assert_nothing_lost(on_green, "green", errors=None)
    engine = stage.stopped(*LOSSY, "--execute", "--yes", stop_at="open")
    stage.kill_both(engine)
    assert "goes forward, to blue" in stage.run("recover", code=DONE).out
    assert "switched, not all released" in stage.run("status", code=DONE).out
    forward = stage.run("recover", "--execute", code=DONE).out
    assert "went forward: clients are on blue" in forward
    assert "what was written on green since the cutover is on green only, until abort" in forward
    assert "abort --execute, when nothing on green is needed any more" in forward
    with stage.load() as on_blue:
        stage.wait_commits(on_blue)
        stage.abort()
    stage.assert_nothing_lost(on_blue, "blue", errors=0)


def test_a_way_back_that_loses_nothing_is_taken_unless_it_is_given_up(stage):
    stage.prepare()
    stage.cutover()
    refused = stage.run(*LOSSY, "--execute", "--yes", code=CHECKS)
    assert "the journal knows of a way back that loses nothing" in refused.err
    assert "--rollback-reverse=no" in refused.err
    with stage.load() as writers:
        stage.wait_commits(writers)
        stage.run(*LOSSY, "--execute", "--yes", "--rollback-reverse=no", code=DONE)
        stage.wait_commits(writers)
    for side in ("blue", "green"):
        found = facts.catalogs(stage.lab, side)
        assert found["slots"] == found["subscriptions"] == found["origins"] == []
    loads = [writers]
    assert acknowledged(loads) <= (written(stage.lab, "blue", loads)
                                   | written(stage.lab, "green", loads))
    stage.abort()


def test_a_role_that_blue_lacks_is_found_before_anybody_is_held(stage):
    """Blue is opened to the roles that it was open to. The way back is not given up before."""
    stage.prepare()
    stage.cutover()
    stage.lab.query("blue", "events", "SET TRANSACTION READ WRITE; "
                    "ALTER ROLE reporting RENAME TO reported")
    refused = stage.run(*LOSSY, "--execute", "--yes", "--rollback-reverse=no", code=support.STALE)
    assert 'role "reporting" does not exist' in refused.err and "held for" not in refused.err
    assert "everything was undone" in refused.err and stage.fact("way_back")
    assert stage.fact("side") == "green"
    stage.lab.query("blue", "events", "SET TRANSACTION READ WRITE; "
                    "ALTER ROLE reported RENAME TO reporting")
    writing = stage.lab.connect("green", "shop", "postgres", False)
    writing.cursor().execute("SELECT pg_current_xact_id()")
    undone = stage.run(*LOSSY, "--execute", "--yes", "--rollback-reverse=no",
                       "--pause-quiet-wait=1s", code=support.TRANSIENT)
    writing.close()
    assert "clients are on green; what was parted stays so: there is no way back" in undone.err
    assert "everything was undone" not in undone.err and not stage.fact("way_back")
    stage.run(*LOSSY, "--execute", "--yes", code=DONE)
    stage.abort()


def test_only_rollback_takes_the_flag(stage):
    assert "rollback does" in stage.run("cutover", "--accept-data-loss", code=USAGE).err
