"""What check finds on hosts and in programs: what green's release has not, and what it does not take."""

import json
import os
import re
import shutil

import pytest

from processes import run, wait_until, write_file
from support import CHECKS, DONE, Watcher, green_programs


@pytest.fixture(scope="module")
def stage(make_module_stage):
    return make_module_stage(poolers=("p1",))


class Answer:
    """What check said."""

    def __init__(self, stage, *arguments, code=None, config=None):
        result = stage.run("check", "--output=json", *arguments, code=code, config=config)
        self.code, said = result.code, json.loads(result.out)
        self.findings, self.not_asked = said["findings"], said["not_asked"]

    def of(self, *ids):
        """(what, evidence) of those checks."""
        return [(each["what"], each["evidence"]) for each in self.findings if each["id"] in ids]

    def one(self, check):
        found = [each for each in self.findings if each["id"] == check]
        assert len(found) == 1, (check, self.findings)
        return found[0]

    def reason(self, check):
        """Why it was not asked; None: it was."""
        return next((each["reason"] for each in self.not_asked if each["id"] == check), None)


def family(stage, title):
    listed = json.loads(stage.run("check", "--list", "--output=json", code=DONE).out)["checks"]
    return {each["id"] for each in listed if each["family"] == title}


def test_a_green_that_has_everything_gives_no_finding(stage):
    answer = Answer(stage, code=DONE)
    ids = family(stage, "What green's release has and takes")
    assert answer.of(*ids) == []
    assert {"extension_missing", "library_missing", "locale_missing"} <= ids
    assert answer.reason("extension_missing") is None and answer.reason("locale_missing") is None


def test_what_green_has_not_is_named_with_its_databases(stage):
    """adminpack and old_snapshot were dropped in 17."""
    lab, own = stage.lab, f"{stage.directory}/own.so"
    shutil.copyfile("/usr/lib/postgresql/15/lib/pgcrypto.so", own)
    os.chmod(own, 0o755)
    for database in ("shop", "events"):
        lab.query("blue", database, "CREATE EXTENSION adminpack")
    lab.query("blue", "shop", "CREATE FUNCTION from_old(text) RETURNS void LANGUAGE c AS "
              "'$libdir/old_snapshot', 'pg_old_snapshot_time_mapping'")
    lab.query("blue", "shop", "CREATE FUNCTION from_own(text) RETURNS void LANGUAGE c AS "
              f"'{own[:-3]}', 'pg_random_uuid'")
    lab.query("blue", "events", "ALTER DATABASE events SET session_preload_libraries = "
              "'auto_explain', 'old_snapshot'")
    os.unlink(own)
    try:
        answer = Answer(stage, code=CHECKS)
    finally:
        for database in ("shop", "events"):
            lab.query("blue", database, "DROP EXTENSION adminpack")
        lab.query("blue", "shop", "DROP FUNCTION from_old(text)")
        lab.query("blue", "shop", "DROP FUNCTION from_own(text)")
        lab.query("blue", "events", "ALTER DATABASE events RESET session_preload_libraries")
    assert answer.of("extension_missing") == [("adminpack", "version 2.1 in events, shop")]
    assert sorted(answer.of("function_library_missing")) == [
        ("$libdir/old_snapshot", "functions in shop"), (own[:-3], "functions in shop")]
    assert answer.of("library_missing") == [
        ("old_snapshot", "in session_preload_libraries of all roles in database events")]


def test_a_version_that_green_does_not_know_is_told(stage):
    lab = stage.lab
    version = "SELECT extversion FROM pg_extension WHERE extname = 'plpgsql'"
    [[was]] = lab.query("blue", "shop", version)
    change = "UPDATE pg_extension SET extversion = %s WHERE extname = 'plpgsql'"
    lab.query("blue", "shop", change, ("9.9",))
    try:
        answer = Answer(stage, code=DONE)
    finally:
        lab.query("blue", "shop", change, (was,))
    found = answer.one("extension_version")
    assert found["what"] == "plpgsql" and found["severity"] == "warning"
    assert found["evidence"] == "version 9.9 in shop; there is 1.0, and no script for the other"


