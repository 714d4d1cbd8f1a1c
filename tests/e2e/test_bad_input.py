"""What a person gets wrong: one clear error, the right exit code, and blue as it was before."""

import contextlib
import fcntl
import json
import os
import pty
import shutil
import signal
import subprocess
import termios

import pytest

import facts
import support
from processes import wait_until, write_file
from support import CHECKS, DONE, FAILED, LOCKED, TRANSIENT, USAGE

PREPARE = ("prepare", "--execute")


@pytest.fixture(scope="module")
def lab_stage(make_module_stage):
    """One lab for everything that leaves it untouched."""
    stage = make_module_stage()
    stage.before = facts.everything(stage.lab)
    return stage


@pytest.fixture
def stage(lab_stage):
    """The same, with the proof that the test has left it untouched."""
    yield lab_stage
    facts.assert_same(lab_stage.before, facts.everything(lab_stage.lab))
    assert not os.path.exists(f"{lab_stage.directory}/state")


def assert_clear(stage, result, code, *words):
    """One error, first; one hint, last; nothing on stdout; no password."""
    lines = result.err.splitlines()
    assert result.code == code, result
    assert result.out == "", result
    assert lines[0].startswith("pgcutover: error: "), result
    assert [line for line in lines if "error:" in line] == lines[:1], result
    assert [line for line in lines if "hint:" in line] == lines[-1:], result
    for word in words:
        assert word in result.err, (word, result)
    for word in stage.passwords().values():
        assert word not in result.err


def assert_check_fails(stage, check, *words, config=None, arguments=()):
    """`check` finds that error and no other, `prepare` says the same and changes nothing."""
    found = stage.run("check", "--output=json", *arguments, config=config, code=CHECKS)
    errors = [each for each in json.loads(found.out)["findings"] if each["severity"] == "error"]
    assert {each["id"] for each in errors} == {check}, errors
    for each in errors:
        assert each["where"] and each["what"] and each["why"] and each["cure"]
    for word in words:
        assert any(word in f"{each['what']} {each['evidence']}" for each in errors), errors
    result = stage.run(*PREPARE, *arguments, config=config)
    assert_clear(stage, result, CHECKS, "nothing was changed", check, *words)
    assert ("1 check failed" if len(errors) == 1 else f"{len(errors)} checks failed") in result.err
    return errors


def blue(stage, **changes):
    """A flag with blue's conninfo, changed."""
    words = dict(host="127.0.0.1", port=stage.lab.ports["blue"], user="postgres",
                 dbname="postgres", passfile=stage.lab.passfile, sslmode="require")
    words.update(changes)
    return "--blue-conninfo=" + " ".join(f"{key}='{value}'" for key, value in words.items())


# -- the command line --------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, words", (
    ((), ("no command was given", "--help")),
    (("frobnicate",), ('no command "frobnicate"', "--help")),
    (("chekc",), ('no command "chekc"', 'Did you mean "check"?')),
    (("check", "--cofnig=x"), ('unknown option "--cofnig"', 'Did you mean "--config"?')),
    (("check", "--nonsense=secret"), ('unknown option "--nonsense"', "check --help")),
    (("check", "-x"), ('unknown option "-x"',)),
    (("check", "--config"), ('"--config" needs a value',)),
    (("cutover", "--execute=secret"), ('"--execute" takes no value',)),
    (("check", "--output=xml"), ("table or json",)),
    (("check", "password=secret"), ('"password" is not an option',)),
    (("check", "--execute"), ("check changes nothing",)),
    (("cutover", "--fix"), ("cutover takes no --fix",)),
    (("plan", "--output=json"), ("no JSON yet",)),
))
def test_command_line_that_cannot_be_understood(stage, arguments, words):
    done = subprocess.run([stage.program, *arguments], stdin=subprocess.DEVNULL, timeout=60,
                          capture_output=True, text=True, check=False, cwd="/")
    result = support.Result(done.returncode, done.stdout, done.stderr)
    assert_clear(stage, result, USAGE, *words)
    assert "secret" not in result.err


# -- the configuration -------------------------------------------------------------------------

def line_of(path, beginning):
    with open(path) as stream:
        return next(i for i, line in enumerate(stream, 1) if line.startswith(beginning))


