"""Programs of the operator around steps ([hooks]): what they see, and how far their word goes."""

import contextlib
import os
import shutil
import signal

import pytest

import facts
import support
from processes import wait_until, write_file
from support import CHECKS, DONE, FAILED, ROLLED_BACK, USAGE

# Everything that a hook can see of us: its environment, its arguments, its descriptors.
LOOKS = """\
exec >>'{told}'
printf '%s %s %s %s %s:%s\\n' "$PGCUTOVER_HOOK" "$PGCUTOVER_WHEN" "$PGCUTOVER_PLAN" \
    "${{PGCUTOVER_STEP:--}}" "$PGCUTOVER_SIDE" "$PGCUTOVER_OUTCOME"
env >>'{seen}'
tr '\\0' '\\n' </proc/$$/cmdline >>'{seen}'
ls -l /proc/$$/fd >>'{seen}'
"""
# Says that it runs, and does not end.
HANGS = "echo $$ >'{pid}'\nexec tail -f /dev/null\n"
EVERYWHERE = ("before-cutover", "after-cutover", "before-cutover-observe", "before-cutover-quiet",
              "before-cutover-hold", "after-cutover-release", "before-cutover-confirm",
              "after-cutover-turn")


class Hooks:
    """The directory of hooks of a stage."""

    def __init__(self, stage):
        self.stage, self.directory = stage, f"{stage.directory}/hooks"
        self.files = {name: f"{stage.directory}/hook.{name}" for name in ("told", "seen", "pid")}
        os.mkdir(self.directory, 0o755)
        stage.configure("hooks", "directory", self.directory)

    def put(self, name, script, mode=0o755):
        write_file(f"{self.directory}/{name}", "#!/bin/sh\n" + script.format(**self.files), mode)

    def read(self, name):
        with contextlib.suppress(FileNotFoundError), open(self.files[name]) as stream:
            return stream.read()
        return ""

    def told(self):
        return [line.split() for line in self.read("told").splitlines()]

    def clear(self):
        shutil.rmtree(self.directory)
        os.mkdir(self.directory, 0o755)
        for path in self.files.values():
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
        self.stage.configure("hooks", "timeout", None)

    def running(self):
        """The process of a hook that hangs, when it runs."""
        pid = self.read("pid").strip()
        return int(pid) if pid else None


def is_alive(pid):
    return support.process_state(pid) not in (None, "Z")


@pytest.fixture(scope="module")
def shared(make_module_stage):
    """Green is made ready with hooks around; clients are on blue, at work."""
    stage = make_module_stage()
    hooks = stage.hooks = Hooks(stage)
    stage.secrets = [*stage.passwords().values(), "s3cret-of-ours"]
    for name in ("before-prepare", "before-prepare-survey", "after-prepare-clone.2",
                 "after-prepare-clone.1", "after-prepare"):
        hooks.put(name, LOOKS)
    stage.run("prepare", "--execute", code=DONE,
              env={"PGSECRET": "s3cret-of-ours", "PGCUTOVER_X": "s3cret-of-ours"})
    stage.in_prepare, stage.seen = hooks.told(), hooks.read("seen")
    stage.before = facts.everything(stage.lab, green=True)
    stage.writers = stage.load()
    stage.writers.start()
    return stage


@pytest.fixture
def hooks(shared):
    shared.hooks.clear()
    yield shared.hooks
    shared.hooks.clear()


def assert_untouched(stage):
    """Clients are at work on blue, and nothing of an attempt is left."""
    assert stage.fact("side") == "blue"
    assert support.pooler_states(stage.lab) == []
    stage.wait_commits(stage.writers)
    facts.assert_same(stage.before, facts.everything(stage.lab, green=True))


def test_they_run_in_order_around_what_they_are_named_for(shared):
    assert shared.in_prepare == [
        ["before-prepare", "before", "prepare", "-", "blue:"],
        ["before-prepare-survey", "before", "prepare", "survey", "blue:"],
        ["after-prepare-clone.1", "after", "prepare", "clone", "blue:done"],
        ["after-prepare-clone.2", "after", "prepare", "clone", "blue:done"],
        ["after-prepare", "after", "prepare", "-", "blue:done"]]
    noted = shared.events("hook")
    assert [line.split(":")[0] for line in noted[1:]] == [each[0] for each in shared.in_prepare[1:]]
    assert all(": exit code 0 after " in line for line in noted)


def test_they_see_no_secret_and_nothing_of_ours_is_open_to_them(shared):
    assert not [secret for secret in shared.secrets if secret in shared.seen]
    assert f"PGCUTOVER_RUN={shared.run_directory()}\n" in shared.seen
    assert f"PGCUTOVER_CONFIG={shared.lab.config_path}\n" in shared.seen
    names = {line.split("=")[0] for line in shared.seen.splitlines() if line.startswith("PG")}
    assert names == {f"PGCUTOVER_{name}" for name in (
        "HOOK", "CLUSTER", "PLAN", "STEP", "WHEN", "SIDE", "OUTCOME", "RUN", "CONFIG")}
    assert "run.db" not in shared.seen and "/lock" not in shared.seen


def test_a_dry_run_lists_them_and_runs_none(shared, hooks):
    for name in EVERYWHERE:
        hooks.put(name, LOOKS)
    said = shared.run("cutover", code=DONE).out
    assert "before quiet: " in said and "after release: " in said
    assert all(f"{hooks.directory}/{name}\n" in said for name in EVERYWHERE)
    assert hooks.told() == []
    assert "/before-cutover-hold\n" in shared.run("plan", code=DONE).out


