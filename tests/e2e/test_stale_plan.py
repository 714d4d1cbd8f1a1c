"""A plan that was saved and reviewed: the cutover refuses when something is not what the plan saw."""

import contextlib
import hashlib
import json
import os
import shutil

import pytest

import facts
import support
from support import DONE, STALE, USAGE
from test_bad_input import assert_clear

EXECUTE = ("cutover", "--execute", "--yes")
SECRETS = ("key-of-an-application", "password-in-a-pooler-file")


@pytest.fixture(scope="module")
def shared(make_module_stage):
    """Green ready under load, and a plan saved; every test leaves it as it was."""
    stage = make_module_stage()
    lab = stage.lab
    stage.plan = f"{stage.directory}/plan.json"
    with open(lab.poolers["p1"].file, "a") as stream:
        stream.write(f"outside = host=127.0.0.1 port=1 user=x password={SECRETS[1]}\n")
    lab.poolers["p1"].reload()
    lab.query("blue", "postgres", f"ALTER ROLE app SET app.key = '{SECRETS[0]}'")
    stage.too_early = f"{stage.directory}/early.json"
    stage.run("plan", f"--save={stage.too_early}", code=DONE)
    stage.writers = stage.load(rate=10)
    stage.writers.start()
    stage.prepare()
    stage.before, stage.asked = everything(stage), commands(stage)
    stage.printed = stage.run("plan", f"--save={stage.plan}", code=DONE)
    return stage


@pytest.fixture
def stage(shared):
    """The same, with the proof that the test has left it as it was, and no pooler noticed."""
    yield shared
    facts.assert_same(shared.before, everything(shared))
    assert commands(shared) == shared.asked
    shared.wait_commits(shared.writers, 5)


def everything(stage):
    """Of servers and poolers; and what the run would undo or go on with."""
    found = facts.everything(stage.lab, green=True)
    found["side"] = stage.fact("side")
    return found


def commands(stage):
    """What was asked of the poolers' consoles: PAUSE, RESUME, RELOAD."""
    found = []
    for pooler in stage.lab.poolers.values():
        for process in pooler.processes:
            with open(process.log, errors="replace") as stream:
                found += [line for line in stream if "command issued" in line]
    return found


def both(stage, database, text):
    """The same on blue and on green, so that they do not differ from each other."""
    stage.lab.query("blue", database, text)
    stage.lab.query("green", database, f"SET TRANSACTION READ WRITE; {text}")


def write(path, content):
    with open(path, "w") as stream:
        stream.write(content)


def content(path):
    with open(path) as stream:
        return stream.read()


def refused(stage, *words, arguments=(), dry=False):
    """The cutover ends with exit code 4 and names it; with `dry`, the dry run says the same."""
    arguments = arguments or (f"--plan={stage.plan}",)
    result = stage.run(*EXECUTE, *arguments)
    told = result.err[result.err.index("pgcutover: error: "):]
    assert_clear(stage, support.Result(result.code, result.out, told), STALE, *words)
    assert " hold" not in result.err and " record" not in result.err, result
    if dry:
        assert_clear(stage, stage.run("cutover", *arguments), STALE, *words)
    for word in SECRETS:
        assert word not in result.err


# -- what is in the file -----------------------------------------------------------------------

def test_the_file_is_json_for_the_owner_alone(stage):
    saved = json.loads(content(stage.plan))
    assert oct(os.stat(stage.plan).st_mode) == "0o100600"
    assert saved["schema_version"] == 1 and saved["cluster"] == "lab"
    assert saved["system_identifier"] == stage.fact("blue.system_identifier")
    places = saved["seen"]
    assert {"blue", "blue shop", "blue Billing", "green", "green shop", "pooler p1",
            "pooler p2"} <= set(places)
    assert "version_num " + str(stage.fact("blue.version_num")) in places["blue"]["server"]
    assert any(line.startswith("role app, ") for line in places["blue"]["roles"])
    assert "table sales.customer" in places["blue shop"]["published"]
    assert places["blue shop"]["published"] == places["green shop"]["subscribed"]
    assert any("sales.customer" in line and "identity" in line
               for line in places["blue shop"]["columns"])
    for part in ("columns", "indexes", "sequences", "objects", "grants"):
        assert places["blue shop"][part], part
    assert "entry shop, host localhost, port " in " ".join(
        places["pooler p1"]["entries that go to blue"])
    digest = hashlib.sha256(content(stage.lab.poolers["p1"].file).encode()).hexdigest()
    assert f"sha256 {digest}" in places["pooler p1"]["file"]
    assert sum("PgBouncer 1." in line for line in places["pooler p2"]["processes"]) == 2
    assert f"--plan={stage.plan}" in stage.printed.out


