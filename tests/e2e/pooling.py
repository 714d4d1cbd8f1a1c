"""To spoil one thing of a lab's poolers, look what check finds of it, and put it back."""

import contextlib
import json


def look(stage, code=None, config=None):
    """What check prints as JSON."""
    done = stage.run("check", "--output=json", config=config)
    found = json.loads(done.stdout if hasattr(done, "stdout") else done.out)
    assert code is None or done.code == code, found["findings"]
    return found


def findings(stage, config=None):
    """{id: [(where, what, evidence)]} of what is about poolers."""
    found = {}
    for finding in look(stage, config=config)["findings"]:
        if finding["id"].startswith(("pooler_", "dns_", "not_measured")):
            found.setdefault(finding["id"], []).append(
                (finding["where"], finding["what"], finding["evidence"]))
    return found


def not_asked(stage):
    return {each["id"]: each["reason"] for each in look(stage)["not_asked"]}


def only(stage, wanted, config=None):
    """The findings of `wanted`, and nothing else is found."""
    found = findings(stage, config)
    assert set(found) == {wanted}, found
    return found[wanted]


def rewrite(stage, pooler, path, content):
    """Started anew: a RELOAD forgets neither users nor settings that are gone."""
    stage.lab.account.write(path, content)
    pooler.restart()


@contextlib.contextmanager
def changed(stage, name, path, change):
    """A file of that pooler as `change` makes it, read again; then as it was."""
    pooler = stage.lab.poolers[name]
    path = f"{pooler.directory}/{path}"
    with open(path) as stream:
        before = stream.read()
    rewrite(stage, pooler, path, change(before))
    try:
        yield
    finally:
        rewrite(stage, pooler, path, before)


def settings(stage, **values):
    """The only process of p1 with these settings: the last one of a name counts."""
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    return changed(stage, "p1", "pgbouncer.ini",
                   lambda text: text.replace("%include", f"{lines}%include"))


@contextlib.contextmanager
def roles(stage, make, unmake, side="blue"):
    """SQL, in autocommit, and what takes it back; green is read-only by default."""
    connection = stage.lab.connect(side, "postgres", "postgres")  # stays, whatever is changed
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            for statement in make.split(";"):
                cursor.execute(statement)
            try:
                yield
            finally:
                for statement in unmake.split(";"):
                    cursor.execute(statement)
    finally:
        connection.close()


def entries(stage, old, new):
    """p1 with another entry; {blue} is blue's port."""
    port = str(stage.lab.ports["blue"])
    return changed(stage, "p1", "databases.ini", lambda text: text.replace(
        old.replace("{blue}", port), new.replace("{blue}", port)))


SHOP = "shop = host=localhost port={blue}"
