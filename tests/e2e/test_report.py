"""What `report` writes is what happened: from no run at all to the end of one, and never in anybody's way."""

import glob
import json
import os
import re
import shutil
import subprocess

import facts
from program import parse_held
from support import DONE, USAGE

SECTIONS = ["Summary", "Sequence", "Verifications", "Anomalies", "References"]
WILD = "a|b <script>alert(1)</script> `x` *y*"


class Note:
    """An operations note, taken apart."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as stream:
            self.text = stream.read()
        _, self.front, body = self.text.split("---\n", 2)
        self.sections = dict(part.split("\n", 1) for part in body.split("\n## ")[1:]) \
            if body.startswith("\n## ") else {}

    def bullet(self, section, label):
        found = re.search(rf"^- {re.escape(label)}: (.*)$", self.sections[section], re.MULTILINE)
        return found and found.group(1)

    def tables(self, section):
        """Rows of all tables of the section, as lists of cells; every row is as wide as its head."""
        rows, width = [], 0
        for line in self.sections[section].splitlines():
            if not line.startswith("| ") and not line.startswith("|-"):
                width = 0
                continue
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            width = width or len(cells)
            assert len(cells) == width, line
            rows.append(cells)
        return rows

    def value(self, item):
        return next(row[1] for row in self.tables("Summary") if row[0] == item)

    def steps(self):
        """(step, state) of every row."""
        return [(row[3].strip("`"), row[5]) for row in self.tables("Sequence")
                if len(row) == 6 and row[0].isdigit()]

    def anomalies(self):
        return self.sections["Anomalies"].strip()


def out_of(stage):
    path = f"{stage.directory}/out"
    os.makedirs(path, exist_ok=True)
    return path


def report(stage, *arguments, **options):
    """Runs it, and reads the note that it names."""
    told = stage.run("report", f"--to={out_of(stage)}", "--report-environment=test", *arguments,
                     code=DONE, **options).out.splitlines()
    note = Note(next(path for path in told if path.endswith(".md")))
    assert list(note.sections) == SECTIONS
    assert note.path.removesuffix(".md") + ".html" in told
    assert_no_secret(stage)
    return note


def assert_no_secret(stage):
    secrets = [word.encode() for word in stage.passwords().values()]
    for path in glob.glob(f"{out_of(stage)}/*") + glob.glob(f"{stage.directory}/state/*/*/*.json"):
        with open(path, "rb") as stream:
            content = stream.read()
        assert not [word for word in secrets if word in content], path


def evidence(stage, moment):
    directory = stage.run_directory() or stage.run_directory("last")
    path = f"{directory}/evidence-{moment}.json"
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path) as stream:
        return json.load(stream)


# -- nothing was executed --------------------------------------------------------------------------

def test_without_a_run_what_would_be_done(stage):
    before = facts.everything(stage.lab, green=False)
    note = report(stage, f"--report-trigger={WILD}", "--report-references=OPS-479, x_y z")
    assert re.fullmatch(r"\d{8}-test-lab-cutover-dry-run\.md", os.path.basename(note.path))
    assert note.bullet("Summary", "Outcome") == "**planned**"
    assert note.bullet("Summary", "Start") == "nothing was executed"
    assert "\\<script>" in note.bullet("Summary", "Trigger")
    assert "<script>" not in note.text.replace("\\<script>", "")
    assert ("clone", "planned") in note.steps() and ("release", "planned, clients held") in note.steps()
    assert note.bullet("Summary", "Blue").startswith("15.")
    assert "Run " in note.sections["Verifications"] and "`identity_missing`" in \
        note.sections["Verifications"]
    assert "- OPS-479\n- x_y z\n" in note.sections["References"]
    assert note.anomalies() == "none"
    assert stage.run_directory() is None
    facts.assert_same(before, facts.everything(stage.lab, green=False))
    stage.run("prepare", code=DONE)
    assert report(stage).bullet("Summary", "Outcome") == "**planned**"


def test_where_it_may_be_written(stage):
    note = report(stage)
    with open(note.path, "r+") as stream:
        stream.write("===")
    assert report(stage).text.startswith("---\n")  # of the same: replaced
    stem = os.path.basename(note.path).removesuffix(".md")
    assert all(name.startswith(f"{stem}.") and ".new" not in name
               for name in os.listdir(out_of(stage)))
    with open(note.path, "w") as stream:
        stream.write("somebody's own notes\n")
    refused = stage.run("report", f"--to={out_of(stage)}", "--report-environment=test", code=USAGE)
    assert "not overwritten" in refused.err and note.path in refused.err and not refused.out
    with open(note.path) as stream:
        assert stream.read() == "somebody's own notes\n"
    os.unlink(note.path)
    os.symlink(f"{stage.directory}/elsewhere", note.path)
    stage.run("report", f"--to={out_of(stage)}", "--report-environment=test", code=USAGE)
    assert not os.path.exists(f"{stage.directory}/elsewhere")
    for place in (f"{stage.directory}/nowhere", note.path, "/proc", ""):
        refused = stage.run("report", f"--to={place}", code=USAGE)
        assert "error:" in refused.err and not refused.out
    stage.run("report", "--format=pdf", code=USAGE)
    for _again in range(2):
        told = stage.run("report", f"--to={stage.directory}", "--format=json", code=DONE).out
        with open(told.strip()) as written:
            assert json.load(written)["outcome"] == "planned"
    stage.run("status", "--format=note", code=USAGE)


def test_environment_and_cluster_make_no_path(stage):
    told = stage.run("report", f"--to={out_of(stage)}", "--report-environment=../..//pröd x",
                     "--output=json", "--format=note", code=DONE)
    files = json.loads(told.out)["files"]
    assert [os.path.dirname(path) for path in files] == [out_of(stage)]
    assert re.fullmatch(r"\d{8}-[\w.-]*pr-d-x-lab-cutover-dry-run\.md", os.path.basename(files[0]))


def test_a_blue_that_does_not_answer_is_said_so(stage):
    stage.lab.blue.stop()
    note = report(stage)
    assert "blue did not answer when this was written" in note.anomalies()
    assert "Not known: blue does not answer" in note.sections["Verifications"]


# -- a run, from its beginning to its end ----------------------------------------------------------

def assert_ready(stage, note):
    lab = stage.lab
    assert note.bullet("Summary", "Outcome") == "**ready**"
    states = [state.split(",")[0] for _step, state in note.steps()]
    done = states.count("done")
    assert states == ["done"] * done + ["planned"] * (len(states) - done)
    assert note.steps()[done][0] == "observe" and ("drop_slots", "planned") in note.steps()
    slots = stage.journal("SELECT substr(key, 4, length(key) - 12), value FROM fact "
                          "WHERE key LIKE 'db.%.slot\\_lsn' ESCAPE '\\'")
    names = dict(lab.query("blue", "postgres", "SELECT database, slot_name FROM pg_replication_slots"))
    assert {name for name, _lsn in slots} == set(names)
    for name, lsn in slots:
        assert note.value(f"blue create replication slot output ({name})") == f"({names[name]},{lsn})"
    assert note.value("green initial LSN") == stage.fact("clone.lsn")
    was, = lab.query("blue", "shop", "SELECT extversion FROM pg_extension "
                     "WHERE extname = 'pg_stat_statements'")
    now, = lab.query("green", "shop", "SELECT extversion FROM pg_extension "
                     "WHERE extname = 'pg_stat_statements'")
    assert note.value("extensions upgraded") == f"pg_stat_statements {was[0]} --> {now[0]} (shop)"
    for side in ("blue", "green"):
        identifier, = lab.query(side, "postgres",
                                "SELECT system_identifier::text FROM pg_control_system()")
        assert note.value(f"{side} system identifier") == identifier[0]
        for name in ("wal_level", "max_connections", "shared_preload_libraries"):
            shown, = lab.query(side, "postgres", f"SHOW {name}")
            assert f"{side}/postgres=# SHOW {name};\n{shown[0]}\n" in note.text
    assert any(row[0] == "`default_transaction_read_only`" and row[1:3] == ["`off`", "`on`"]
               for row in note.tables("Verifications"))


def assert_moved(note, plan, held, count):
    line = next(line for line in note.sections["Summary"].splitlines()
                if line.startswith(f"- {plan} of "))
    told = re.search(r"done; clients were held for ([\d.]+) (ms|s) \(budget 5\.0 s\); longest gap", line)
    assert told, line
    ms = float(told.group(1)) * (1000 if told.group(2) == "s" else 1)
    assert abs(ms - held.ms) <= 0.1 * held.ms + 5, (line, held)
    account = dict(row for row in note.tables("Verifications") if len(row) == 2)
    assert account[f"{plan}: acknowledged writes of the client probe through p1 are on "
                   f"{'green' if plan == 'cutover' else 'blue'}"].startswith("yes: ")
    assert len([row for row in note.steps() if row[0] == "release"]) == count


def test_from_prepare_to_finish(make_stage):
    stage = make_stage(poolers=("p1",))
    with stage.load() as load:
        stage.prepare()
        assert_ready(stage, report(stage))
        assert {side["side"]: side["why"] for side in evidence(stage, "prepare")["servers"]} == \
            {"blue": None, "green": None}
        stage.run("verify", code=DONE)
        moved = stage.cutover()
        note = report(stage)
        assert note.bullet("Summary", "Outcome") == "**on green**"
        assert note.bullet("Summary", "Clients may write on") == "green"
        assert_moved(note, "cutover", parse_held(moved.out), 1)
        account = dict(row for row in note.tables("Verifications") if len(row) == 2)
        assert account["cutover: LSN at which blue ended"].startswith(stage.fact("cutover.target"))
        assert "equal, " in account["verify: rows, sequences, catalogs of both servers"]
        back = stage.run("rollback", "--execute", "--yes", code=DONE)
        note = report(stage)
        assert note.bullet("Summary", "Outcome") == "**back on blue**"
        assert_moved(note, "rollback", parse_held(back.out), 2)
        stage.wait_commits(load)
    assert note.anomalies() == "none" or "longer than" not in note.anomalies()
    stage.finish()
    note = report(stage)
    assert note.bullet("Summary", "Outcome") == "**finished**"
    assert ("drop_slots", "done") in note.steps()
    assert "pgcutover_" in json.dumps(evidence(stage, "finish"))
    assert not [show for side in evidence(stage, "finished")["servers"] for show in side["shows"]
                if "pg_replication_slots" in show["statement"] and "pgcutover_" in show["answer"]]
    stage.lab.green.stop()
    assert "did not answer" not in report(stage).anomalies()  # clients have left it


def test_what_is_missing_is_said_and_fails_nothing(ready):
    stage = ready
    samples = f"{stage.run_directory()}/samples.db"
    with open(samples, "r+b") as stream:
        stream.write(b"no database" * 100)
    note = report(stage)
    assert "what was measured cannot be read" in note.anomalies()
    assert ("clone", "done") in note.steps()
    os.unlink(samples)
    for path in glob.glob(f"{stage.run_directory()}/evidence-*.json"):
        with open(path, "w") as stream:
            stream.write("{")
    stage.lab.green.stop()
    note = report(stage)
    assert "what was measured cannot be read" in note.anomalies()
    assert "green did not answer when this was written" in note.anomalies()
    assert note.bullet("Summary", "Green").startswith("17.")
    assert note.value("green initial LSN") == stage.fact("clone.lsn")


def test_a_copy_where_nothing_may_be_written(ready):
    """As somebody who may only read; the servers need not be reached for that."""
    stage = ready
    copy, out = f"{stage.directory}/copy", f"{stage.directory}/free"
    shutil.copytree(stage.run_directory(), copy)
    for name in os.listdir(copy):
        os.chmod(f"{copy}/{name}", 0o444)
    os.chmod(copy, 0o555)
    os.mkdir(out)
    os.chmod(out, 0o777)
    os.chmod(stage.directory, 0o755)
    os.chmod(stage.lab.config_path, 0o644)
    argv = stage.argv("report", f"--run={copy}", f"--to={out}")
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(argv, cwd="/", env={"PATH": os.environ["PATH"]}, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **nobody)
    assert done.returncode == DONE, done
    note = Note(done.stdout.splitlines()[0])
    assert ("ready", "done") in note.steps() and "cannot be read" not in note.anomalies()
    assert note.value("green initial LSN") == stage.fact("clone.lsn")
    assert sorted(os.listdir(copy)) == sorted(os.listdir(stage.run_directory()))


def test_aborted(ready):
    ready.abort()
    note = report(ready)
    assert note.bullet("Summary", "Outcome") == "**aborted**"
    assert ("clone", "done") in note.steps() and ("clone", "undone") in note.steps()
    assert note.anomalies() == "none"
    assert "it was removed by abort" in {
        side["why"] for side in evidence(ready, "aborted")["servers"]}
    named = report(ready, f"--run={ready.run_directory('last')}")
    assert named.path == note.path


# -- what went wrong -------------------------------------------------------------------------------

def test_undone_by_itself_with_its_cause(make_stage):
    stage = make_stage(poolers=("p1",))
    stage.prepare()
    with stage.load() as load:
        open_one = stage.session("blue")
        with open_one.cursor() as cursor:
            cursor.execute("SELECT 1")
        short = stage.variant("short", "pause", "quiet_wait", "1s")
        stage.run("cutover", "--execute", "--yes", config=short)
        stage.wait_commits(load)
    cause, = stage.events("failed")
    assert cause.startswith("cutover quiet: ")
    note = report(stage)
    assert note.bullet("Summary", "Outcome").startswith("**undone**: ")
    assert ("quiet", "failed") in note.steps() and ("arm", "undone") in note.steps()
    assert "cutover: the step quiet failed: " in note.anomalies()
    assert "was undone; clients stayed on blue" in note.anomalies()


def test_interrupted_and_undone_by_the_watchdog(ready_again):
    stage = ready_again
    with stage.load() as load:
        engine = stage.stopped("cutover", "--execute", "--yes", stop_at="prove")
        engine.kill()
        stage.wait_alone()
        stage.wait_commits(load)
    assert stage.fact("cutover.state") == "undone"
    note = report(stage)
    assert note.bullet("Summary", "Outcome").startswith("**undone**: the engine ended")
    assert ("hold", "undone, clients held") in note.steps()
    assert "it was interrupted: its engine ended before the switch" in note.anomalies()
    stage.cutover()
    note = report(stage)
    assert note.bullet("Summary", "Outcome") == "**on green**"
    assert note.steps().count(("observe", "done")) == 2
    assert "it was interrupted" in note.anomalies()


def test_while_the_engine_is_at_work_and_when_it_is_lost(ready_again):
    stage = ready_again
    stage.configure("pause", "budget", "20s")  # the watchdog is patient while a report is written
    engine = stage.stopped("cutover", "--execute", "--yes", stop_at="confirm")
    note = report(stage)
    assert note.bullet("Summary", "Outcome") == "**under way**"
    stage.kill_both(engine)
    note = report(stage)
    assert note.bullet("Summary", "Outcome").startswith("**failed**: ")
    assert note.bullet("Summary", "Clients may write on") == "green"
    assert note.bullet("Summary", "Next") == "pgcutover recover --execute"
    stage.run("recover", "--execute", "--yes", code=DONE)
    assert report(stage).bullet("Summary", "Outcome") == "**on green**"


def test_prepare_that_was_killed(make_stage):
    stage = make_stage(poolers=("p1",))
    engine = stage.stopped("prepare", "--execute", stop_at="upgrade")
    assert report(stage).bullet("Summary", "Outcome") == "**preparing**"
    engine.kill()
    note = report(stage)
    assert note.bullet("Summary", "Outcome").startswith("**failed**: ")
    assert "prepare: the step upgrade began at " in note.anomalies()
    stage.prepare()
    assert report(stage).bullet("Summary", "Outcome") == "**ready**"
