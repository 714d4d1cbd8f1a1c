"""`check --fix | psql`: what can be cured by SQL is cured by it, in databases of whatever name."""

import pytest

import blue as single
import cases
from processes import LabError

# Whatever a name may hold, a quote, a backslash and a space of its own; newlines are refused by the check
# odd_names. All need psql and libpq to take them as they are.
NAMES = ("plain", "Mixed Case", "it's", 'a "quoted" one', "back\\slash", "dash-ed", "ünïcode", "$dollar",
         "semi;colon", "%percent", "-x", "template'; DROP TABLE t; --")
FAULT = """
CREATE TABLE t (a int PRIMARY KEY);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER audit AFTER INSERT ON t FOR EACH ROW EXECUTE PROCEDURE f();
ALTER TABLE t ENABLE REPLICA TRIGGER audit;
ALTER FUNCTION f() SET search_path = pg_catalog;
"""


@pytest.fixture(params=(10, 17))
def server(program, request):
    with single.Blue(program, request.param) as made:
        yield made


def curable(major):
    return [case for case in cases.cases("database", major)
            if case.get("fix") and not any(case.configuration().values())]


def test_what_it_says_it_cures_is_cured(server):
    """Beside what only a person can cure, of which the script says so in comments."""
    made = curable(server.major)
    assert {case.name for case in made} == {"always_triggers", "replica_triggers"}
    for case in made:
        server.execute("postgres", f"CREATE DATABASE {cases.quote(case.database)}")
        server.psql(case.database, case.file("bad.sql"))
    server.execute("postgres", "CREATE DATABASE by_hand")
    server.execute("by_hand", "CREATE TABLE t (a json); CREATE UNLOGGED TABLE u (a int PRIMARY KEY); "
                   "SELECT lo_create(0);")
    before = server.check()
    for case in made:
        assert cases.compare(case.expected(server.major), before.where(f"blue {case.database}")) == []
    script = server.fix()
    assert "-- by hand: ALTER TABLE public.t ADD PRIMARY KEY (...);" in script
    assert "-- by hand: ALTER TABLE public.u SET LOGGED;" in script  # it would be rewritten
    server.psql("postgres", text=script)
    after = server.check()
    for case in made:
        assert after.where(f"blue {case.database}") == [], case
    assert after.where("blue by_hand") == before.where("blue by_hand")


def test_cures_go_to_the_database_that_they_are_for(server):
    for name in NAMES:
        server.execute("postgres", f"CREATE DATABASE {cases.quote(name)}")
        server.psql(name, text=FAULT)
    found = server.check()
    wanted = {f"blue {name}" for name in NAMES}
    assert {each["where"] for each in found.findings if each["id"] == "always_triggers"} == wanted
    server.psql("postgres", text=server.fix())
    assert [each for each in server.check().findings if each["where"] in wanted] == []


def test_a_name_that_psql_cannot_take_is_refused_before(server):
    """No \\connect is made of it: odd_names is an error, and its cure is a person's."""
    server.psql("postgres", text="\\set name `printf 'two\\nlines'`\nCREATE DATABASE :\"name\";\n"
                'CREATE DATABASE "dbname=postgres";')
    found = server.check()
    assert found.code == 3
    odd = {each["what"] for each in found.findings if each["id"] == "odd_names"}
    assert odd == {"two*lines", "dbname=postgres"}
    script = server.fix()
    assert "two\nlines" not in script
    server.psql("postgres", text=script)


def test_what_stands_behind_a_line_break_in_a_name_is_not_run(server):
    """Whoever may make a database could otherwise have his statements run by a superuser."""
    name = "x\nALTER ROLE low SUPERUSER;\n"
    server.execute("postgres", "CREATE ROLE low LOGIN CREATEDB")
    server.execute("postgres", f"CREATE DATABASE {cases.quote(name)}")
    server.execute(name, FAULT)
    found = {each["id"] for each in server.check().findings if each["where"] == f"blue {name}"}
    assert found == {"always_triggers"}
    script = server.fix()
    assert "-- psql cannot be given the name of this database: x ALTER ROLE low SUPERUSER; " in script
    assert "-- by hand: ALTER TABLE public.t DISABLE TRIGGER audit;" in script
    assert not [line for line in script.splitlines() if line.startswith("ALTER ROLE")]
    server.psql("postgres", text=script)
    (is_super,), = server.execute("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'low'")
    assert is_super is False


def test_who_may_connect_may_do_so_all_the_time(server):
    """The right is given as the owner gives it before the other grant of it is taken back."""
    server.psql("postgres", text="""
        CREATE ROLE host; CREATE ROLE guest;
        GRANT CONNECT ON DATABASE postgres TO host WITH GRANT OPTION;
        SET ROLE host;
        GRANT CONNECT ON DATABASE postgres TO guest;""")
    assert {each["id"] for each in server.check().findings} >= {"connect_grants"}
    script = server.fix()
    assert script.index("\nGRANT CONNECT ON DATABASE postgres TO guest;") < script.index("REVOKE ")
    server.psql("postgres", text=script)
    assert "connect_grants" not in {each["id"] for each in server.check().findings}
    [(is_there,)] = server.execute("postgres", "SELECT count(*) = 1 FROM pg_database AS d, aclexplode(d.datacl) "
                                   "AS g JOIN pg_roles AS r ON r.oid = g.grantee WHERE r.rolname = 'guest' "
                                   "AND d.datname = 'postgres' AND g.privilege_type = 'CONNECT'")
    assert is_there


def test_names_are_spelled_as_the_script_is_whatever_the_database_stores(server):
    server.execute("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
                   if server.major >= 13 else
                   "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    server.execute("latin", FAULT.replace(" t ", ' "é" '))
    script = server.fix()
    assert 'ALTER TABLE public."é" DISABLE TRIGGER audit;' in script
    server.psql("postgres", text=script)
    assert server.check().where("blue latin") == []


def test_a_setting_that_two_checks_raise_is_enough_for_both(program):
    """Up to 17 slots and origins are one setting, and what is set last is what counts."""
    with single.Blue(program, 17, settings={"max_replication_slots": 1}) as made:
        for name in ("one", "two"):
            made.execute("postgres", f"CREATE DATABASE {name}")
        before = {each["id"] for each in made.check().findings if each["what"] == "max_replication_slots"}
        assert before == {"max_replication_slots", "way_back_settings", "green_parameters"}
        script = made.fix()
        assert "ALTER SYSTEM SET max_replication_slots = 4;\n-- then by hand: restart the server\n" in script
        made.psql("postgres", text=script)
        made.stop()
        made.start()
        assert [each for each in made.check().findings if each["what"] == "max_replication_slots"] == []


def test_the_script_waits_for_no_lock_for_long(server):
    server.execute("postgres", "CREATE DATABASE shop")
    server.psql("shop", text=FAULT)
    script = server.fix().splitlines()
    assert script[script.index("\\set ON_ERROR_STOP on") + 1] == "SET lock_timeout = '5s';"
    place = script.index("\\connect -reuse-previous=on \"dbname='shop'\"")
    assert script[place + 1] == "SET lock_timeout = '5s';"


def test_a_cure_that_fails_ends_the_script(server):
    server.execute("postgres", "CREATE DATABASE shop")
    server.psql("shop", text=FAULT)
    script = server.fix()
    server.execute("shop", "DROP TRIGGER audit ON t")
    with pytest.raises(LabError, match='trigger "audit" for table "t" does not exist'):
        server.psql("postgres", text=script)