def test_no_secret_is_in_the_file(stage):
    words = list(stage.passwords().values()) + list(SECRETS)
    for secret, in stage.lab.query("blue", "postgres", "SELECT rolpassword FROM pg_authid "
                                   "WHERE rolpassword IS NOT NULL"):
        words += [secret, hashlib.md5(secret.encode()).hexdigest()]
    assert len(words) > 8
    for path in (stage.plan, stage.too_early):
        text = content(path)
        for word in words + ["passfile", "sslrootcert"]:
            assert word not in text
    assert "setting of role app in all databases, app.key, value not shown" in content(stage.plan)


def test_the_same_is_seen_again_under_load(stage):
    """Nothing that changes by itself is in it."""
    again = f"{stage.directory}/again.json"
    stage.wait_commits(stage.writers, 20)
    stage.run("plan", f"--save={again}", code=DONE)
    stage.run("cutover", f"--save={again}", code=DONE)
    assert json.loads(content(again))["seen"] == json.loads(content(stage.plan))["seen"]
    dry = stage.run("cutover", f"--plan={again}", code=DONE)
    assert "cutover: " in dry.out
    os.unlink(again)


def test_many_tables_take_no_statement_each(stage):
    """One statement a part, whatever there is: 2000 tables more are no reason to wait."""
    name = "many"
    both(stage, "shop", "DO $$ BEGIN FOR n IN 1..2000 LOOP EXECUTE "
         f"format('CREATE UNLOGGED TABLE sales.{name}_%s (a integer)', n); END LOOP; END $$")
    try:
        result = stage.run(*EXECUTE, f"--plan={stage.plan}", timeout=60)
        assert result.code == STALE and "more" in result.err, result
        assert len(result.err.splitlines()[0]) < 1200
    finally:
        both(stage, "shop", "DO $$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass FROM "
             f"pg_class WHERE relname LIKE '{name}\\_%' LOOP EXECUTE 'DROP TABLE ' || t; "
             "END LOOP; END $$")


# -- what is different ---------------------------------------------------------------------------

@pytest.mark.parametrize("change, back, words", (
    ("ALTER TABLE sales.customer ADD COLUMN late text",
     "ALTER TABLE sales.customer DROP COLUMN late",
     ("only now: blue shop, columns: column sales.customer.late",)),
    ("CREATE SEQUENCE sales.late", "DROP SEQUENCE sales.late",
     ("only now: blue shop, sequences: sequence sales.late",)),
    ("ALTER ROLE reporting CREATEDB", "ALTER ROLE reporting NOCREATEDB",
     ("only in plan: blue, roles: role reporting", "only now: blue, roles: role reporting")),
    ("CREATE INDEX late ON sales.customer (name)", "DROP INDEX sales.late",
     ("only now: blue shop, indexes: index sales.late",)),
    ("ALTER TABLE sales.customer REPLICA IDENTITY FULL",
     "ALTER TABLE sales.customer REPLICA IDENTITY DEFAULT",
     ("relation sales.customer", "identity f", "identity d")),
    ("GRANT INSERT ON sales.customer TO monitor", "REVOKE INSERT ON sales.customer FROM monitor",
     ("only now: blue shop, grants:", "INSERT to monitor")),
    ("GRANT reporting TO monitor", "REVOKE reporting FROM monitor",
     ("only now: blue, memberships: member monitor of reporting",)),
    ("ALTER DATABASE shop SET work_mem = '9MB'", "ALTER DATABASE shop SET work_mem = '8MB'",
     ("only in plan: blue, settings:", "work_mem=8MB", "work_mem=9MB")),
    ("ALTER DATABASE shop CONNECTION LIMIT 7", "ALTER DATABASE shop CONNECTION LIMIT -1",
     ("blue, privileges: database shop", "connection limit 7")),
    ("CREATE FUNCTION sales.late() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
     "DROP FUNCTION sales.late()", ("only now: blue shop, objects: function sales.late()",)),
), ids=lambda value: value.split(" (")[0] if isinstance(value, str) else "")
def test_a_change_on_both_servers(stage, change, back, words):
    """Blue and green do not differ: only the plan knows that it was not reviewed."""
    both(stage, "shop", change)
    try:
        refused(stage, *words, "plan --save=FILE", dry="COLUMN" in change)
    finally:
        both(stage, "shop", back)


