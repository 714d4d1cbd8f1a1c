"""Who is connected past the poolers: told beforehand, refused or ended, or kept for reading."""

import contextlib
import re

import facts
import psycopg2
import pytest
import support
from support import CHECKS, DONE, ROLLED_BACK


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """A lab that is ready; every test leaves it so."""
    stage = make_module_stage()
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    return stage


def named(stage, name, user="app"):
    """A session on blue that no pooler has."""
    session = stage.session("blue", user=user, autocommit=True)
    with session.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, false)", (name,))
    return session


def test_direct_sessions_are_told_before_anything_is_done(shared):
    """In the dry run too, with role, application and address; pooled ones are not among them."""
    with shared.load(clients=4) as load:
        shared.wait_commits(load, 10)
        session = named(shared, "batch job")
        plan = shared.run("cutover", code=DONE).out
        session.close()
    line, = [line for line in plan.splitlines() if "past the poolers, to be" in line]
    assert "app (batch job, from 127.0.0.1): 1 session" in line
    assert line.count("session") == 1, line


def test_direct_sessions_are_refused_where_that_is_wanted(shared):
    config = shared.variant("refuse", "fence", "direct_sessions", "refuse")
    session = named(shared, "batch job")
    refused = shared.run("cutover", "--execute", "--yes", config=config, code=CHECKS)
    assert "app (batch job, from 127.0.0.1): 1 session" in refused.err
    assert "hint: " in refused.err
    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
    session.close()
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))


@pytest.mark.parametrize("role, why", (("app", "it may write to "), ("postgres", "it is a superuser"),
                                       ("nobody_at_all", "there is no such role")))
def test_a_role_that_may_write_is_not_kept(shared, role, why):
    config = shared.variant("kept", "fence", "keep_roles", role)
    refused = shared.run("cutover", "--execute", "--yes", config=config, code=CHECKS)
    assert f"{role}: {why}" in refused.err
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))


def on_both(stage, *statements):
    for side in ("blue", "green"):
        connection = stage.lab.connect(side, "postgres", "postgres", True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")  # green is closed
            for statement in statements:
                cursor.execute(statement)


def test_a_role_that_may_become_one_that_writes_is_not_kept(shared):
    """It inherits nothing, and may say SET ROLE."""
    on_both(shared, "CREATE ROLE borrower LOGIN NOINHERIT", "GRANT app TO borrower",
            "CREATE ROLE climber LOGIN NOINHERIT", "CREATE ROLE summit SUPERUSER",
            "GRANT summit TO climber")
    for role, why in (("borrower", r"it may write to \S+ as app"),
                      ("climber", "it is a member of a superuser, summit")):
        config = shared.variant("kept", "fence", "keep_roles", role)
        refused = shared.run("cutover", "--execute", "--yes", config=config, code=CHECKS)
        assert re.search(f"{role}: {why}", refused.err), refused
    on_both(shared, "DROP ROLE borrower", "DROP ROLE climber", "DROP ROLE summit")
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))


def test_recover_does_not_go_by_what_an_earlier_attempt_recorded(shared):
    """It has fenced nothing yet: what was changed on blue since the earlier one stays."""
    def kill_at(row):
        shared.stopped("cutover", "--execute", "--yes", stop_at=row).kill()
        shared.wait_alone()

    kill_at("commit")
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))
    change = "ALTER DATABASE shop {} default_transaction_read_only"
    shared.lab.query("blue", "postgres", change.format("SET") + " = off")
    changed = facts.everything(shared.lab, green=True)
    assert changed != shared.before
    kill_at("observe")
    assert "no cutover is under way" in shared.run("recover", code=DONE).out
    facts.assert_same(changed, facts.everything(shared.lab, green=True))
    shared.lab.query("blue", "postgres", change.format("RESET"))
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))


def read(stage, user):
    return stage.lab.query("blue", "shop", "SELECT count(*) FROM pg_stat_activity", user=user)


def test_a_kept_role_reads_on_while_blue_is_closed(shared):
    """And when it is undone its privileges are exactly what they were: it had CONNECT as PUBLIC."""
    config = shared.variant("kept", "fence", "keep_roles", "monitor")
    engine = shared.begin("cutover", "--execute", "--yes", stop_at="prove", config=config)
    engine.wait_stopped()
    assert read(shared, "monitor")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        read(shared, "app")
    with pytest.raises(psycopg2.Error, match="read-only transaction"):
        shared.lab.query("blue", "shop", "CREATE TABLE made (n int)", user="monitor")
    engine.process.send_signal(support.signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    facts.assert_same(shared.before, facts.everything(shared.lab, green=True))


def test_a_kept_role_reads_on_behind_the_switch(shared):
    """The last one on the shared lab. Its old session is ended, the new ones are read-only."""
    shared.configure("fence", "keep_roles", "monitor")
    old = named(shared, "dashboard", "monitor")
    done = shared.cutover()
    assert "ended on blue: " in done.out and "dashboard" in done.out
    with pytest.raises(psycopg2.Error), old.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert read(shared, "monitor")
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        read(shared, "app")
    shared.finish()
    assert read(shared, "monitor")