@pytest.mark.parametrize("section, key, value, words", (
    ("pause", "bugdet", "5s", ('unknown key "bugdet" in section [pause]', 'mean "budget"?')),
    ("green", "port", "99999", ('"99999" is not a port', "1 to 65535")),
    ("pause", "quiet_wait", "-1s", ('"-1s" is not a duration', "10min")),
    ("pause", "on_straggler", "shoot", ("on_straggler", "give_up")),
    ("blue", "conninfo", "host=x password=secret oops", ("[blue] conninfo", "not shown")),
))
@pytest.mark.parametrize("command", (("check",), PREPARE))
def test_configuration_names_file_and_line(stage, command, section, key, value, words):
    path = stage.variant("wrong", section, key, value)
    result = stage.run(*command, config=path)
    assert_clear(stage, result, USAGE, f"{path}:{line_of(path, key)}: ", *words)
    assert "secret" not in result.err


@pytest.mark.parametrize("budget", ("1ms", "0", "11min"))
def test_a_budget_out_of_range(stage, budget):
    path = stage.variant("budget", "pause", "budget", budget)
    assert_clear(stage, stage.run(*PREPARE, config=path), USAGE, path, "[pause] budget is ")


def test_a_missing_file(stage):
    for command in (("check",), ("plan",), PREPARE, ("status",)):
        result = stage.run(*command, config=f"{stage.directory}/nowhere.ini")
        assert_clear(stage, result, USAGE, f"{stage.directory}/nowhere.ini",
                     "No such file", "pgcutover init")


def test_a_run_directory_that_is_none(stage):
    for command in (("status",), ("cutover", "--execute", "--yes")):
        assert_clear(stage, stage.run(*command, f"--run={stage.directory}/nowhere"), USAGE,
                     f"{stage.directory}/nowhere", "there is none")


def test_no_run_to_go_on_with(stage):
    assert_clear(stage, stage.run("cutover", "--execute", "--yes"), USAGE, "none under way",
                 "prepare --execute")
    for command in (("abort", "--execute", "--yes"), ("recover", "--execute"),
                    ("finish", "--execute")):
        assert "no run is under way" in stage.run(*command, code=DONE).out


# -- the state directory -----------------------------------------------------------------------

def test_a_state_directory_that_is_a_file(stage):
    path = stage.variant("state", "cluster lab", "state_directory", f"{stage.directory}/lab.json")
    for command in (("status",), ("check",), PREPARE, ("recover",)):
        assert_clear(stage, stage.run(*command, config=path), USAGE, "looking for the run",
                     "lab.json", "Not a directory", "state_directory")


def test_a_state_directory_that_cannot_be_read(stage):
    """Not "no run is under way": that would begin a second one."""
    program, state = f"{stage.directory}/pgcutover", f"{stage.directory}/closed"
    path = stage.variant("closed", "cluster lab", "state_directory", state)
    shutil.copy(stage.program, program)
    os.mkdir(state, 0o000)
    try:
        prefix = stage.lab.account.prefix() if stage.lab.account.switches else []
        for command in (("status",), PREPARE):
            done = subprocess.run([*prefix, program, *command, f"--config={path}"], timeout=60,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=False, cwd="/")
            assert_clear(stage, support.Result(done.returncode, done.stdout, done.stderr), USAGE,
                         state, "Permission denied", "state_directory")
    finally:
        os.rmdir(state)
        os.unlink(program)


def test_a_journal_that_cannot_be_read(stage):
    """It is not taken for no run either."""
    state = f"{stage.directory}/torn"
    path = stage.variant("torn", "cluster lab", "state_directory", state)
    os.makedirs(f"{state}/1/run")
    write_file(f"{state}/1/current", "run\n")
    write_file(f"{state}/1/run/run.db", "this is no database " * 100)
    for command in (("status",), PREPARE):
        result = stage.run(*command, config=path)
        assert_clear(stage, result, FAILED, f"{state}/1/run", "not a database")
    assert sorted(os.listdir(f"{state}/1")) == ["current", "run"]
    shutil.rmtree(state)


# -- servers -----------------------------------------------------------------------------------

@pytest.mark.parametrize("command", (("check",), ("plan",), ("prepare",), PREPARE))
def test_an_unreachable_host(stage, command):
    result = stage.run(*command, blue(stage, port=stage.lab.ports["spare"]))
    assert_clear(stage, result, TRANSIENT, "connecting to blue: ", "Connection refused",
                 str(stage.lab.ports["spare"]))
    result = stage.run(*command, blue(stage, host="no-such-host.invalid"))
    assert_clear(stage, result, TRANSIENT, "connecting to blue: ", "no-such-host.invalid")


