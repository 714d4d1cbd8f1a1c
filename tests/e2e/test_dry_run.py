"""Nothing changes without --execute; and what --execute sends is what the plan has printed."""

import os
import re

import pytest

import facts
from support import CHECKS, DONE, ROOT

DRY = ("check", "plan", "prepare", "cutover", "rollback", "finish", "abort", "recover", "status")
REFUSED = {"prepare": ("rollback",), "cutover": ("abort",), "finish": ("check", "rollback")}
# Statements that change nothing but our own session, or nothing at all.
HARMLESS = re.compile(r"(SELECT|WITH|SHOW|(EXPLAIN )?EXECUTE pgcutover_\w+$|"
                      r"BEGIN|COMMIT|ROLLBACK|END|START TRANSACTION|SAVEPOINT|"
                      r"SET (LOCAL |SESSION )?(statement_timeout|lock_timeout|search_path|"
                      r"transaction|client_min_messages)\b|"
                      # a pooler's, for who comes through it
                      r"SET application_name='' *$)", re.IGNORECASE)
# Functions behind a SELECT that do change something.
EFFECTS = re.compile(r"pg_(create|drop)\w*slot|pg_replication_origin_(advance|create|drop)|setval|"
                     r"pg_terminate_backend|lo_\w+|pg_logical_emit_message", re.IGNORECASE)
# What is executed under a name is what was prepared under it.
PREPARE = re.compile(r"PREPARE pgcutover_\w+ AS ")
UNKNOWN = re.compile(r"'?<[^<>]*>'?")


def everything(stage, green):
    """facts.everything, and what the run itself keeps."""
    found = facts.everything(stage.lab, green=green)
    found["files of blue"] = facts.tree(stage.lab.blue.etc)
    found["files of green"] = facts.tree(f"{stage.lab.green.directory}/data.pgcutover") if green \
        else facts.tree(stage.lab.green.directory)
    found["state"] = facts.tree(f"{stage.directory}/state")
    found["rows of blue"] = dict(facts.rows(stage.lab, "blue"))
    found["sequences"] = dict(facts.sequences(stage.lab, "blue"))
    found["files beside"] = sorted(os.listdir(stage.directory))
    return found


def dry_runs(stage, green=False, refused=()):
    """Runs every command without --execute; asserts that nothing has changed; their answers."""
    before = everything(stage, green)
    answers = {command: stage.run(command, code=CHECKS if command in refused else DONE)
               for command in DRY}
    answers["init"] = stage.run("init", config="-", code=DONE)
    stage.run("cutover", "--yes", code=DONE)
    facts.assert_same(before, everything(stage, green))
    for command, answer in answers.items():
        if command in refused:
            assert not answer.out and "hint:" in answer.err, (command, answer)
        else:
            assert answer.out and "error:" not in answer.err, (command, answer)
    return answers


class Log:
    """blue's log: the statements of the program, from where it was begun."""

    def __init__(self, server):
        self.path = server.log
        self.at = os.path.getsize(self.path)

    def statements(self):
        """(database, statement), one for each line that begins with "statement: "."""
        with open(self.path, errors="replace") as stream:
            stream.seek(self.at)
            text = stream.read()
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d \S+ UTC \[\d+\] )", text, flags=re.MULTILINE)
        for entry in entries:
            line = re.match(r"\S+ \S+ UTC \[\d+\] (\S*)@(\S*) (.*?) ?LOG:  "
                            r"(?:statement|execute [^:]*): (.*)", entry, re.DOTALL)
            if line and line.group(3).startswith("pgcutover"):
                yield line.group(2), line.group(4)


STATEMENT = re.compile(r"(?:[^;'\"$]|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$|\$)+",
                       re.DOTALL)


def parts(text):
    """The statements of a text: split at semicolons outside of quotes, in one line each."""
    found = (" ".join(match.group(0).split()) for match in STATEMENT.finditer(text))
    return [each for each in found if each]


def of_the_check(name):
    """A check that reads in a DO block: it is no step of a plan, and test_check_harmless watches it."""
    with open(f"{ROOT}/checks/sql/{name}.sql") as stream:
        return parts(re.sub("^(--.*\n)+", "", stream.read()))


def effects(log):
    """What the program has sent that changes something, each once, without its line breaks."""
    found, known = {}, of_the_check("sequences_near_end")
    for database, text in log.statements():
        for part in parts(text):
            part = PREPARE.sub("", part)
            if part in known:
                continue
            code = re.sub(r"'(?:[^']|'')*'", "''", part)  # what is only quoted does nothing
            if not HARMLESS.match(code) or EFFECTS.search(code):
                found.setdefault(part, database)
    return found