def test_libraries_that_green_shall_load_are_those_of_its_own_parameters(stage):
    named = stage.variant("named", "green.parameters", "shared_preload_libraries",
                          "auto_explain, nothing_here")
    answer = Answer(stage, code=CHECKS, config=named)
    assert answer.of("library_missing") == [
        ("nothing_here", "in shared_preload_libraries of [green.parameters]")]


def programs_elsewhere(stage):
    """Green's programs without anything beside them, and without pg_config."""
    directory = f"{stage.directory}/alone/bin"
    shutil.copytree(stage.lab.green.bin_directory, directory)
    os.unlink(f"{directory}/pg_config")
    return directory


def test_where_nobody_knows_what_green_has_check_says_so(stage):
    alone = stage.variant("alone", "green", "bin_directory", programs_elsewhere(stage))
    answer = Answer(stage, config=alone)
    assert "pg_config" in answer.reason("extension_missing")
    assert answer.reason("function_library_missing") and answer.reason("library_missing")
    shutil.rmtree(f"{stage.directory}/alone")


def test_without_green_s_programs_none_of_it_is_asked(stage):
    nowhere = stage.variant("nowhere", "green", "bin_directory", f"{stage.directory}/nowhere")
    answer = Answer(stage, code=CHECKS, config=nowhere)
    assert answer.of("green_programs")
    assert answer.reason("extension_missing") == "green's programs could not be asked"
    assert answer.reason("locale_missing") == "green's programs could not be asked"
    # what only a newer release refuses has not been looked for
    assert "release is not known" in answer.reason("catalog_views")
    assert "release is not known" in answer.reason("inherited_not_null")


def set_blue(stage, text):
    stage.lab.query("blue", "postgres", text)
    stage.lab.query("blue", "postgres", "SELECT pg_reload_conf()")


def write_for_a_quarter_of_an_hour(stage):
    """More than a segment; the oldest that is kept is made to look old."""
    for database in ("shop", "events"):
        stage.lab.query("blue", database, "SELECT pg_switch_wal(), pg_logical_emit_message(true, "
                        "'none', repeat('x', 100000))")
    wal = f"{stage.lab.blue.data}/pg_wal"
    oldest = min(name for name in os.listdir(wal) if len(name) == 24)
    before = os.stat(f"{wal}/{oldest}").st_mtime - 900
    os.utime(f"{wal}/{oldest}", (before, before))


def test_room_for_the_wal_of_the_slots_is_reckoned_from_what_blue_writes(stage):
    write_for_a_quarter_of_an_hour(stage)
    assert Answer(stage, code=DONE).of("wal_disk", "wal_disk_tight", "max_slot_wal_keep_size") == []
    limited = "ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'"
    set_blue(stage, limited)
    try:
        long = stage.variant("long", "green", "expected_time", "10000d")
        answer = Answer(stage, code=DONE, config=long)
        found = answer.one("max_slot_wal_keep_size")
        assert found["evidence"].startswith("16 MB; blue writes ")
        assert "10000 d are expected from the slots" in found["evidence"]
        assert answer.of("wal_disk") == []  # the limit spares the disk
    finally:
        set_blue(stage, "ALTER SYSTEM RESET max_slot_wal_keep_size")
    found = Answer(stage, code=CHECKS, config=long).one("wal_disk")
    assert found["where"] == "blue's host" and found["what"].endswith("/blue/data/pg_wal")


def test_a_host_of_blue_that_cannot_be_looked_at_has_not_passed(stage):
    without = stage.variant("without", "blue", "run", None)
    assert "[blue] run" in Answer(stage, code=DONE, config=without).reason("wal_disk")
    elsewhere = stage.variant("elsewhere", "blue", "data_directory", stage.lab.green.data)
    found = Answer(stage, code=CHECKS, config=elsewhere).one("not_measured")
    assert (found["where"], found["what"]) == ("blue's host", "wal_disk")
    assert f"there is no directory {stage.lab.green.data} here" in found["evidence"]
    broken = stage.variant("broken", "blue", "run", "/bin/false")
    answer = Answer(stage, code=CHECKS, config=broken)
    assert answer.one("not_measured")["what"] == "wal_disk" and not answer.reason("wal_disk")