@pytest.mark.parametrize("command", (("check",), ("plan",), PREPARE))
def test_a_wrong_password(stage, command):
    passfile = f"{stage.directory}/wrong-pgpass"
    write_file(passfile, "*:*:*:postgres:notthisone\n", 0o600)
    result = stage.run(*command, blue(stage, passfile=passfile))
    assert_clear(stage, result, USAGE, "connecting to blue: ", "password authentication failed",
                 "passfile=")
    assert "notthisone" not in result.err
    uri = (f"--blue-conninfo=postgresql://postgres:notthisone@127.0.0.1:{stage.lab.ports['blue']}"
           "/postgres?sslmode=require")
    result = stage.run(*command, uri)
    assert_clear(stage, result, USAGE, "password authentication failed")
    assert "notthisone" not in result.err


@pytest.mark.parametrize("changes, word", (({"user": "nobody"}, "no password supplied"),
                                           ({"sslmode": "sometimes"}, "invalid sslmode"),
                                           ({"hots": "x"}, "invalid connection option")))
def test_a_connection_string_that_leads_nowhere(stage, changes, word):
    assert_clear(stage, stage.run(*PREPARE, blue(stage, **changes)), USAGE, "connecting to blue: ",
                 word)


def test_a_role_without_rights(stage):
    assert_check_fails(stage, "superuser", "not a superuser", arguments=(blue(stage, user="app"),))
    result = stage.run("plan", blue(stage, user="app"))
    assert_clear(stage, result, CHECKS, "permission denied", "superuser")


@pytest.mark.parametrize("host, user", (("localhost", "postgres"), ("127.0.0.1", "postgres"),
                                        ("{socket}", "postgres"), ("{socket}", "app")))
def test_green_is_blue_by_another_name(stage, host, user):
    """One that refuses us (the last two) may be blue as well: something answers there."""
    host = host.format(socket=stage.lab.blue.socket_directory)
    conninfo = (f"host={host} port={stage.lab.ports['blue']} user={user} dbname=postgres "
                f"passfile={stage.lab.passfile}")
    errors = assert_check_fails(stage, "green_data_directory", "[green] conninfo",
                                arguments=(f"--green-conninfo={conninfo}",))
    assert len(errors) == 1
    if not host.startswith("/"):
        assert "green is blue by another name" in errors[0]["evidence"]


def test_wal_level_is_not_logical(make_stage):
    made = make_stage(settings={"wal_level": "replica"})
    before = facts.everything(made.lab)
    errors = assert_check_fails(made, "wal_level", "replica")
    assert "restart" in errors[0]["cure"]
    facts.assert_same(before, facts.everything(made.lab))


def test_a_slot_name_is_taken(stage):
    stage.lab.query("blue", "shop", "SELECT pg_create_physical_replication_slot('pgcutover_7')")
    try:
        errors = assert_check_fails(stage, "slot_taken", "pgcutover_7")
        assert "pg_drop_replication_slot('pgcutover_7')" in errors[0]["cure"]
    finally:
        stage.lab.query("blue", "shop", "SELECT pg_drop_replication_slot('pgcutover_7')")


def test_a_publication_name_is_taken(stage):
    stage.lab.query("blue", "shop", "CREATE PUBLICATION pgcutover")
    try:
        errors = assert_check_fails(stage, "publication_taken", "pgcutover")
        assert [each["where"] for each in errors] == ["blue shop"]
    finally:
        stage.lab.query("blue", "shop", "DROP PUBLICATION pgcutover")


def on_green(stage, name, before):
    """A run prefix that does something on green's host before every command there."""
    path = f"{stage.directory}/bin/{name}"
    write_file(path, f"#!/bin/sh\n{before}\nexec '{stage.directory}/bin/on-green' "
               f"\"PATH='{stage.directory}/bin/{name}.d':\\$PATH; $*\"\n", 0o755)
    return path


def test_no_room_for_the_clone(stage):
    prefix = on_green(stage, "full", "")
    os.mkdir(f"{prefix}.d")
    write_file(f"{prefix}.d/df", "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity "
               "Mounted on'\necho '/dev/full 100000 99000 1000 99% /full'\n", 0o755)
    errors = assert_check_fails(stage, "green_space", "1 MB are free",
                                arguments=(f"--green-run={prefix}",))
    assert "are needed" in errors[0]["evidence"] and len(errors) == 1


def test_a_host_that_cannot_be_reached(stage):
    errors = assert_check_fails(stage, "host_unreachable", arguments=("--green-run=/bin/false",))
    assert len(errors) == 1


# -- poolers -----------------------------------------------------------------------------------

