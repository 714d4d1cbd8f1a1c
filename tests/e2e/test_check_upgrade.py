"""check --pg-upgrade: what it finds, and that nothing of it stays, whatever becomes of it."""

import os
import re
import shutil
import signal

import pytest

from processes import wait_until, write_file
from support import CHECKS, DONE, green_programs
from test_check_hosts import Answer


@pytest.fixture(scope="module")
def stage(make_module_stage):
    return make_module_stage(poolers=("p1",))


def leftovers():
    """Scratch directories of trials on this host, those of labs at work beside this one, too."""
    return {name for name in os.listdir("/tmp") if name.startswith("pgcutover.try.")}


def assert_nothing_left(before):
    """What comes and goes is another lab's; what stays is ours."""
    seen = leftovers() - before
    wait_until(lambda: not seen & leftovers(), "the scratch directory to be removed", 60)


def test_pg_upgrade_is_tried_on_the_schema_and_leaves_nothing(stage):
    before = leftovers()
    assert Answer(stage).reason("pg_upgrade_check") == "ask with --pg-upgrade"
    answer = Answer(stage, "--pg-upgrade", code=DONE)
    assert answer.of("pg_upgrade_check") == [] and answer.reason("pg_upgrade_check") is None
    stage.lab.query("blue", "events", "CREATE TABLE refused (a integer PRIMARY KEY, b regproc)")
    try:
        answer = Answer(stage, "--pg-upgrade", code=CHECKS)
    finally:
        stage.lab.query("blue", "events", "DROP TABLE refused")
    found = answer.one("pg_upgrade_check")
    assert found["what"] == "pg_upgrade --check"
    assert "refused.b" in found["evidence"] and "\n" not in found["evidence"]
    assert_nothing_left(before)


def test_what_hinders_the_trial_itself_has_not_passed(stage):
    config = blue_programs(stage, "without")
    os.unlink(f"{stage.directory}/without/pg_dumpall")
    found = Answer(stage, "--pg-upgrade", code=CHECKS, config=config).one("not_measured")
    assert (found["where"], found["what"]) == ("green's host", "pg_upgrade_check")
    assert found["evidence"].strip() == f"{stage.directory}/without has no pg_dumpall"


def not_refused(stage, config):
    """What check says why pg_upgrade could not be tried; that is no refusal."""
    answer = Answer(stage, "--pg-upgrade", code=CHECKS, config=config)
    assert answer.of("pg_upgrade_check") == []
    return dict(answer.of("not_measured"))["pg_upgrade_check"].strip()


def test_what_fails_before_pg_upgrade_is_no_refusal_of_it(stage):
    psql = f"{stage.lab.blue.bin_directory}/psql"
    for name, scripts, phase in (
            ("undumped", {"pg_dumpall": "echo 'canceling statement due to lock timeout' >&2; exit 1"},
             "pg_dumpall of blue's schema: exit status 1 canceling statement due to lock timeout"),
            ("unrestored", {"psql": f'case "$*" in *restore.sql*) echo "ERROR:  no" >&2; exit 3 ;; '
                                    f'*) exec {psql} "$@" ;; esac'},
             "restore of blue's schema to blue's release: exit status 3 ERROR:  no")):
        assert not_refused(stage, blue_programs(stage, name, **scripts)) == phase


def test_a_pg_upgrade_that_is_ended_has_not_refused(stage):
    for name, end, told in (
            ("late", "exit 124", "it was not done in time"),
            ("ended", "kill -KILL $$", "exit status 137"),
            ("full", "echo 'could not write: No space left on device'; exit 1", "exit status 1 "
             "could not write: No space left on device")):
        directory = green_programs(stage, pg_upgrade=f'[ "$1" = --link ] || exec "$real" "$@"\n{end}')
        found = not_refused(stage, stage.variant(name, "green", "bin_directory", directory))
        shutil.rmtree(directory)
        assert found.startswith(f"pg_upgrade --link: {told}")


def test_the_trial_is_small_and_looks_for_room_first(stage):
    asked = f"{stage.directory}/asked"
    stage.lab.account.write(asked, "")
    initdb = f"{stage.lab.blue.bin_directory}/initdb"
    config = blue_programs(stage, "small",
                           initdb=f'echo "initdb $*" >>{asked}; exec {initdb} "$@"')
    assert Answer(stage, "--pg-upgrade", code=DONE, config=config).of("not_measured") == []
    with open(asked) as stream:
        text = stream.read()
    assert "initdb -D" in text and "wal-segsize" not in text
    tools = f"{stage.directory}/full"
    os.mkdir(tools)
    write_file(f"{tools}/df", "#!/bin/sh\necho head\necho 'tmpfs 900000 700000 200000 78% /tmp'\n",
               0o755)
    with open(f"{stage.directory}/bin/on-green") as stream:
        wrapper = stream.read()
    assert "PATH='" in wrapper
    write_file(f"{stage.directory}/bin/on-full", wrapper.replace("PATH='", f"PATH='{tools}:"), 0o755)
    found = not_refused(stage, stage.variant("full", "green", "run", f"{stage.directory}/bin/on-full"))
    assert re.fullmatch(r"/tmp has 195 MB free, and the trial wants 5\d\d MB", found)