def test_settings_that_green_does_not_know_or_refuses_are_named_with_a_cure(stage):
    lab = stage.lab
    set_blue(stage, "ALTER SYSTEM SET vacuum_defer_cleanup_age = 5")  # until 15
    lab.query("blue", "shop", "ALTER ROLE app SET force_parallel_mode = 'on'")  # until 15
    named = stage.variant("named", "green.parameters", "client_min_messages", "fatal")
    try:
        answer = Answer(stage, code=CHECKS, config=named)
    finally:
        set_blue(stage, "ALTER SYSTEM RESET vacuum_defer_cleanup_age")
        lab.query("blue", "shop", "ALTER ROLE app RESET force_parallel_mode")
    removed = answer.one("removed_settings")
    assert removed["what"] == "vacuum_defer_cleanup_age" and removed["severity"] == "warning"
    assert removed["cure"].startswith("nothing on blue; ")
    refused = {each["what"]: each for each in answer.findings if each["id"] == "refused_settings"}
    assert set(refused) == {"force_parallel_mode", "client_min_messages"}
    assert refused["force_parallel_mode"]["cure"] == (
        "ALTER ROLE app RESET force_parallel_mode; it is debug_parallel_query now")
    assert refused["client_min_messages"]["where"] == "[green.parameters]"
    assert "invalid value" in refused["client_min_messages"]["evidence"]


def test_a_prefix_that_loses_standard_input_lets_nothing_pass(stage):
    own = f"{stage.directory}/deaf"
    write_file(own, f"#!/bin/sh\nexec {stage.directory}/bin/on-green \"$@\" </dev/null\n", 0o755)
    deaf = stage.variant("deaf", "green", "run", own)
    answer = Answer(stage, code=CHECKS, config=deaf)
    told = dict(answer.of("not_measured"))
    for script in ("target_look", "target_settings"):
        assert told[script].startswith("standard input did not arrive"), answer.findings


def test_defaults_that_the_new_release_changed_are_told_unless_they_are_set(make_stage):
    old = make_stage(poolers=("p1",), blue_major=13, green_major=15)
    changed = dict(Answer(old).of("changed_defaults"))
    assert changed["hash_mem_multiplier"] == "1 on blue, 2 on green"
    assert changed["checkpoint_completion_target"] == "0.5 on blue, 0.9 on green"
    assert changed["log_autovacuum_min_duration"] == "-1 on blue, 600000 on green, in units of ms"
    assert set(changed) == {"hash_mem_multiplier", "checkpoint_completion_target",
                            "log_autovacuum_min_duration", "log_checkpoints",
                            "vacuum_cost_page_miss"}
    kept = old.variant("kept", "green.parameters", "hash_mem_multiplier", "1.0")
    assert "hash_mem_multiplier" not in dict(Answer(old, config=kept).of("changed_defaults"))


def test_a_green_that_runs_with_other_parameters_is_told(ready):
    assert Answer(ready, code=DONE).of("parameters_differ", "changed_defaults") == []
    ready.lab.query("green", "postgres", "ALTER SYSTEM SET work_mem = '9MB'")
    ready.lab.query("green", "postgres", "SELECT pg_reload_conf()")
    answer = Answer(ready, code=DONE)
    assert answer.of("parameters_differ") == [
        ("work_mem", "6144 on blue, 9216 on green, in units of kB")]
    meant = ready.variant("meant", "green.parameters", "work_mem", "9MB")
    assert Answer(ready, code=DONE, config=meant).of("parameters_differ") == []