@pytest.mark.parametrize("name, mode, cause", (
    ("before-cutover-fence", 0o755, "clients wait then"),
    ("after-cutover-hold", 0o755, "clients wait then"),
    ("before-cutover-hlod", 0o755, "no step is named so"),
    ("before-cutover-hold", 0o644, "not executable"),
    ("before-cutover-hold", 0o757, "others may change it")))
def test_one_that_could_not_do_what_it_is_there_for_is_refused(shared, hooks, name, mode, cause):
    hooks.put(name, LOOKS, mode)
    for command in (["check"], ["plan"], ["cutover"], ["cutover", "--execute", "--yes"],
                    ["prepare", "--execute"]):
        said = shared.run(*command, code=USAGE).err
        assert cause in said and "hint:" in said, said
    # who comes because clients wait is not kept from it
    shared.run("recover", "--execute", "--yes", code=DONE)
    assert hooks.told() == []


def test_a_directory_that_is_not_there_is_refused(shared, hooks):
    config = shared.variant("nowhere", "hooks", "directory", "/nonexistent/hooks")
    assert "No such file" in shared.run("check", config=config, code=USAGE).err
    shared.run("recover", "--execute", "--yes", config=config, code=DONE)


@pytest.mark.parametrize("name", ("before-cutover", "before-cutover-observe", "after-cutover-arm",
                                  "before-cutover-quiet", "before-cutover-hold"))
def test_one_that_says_no_before_the_pause_stops_it(shared, hooks, name):
    hooks.put(name, "echo 'not tonight: password=hunter2' >&2; exit 3\n")
    hooks.put("after-cutover", LOOKS)
    said = shared.cutover(code=CHECKS).err
    assert f"running the hook {name}: it ended with exit code 3" in said
    assert "not tonight: password=***" in said and "hunter2" not in said
    assert_untouched(shared)
    outcome = "failed" if name == "before-cutover" else "undone"
    assert hooks.told() == [["after-cutover", "after", "cutover", "-", f"blue:{outcome}"]]
    assert any(line.startswith(f"{name}: it ended with exit code 3")
               for line in shared.events("hook"))


def test_one_that_hangs_is_ended_and_stops_it(shared, hooks):
    shared.configure("hooks", "timeout", "1s")
    hooks.put("before-cutover-hold", HANGS)
    assert "not done within 1 s" in shared.cutover(code=CHECKS).err
    assert not is_alive(hooks.running())
    assert_untouched(shared)


def test_an_interrupt_ends_it_at_once(shared, hooks):
    hooks.put("before-cutover-arm", HANGS)
    hooks.put("after-cutover", LOOKS)
    engine = shared.begin("cutover", "--execute", "--yes")
    wait_until(hooks.running, "the hook", 60)
    engine.process.send_signal(signal.SIGINT)
    assert engine.wait(30) == FAILED, engine.text()
    wait_until(lambda: not is_alive(hooks.running()), "the end of the hook", 10)
    assert hooks.told() == [["after-cutover", "after", "cutover", "-", "blue:undone"]]
    assert_untouched(shared)


@pytest.mark.parametrize("how", (signal.SIGKILL, signal.SIGSTOP))
def test_an_engine_that_dies_beside_one_is_recovered_and_the_hook_ends_by_itself(shared, hooks,
                                                                                 how):
    shared.configure("hooks", "timeout", "10s")
    hooks.put("before-cutover-arm", HANGS)
    hooks.put("after-cutover", LOOKS)
    engine = shared.begin("cutover", "--execute", "--yes")
    wait_until(hooks.running, "the hook", 60)
    engine.process.send_signal(how)
    engine.wait(30)
    shared.wait_alone()
    assert hooks.told() == [["after-cutover", "after", "cutover", "-", "blue:recovered"]]
    # the hook has no lock: others go on beside it
    assert "nothing to recover" in shared.run("recover", "--execute", "--yes", code=DONE).out
    wait_until(lambda: not is_alive(hooks.running()), "the end of the hook", 30)
    assert_untouched(shared)


def test_a_failure_in_the_pause_is_told_behind_it(shared, hooks):
    hooks.put("after-cutover", LOOKS)
    engine = shared.stopped("cutover", "--execute", "--yes", stop_at="fence")
    engine.process.send_signal(signal.SIGINT)
    engine.go_on()
    assert engine.wait() == ROLLED_BACK, engine.text()
    assert hooks.told() == [["after-cutover", "after", "cutover", "-", "blue:undone"]]
    assert_untouched(shared)


def test_behind_the_switch_none_is_asked_and_none_ran_in_the_pause(shared, hooks):
    """The last test: clients are on green then."""
    for name in EVERYWHERE:
        hooks.put(name, LOOKS + ("exit 7\n" if name.startswith("after") else
                                 ""))
    result = shared.cutover()
    assert result.err.count("pgcutover: warning: hook after-cutover") == 3, result
    assert [line[0] for line in hooks.told()] == [
        "before-cutover", "before-cutover-observe", "before-cutover-quiet", "before-cutover-hold",
        "after-cutover-release", "before-cutover-confirm", "after-cutover-turn", "after-cutover"]
    assert [line[4] for line in hooks.told()] == 4 * ["blue:"] + [
        "green:done", "green:", "green:done", "green:done"]
    assert not [secret for secret in shared.secrets if secret in hooks.read("seen")]
    shared.wait_commits(shared.writers)
    shared.assert_nothing_lost(shared.writers, "green", errors=0)
