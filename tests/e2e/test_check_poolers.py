"""What check finds of poolers: each test spoils one thing of a lab, and puts it back."""

import contextlib
import os
import shutil

import psycopg2
import pytest

import tls
from lab import bin_directory
from pooling import SHOP, changed, entries, findings, look, not_asked, only, roles, settings
from processes import LabError, wait_until, write_file
from support import CHECKS, DONE


@pytest.fixture(scope="module")
def poolers(make_module_stage):
    return make_module_stage(extra_hba=("hostnossl all postgres 127.0.0.1/32 scram-sha-256",))


@pytest.fixture(scope="module")
def with_green(poolers):
    """The same once green runs: behind all tests that want none."""
    poolers.prepare()
    return poolers


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
        (_, what, evidence), = only(poolers, "pooler_auth_query")
    assert (what, evidence) == ("asker", "there is no such role")


def test_an_auth_query_that_its_role_may_not_ask(poolers):
    """The default one reads pg_authid, which only superusers may."""
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"), \
            settings(poolers, auth_user="asker"):
        found = only(poolers, "pooler_auth_query")
    assert all("permission denied for table pg_authid" in evidence for *_, evidence in found)
    assert sorted(evidence.split()[2] for *_, evidence in found) == ["Billing", "shop"]


@contextlib.contextmanager
def everywhere(stage, make, unmake):
    """In the databases of the entries."""
    for database in ("shop", "Billing"):
        stage.lab.query("blue", database, make)
    try:
        yield
    finally:
        for database in ("shop", "Billing"):
            stage.lab.query("blue", database, unmake)


LOOKUP = ("CREATE FUNCTION public.lookup(name text, OUT u text, OUT p text) AS "
          "'SELECT rolname::text, rolpassword FROM pg_authid WHERE rolname = name' "
          "LANGUAGE sql SECURITY DEFINER")
NO_LOOKUP = "DROP FUNCTION public.lookup"


def test_an_auth_query_that_works_is_none(poolers):
    """A function, as PgBouncer's manual has it."""
    query = "SELECT u, p FROM public.lookup($1)"
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"):
        with settings(poolers, auth_user="asker", auth_query=query):
            found = only(poolers, "pooler_auth_query")
            assert all("does not exist" in evidence for *_, evidence in found)
            with everywhere(poolers, LOOKUP, NO_LOOKUP):
                assert findings(poolers) == {}
                assert "pooler_auth_query" not in not_asked(poolers)
                with everywhere(poolers, "REVOKE EXECUTE ON FUNCTION lookup FROM public",
                                "GRANT EXECUTE ON FUNCTION lookup TO public"):
                    found = only(poolers, "pooler_auth_query")
        assert all("permission denied for function lookup" in evidence for *_, evidence in found)
        for query, reason in (("SELECT 1, 2; SELECT 3, 4", "more than one"),
                              ("SELECT u, p FROM public.lookup('{(1)}')", "has a literal"),
                              ("SELECT u, p FROM public.lookup($a$b$a$)", "has a literal"),
                              ("SELECT $1::text, $1::text", "no table or function")):
            with settings(poolers, auth_user="asker", auth_query=query):
                assert findings(poolers) == {}, query
                assert reason in not_asked(poolers)["pooler_auth_query"]


def of_both(change):
    return "; ".join(change.format(database) for database in ("shop", '"Billing"'))


def test_an_auth_query_with_names_that_its_role_has_in_its_path(poolers):
    """Not in ours, which has pg_catalog only."""
    role = "ALTER ROLE asker SET search_path = elsewhere", "ALTER ROLE asker RESET ALL"
    databases = (of_both("ALTER DATABASE {} SET search_path = elsewhere"),
                 of_both("ALTER DATABASE {} RESET search_path"))
    nearest = (of_both("ALTER ROLE asker IN DATABASE {} SET search_path = public"),
               of_both("ALTER ROLE asker IN DATABASE {} RESET ALL"))
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"), \
            settings(poolers, auth_user="asker", auth_query="SELECT u, p FROM lookup($1)"), \
            everywhere(poolers, LOOKUP, NO_LOOKUP):
        assert findings(poolers) == {}
        assert "pooler_auth_query" not in not_asked(poolers)
        for change in (role, databases):
            with roles(poolers, *change):
                found = findings(poolers)["pooler_auth_query"]
                assert all("function lookup(unknown) does not exist" in evidence
                           for *_, evidence in found)
                with roles(poolers, *nearest):
                    assert "pooler_auth_query" not in findings(poolers)