def test_a_pooler_that_points_elsewhere(stage):
    other = f"{stage.directory}/elsewhere.ini"
    write_file(other, "[databases]\nshop = host=127.0.0.1 port=1\n")
    path = stage.variant("elsewhere", "pooler p1", "file", other)
    errors = assert_check_fails(stage, "pooler_entries", other, config=path)
    assert [each["where"] for each in errors] == ["p1"]
    path = stage.variant("elsewhere", "blue", "from_poolers", "host=10.9.9.9 port=5432")
    errors = assert_check_fails(stage, "pooler_entries", config=path)
    assert {each["where"] for each in errors} >= {"p1", "p2"}


def test_a_pooler_file_that_is_not_there(stage):
    path = stage.variant("nofile", "pooler p1", "file", f"{stage.directory}/p1/nothing.ini")
    errors = assert_check_fails(stage, "pooler_file", "nothing.ini", config=path)
    assert len(errors) == 1


def test_a_pooler_without_a_console(stage):
    path = stage.variant("mute", "pooler p1", "consoles",
                         f"host={stage.directory}/p1/run port={stage.lab.ports['spare']} "
                         "user=postgres")
    errors = assert_check_fails(stage, "pooler_console", "console", config=path)
    assert [each["where"] for each in errors] == ["pooler p1"]


def test_a_pooler_that_does_not_answer(stage):
    stage.freeze(stage.lab.poolers["p1"].processes[0])
    try:
        result = stage.run(*PREPARE)
        assert_clear(stage, result, CHECKS, "1 check failed", "pooler_console", "pooler p1",
                     "no answer within")
    finally:
        stage.thaw()


# -- interrupted -------------------------------------------------------------------------------

@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_interrupted_while_it_checks(stage, number):
    """Not only when the host that does not answer has timed out."""
    gate = f"{stage.directory}/gate-{number}"
    os.mkfifo(gate)
    prefix = on_green(stage, f"slow-{number}", f": > '{gate}.reached'\nread line < '{gate}'")
    engine = stage.begin("check", f"--green-run={prefix}")
    wait_until(lambda: os.path.exists(f"{gate}.reached"), "green's host to be asked", 20)
    engine.process.send_signal(number)
    assert engine.wait(5) == FAILED
    assert_clear(stage, support.Result(FAILED, "", engine.text()), FAILED,
                 "checking: ", "asked us to stop", "nothing was changed")
    with contextlib.suppress(OSError):  # nobody reads it any more: the shell has ended too
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))


def begin_on_terminal(stage, *command, stop_at):
    """(process, the terminal's other end)."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        stage.argv(*command), stdin=slave, stdout=slave, stderr=slave, cwd="/",
        env={**os.environ, "PGCUTOVER_STOP_AT": stop_at}, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    engine = support.Engine(process, os.devnull)
    stage.engines.append(engine)
    return engine, master


def test_the_terminal_is_closed_while_it_prepares(stopping_program, make_stage):
    """It stops where it stands; a repeat could go on, and an abort leaves nothing."""
    stage = make_stage()
    before = facts.everything(stage.lab)
    engine, terminal = begin_on_terminal(stage, *PREPARE, stop_at="clone")
    engine.wait_stopped()
    os.close(terminal)
    assert engine.wait(20) == FAILED
    status = stage.run("status", code=DONE).out
    assert "stands:    preparing" in status and "next:      pgcutover prepare --execute" in status
    assert stage.lab.query("blue", "shop", "SELECT 1 FROM pg_publication") == [(1,)]
    assert_clear(stage, stage.run("abort", "--execute"), USAGE, "this is no terminal", "--yes")
    stage.abort()
    facts.assert_same(before, facts.everything(stage.lab))


def test_another_run_is_in_progress(stopping_program, make_stage):
    """Seen by its lock here, and by the lock on blue where the run directory is another one."""
    stage = make_stage()
    before = facts.everything(stage.lab)
    engine = stage.stopped(*PREPARE, stop_at="identities")
    for command in (PREPARE, ("cutover", "--execute", "--yes"), ("finish", "--execute"),
                    ("abort", "--execute", "--yes"), ("recover", "--execute")):
        assert_clear(stage, stage.run(*command), LOCKED, "another pgcutover is at work",
                     f"pid {engine.pid} since 20", "pgcutover status")
    stage.run("status", code=DONE)
    path = stage.variant("other", "cluster lab", "state_directory",
                         f"{stage.directory}/other-state")
    result = stage.run(*PREPARE, config=path)
    assert result.code == LOCKED and "another run holds it: pgcutover" in result.err, result
    facts.assert_same(before, facts.everything(stage.lab))
    engine.kill()
    stage.abort()
    facts.assert_same(before, facts.everything(stage.lab))
