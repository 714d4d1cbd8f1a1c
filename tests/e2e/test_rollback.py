"""The way back: to green, to blue, to green again, and nothing is lost or doubled on any of them."""

import re

import psycopg2
import pytest

import accounting
import facts
import support
from processes import wait_until
from support import CHECKS, DONE
from takers import Takers, told

STAYS = 30  # seconds on green, then on blue, by the clients' own notes
BUDGET_MS = 5000


@pytest.fixture(scope="module")
def round_trip(make_module_stage):
    """Clients at work through all of it; what was seen on the way is in its attributes."""
    stage = make_module_stage(worker_retry="5s")
    lab = stage.lab
    lab.query("blue", "shop", "CREATE SEQUENCE sales.moved; SELECT setval('sales.moved', 100)")
    Takers.create(stage)
    stage.identities = facts.identities(lab, "blue")
    stage.too_early = stage.run("rollback", "--execute", "--yes")
    stage.prepare()
    stage.before = facts.everything(lab, green=True)
    with stage.load() as stage.writers, Takers(stage) as stage.takers:
        stage.sequences = [facts.sequences(lab, "blue")]
        stage.there = stage.cutover()
        stage.takers.wait_ran(STAYS)
        stage.sequences.append(facts.sequences(lab, "green"))
        lab.query("green", "shop", "SELECT setval('sales.moved', 40)")
        stage.dry = stage.run("rollback", code=DONE)
        stage.window = stage.run("status", code=DONE)
        stage.back = stage.run("rollback", "--execute", "--yes", code=DONE)
        stage.takers.wait_ran(STAYS)
        stage.sequences.append(facts.sequences(lab, "blue"))
        stage.status_back = stage.run("status", code=DONE)
        stage.back_again = stage.run("rollback", "--execute", "--yes")
        stage.there_again = stage.cutover()
        stage.wait_commits(stage.writers)
        stage.sequences.append(facts.sequences(lab, "green"))
    wait_until(lambda: facts.rows(lab, "blue") == facts.rows(lab, "green"),
               "blue to have everything of green", 30, 0.2)
    stage.finished = stage.finish()
    return stage


def test_nothing_is_lost_or_doubled_and_no_client_saw_an_error(round_trip):
    round_trip.assert_nothing_lost(round_trip.writers, "green", errors=0)


def test_each_move_tells_how_long_clients_were_held_and_they_saw_no_less(round_trip):
    """The longest wait of a client at each switch: not shorter than what nobody may write in, and
    the switch was no longer ago than the clients' notes say."""
    log = accounting.read(round_trip.writers.log_directory)
    moves = round_trip.takers.check([15, 17, 15, 17])
    for moved, move in zip((round_trip.there, round_trip.back, round_trip.there_again), moves):
        parts = told(moved)
        seen = accounting.gaps(log, (move.since, move.until))["client_inside_ms"]
        print(f"{move.before} -> {move.after}: told {parts['held']} ms, a client waited {seen:.0f} ms")
        assert 0 < parts["held"] < BUDGET_MS
        assert seen > parts["prove"] + parts["commit"]


def test_clients_stayed_on_each_side_as_long_as_they_should(round_trip):
    first, second, third = round_trip.takers.check([15, 17, 15, 17])
    assert second.since - first.until > STAYS * 1e9 * 0.99
    assert third.since - second.until > STAYS * 1e9 * 0.99


def test_what_clients_were_given_is_there_once(round_trip):
    """Identity columns, a sequence that runs down, and one of which sessions hold blocks: each value
    once, and behind each switch beyond all that were given before it."""
    round_trip.takers.check([15, 17, 15, 17])
    assert round_trip.takers.missing("green") == []


def test_sequences_never_go_backwards(round_trip):
    """One was set back on green meanwhile."""
    assert round_trip.sequences[2]["shop", "sales", "moved"] == (100, True)
    for before, after in zip(round_trip.sequences, round_trip.sequences[1:]):
        assert set(before) == set(after)
        for key, (value, _) in before.items():
            sign = -1 if key[2] in ("ticket", "below") else 1
            assert sign * after[key][0] >= sign * value, (key, value, after[key])


def test_the_dry_run_says_what_would_happen_on_green_and_blue(round_trip):
    text = round_trip.dry.out
    assert "rollback: Move the clients back to blue" in text
    assert "Fence green" in text and "Point the poolers to blue" in text
    assert "Open blue to clients" in text
    assert not re.search(r"\{\w+\}", text), re.findall(r"\{\w+\}", text)


def test_status_tells_of_the_window(round_trip):
    assert "way back:  open for" in round_trip.window.out
    assert "on green:" in round_trip.window.out
    assert "rolled back" in round_trip.status_back.out
    assert "may write: blue" in round_trip.status_back.out
    assert "cutover --execute" in round_trip.status_back.out