@pytest.mark.parametrize("kind", ("VOLATILE", "IMMUTABLE"))
def test_an_auth_query_is_never_asked(poolers, kind):
    """What it calls may be anybody's, who would have a superuser's powers."""
    mark = f"{poolers.lab.directory}/escaped"
    make = f"""
        CREATE FUNCTION public.escape() RETURNS boolean LANGUAGE plpgsql {kind} AS
            $b$ BEGIN RESET ROLE; EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch {mark}''';
                RETURN true; END $b$;
        CREATE FUNCTION public.lookup(name text, OUT u text, OUT p text) LANGUAGE sql {kind} AS
            'SELECT name, name WHERE public.escape()';
        CREATE DOMAIN public.whole AS int CHECK (public.escape());
        CREATE TYPE public.pair AS (n public.whole);
        CREATE VIEW public.kept AS
            SELECT 'a'::text AS u, 'b'::text AS p, NULL::public.pair AS n WHERE public.escape();
        GRANT SELECT ON public.kept TO public"""
    unmake = ("DROP VIEW public.kept; DROP TYPE public.pair; DROP DOMAIN public.whole;"
              "DROP FUNCTION public.lookup; DROP FUNCTION public.escape")
    with roles(poolers, "CREATE ROLE asker LOGIN", "DROP ROLE asker"), \
            everywhere(poolers, make, unmake):
        for query in ("SELECT u, p FROM lookup($1)", "SELECT u, p FROM kept WHERE u = $1",
                      "SELECT u, p FROM kept WHERE u = $1 AND n = '(1)'"):
            with settings(poolers, auth_user="asker", auth_query=query):
                assert findings(poolers) == {}
                assert not os.path.exists(mark), query


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


def test_an_entry_for_everybody_is_all_that_a_pooler_has(poolers):
    """SHOW DATABASES does not list it before somebody comes."""
    line = f"[databases]\n* = host=localhost port={poolers.lab.ports['blue']}\n"
    with changed(poolers, "p1", "databases.ini", lambda text: line):
        assert findings(poolers) == {}
    with changed(poolers, "p1", "databases.ini", lambda text: line.replace("localhost", "10.9.9.9")):
        assert "pooler_entries" in findings(poolers)


def test_session_mode_of_an_entry_of_a_user_and_of_all(poolers):
    with entries(poolers, SHOP, SHOP + " pool_mode=session"):
        (where, what, evidence), = only(poolers, "pooler_session_mode")
        assert (where, what) == ("pooler p1", "shop") and "entry's own" in evidence
    with entries(poolers, "* = ", "* = pool_mode=session "):
        assert [what for _, what, _ in only(poolers, "pooler_session_mode")] == ["*"]
    with settings(poolers, **{"pool_mode": "transaction\n[users]\napp = pool_mode=session"}):
        (_, what, evidence), = only(poolers, "pooler_session_mode")
        assert what == "app" and "user's own" in evidence
    with settings(poolers, pool_mode="session"):
        assert only(poolers, "pooler_session_mode") == [
            ("pooler p1", "pool_mode", "it is session")]


def test_session_mode_that_no_entry_of_blue_has_is_none(poolers):
    with settings(poolers, pool_mode="session"), changed(
            poolers, "p1", "databases.ini",
            lambda text: text.replace("host=", "pool_mode=transaction host=")):
        assert findings(poolers) == {}


def test_a_query_timeout_drops_those_who_wait_too(poolers):
    for seconds, wanted in ((4, "pooler_patience"), (9, "pooler_timeouts")):
        with settings(poolers, query_timeout=seconds):
            (_, what, evidence), = only(poolers, wanted)
            assert what == "query_timeout"
            assert evidence == f"query_timeout is {seconds}000 ms; the pause budget is 5000 ms"


def test_md5_passwords_when_green_gives_them_up(poolers):
    try:
        programs = bin_directory(18)
    except LabError as error:
        pytest.skip(str(error))
    config = poolers.variant("eighteen", "green", "bin_directory", programs)
    with roles(poolers, "CREATE ROLE oldtimer LOGIN PASSWORD 'md5c4ca4238a0b923820dcc509a6f75849b'",
               "DROP ROLE oldtimer"):
        assert findings(poolers, config) == {}, "no pooler lets it in"
        with settings(poolers, auth_user="postgres"):
            assert findings(poolers) == {}, "17 knows them"
            assert only(poolers, "pooler_md5_passwords", config) == [
                ("blue", "oldtimer", "1 role with an md5 password; green is 18")]


# "127.1" stands for a name: it is no address, but everybody knows where it leads.

def test_an_entry_that_leads_to_blue_by_another_spelling(poolers):
    line = f"odd = host=127.1 port={poolers.lab.ports['blue']} dbname=shop\n"
    with changed(poolers, "p1", "databases.ini", lambda text: text + line):
        (where, what, evidence), = only(poolers, "pooler_other_spelling")
    assert (where, what) == ("p1", "odd")
    assert evidence.startswith("host=127.1 ") and "same place" in evidence