def test_what_differs_is_told_without_what_applications_keep_in_it(stage):
    """A setting with a dot in its name, whose value nobody but the application knows."""
    lab = stage.lab
    lab.query("blue", "postgres", f"ALTER ROLE app SET app.key = E'{SECRETS[0]}-new\\n{SECRETS[0]}'")
    try:
        for arguments in ((), (f"--plan={stage.plan}",)):
            result = stage.run(*EXECUTE, *arguments)
            assert result.code == STALE and SECRETS[0] not in result.out + result.err, result
            for side in ("blue", "green"):
                assert (f"only on {side}: setting of role app in all databases, app.key, "
                        "value not shown") in result.err, result
    finally:
        lab.query("blue", "postgres", f"ALTER ROLE app SET app.key = '{SECRETS[0]}'")


def test_a_change_on_blue_alone(stage):
    """Refused with or without a plan."""
    stage.lab.query("blue", "shop", "ALTER TABLE sales.customer ADD COLUMN late text")
    try:
        refused(stage, "only on blue: column sales.customer.late")
        refused(stage, "only on blue: column sales.customer.late", arguments=("--yes",))
    finally:
        stage.lab.query("blue", "shop", "ALTER TABLE sales.customer DROP COLUMN late")


@contextlib.contextmanager
def edited(pooler, old, new):
    """An edit that no process has read."""
    kept = content(pooler.file)
    assert old in kept
    write(pooler.file, kept.replace(old, new, 1))
    try:
        yield
    finally:
        write(pooler.file, kept)


@pytest.mark.parametrize("old, new, words", (
    ("pool_size=8", "pool_size=9", ()),
    ("shop    =", "shop2 = host=localhost port=PORT\nshop    =", ("only now: pooler p2, entries "
                                                                  "that go to blue: entry shop2",)),
))
def test_a_pooler_file_that_was_edited(stage, old, new, words):
    with edited(stage.lab.poolers["p2"], old, new.replace("PORT", str(stage.lab.ports["blue"]))):
        refused(stage, "only in plan: pooler p2, file: sha256", "only now: pooler p2, file: sha256",
                *words, dry=True)


def test_a_pooler_file_of_another_mode(stage):
    file = stage.lab.poolers["p2"].file
    mode = os.stat(file).st_mode & 0o777
    os.chmod(file, 0o640)
    try:
        refused(stage, "pooler p2, file: mode and owner 640")
    finally:
        os.chmod(file, mode)


def test_another_configuration(stage):
    """A flag counts: what was reviewed would have held clients for 5 s at most."""
    refused(stage, "only now: pgcutover, configuration: fingerprint",
            arguments=(f"--plan={stage.plan}", "--pause-budget=4s"))


def test_a_plan_from_before_green_was_ready(stage):
    refused(stage, "saved before green was ready", "plan --save=FILE",
            arguments=(f"--plan={stage.too_early}",))


# -- files that are no plan ----------------------------------------------------------------------

def changed(stage, old, new):
    text = content(stage.plan)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("make, words", (
    (lambda stage: changed(stage, '"schema_version":\t1', '"schema_version":\t2'),
     ("schema_version is 2",)),
    (lambda stage: changed(stage, "table sales.customer", "table sales.castomer"),
     ("changed since it was saved",)),
    (lambda stage: changed(stage, stage.fact("blue.system_identifier"), "7000000000000000001"),
     ("changed since it was saved",)),
    (lambda stage: content(stage.plan)[:-20], ("it is not JSON",)),
    (lambda stage: "garbage\n", ("it is not JSON",)),
    (lambda stage: "", ("it is not JSON",)),
    (lambda stage: stage.run("status", "--output=json").out, ("not a plan that was saved",)),
), ids=("schema", "tampered", "identifier", "cut off", "garbage", "empty", "another file"))
def test_a_file_that_is_no_plan(stage, make, words):
    path = f"{stage.directory}/odd.json"
    write(path, make(stage))
    for command in (EXECUTE, ("cutover",)):
        assert_clear(stage, stage.run(*command, f"--plan={path}"), USAGE, path, *words,
                     "plan --save=FILE")
    os.unlink(path)