def test_what_depends_on_another_icu_is_told_and_what_does_not_is_not(stage):
    """15 and 17 come from releases of Debian with different ICU."""
    stage.lab.query("blue", "events", 'CREATE TABLE sorted (a text COLLATE "en-x-icu" UNIQUE, '
                    'b text COLLATE "C" UNIQUE, c text UNIQUE, d text COLLATE "en-x-icu")')
    stage.lab.query("blue", "events", 'CREATE INDEX patterns ON sorted (d text_pattern_ops)')
    stage.lab.query("blue", "events", 'CREATE TABLE parted (a text COLLATE "en-x-icu") '
                    'PARTITION BY RANGE (a)')
    stage.lab.query("blue", "events", 'CREATE TABLE tried (a text COLLATE "en-x-icu" '
                    "CONSTRAINT early CHECK (a < 'm' AND a <> 'b'), "
                    'b text COLLATE "en-x-icu" CHECK (b ~ \'x\'))')
    without = stage.variant("without", "blue", "run", None)
    try:
        answer = Answer(stage, code=CHECKS)
        unknown = Answer(stage, code=DONE, config=without)
    finally:
        stage.lab.query("blue", "events", "DROP TABLE sorted, parted, tried")
    rows, indexes = answer.one("collation_versions"), answer.one("collation_indexes")
    for found in (rows, indexes):
        assert (found["where"], found["what"]) == ("blue events", "ICU")
    assert rows["evidence"] == ("version 72 on blue, 76 on green's host; 1 partitioned table: "
                                "public.parted; 1 CHECK constraint: public.tried.early")
    assert indexes["evidence"] == ("version 72 on blue, 76 on green's host; 1 index: "
                                   "public.sorted_a_key")
    assert (rows["severity"], indexes["severity"]) == ("error", "note")
    assert unknown.of("collation_versions") == []
    assert unknown.one("collation_unknown")["evidence"].startswith("version not known on blue, 76")


def test_green_s_way_to_blue_is_tried_as_prepare_will_go_it(stage):
    wrong = stage.variant("wrong", "blue", "from_green",
                          f"host=127.0.0.1 port={stage.lab.ports['spare']}")
    found = Answer(stage, code=CHECKS, config=wrong).of("green_reaches_blue")
    assert [what for what, _evidence in found] == [
        "a connection", "a replication connection", "a replication connection for the copy"]
    assert all("Connection refused" in evidence for _what, evidence in found)


def test_an_access_rule_for_the_copy_that_is_missing_is_found_beforehand(make_stage):
    stage = make_stage(poolers=("p1",), extra_hba=(
        "hostssl replication all 127.0.0.1/32 reject",))
    with Watcher(stage.passwords().values()) as watcher:
        answer = Answer(stage, code=CHECKS)
    assert watcher.seen and watcher.found == []
    [(what, evidence)] = answer.of("green_reaches_blue")
    assert what == "a replication connection for the copy"
    assert "pg_hba.conf rejects replication connection" in evidence


def test_programs_of_an_old_minor_release_are_told_before_green_is_made(stage):
    directory = green_programs(stage, postgres='case "$1" in --version) echo "postgres '
                               '(PostgreSQL) 17.2" ;; *) exec "$real" "$@" ;; esac')
    old = stage.variant("old", "green", "bin_directory", directory)
    answer = Answer(stage, config=old)
    shutil.rmtree(directory)
    found = answer.one("green_program_version")
    assert (found["where"], found["evidence"]) == ("green's host", "17.2, older than 17.8")
    assert answer.of("extension_missing", "library_missing") == []


def test_a_disk_with_room_for_once_but_not_for_three_times_is_a_warning(stage):
    """How long it may take for that follows from the numbers of an error."""
    write_for_a_quarter_of_an_hour(stage)
    long = stage.variant("long", "green", "expected_time", "100000d")
    evidence = Answer(stage, code=CHECKS, config=long).one("wal_disk")["evidence"]
    free, rate = re.fullmatch(r"(\d+ .B) are free; blue writes (\d+) kB/s .*", evidence).groups()
    size, unit = free.split()
    seconds = int(size) * {"MB": 1e6, "GB": 1e9}[unit] / (int(rate) * 1e3) / 2
    half = stage.variant("half", "green", "expected_time", f"{int(seconds)}s")
    answer = Answer(stage, code=DONE, config=half)
    assert answer.of("wal_disk") == [] and answer.one("wal_disk_tight")["severity"] == "warning"