def test_an_entry_with_a_list_that_leads_to_blue_by_another_spelling(poolers):
    line = f"odd = host=10.9.9.9,127.1 port={poolers.lab.ports['blue']} dbname=shop\n"
    with changed(poolers, "p1", "databases.ini", lambda text: text + line):
        (where, what, evidence), = only(poolers, "pooler_other_spelling")
    assert (where, what) == ("p1", "odd") and evidence.startswith("host=127.1 "), evidence


def test_an_entry_of_which_nobody_tells_where_it_leads_to(poolers):
    assert "pooler_other_spelling" not in not_asked(poolers)
    port = poolers.lab.ports["blue"]
    many = "".join(f"n{count} = host=127.0.{count} port=1\n" for count in range(130))
    line = f"odd = host=nobody.invalid port={port} dbname=shop\n"
    last = f"last = host=127.1 port={port}\n"
    with changed(poolers, "p1", "databases.ini", lambda text: text + line + many + last):
        (_, what, _), = only(poolers, "pooler_other_spelling")
        assert what == "last"
        assert not_asked(poolers)["pooler_other_spelling"] == (
            "from the host of pooler p1: nobody tells where nobody.invalid leads to")
    blue = poolers.variant("nobody", "blue", "from_poolers", ", ".join(
        f"host={name} port={port}" for name in ("localhost", "127.0.0.1", "blue.invalid")))
    reasons = {each["id"]: each["reason"] for each in look(poolers, DONE, blue)["not_asked"]}
    assert "where blue.invalid leads" in reasons["pooler_same_address"]


def test_green_that_is_blue_by_another_name(poolers):
    config = poolers.variant("same", "green", "from_poolers",
                             f"host=127.1 port={poolers.lab.ports['blue']}")
    found = only(poolers, "pooler_same_address", config)
    assert {where for where, *_ in found} == {"p1", "p2"}


def test_a_name_of_green_that_nobody_knows(poolers):
    config = poolers.variant("unknown", "green", "from_poolers", "host=green.invalid port=5432")
    found = only(poolers, "pooler_name_unknown", config)
    assert [(where, what) for where, what, _ in found] == [("p1", "green.invalid"),
                                                           ("p2", "green.invalid")]


def test_a_name_whose_ttl_nobody_tells(poolers):
    """What a name server does tell is a unit test's."""
    assert "dns_ttl" not in not_asked(poolers)
    config = poolers.variant("named", "blue", "from_poolers", ", ".join(
        f"host={name} port={poolers.lab.ports['blue']}"
        for name in ("localhost", "127.0.0.1", "blue.invalid")))
    found = look(poolers, DONE, config)
    assert {each["id"]: each["reason"] for each in found["not_asked"]}["dns_ttl"] == (
        "no name server tells the TTL of blue.invalid")
    assert findings(poolers, config) == {}


# -- once it runs ---------------------------------------------------------------------------------

def test_nothing_is_found_behind_prepare(with_green):
    assert findings(with_green) == {}
    assert set(not_asked(with_green)) == {"pg_upgrade_check"}


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


def test_with_rules_for_who_may_come_anybody_may(with_green):
    """They may leave it to PAM or LDAP, whose users are not in SHOW USERS."""
    lab = with_green.lab
    rules = f"{lab.poolers['p1'].directory}/rules"
    lab.account.write(rules, "host all all 127.0.0.1/32 scram-sha-256\n"
                             "local all all scram-sha-256\n")
    with roles(with_green, "CREATE ROLE late LOGIN", "DROP ROLE late"), \
            settings(with_green, auth_type="hba", auth_hba_file=rules):
        assert only(with_green, "pooler_roles") == [("green", "late", "there is no such role")]


def test_an_entry_for_everybody_that_nobody_uses_looks_passwords_up_too(with_green):
    with roles(with_green, "CREATE ROLE late LOGIN", "DROP ROLE late"), \
            entries(with_green, "* = ", "* = auth_user=postgres "):
        assert only(with_green, "pooler_roles") == [("green", "late", "there is no such role")]
        assert "nobody uses the entry *" in not_asked(with_green)["pooler_auth_query"]


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


def test_passwords_are_compared_where_there_is_no_md5(with_green):
    """As where OpenSSL is in FIPS mode."""
    with roles(with_green, "ALTER FUNCTION pg_catalog.md5(text) RENAME TO md5_away",
               "ALTER FUNCTION pg_catalog.md5_away(text) RENAME TO md5"):
        found = findings(with_green)
        assert all(id != "pooler_roles" for _, id, _ in found.get("not_measured", ())), found
        with roles(with_green, "ALTER ROLE reporting CONNECTION LIMIT 3",
                   "ALTER ROLE reporting CONNECTION LIMIT 20", "green"):
            assert "pooler_roles" in findings(with_green)