def test_a_repeat_is_harmless_and_one_too_early_is_refused(round_trip):
    assert round_trip.too_early.code == support.USAGE
    assert round_trip.back_again.code == DONE and "on blue already" in round_trip.back_again.out


def test_blue_is_fenced_again(round_trip):
    for database in support.DATABASES:
        with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
            round_trip.lab.connect("blue", database, "app")


def test_nothing_of_ours_is_left(round_trip):
    for side in ("blue", "green"):
        found = facts.catalogs(round_trip.lab, side)
        assert found["slots"] == found["subscriptions"] == found["origins"] == []
        for database in support.DATABASES:
            assert found[f"publications of {database}"] == []
            assert not any("pgcutover" in each for each in found[f"schemas of {database}"])
        facts.assert_same(round_trip.identities, facts.identities(round_trip.lab, side))
    for pooler in round_trip.lab.poolers.values():
        assert not [name for name in facts.tree(pooler.directory) if "pgcutover" in name]
    assert not [name for name in facts.tree(round_trip.lab.blue.directory) if "pgcutover" in name]


def test_without_a_way_back_a_rollback_is_refused(ready_again):
    stage = ready_again
    stage.configure("rollback", "reverse", "no")
    moved = stage.cutover()
    assert "there will be no way back" in moved.out + moved.err
    assert "way back:  none" in stage.run("status", code=DONE).out
    refused = stage.run("rollback", "--execute", "--yes", code=CHECKS)
    assert "there is no way back" in refused.err and "would be lost" in refused.err
    stage.finish()


def there_and_back(stage):
    stage.cutover()
    stage.run("rollback", "--execute", "--yes", code=DONE)


def test_prepare_behind_a_rollback_finds_green_ready_and_abort_takes_all_of_it_away(stage):
    before = facts.everything(stage.lab)
    stage.prepare()
    there_and_back(stage)
    assert "green is ready" in stage.prepare().out
    with stage.load() as writers:
        stage.wait_commits(writers)
        assert "blue is as it was before" in stage.abort().out
    stage.assert_nothing_lost(writers, "blue", errors=0)
    # the poolers' files were written anew, with blue's address in its first spelling
    after = facts.everything(stage.lab)
    for what in list(after):
        if what.startswith(("files of p", "databases of")):
            del after[what], before[what]
    facts.assert_same(before, after)


def test_finish_behind_a_rollback_leaves_clients_on_blue(ready_again):
    back = ready_again
    there_and_back(back)
    with back.load() as writers:
        back.wait_commits(writers)
        early = back.run("finish", "--execute", "--delete-blue=lab", code=CHECKS)
        assert "clients are on blue" in early.err and back.fact("finish.state") is None
        assert "green still runs, fenced" in back.finish().out
        late = back.run("finish", "--execute", "--delete-blue=lab", code=CHECKS)
        assert "clients are on blue" in late.err and back.lab.blue.pid()
    back.assert_nothing_lost(writers, "blue", errors=0)
    ended = back.run("status", code=DONE).out
    assert "may write: blue" in ended and "green still runs, fenced" in ended
    for side in ("blue", "green"):
        found = facts.catalogs(back.lab, side)
        assert found["slots"] == found["subscriptions"] == found["origins"] == []


def test_a_green_that_restarts_within_the_window_does_not_close_it(ready_again):
    """Its way back is interrupted with an error, which is counted, and goes on by itself."""
    stage = ready_again
    stage.cutover()
    stage.lab.green.restart()
    with stage.load() as writers:
        stage.wait_commits(writers)
        stage.run("rollback", "--execute", "--yes", code=DONE)
        stage.wait_commits(writers)
    stage.assert_nothing_lost(writers, "blue", errors=0)


def test_a_row_that_was_changed_on_blue_by_hand_stops_the_way_back_and_is_told(ready_again):
    """A duplicate key: blue cannot follow any more, and nothing is thrown away silently."""
    stage = ready_again
    stage.cutover()
    stage.lab.query("blue", "shop", "SET TRANSACTION READ WRITE; "
                    "INSERT INTO sales.customer (id, name) OVERRIDING SYSTEM VALUE "
                    "VALUES (1000001, 'by hand')")
    stage.lab.query("green", "shop",
                    "INSERT INTO sales.customer (id, name) OVERRIDING SYSTEM VALUE "
                    "VALUES (1000001, 'a client')")
    refused = stage.run("rollback", "--execute", "--yes", config=stage.variant(
        "hasty", "pause", "quiet_wait", "3s"))
    assert refused.code in (support.TRANSIENT, support.STALE), refused
    assert "clients are on green" in refused.err
    assert stage.lab.query("green", "shop",
                           "SELECT name FROM sales.customer WHERE id = 1000001") == [("a client",)]