def test_a_way_to_blue_that_nobody_can_try_has_not_passed(stage):
    config = blue_programs(stage, "mute")
    os.unlink(f"{stage.directory}/mute/psql")
    bare = green_programs(stage)
    os.unlink(f"{bare}/psql")
    with open(config) as stream:
        text = stream.read().replace(stage.lab.green.bin_directory, bare)
    write_file(config, text)
    told = dict(Answer(stage, code=CHECKS, config=config).of("not_measured"))
    assert told["green_reaches_blue"] == (
        f"there is no psql in {bare}, nor in {stage.directory}/mute")


def test_a_trial_that_is_killed_leaves_nothing(stage):
    before = leftovers()
    engine = stage.begin("check", "--pg-upgrade")
    wait_until(lambda: leftovers() - before and any(
        os.path.exists(f"/tmp/{name}/old/postmaster.pid") for name in leftovers() - before),
               "the scratch server", 120)
    engine.kill()
    wait_until(lambda: leftovers() <= before, "the scratch directory to be removed", 60)


def blue_programs(stage, name, **scripts):
    """A configuration by which green's host has blue's programs, some of them a shell script."""
    directory = f"{stage.directory}/{name}"
    os.mkdir(directory)
    for program in os.listdir(stage.lab.blue.bin_directory):
        if program in scripts:
            write_file(f"{directory}/{program}", f"#!/bin/sh\n{scripts[program]}", 0o755)
        else:
            os.symlink(f"{stage.lab.blue.bin_directory}/{program}", f"{directory}/{program}")
    return stage.variant(name, "green", "old_bin_directory", directory)


def test_directories_of_tablespaces_are_left_alone(stage):
    """Those of blue, where both are on one host; and of that name, where they are not."""
    places = [f"{stage.directory}/{name}" for name in ("live", "free")]
    for place in places:
        stage.lab.account.mkdir(place, 0o700)
        stage.lab.query("blue", "postgres",
                        f"CREATE TABLESPACE {os.path.basename(place)} LOCATION '{place}'")
    stage.lab.query("blue", "postgres", "CREATE DATABASE elsewhere TABLESPACE live")
    stage.lab.query("blue", "elsewhere", "CREATE TABLE a (b integer PRIMARY KEY) TABLESPACE free")
    [inner] = os.listdir(places[1])
    os.rename(f"{places[1]}/{inner}", f"{stage.directory}/aside")
    for place in places:
        os.chmod(place, 0o750)
    try:
        answer = Answer(stage, "--pg-upgrade", code=CHECKS)
        assert [os.stat(place).st_mode & 0o777 for place in places] == [0o750, 0o750]
        assert os.listdir(places[1]) == []
    finally:
        shutil.rmtree(f"{places[1]}/{inner}", ignore_errors=True)
        os.rename(f"{stage.directory}/aside", f"{places[1]}/{inner}")
        stage.lab.query("blue", "postgres", "DROP DATABASE elsewhere")
        for place in places:
            stage.lab.query("blue", "postgres", f"DROP TABLESPACE {os.path.basename(place)}")
    assert answer.of("tablespaces") and answer.of("pg_upgrade_check", "not_measured") == []


# Goes on whatever it is asked, and makes anew what is removed.
STUBBORN = """\
trap '' TERM INT QUIT HUP
directory=$(dirname "$(readlink /proc/$$/fd/1)")
while :; do mkdir -p "$directory/again"; done
"""


def assert_all_ends_when_interrupted(stage, config):
    """Of a trial whose dump is STUBBORN."""
    before, running = leftovers(), set(stage.processes())
    engine = stage.begin("check", "--pg-upgrade", config=config)
    wait_until(lambda: any(os.path.exists(f"/tmp/{name}/again") for name in leftovers() - before),
               "the dump to run", 60)
    engine.process.send_signal(signal.SIGINT)
    engine.wait(30)
    wait_until(lambda: set(stage.processes()) <= running, "the dump to be ended", 30)
    wait_until(lambda: leftovers() <= before, "the scratch directory to be removed", 30)


def test_what_an_interrupted_trial_runs_is_ended_and_its_directory_removed(stage):
    assert_all_ends_when_interrupted(stage, blue_programs(stage, "stubborn", pg_dumpall=STUBBORN))


def distant(stage, config):
    """That configuration, with green's host at the other end of a connection: what runs there is in a
    session of its own, and nobody ends it when the connection is lost."""
    wrapper = f"{stage.directory}/bin/on-distant"
    with open(f"{stage.directory}/bin/on-green") as stream:
        text = stream.read()
    assert "\nexec " in text
    write_file(wrapper, text.replace("\nexec ", "\nsetsid ").rstrip("\n") + " | cat\n", 0o755)
    with open(config) as stream:
        text = stream.read().replace(f"{stage.directory}/bin/on-green", wrapper)
    write_file(config, text)
    return config


def test_a_trial_whose_connection_is_lost_is_ended(stage):
    assert Answer(stage, "--pg-upgrade", code=DONE,
                  config=distant(stage, stage.variant("far", "green", "port", stage.lab.green.port))
                  ).of("not_measured") == []
    assert_all_ends_when_interrupted(
        stage, distant(stage, blue_programs(stage, "distant", pg_dumpall=STUBBORN)))