def test_a_green_that_is_not_reached(with_green):
    config = with_green.variant("away", "green", "from_poolers", "host=127.0.0.1 port=1")
    found = only(with_green, "pooler_reaches_green", config)
    assert [where for where, *_ in found] == ["pooler p1", "pooler p2 process 1"], "each pooler"
    assert {evidence for *_, evidence in found} == {"Connection refused"}


@contextlib.contextmanager
def green_settings(stage, **values):
    """As ALTER SYSTEM sets them; the program is content without TLS meanwhile."""
    make = "".join(f"ALTER SYSTEM SET {name} = '{value}';" for name, value in values.items())
    unmake = "".join(f"ALTER SYSTEM RESET {name};" for name in values)
    lab = stage.lab
    conninfo = (f"host=127.0.0.1 port={lab.ports['green']} user=postgres dbname=postgres "
                f"passfile={lab.passfile}")
    config = stage.variant("plain", "green", "conninfo", conninfo)

    def are_in_force(**wanted):
        """In a new session: the postmaster has read them."""
        with contextlib.closing(psycopg2.connect(conninfo)) as connection, \
                connection.cursor() as cursor:
            for name, value in wanted.items():
                cursor.execute("SELECT current_setting(%s)", (name,))
                if cursor.fetchone()[0] != value:
                    return False
        return True

    (before,), = lab.query("green", "postgres", "SELECT json_object_agg(name, setting) FROM "
                           "pg_settings WHERE name = ANY (%s)", (list(values),))
    with roles(stage, make + "SELECT pg_reload_conf()", unmake + "SELECT pg_reload_conf()",
               "green"):
        wait_until(lambda: are_in_force(**values), "green to know its settings", 10)
        yield config
    wait_until(lambda: are_in_force(**before), "green to know its settings again", 10)


def test_a_green_without_tls(with_green):
    with green_settings(with_green, ssl="off") as config:
        found = only(with_green, "pooler_tls", config)
    assert {evidence for *_, evidence in found} == {"it is verify-ca; ssl of green is off"}


def test_a_certificate_of_another_authority(with_green):
    lab = with_green.lab
    directory = f"{lab.directory}/other"
    tls.create_authority(directory)
    tls.create_certificate(directory, lab.account, directory, "green")
    with green_settings(with_green, ssl_cert_file=f"{directory}/server.crt",
                        ssl_key_file=f"{directory}/server.key") as config:
        found = only(with_green, "pooler_tls_certificate", config)
        assert {evidence for *_, evidence in found} == {
            "its certificate: unable to verify the first certificate"}
        with settings(with_green, server_tls_sslmode="require"):
            found = only(with_green, "pooler_tls_certificate", config)
            assert [where for where, *_ in found] == ["pooler p2 process 1"]


def test_a_host_without_the_programs_that_would_tell(with_green):
    """What cannot be tried is said to be so."""
    lab = with_green.lab
    directory = f"{lab.directory}/few"
    os.mkdir(directory)
    for name in ("sh", "cat", "stat", "readlink", "id"):
        os.symlink(shutil.which(name), f"{directory}/{name}")
    write_file(f"{directory}/run", f"#!/bin/sh\nPATH={directory} exec sh -c \"$*\"\n", 0o755)
    config = with_green.variant("few", "pooler p1", "run", f"{directory}/run")
    found = look(with_green, DONE, config)
    reasons = {each["id"]: each["reason"] for each in found["not_asked"]}
    assert reasons["pooler_name_unknown"] == (
        "from the host of pooler p1: there is no getent")
    assert "neither bash nor python3" in reasons["pooler_reaches_green"]


def test_a_green_that_has_less_room_than_the_poolers_want(with_green):
    """86 connections: 3 entries of p1, 3 of each process of p2, 10 each but one of 8."""
    lab = with_green.lab
    with roles(with_green, "ALTER SYSTEM SET max_connections = 60", "SELECT 1", "green"):
        pass
    lab.green.restart()
    try:
        (where, what, evidence), = only(with_green, "pooler_connections")
        assert (where, what) == ("green", "max_connections")
        assert evidence == "they may open 86 connections; green has room for 57, blue for 147"
        with settings(with_green, default_pool_size=60):
            (*_, evidence), = only(with_green, "pooler_connections")
        assert evidence == "they may open 236 connections; green has room for 57, blue for 147"
    finally:
        with roles(with_green, "ALTER SYSTEM RESET max_connections", "SELECT 1", "green"):
            pass
        lab.green.restart()
