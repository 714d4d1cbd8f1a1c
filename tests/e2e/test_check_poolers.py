"""What check finds of poolers: each test spoils one thing of a lab, and puts it back."""

import contextlib
import json

import pytest

from support import CHECKS, DONE


@pytest.fixture(scope="module")
def poolers(make_module_stage):
    return make_module_stage()


@pytest.fixture(scope="module")
def with_green(poolers):
    """The same once green runs: behind all tests that want none."""
    poolers.prepare()
    return poolers


def look(stage, code=None, config=None):
    """What check prints as JSON."""
    done = stage.run("check", "--output=json", config=config)
    found = json.loads(done.stdout if hasattr(done, "stdout") else done.out)
    assert code is None or done.code == code, found["findings"]
    return found


def findings(stage, config=None):
    """{id: [(where, what, evidence)]} of what is about poolers."""
    found = {}
    for finding in look(stage, config=config)["findings"]:
        if finding["id"].startswith(("pooler_", "dns_", "not_measured")):
            found.setdefault(finding["id"], []).append(
                (finding["where"], finding["what"], finding["evidence"]))
    return found


def not_asked(stage):
    return {each["id"]: each["reason"] for each in look(stage)["not_asked"]}


def only(stage, wanted, config=None):
    """The findings of `wanted`, and nothing else is found."""
    found = findings(stage, config)
    assert set(found) == {wanted}, found
    return found[wanted]


def rewrite(stage, pooler, path, content):
    """Started anew: a RELOAD forgets neither users nor settings that are gone."""
    stage.lab.account.write(path, content)
    pooler.restart()


@contextlib.contextmanager
def changed(stage, name, path, change):
    """A file of that pooler as `change` makes it, read again; then as it was."""
    pooler = stage.lab.poolers[name]
    path = f"{pooler.directory}/{path}"
    with open(path) as stream:
        before = stream.read()
    rewrite(stage, pooler, path, change(before))
    try:
        yield
    finally:
        rewrite(stage, pooler, path, before)


def settings(stage, **values):
    """The only process of p1 with these settings: the last one of a name counts."""
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    return changed(stage, "p1", "pgbouncer.ini",
                   lambda text: text.replace("%include", f"{lines}%include"))


@contextlib.contextmanager
def roles(stage, make, unmake, side="blue"):
    """SQL, in autocommit, and what takes it back; green is read-only by default."""
    connection = stage.lab.connect(side, "postgres", "postgres")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            for statement in make.split(";"):
                cursor.execute(statement)
            try:
                yield
            finally:
                for statement in unmake.split(";"):
                    cursor.execute(statement)
    finally:
        connection.close()


# -- before there is a green ----------------------------------------------------------------------

def test_nothing_is_found_of_poolers_that_are_as_they_should_be(poolers):
    assert findings(poolers) == {}
    assert "pooler_roles" in not_asked(poolers)


def test_users_that_blue_refuses_are_told_but_not_those_of_the_console(poolers):
    ghosts = '"ghost" "boo"\n"monitor" "x"\n"closed" "y"\n'
    with roles(poolers, "CREATE ROLE closed NOLOGIN", "DROP ROLE closed"), \
            changed(poolers, "p1", "userlist.txt", lambda text: text + ghosts):
        (where, what, evidence), = only(poolers, "pooler_unknown_users")
    assert where == "pooler p1" and what == "closed, ghost", what
    assert evidence.startswith("2 users")


def test_users_of_a_pooler_that_also_leads_elsewhere_may_be_somebody_elses(poolers):
    with changed(poolers, "p2", "userlist.txt", lambda text: text + '"ghost" "boo"\n'):
        assert findings(poolers) == {}


def test_an_auth_user_that_blue_does_not_know(poolers):
    with settings(poolers, auth_user="asker"):
        found = only(poolers, "pooler_auth_query")
    assert {what for _, what, _ in found} == {"asker"}
    assert {evidence for *_, evidence in found} == {"there is no such role"}


def test_an_auth_query_that_its_role_may_not_ask(poolers):
    """The default one reads pg_authid, which only superusers may."""
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"), \
            settings(poolers, auth_user="asker"):
        found = only(poolers, "pooler_auth_query")
    assert all("permission denied for table pg_authid" in evidence for *_, evidence in found)
    assert sorted(evidence.split()[2] for *_, evidence in found) == ["Billing", "shop"]