def test_parameters_that_wait_for_a_restart_are_told(stage):
    """They are not carried over."""
    set_blue(stage, "ALTER SYSTEM SET shared_buffers = '99MB'")
    try:
        wait_until(lambda: stage.lab.query("blue", "postgres", "SELECT pending_restart FROM "
                                           "pg_settings WHERE name = 'shared_buffers'") ==
                   [(True,)], "the parameter to wait", 10)
        found = Answer(stage, code=DONE).one("pending_restart")
        meant = stage.variant("meant", "green.parameters", "shared_buffers", "99MB")
        assert Answer(stage, code=DONE, config=meant).of("pending_restart") == []
    finally:
        set_blue(stage, "ALTER SYSTEM RESET shared_buffers")
    assert found["what"] == "shared_buffers" and found["severity"] == "warning"
    assert found["evidence"] == "it runs with 128MB, 99MB is in postgresql.auto.conf"


def test_secrets_of_from_green_are_in_no_command_line(make_stage):
    """Neither in check's nor in prepare's; the password works all the same."""
    stage = make_stage(poolers=("p1",))
    with open(stage.lab.config_path) as stream:
        known = re.search("^from_green = (.*)$", stream.read(), re.MULTILINE)[1]
    password = stage.passwords()["postgres"]
    stage.configure("blue", "from_green", f"{known} application_name=named password={password} "
                    "sslpassword=passphrase-of-a-key passfile=/nonexistent")
    with Watcher([*stage.passwords().values(), "passphrase-of-a-key"]) as watcher:
        assert Answer(stage, "--pg-upgrade", code=DONE).of("not_measured") == []
        stage.prepare()
    assert watcher.seen and watcher.found == []
    [[stored]] = stage.lab.query("green", "shop", "SELECT subconninfo FROM pg_subscription AS s "
                                 "JOIN pg_database AS d ON d.oid = s.subdbid WHERE datname = 'shop'")
    assert not [word for word in ("password=", "passphrase", "application_name") if word in stored]


def test_what_this_run_has_made_is_no_finding_and_what_another_has_is(stopping_program, make_stage):
    stage = make_stage(poolers=("p1",))
    for row in ("clone", "recover"):
        engine = stage.stopped("prepare", "--execute", stop_at=row)
        assert Answer(stage, code=DONE).of("green_data_directory", "green_programs") == []
        engine.kill()
    work = f"{stage.lab.green.data}.pgcutover"
    stage.lab.account.write(f"{work}/pgcutover.run", "another\n")
    assert Answer(stage, code=CHECKS).of("green_data_directory") == [
        (work, "it belongs to another run, another")]
    stage.lab.account.write(f"{work}/pgcutover.run", f"{stage.fact('run')}\n")


# Nothing loads it: it runs, whatever the loader is asked to tell of it.
STATIC = """
#include <fcntl.h>
#include <unistd.h>
int main(int count, char **words)
{
    if (count == 1) return open("%s/ran", O_CREAT | O_WRONLY, 0600) < 0;
    words[0] = "%s";
    return execv(words[0], words);
}
"""


def test_a_program_that_no_loader_tells_of_is_not_run(stage):
    """So it is where the C library is musl: postgres alone starts the server of $PGDATA."""
    directory = green_programs(stage)
    os.unlink(f"{directory}/postgres")
    os.chmod(directory, 0o777)
    real = f"{stage.lab.green.bin_directory}/postgres"
    write_file(f"{directory}/postgres.c", STATIC % (directory, real))
    run(["gcc", "-static", "-o", f"{directory}/postgres", f"{directory}/postgres.c"])
    answer = Answer(stage, config=stage.variant("static", "green", "bin_directory", directory))
    assert answer.of("green_programs", "host_unreachable") == []
    assert not os.path.exists(f"{directory}/ran")
    shutil.rmtree(directory)


def test_programs_that_cannot_read_settings_let_none_pass_and_refuse_none(make_stage):
    """Without a word, or whatever they are given."""
    stage = make_stage(poolers=("p1",))
    for name, script in (("dies", "kill -SEGV $$"), ("refuses", "echo 'FATAL:  no' >&2; exit 1")):
        directory = green_programs(
            stage, postgres=f'case "$1 $2" in "-C port") {script} ;; *) exec "$real" "$@" ;; esac')
        answer = Answer(stage, code=CHECKS,
                        config=stage.variant(name, "green", "bin_directory", directory))
        shutil.rmtree(directory)
        assert "cannot read a configuration" in dict(answer.of("not_measured"))["target_settings"]
        assert answer.of("refused_settings") == []
