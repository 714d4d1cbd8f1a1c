"""A pooler that pgcutover knows nothing of but a command: the example of the manual, and worse ones."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import psycopg2
import pytest

import accounting
import facts
import support
from processes import LabError, wait_until, write_file
from support import CHECKS, DONE, ROLLED_BACK

EXAMPLE = f"{support.ROOT}/docs/examples/hook-pgbouncer"
BUDGET = 5.0
# Stands before the example: does what its file says for the action that is named there, once for
# each line of it, and otherwise hands on to the example.
LIAR = """\
#!/bin/sh
lies=$1; shift
for action; do :; done
said=$(sed -n "s/^$action: //p" "$lies" 2>/dev/null)
[ -z "$said" ] || eval "$said"
exec "$@"
"""


def drive_p2_by_hook(stage):
    """[pooler p2] by the example, as the account that the pooler runs as."""
    lab = stage.lab
    stage.hook = f"{stage.directory}/bin/hook-pgbouncer"
    shutil.copy(EXAMPLE, stage.hook)
    write_file(f"{stage.directory}/bin/liar", LIAR, 0o755)
    with open(lab.passfile) as stream:
        lab.account.write(f"{lab.account.home}/.pgpass", stream.read(), 0o600)
    stage.lies = f"{stage.directory}/lies"
    pooler = lab.poolers["p2"]
    stage.hook_words = [stage.hook, pooler.file] + [
        f"host={process.socket_directory} port={process.port} user=postgres"
        for process in pooler.processes]
    words = " ".join(f"'{word}'" for word in stage.hook_words)
    for key, value in (("file", None), ("consoles", None), ("kind", "hook"), ("timeout", "3s"),
                       ("command", f"{stage.directory}/bin/liar {stage.lies} {words}")):
        stage.configure("pooler p2", key, value)


def lie(stage, *lines):
    write_file(stage.lies, "".join(f"{line}\n" for line in lines))


@pytest.fixture
def make_hook_stage(stopping_program, make_stage):
    def make():
        stage = make_stage(pooler_settings={"server_login_retry": "0.1"})
        drive_p2_by_hook(stage)
        return stage
    return make


@pytest.fixture(scope="module")
def shared(stopping_program, make_module_stage):
    """Ready and under load; every test but the last leaves it so."""
    stage = make_module_stage(pooler_settings={"server_login_retry": "0.1"})
    drive_p2_by_hook(stage)
    stage.answers = {command: stage.run(command) for command in ("check", "plan")}
    stage.prepare()
    stage.before = facts.everything(stage.lab, green=True)
    stage.writers = stage.load()
    stage.writers.start()
    return stage


@pytest.fixture(autouse=True)
def honest_again(request):
    yield
    if "shared" in request.fixturenames:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(request.getfixturevalue("shared").lies)


def assert_back_on_blue(stage):
    assert stage.fact("side") == "blue"
    assert stage.fact("cutover.state") in (None, "undone", "failed")
    assert support.pooler_states(stage.lab) == []
    stage.wait_commits(stage.writers)
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))
    assert not accounting.read(stage.writers.log_directory).failures


def hook_processes(stage):
    """Of our hooks: those that stand behind `timeout`, with the mark of the run."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError), open(f"/proc/{entry}/cmdline", "rb") as stream:
            if entry.isdigit() and stage.hook.encode() in stream.read():
                found.append(int(entry))
    return found


def wait_for(engine, condition, what):
    """Until it is so, or the engine has ended."""
    try:
        wait_until(lambda: condition() or engine.process.poll() is not None, what, 90)
    except LabError as error:
        raise LabError(f"{error}\n{engine.text()}") from None


# -- before anything happens -----------------------------------------------------------------------

def test_the_plan_prints_the_calls_with_their_json(shared):
    """check has nothing to say about it; the plan from before the run shows what it would be asked."""
    assert shared.answers["check"].code == DONE, shared.answers["check"]
    plan = shared.answers["plan"].out
    for action, to in (("hold", shared.lab.green.port), ("point", shared.lab.green.port),
                       ("release", shared.lab.green.port)):
        line, = (each for each in plan.splitlines()
                 if each.startswith("        hook.sh ") and f" '{action}' " in each)
        asked = json.loads(line[line.index("{"):line.rindex("}") + 1])
        assert asked["schema_version"] == 1 and asked["action"] == action
        assert asked["pooler"] == "p2" and asked["to"]["port"] == to
        assert asked["from"] == {"host": "localhost", "port": shared.lab.blue.port}
        assert asked["databases"] == sorted(support.DATABASES, key=str)
        assert 0 < asked["budget_ms"] <= BUDGET * 1000
    assert "pgcutover-hook:[$5]" in shared.run("plan", "--scripts", code=DONE).out