def test_an_auth_query_that_works_is_none(poolers):
    """A function, as PgBouncer's manual has it."""
    function = ("CREATE FUNCTION public.lookup(name text, OUT u text, OUT p text) AS "
                "'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = name' "
                "LANGUAGE sql SECURITY DEFINER")
    query = "SELECT u, p FROM public.lookup($1)"
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"):
        with settings(poolers, auth_user="asker", auth_query=query):
            found = only(poolers, "pooler_auth_query")
            assert all("does not exist" in evidence for *_, evidence in found)
            for database in ("shop", "Billing"):
                poolers.lab.query("blue", database, function)
            try:
                assert findings(poolers) == {}
            finally:
                for database in ("shop", "Billing"):
                    poolers.lab.query("blue", database, "DROP FUNCTION public.lookup")
        with settings(poolers, auth_user="asker", auth_query="SELECT 1, 2; SELECT 3, 4"):
            assert findings(poolers) == {}
            assert "more than one" in not_asked(poolers)["pooler_auth_query"]


def test_an_edit_that_nobody_has_reloaded(poolers):
    pooler = poolers.lab.poolers["p1"]
    before = pooler.databases()
    port = poolers.lab.ports["blue"]
    try:
        poolers.lab.account.write(pooler.file, before.replace("shop_alias", "shop_other"))
        found = only(poolers, "pooler_file")
        assert [what for _, what, _ in found] == ["shop_other"], found
        poolers.lab.account.write(pooler.file, before.replace(
            f"Billing = host=localhost port={port}", "Billing = host=localhost port=1"))
        (_, what, evidence), = only(poolers, "pooler_file")
        assert what == "Billing" and "in the file it does not" in evidence
    finally:
        poolers.lab.account.write(pooler.file, before)


def test_an_entry_of_another_file(poolers):
    """It would stay on blue: only the file that is named is changed."""
    port = poolers.lab.ports["blue"]
    extra = f"\n[databases]\nhidden = host=localhost port={port} dbname=shop\n"
    with changed(poolers, "p2", "p2a.ini", lambda text: text + extra):
        (where, what, evidence), = only(poolers, "pooler_file")
    assert (where, what) == ("pooler p2 process 1", "hidden") and "not in the file" in evidence


# -- once it runs ---------------------------------------------------------------------------------

def test_nothing_is_found_behind_prepare(with_green):
    assert findings(with_green) == {}
    assert not_asked(with_green) == {}


def test_a_role_that_came_too_late(with_green):
    with roles(with_green, "CREATE ROLE late LOGIN", "DROP ROLE late"):
        assert findings(with_green) == {}, "no pooler lets it in"
        with changed(with_green, "p1", "userlist.txt", lambda text: text + '"late" "x"\n'):
            found = findings(with_green)
    assert found["pooler_roles"] == [("green", "late", "there is no such role")]
    assert look(with_green, DONE)


def test_with_auth_query_anybody_may_come(with_green):
    with roles(with_green, "CREATE ROLE late LOGIN", "DROP ROLE late"), \
            settings(with_green, auth_user="postgres"):
        assert only(with_green, "pooler_roles") == [("green", "late", "there is no such role")]
        assert look(with_green, CHECKS)


@pytest.mark.parametrize("change, back, evidence", (
    ("NOLOGIN", "LOGIN", "it may not log in"),
    ("VALID UNTIL 'yesterday'", "VALID UNTIL 'infinity'", "its password has expired"),
    ("CONNECTION LIMIT 3", "CONNECTION LIMIT 20",
     "its connection limit is 3, on blue it is 20")))
def test_a_role_that_green_has_otherwise(with_green, change, back, evidence):
    with roles(with_green, f"ALTER ROLE reporting {change}", f"ALTER ROLE reporting {back}",
               "green"):
        assert only(with_green, "pooler_roles") == [("green", "reporting", evidence)]


def test_a_password_that_was_changed_on_blue(with_green):
    (secret,), = with_green.lab.query(
        "blue", "postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'reporting'")
    with roles(with_green, "ALTER ROLE reporting PASSWORD 'another'",
               f"ALTER ROLE reporting PASSWORD '{secret}'"):
        (where, what, evidence), = only(with_green, "pooler_passwords_differ")
    assert (where, what) == ("green", "reporting")
    done = with_green.run("check", code=DONE)
    assert secret[-20:] not in done.out + evidence