def printed(plan):
    """The plan's statements as patterns: <what is not known yet> stands for any value."""
    blocks, block = [], []
    for line in plan.splitlines() + [""]:
        if line.startswith("        "):
            block.append(line)
        elif block:
            blocks.append("\n".join(block))
            block = []
    return {re.compile(".*".join(re.escape(piece) for piece in UNKNOWN.split(part)), re.DOTALL)
            for text in blocks for part in parts(text)}


def missing(sent, plan):
    """Effects that the plan does not show word for word."""
    patterns = printed(plan)
    return [f"{database}: {statement}" for statement, database in sent.items()
            if not any(pattern.fullmatch(statement) for pattern in patterns)]


@pytest.fixture(scope="module")
def course(make_module_stage):
    """One upgrade with dry runs at every stage of it."""
    stage = make_module_stage(settings={"log_statement": "all"})
    stage.answers, stage.sent = {"before": dry_runs(stage, refused=("rollback",))}, {}
    for what in ("prepare", "cutover", "finish"):
        log = Log(stage.lab.blue)
        getattr(stage, what)()
        stage.sent[what] = effects(log)
        stage.answers[what] = dry_runs(stage, True, REFUSED[what])
    return stage


def test_nothing_changes_at_any_stage(course):
    """The fixture asserts it; here, that the commands knew at which stage they were."""
    before, ready, moved, ended = (course.answers[what]
                                   for what in ("before", "prepare", "cutover", "finish"))
    assert "no run is under way" in before["status"].out
    assert "nothing to abort" in before["abort"].out
    assert "stands:    ready" in ready["status"].out
    assert "abort would undo" in ready["abort"].out
    assert "no cutover is under way" in ready["recover"].out
    assert "stands:    cut over" in moved["status"].out
    assert "clients are on green" in moved["recover"].out
    assert "no run is under way" in ended["status"].out


def test_nobody_is_told_to_open_a_fenced_blue(course):
    """The fence is no finding once clients have moved: its cure would make a second writer."""
    for what in ("cutover", "finish"):
        check = course.answers[what]["check"]
        assert "default_transaction_read_only" not in check.out + check.err
    assert "nothing to check on blue" in course.answers["cutover"]["check"].out
    assert "clients were moved to green before" in course.answers["finish"]["check"].err
    for arguments in (("prepare", "--execute"), ("check", "--fix")):
        result = course.run(*arguments, code=CHECKS)
        assert "clients were moved to green before" in result.err and not result.out


def test_the_plan_names_steps_and_who_may_write(course):
    text = course.answers["before"]["plan"].out
    steps = re.findall(r"^ ?\d+\. (\w+): \S.*\n    after it: (\w+) may write", text, re.MULTILINE)
    order = [name for name, _ in steps]
    for row in ("survey", "identities", "markers", "publications", "slots", "clone", "upgrade",
                "subscriptions", "origins", "hold", "fence", "prove", "point", "commit",
                "open", "release", "drop_slots", "drop_publications"):
        assert row in order, (row, order)
    writers = dict(steps)
    assert writers["hold"] == "blue" and writers["fence"] == writers["point"] == "nobody"
    assert writers["commit"] == writers["release"] == "green"
    assert len(re.findall(r"^ ?\d+\. ", text, re.MULTILINE)) == len(steps)
    for statement in ("CREATE SUBSCRIPTION", "DROP SUBSCRIPTION", "pg_drop_replication_slot"):
        assert len(re.findall(f"^        .*{statement}", text, re.MULTILINE)) >= 4, statement


@pytest.mark.parametrize("what", ("prepare", "cutover", "finish"))
def test_nothing_is_sent_that_the_plan_did_not_print(course, what):
    """The plan from before the run, in which much is not known yet, and the last dry run."""
    dry = {"prepare": "before", "cutover": "prepare", "finish": "cutover"}[what]
    for plan in (course.answers["before"]["plan"], course.answers[dry][what]):
        assert not missing(course.sent[what], plan.out), "\n".join(
            missing(course.sent[what], plan.out))


def test_what_is_compared_is_what_was_sent(course):
    """So that the test above cannot pass because it saw nothing."""
    def words(what):
        return " | ".join(course.sent[what])
    for word in ("REPLICA IDENTITY FULL", "CREATE PUBLICATION", "CREATE TABLE IF NOT EXISTS "
                 "pgcutover.marker", "pg_create_logical_replication_slot"):
        assert word in words("prepare"), course.sent["prepare"]
    for word in ("REVOKE", "default_transaction_read_only", "INSERT INTO pgcutover.marker",
                 "INSERT INTO pgcutover.client_probe"):
        assert word in words("cutover"), course.sent["cutover"]
    for word in ("pg_drop_replication_slot", "DROP PUBLICATION", "REPLICA IDENTITY DEFAULT"):
        assert word in words("finish"), course.sent["finish"]
    assert missing({"DROP TABLE sales.customer": "shop"}, course.answers["before"]["plan"].out)