@pytest.mark.parametrize("said, finding", (
    ("echo '{\"schema_version\":1}'; exit", "pooler_hook"),
    ("exit 0", "printed nothing"),
    ("echo no such pooler >&2; exit 1", "describe: no such pooler"),
    ("tail -f /dev/null >/dev/null", "it was killed: it had 3.000 s to answer"),
    ("echo '{\"schema_version\":1,\"held\":true,\"at\":null,\"clients\":0,\"waiting\":0}'; exit",
     "more than one address")))
def test_check_calls_describe_and_says_what_is_wrong(shared, said, finding):
    lie(shared, f"describe: {said}")
    result = shared.run("check", code=CHECKS)
    assert finding in result.out and "the host of pooler p2" in result.out
    assert ("pooler_paused" in result.out) == ("true" in said)


def test_a_hook_gets_json_and_no_variable_and_no_secret_of_ours(shared):
    """Run on this very host, without an ssh or sudo that would keep the environment away."""
    spy = f"{shared.directory}/bin/spy"
    write_file(spy, f"#!/bin/sh\nexec >{spy}.found\ncat\nprintf '%s\\n' \"$@\"\nenv\n"
                    "tr '\\0' '\\n' </proc/$$/cmdline\n", 0o755)
    shared.configure("pooler p2", "run", None)
    honest = shared.variant("spied", "pooler p2", "command", f"{spy} word")
    shared.configure("pooler p2", "run", f"{shared.directory}/bin/on-p2")
    word = shared.passwords()["postgres"]
    shared.run("check", config=honest, code=CHECKS, env={
        "PGPASSWORD": word, "PGCUTOVER_GREEN_FROM_BLUE": f"host=127.0.0.1 password={word}"})
    with open(f"{spy}.found") as stream:
        lines = stream.read().splitlines()
    asked = json.loads(lines[0])
    assert lines[1:3] == ["word", "describe"]
    assert set(asked) == {"schema_version", "action", "run", "pooler", "budget_ms", "from", "to",
                          "blue", "green", "databases"}
    assert asked["action"] == "describe" and asked["run"] and asked["budget_ms"] == 3000
    names = {line.split("=")[0] for line in lines[3:]}
    assert "PATH" in names and "HOME" in names
    assert not [name for name in names if name.startswith("PG")]
    assert not [line for line in lines if word in line]


def test_a_cutover_begins_only_with_a_pooler_that_is_on_blue_and_not_held(shared):
    for _again in range(2):
        subprocess.run([f"{shared.directory}/bin/on-p2",
                        " ".join(f"'{word}'" for word in shared.hook_words) + " hold"], check=True,
                       input=json.dumps({"schema_version": 1, "action": "hold", "to": {},
                                         "green": [], "blue": [{"host": "localhost",
                                                                "port": shared.lab.blue.port}]}),
                       text=True, timeout=20)
    assert len(support.pooler_states(shared.lab)) == 6  # two processes, three entries each
    try:
        assert "is held" in shared.run("check", code=CHECKS).out
        result = shared.cutover(code=CHECKS)
        assert "its clients are held already" in result.err
    finally:
        for process in shared.lab.poolers["p2"].processes:
            for row in process.command("SHOW DATABASES"):
                if int(row["paused"]):
                    process.command(f'RESUME "{row["name"]}"')
    assert_back_on_blue(shared)


# -- a hook that lies, or dies ---------------------------------------------------------------------

@pytest.mark.parametrize("lies, told", (
    (["hold: echo '{\"schema_version\":1}'; exit"], "hold has ended, but describe says"),
    (["hold: exit 0"], "it printed nothing"),
    (["hold: echo held; exit"], "not JSON"),
    (["hold: echo '{\"schema_version\":2}'; exit"], "another schema_version"),
    (["hold: echo away >&2; exit 1"], "hold: away"),
    (["hold: kill -KILL $$"], "hold: "),
    (["point: echo '{\"schema_version\":1}'; exit"], "its clients go to localhost"),
    (["point: echo disk is full >&2; exit 3"], "point: disk is full"),
), ids=("says held", "nothing", "garbage", "version", "fails", "is killed", "says pointed",
        "fails to point"))
def test_a_hook_that_lies_is_found_out_and_clients_stay_on_blue(shared, lies, told):
    """Whichever it is: the other pooler is released too, and nobody sees an error."""
    lie(shared, *lies)
    begun = time.monotonic_ns()
    engine = shared.begin("cutover", "--execute", "--yes")
    # the undo points back, by the same action
    wait_for(engine, lambda: "undo" in engine.text(), "the undo")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(shared.lies)
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert told in engine.text(), engine.text()
    assert_back_on_blue(shared)
    assert shared.longest_wait(shared.writers, begun) < BUDGET + 1


