"""Server connections of the poolers that log in just when a RELOAD or a PAUSE is due."""

import contextlib
import threading
import time

import psycopg2
import pytest

import facts
import support
import wires
from processes import wait_until
from support import CHECKS, DONE

LOCK = 4711


@pytest.fixture(scope="module")
def ready(stopping_program, make_module_stage):
    stage = make_module_stage()
    stage.prepare()
    return stage


@contextlib.contextmanager
def entry_option(stage, entry, option):
    """One more option of an entry of p1, in force; then as it was."""
    pooler = stage.lab.poolers["p1"]
    before = pooler.databases()
    lines = [f"{line} {option}" if line.startswith(f"{entry} =") else line
             for line in before.splitlines()]
    assert "\n".join(lines) + "\n" != before
    pooler.account.write(pooler.file, "\n".join(lines) + "\n")
    pooler.reload()
    try:
        yield
    finally:
        pooler.account.write(pooler.file, before)
        pooler.reload()


def logins(stage):
    """Server connections of p1 that log in for the entry shop_alias."""
    return [row["ptr"] for row in stage.lab.process("p1").command("SHOW SERVERS")
            if row["database"] == "shop_alias" and row["state"] == "new"]


def test_an_entry_with_a_min_pool_size_of_its_own_is_refused(ready):
    with entry_option(ready, "shop_alias", "min_pool_size=2"):
        checked = ready.run("check", code=CHECKS)
        assert "pooler_min_pool_size" in checked.out and "shop_alias" in checked.out, checked
        before = facts.everything(ready.lab, green=True)
        result = ready.run("cutover", "--execute", "--yes", code=CHECKS)
        assert "entry shop_alias has a min_pool_size of its own, 2" in result.err, result
        assert "they were held" not in result.err
        facts.assert_same(before, facts.everything(ready.lab, green=True))
    ready.run("check", code=DONE)


class SlowLogin:
    """A login to the entry that lasts until it is let go, and the client that waits for it."""

    def __init__(self, stage):
        self.stage, self.answer = stage, None
        self.control = stage.lab.connect("blue", "shop", "postgres", autocommit=True)
        self.ask("SELECT pg_advisory_lock(%s)")
        self.client = threading.Thread(target=self.come, daemon=True)
        self.client.start()
        self.under_way = wait_until(lambda: logins(stage), "a login under way", 10)

    def ask(self, statement):
        with self.control.cursor() as cursor:
            cursor.execute(statement, (LOCK,))

    def come(self):
        try:
            self.answer = self.stage.lab.query("p1", "shop_alias", "SHOW server_version_num",
                                               user="app")[0][0]
        except psycopg2.Error as error:
            self.answer = error

    def end(self):
        self.ask("SELECT pg_advisory_unlock(%s)")
        self.client.join(20)
        self.control.close()


def slow_entry(stage):
    return entry_option(stage, "shop_alias",
                        f"connect_query='SELECT pg_advisory_xact_lock_shared({LOCK})'")


@pytest.mark.parametrize("row", ("arm", "quiet"))
def test_a_login_under_way_is_not_cut_off(ready, row):
    """Neither by the first RELOAD nor by PAUSE."""
    with slow_entry(ready):
        engine = ready.stopped("cutover", "--execute", "--yes", stop_at=f"{row},fence")
        slow = SlowLogin(ready)
        engine.go_on()
        begun = time.monotonic()
        wait_until(lambda: support.elapsed(begun) > 0.7 or not logins(ready) == slow.under_way,
                   "what the engine does meanwhile", 5)
        assert logins(ready) == slow.under_way and slow.answer is None
        slow.end()
        assert str(slow.answer).startswith("15")
        engine.wait_stopped()
        engine.kill()
        ready.wait_alone()
        assert support.pooler_states(ready.lab) == []


class Crowd:
    """A client of shop_alias with an open transaction; and one that comes when it is told to, for
    which a server connection would be opened if that could be."""

    def __init__(self, stage):
        self.stage, self.answer, self.seen = stage, None, []
        self.control = stage.session("blue", "shop", "postgres", autocommit=True)
        self.first, self.later = (stage.session("p1", "shop_alias") for _ in range(2))
        self.ask(self.first, "SHOW server_version_num")
        self.second = threading.Thread(target=self.come, daemon=True)

    def ask(self, connection, statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]

    def come(self):
        try:
            self.answer = self.ask(self.later, "SHOW server_version_num")
            self.later.rollback()
        except psycopg2.Error as error:
            self.answer = error

    def is_waiting(self):
        return any(row["database"] == "shop_alias" and int(row["cl_waiting"]) > 0
                   for row in self.stage.lab.process("p1").command("SHOW POOLS"))

    def meet(self):
        """In the moment before the command gets to the pooler."""
        self.ask(self.control, f"SELECT pg_advisory_lock({LOCK})")
        self.second.start()
        wait_until(self.is_waiting, "a client that waits for a server connection", 10)
        self.seen += logins(self.stage)
        self.ask(self.control, f"SELECT pg_advisory_unlock({LOCK})")
        self.first.rollback()


@pytest.mark.parametrize("row, command", (("arm", b"RELOAD"), ("hold", b"PAUSE")))
def test_no_login_begins_while_a_command_is_under_way(ready, row, command):
    """Behind the answer that nobody logs in, before the RELOAD or the PAUSE that would end one."""
    with slow_entry(ready):
        proxy, config = wires.between(ready, "console")
        with proxy:
            engine = ready.begin("cutover", "--execute", "--yes", stop_at=f"{row},fence",
                                 config=config)
            engine.wait_stopped()
            crowd = Crowd(ready)
            proxy.before(command, crowd.meet)
            engine.go_on()
            engine.wait_stopped()
            assert not proxy.calls and crowd.seen == []
            engine.kill()
            ready.wait_alone()
        crowd.second.join(20)
        assert str(crowd.answer).startswith("15")
    assert [row["value"] for row in ready.lab.process("p1").command("SHOW CONFIG")
            if row["key"] == "max_db_connections"] == ["0"]
