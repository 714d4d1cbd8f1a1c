"""When each row was at work, and how far green was behind, is kept beside the journal, also of an attempt that is undone."""

import sqlite3

from program import parse_held
from support import DONE


def ask(stage, statement, parameters=()):
    directory = stage.run_directory() or stage.run_directory("last")
    connection = sqlite3.connect(f"{directory}/samples.db")
    try:
        return connection.execute(statement, parameters).fetchall()
    finally:
        connection.close()


def spans(stage, plan):
    """(step, state, side, began_us, ended_us, is_pause), as they were written."""
    return ask(stage, "SELECT step, state, side, began_us, ended_us, is_pause "
               "FROM span WHERE plan = ? ORDER BY rowid", (plan,))


def rows_of(stage, plan, state):
    return [step for step, in stage.journal(
        "SELECT step FROM row WHERE plan = ? AND state = ? ORDER BY id", (plan, state))]


def assert_lags(stage, began, ended):
    """Of every slot of ours, from its making on, and never while clients are held."""
    lags = ask(stage, "SELECT side, slot, at_us, behind, lag_us FROM lag")
    slots = stage.lab.query("blue", "postgres", "SELECT 'pgcutover_' || oid FROM pg_database "
                            "WHERE NOT datistemplate")
    assert {row[0] for row in lags} == {"blue"}
    assert {row[1] for row in lags} == {name for name, in slots}
    # a look that a busy server has not answered in its interval is unmeasured
    assert any(row[3] is not None and row[3] > 0 for row in lags)
    assert any(row[4] == 0 for row in lags)
    assert not [row for row in lags if began < row[2] < ended]
    assert min(row[2] for row in lags) < began


def test_of_prepare_and_cutover_every_row(make_stage):
    stage = make_stage(poolers=("p1",))
    with stage.load() as load:
        stage.prepare()
        assert [row[0] for row in spans(stage, "prepare")] == rows_of(stage, "prepare", "done")
        moved = stage.cutover()
        stage.wait_commits(load)
    found = {row[0]: row for row in spans(stage, "cutover")}
    assert sorted(found) == sorted(rows_of(stage, "cutover", "done"))
    assert {row[1] for row in found.values()} == {"done"}
    began, ended = found["hold"][3], found["release"][4]
    held_us = parse_held(moved.out).ms * 1000
    assert 0.7 * held_us - 5000 < ended - began < 1.3 * held_us + 5000
    assert all(began <= row[3] <= row[4] <= ended for row in found.values() if row[5])
    assert [found[step][2] for step in ("quiet", "prove", "commit", "confirm")] == \
        ["blue", "nobody", "green", "green"]
    assert found["quiet"][4] <= began and ended <= found["confirm"][4]
    assert_lags(stage, began, ended)


def test_of_an_attempt_that_is_undone_what_was_undone(make_stage):
    stage = make_stage(poolers=("p1",))
    stage.prepare()
    with stage.load() as load:
        stage.freeze(stage.lab.green)
        engine = stage.begin("cutover", "--execute", "--yes",
                             config=stage.variant("short", "pause", "quiet_wait", "1s"))
        assert engine.wait() != DONE
        stage.thaw()
        stage.wait_commits(load)
    states = {(row[0], row[1]) for row in spans(stage, "cutover")}
    assert any(state == "failed" for _step, state in states), states
    assert any(state == "undone" for _step, state in states), states