def test_a_hold_that_hangs_is_ended_and_never_comes_true(shared):
    """It would hold when somebody opens its gate; by then clients have been given back."""
    gate = f"{shared.directory}/gate"
    os.mkfifo(gate)
    os.chmod(gate, 0o644)
    lie(shared, f"hold: read -r word <{gate}")
    begun = time.monotonic_ns()
    engine = shared.begin("cutover", "--execute", "--yes")
    wait_for(engine, lambda: hook_processes(shared) and support.pooler_states(shared.lab),
             "the hold of the other pooler")
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert hook_processes(shared) == []
    with pytest.raises(OSError, match="No such device"):  # nobody is at it any more
        os.close(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
    assert_back_on_blue(shared)
    assert shared.longest_wait(shared.writers, begun) < BUDGET + 1


def test_another_pooler_that_fails_ends_a_hold_that_is_still_at_work(shared):
    """The engine is told to stop while the hook holds: the undo ends that first."""
    lie(shared, "hold: tail -f /dev/null >/dev/null 2>&1")
    engine = shared.begin("cutover", "--execute", "--yes")
    wait_for(engine, lambda: hook_processes(shared) and support.pooler_states(shared.lab),
             "the hold of the other pooler")
    engine.process.send_signal(signal.SIGINT)
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert hook_processes(shared) == []
    assert_back_on_blue(shared)


@pytest.mark.parametrize("row", ("hold", "point", "commit"))
def test_the_engine_is_killed_and_the_watchdog_releases_by_the_hook(shared, row):
    begun = time.monotonic_ns()
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at=row)
    engine.kill()
    shared.wait_alone()
    assert_back_on_blue(shared)
    assert shared.longest_wait(shared.writers, begun) < BUDGET + 1


def test_the_engine_is_killed_while_the_hook_holds(shared):
    """What it had asked for is ended by the watchdog's recover."""
    lie(shared, "hold: tail -f /dev/null >/dev/null 2>&1")
    engine = shared.begin("cutover", "--execute", "--yes")
    wait_for(engine, lambda: hook_processes(shared) and support.pooler_states(shared.lab),
             "the hold of the other pooler")
    engine.kill()
    os.unlink(shared.lies)
    shared.wait_alone()
    assert hook_processes(shared) == []
    assert_back_on_blue(shared)


def test_recover_by_hand_knows_the_hook_from_configuration_and_journal(shared):
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="commit")
    shared.kill_both(engine)
    assert [name for name in support.pooler_states(shared.lab) if name.startswith("p2")]
    shared.run("recover", "--execute", code=DONE)
    assert_back_on_blue(shared)


def test_a_cutover_by_hook_under_load_loses_and_doubles_nothing_without_an_error(shared):
    """The last one on the shared lab."""
    shared.cutover()
    shared.wait_commits(shared.writers)
    for side in ("p1", "p2a", "p2b"):
        assert shared.lab.query(side, "shop", "SHOW server_version_num", user="app")[0][0] >= "17"
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
    shared.finish()


# -- other ends ------------------------------------------------------------------------------------

def test_abort_gives_back_what_a_dead_engine_left_held(make_hook_stage):
    stage = make_hook_stage()
    before = facts.everything(stage.lab)
    with stage.load() as load:
        stage.prepare()
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="commit")
        stage.kill_both(engine)
        assert [name for name in support.pooler_states(stage.lab) if name.startswith("p2")]
        stage.abort()
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "blue", errors=0)
    facts.assert_same(before, facts.everything(stage.lab))


def test_a_hook_that_hangs_behind_the_fence_is_left_behind_and_mended_by_recover(make_hook_stage):
    """Nobody is left waiting: its clients are let go to a blue that is closed, and get errors."""
    stage = make_hook_stage()
    with stage.load() as load:
        stage.prepare()
        lie(stage, "point: tail -f /dev/null >/dev/null 2>&1")
        result = stage.cutover(code=support.FAILED)
        assert "clients belong on green" in result.err and "point: it was killed" in result.err
        assert stage.fact("side") == "green"
        assert "the host of pooler p2" in stage.events("lost")[0]
        assert support.pooler_states(stage.lab) == []
        with pytest.raises(psycopg2.OperationalError):
            stage.lab.query("p2a", "shop", "SELECT 1", user="app")
        assert stage.lab.query("p1", "shop", "SHOW server_version_num", user="app")[0][0] >= "17"
        os.unlink(stage.lies)
        stage.run("recover", "--execute", code=DONE)
        stage.wait_commits(load)
    assert stage.fact("cutover.state") == "done" and support.pooler_states(stage.lab) == []
    for side in ("p2a", "p2b"):
        assert stage.lab.query(side, "shop", "SHOW server_version_num", user="app")[0][0] >= "17"
    stage.assert_nothing_lost(load, "green", errors=None)
    stage.finish()