@pytest.mark.parametrize("path, words", (
    ("/nowhere/plan.json", ("No such file",)), ("/", ("it is not a file",)),
    ("/dev/null", ("it is not a file",)),
))
def test_a_plan_that_cannot_be_read(stage, path, words):
    assert_clear(stage, stage.run(*EXECUTE, f"--plan={path}"), USAGE, path, *words)


def test_a_plan_of_another_cluster(stage):
    """A whole and true one: its digest is right."""
    plan = json.loads(content(stage.plan))
    text = content(stage.plan).replace(plan["system_identifier"], "7000000000000000001")
    other = json.loads(text)
    measured = "19:7000000000000000001"
    for where in sorted(other["seen"], key=str.encode):
        for part in sorted(other["seen"][where], key=str.encode):
            lines = sorted(other["seen"][where][part], key=str.encode)
            measured += "\n" + "".join(f"{len(each.encode())}:{each}"
                                       for each in (where, part, *lines))
    other["sha256"] = hashlib.sha256(measured.encode()).hexdigest()
    path = f"{stage.directory}/other.json"
    write(path, json.dumps(other))
    for command in (EXECUTE, ("cutover",)):
        assert_clear(stage, stage.run(*command, f"--plan={path}"), USAGE, "another cluster's",
                     "7000000000000000001", plan["system_identifier"])
    os.unlink(path)


@pytest.mark.parametrize("arguments, words", (
    (("prepare", "--plan=x"), ("prepare takes no --plan",)),
    (("recover", "--execute", "--plan=x"), ("recover takes no --plan",)),
    (("plan", "--plan=x"), ("plan takes no --plan",)),
    (("check", "--save=x"), ("check takes no --save",)),
    (("cutover", "--execute", "--yes", "--save=x"), ("--save is for a dry run",)),
    (("cutover", "--save=x", "--plan=y"), ("exclude each other",)),
    (("plan", "--scripts", "--save=x"), ("takes no --save",)),
    (("plan", "--save="), ("needs the name of a file",)),
    (("plan", "--save"), ("needs a value",)),
))
def test_flags_that_make_no_sense(stage, arguments, words):
    result = stage.run(*arguments)
    assert_clear(stage, result, USAGE, *words)


def test_nothing_else_is_overwritten(stage):
    for path in (stage.lab.config_path, stage.directory, "/dev/null"):
        kept = content(path) if os.path.isfile(path) else None
        assert_clear(stage, stage.run("plan", f"--save={path}"), USAGE, path,
                     "not a plan that was saved")
        assert kept is None or content(path) == kept
    assert_clear(stage, stage.run("plan", "--save=/nowhere/plan.json"), USAGE, "No such file")


def test_nothing_is_saved_that_was_not_seen(stage):
    """A pooler that does not answer: no plan, and no half of one."""
    path = f"{stage.directory}/half.json"
    stage.freeze(stage.lab.poolers["p2"].processes[1])
    try:
        result = stage.run("plan", f"--save={path}")
        assert result.code not in (DONE, STALE) and not result.out, result
        assert "pooler p2" in result.err and "error:" in result.err, result
    finally:
        stage.thaw()
    assert not [name for name in os.listdir(stage.directory) if name.startswith("half")]


# -- as it was reviewed ------------------------------------------------------------------------

def test_as_it_was_reviewed_it_succeeds(shared):
    """The last test of the lab: clients go to green; the watchdog was told nothing of the plan."""
    asked = len(commands(shared))
    shutil.copy(shared.plan, f"{shared.directory}/reviewed.json")
    result = shared.run(*EXECUTE, f"--plan={shared.directory}/reviewed.json", code=DONE)
    assert "clients are on green" in result.out
    assert len(commands(shared)) > asked, "the tests above would not have seen a pooler asked"
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
    assert ["done"] == [state for state, in shared.journal(
        "SELECT state FROM row WHERE plan = 'cutover' AND step = 'review' ORDER BY id DESC LIMIT 1")]
