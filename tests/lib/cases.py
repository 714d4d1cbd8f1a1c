"""Cases of `check`: what makes a server bad, and what is found then. Their format is told in
tests/cases/README.md; here they are read, made, compared and undone."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import json
import os
import re

import jsonschema
import psycopg2

from processes import LabError, wait_until

CASES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "cases"))
MAJORS = (10, 11, 12, 13, 14, 15, 16, 17, 18)
VERSIONS = {"type": "array", "minItems": 2, "maxItems": 2,
            "items": {"type": ["integer", "null"]}}
TEXTS = {"type": "object", "additionalProperties": {"type": ["string", "number", "null"]}}
FORMAT = {
    "type": "object", "additionalProperties": False, "required": ["why", "kind", "expect"],
    "properties": {
        "why": {"type": "string", "minLength": 1},
        "kind": {"enum": ["database", "server", "green", "pooler", "host"]},
        "versions": VERSIONS,
        "needs": {"type": "string"},
        "settle": {"type": "string"},
        "always": {"type": "boolean"},
        "alone": {"type": "boolean"},
        "fix": {"type": "boolean"},
        "pg_upgrade": {"enum": ["refuses", "accepts"]},
        "database": {"type": "string", "minLength": 1},
        "green": {"type": "integer"},
        "settings": TEXTS,
        "parameters": TEXTS,
        "config": {"type": "object", "additionalProperties": TEXTS},
        "files": {"type": "object", "additionalProperties": {"type": "string"}},
        "pooler": {"type": "object", "additionalProperties": False, "properties": {
            "name": {"type": "string"}, "settings": TEXTS,
            "console": {"type": "array", "items": {"type": "string"}},
            "undo": {"type": "array", "items": {"type": "string"}},
            "entries": {"type": "object", "additionalProperties": {"type": "string"}}}},
        "expect": {"type": "array", "items": {
            "type": "object", "additionalProperties": False, "required": ["id", "what", "severity"],
            "properties": {
                "id": {"type": "string"}, "what": {"type": "string"},
                "severity": {"enum": ["error", "warning", "note", "advice"]},
                "where": {"type": "string"}, "evidence": {"type": "string"},
                "cure": {"type": "string"}, "versions": VERSIONS}}},
    },
}


def within(versions, major):
    first, last = versions or (None, None)
    return (first is None or major >= first) and (last is None or major <= last)


@dataclasses.dataclass
class Case:
    """One folder."""
    name: str
    text: dict

    def __repr__(self):
        return self.name

    @property
    def kind(self):
        return self.text["kind"]

    def get(self, key, default=None):
        return self.text.get(key, default)

    @property
    def database(self):
        return self.get("database", self.name)

    def file(self, name):
        """Its path; None where the case has no such file."""
        path = f"{CASES}/{self.name}/{name}"
        return path if os.path.exists(path) else None

    def applies(self, major):
        return within(self.get("versions"), major)

    def expected(self, major):
        """What is to be found on a server of this major."""
        return [each for each in self.get("expect") if within(each.get("versions"), major)]

    def configuration(self):
        """What `check` is to be asked with; cases that agree in it share one answer."""
        return {key: self.get(key) for key in ("green", "parameters", "config")}


@functools.lru_cache(maxsize=None)
def all_cases():
    """Every case, by name; a folder that is not as the format says is an error."""
    found = []
    for name in sorted(os.listdir(CASES)):
        if not os.path.isdir(f"{CASES}/{name}"):
            continue
        with open(f"{CASES}/{name}/case.json") as stream:
            text = json.load(stream)
        try:
            jsonschema.validate(text, FORMAT)
        except jsonschema.ValidationError as error:
            raise LabError(f"tests/cases/{name}/case.json: {error.message}") from None
        found.append(Case(name, text))
    return tuple(found)


def cases(kind, major=None):
    return [case for case in all_cases()
            if case.kind == kind and (major is None or case.applies(major))]


def told(finding):
    return "{severity} {id}: {where}: {what} ({evidence})".format(**finding)


def matches(expected, finding):
    """All of it as regular expressions, from the first character to the last."""
    return (expected["id"] == finding["id"] and expected["severity"] == finding["severity"]
            and all(re.fullmatch(expected[key], finding[key], re.DOTALL)
                    for key in ("what", "where", "evidence", "cure") if key in expected))


def take(expected, left):
    """Takes the findings that are expected out of the list; what was not there to be taken."""
    wrong = []
    for each in expected:
        finding = next((finding for finding in left if matches(each, finding)), None)
        if finding:
            left.remove(finding)
        else:
            wrong.append(f"not found: {json.dumps(each)}")
    return wrong


def compare(expected, findings):
    """What is wrong: expectations without a finding of their own, findings that nobody expects."""
    left = list(findings)
    return take(expected, left) + [f"not expected: {told(finding)}" for finding in left]


def new_ones(baseline, findings):
    """The findings without those of the clean server."""
    left = list(findings)
    for finding in baseline:
        if finding in left:
            left.remove(finding)
    return left


def quote(name):
    return '"' + name.replace('"', '""') + '"'


@contextlib.contextmanager
def held(connect, case):
    """held.sql runs in a session that stays as it is until the end, and is rolled back then."""
    if not case.file("held.sql"):
        yield
        return
    connection = connect()
    try:
        connection.autocommit = False
        with connection.cursor() as cursor, open(case.file("held.sql")) as stream:
            cursor.execute(stream.read())
        yield
    finally:
        connection.close()


class Play:
    """All cases of one major on one server, and what was wrong with each: problems[name]."""

    def __init__(self, blue, clean):
        self.blue, self.major = blue, blue.major
        self.problems = {case.name: [] for case in all_cases()}
        self.left_out, self.checks = {}, 0
        self.baselines, self.is_configured = {}, False
        blue.execute("postgres", "CREATE DATABASE clean")
        blue.psql("clean", text=clean)
        self.databases = [case for case in cases("database", self.major) if self._is_possible(case)]
        self.servers = [case for case in cases("server", self.major) if self._is_possible(case)]
        self.always = [each for case in self.servers if case.get("always")
                       for each in case.expected(self.major)]
        self.baseline = self._check()
        self.clean = compare(self.always, self.baseline.findings)
        for batch in self._batches():
            self._play_batch(batch)
        self._configure({})
        self.undone = compare(self.always, self._check().findings)
        self._play_databases()

    def _is_possible(self, case):
        """What a case needs is not in every build, nor in every minor release."""
        if not case.get("needs"):
            return True
        try:
            [[is_possible]] = self.blue.execute("clean", f"SELECT EXISTS ({case.get('needs')})")
        except psycopg2.Error as error:  # some packages have control files of a later major
            is_possible = False
            self.left_out[case.name] = str(error)
        if not is_possible:
            self.left_out.setdefault(case.name, case.get("needs"))
        return is_possible

    def _check(self, **configuration):
        self.checks += 1
        return self.blue.check(**configuration)

    def _baseline(self, green):
        """What the clean server gives for that green: its release may not know what blue does."""
        if green not in self.baselines:
            self.baselines[green] = self._check(green=green).findings if green else \
                self.baseline.findings
        return self.baselines[green]

    def _configure(self, settings, is_needed=False):
        """A server is started again only where it would become another one."""
        if settings or self.is_configured or is_needed:
            self.blue.configure(settings)
        self.is_configured = bool(settings) or is_needed

    # -- the server --------------------------------------------------------------------------------

    def _batches(self):
        """Those that do not mind company are made together: one check for all of them."""
        together, alone = [], []
        for case in self.servers:
            if case.get("always"):
                continue
            is_plain = not any(case.configuration().values()) and not case.get("alone")
            (together if is_plain else alone).append(case)
        batches = []
        for case in together:
            mine = set(case.get("settings", {}))
            batch = next((batch for batch in batches
                          if not any(mine & set(other.get("settings", {})) for other in batch)),
                         None)
            if batch is None:
                batches.append(batch := [])
            batch.append(case)
        return batches + [[case] for case in alone]

    def _undo(self, batch):
        """Backwards; what cannot be undone would spoil the cases behind it."""
        for case in reversed(batch):
            try:
                if case.file("good.sql"):
                    self.blue.psql("postgres", case.file("good.sql"))
                for name in case.get("files", {}):
                    os.unlink(f"{self.blue.data}/{name}")
            except (LabError, OSError) as error:
                self.problems[case.name].append(f"undo: {error}")
        for case in reversed(batch):
            if case.file("good.sh"):
                self.blue.shell(case.file("good.sh"))

    def _make(self, batch):
        settings = {}
        for case in batch:
            if case.file("bad.sh"):
                self.blue.shell(case.file("bad.sh"))
            settings.update(case.get("settings", {}))
            for name, text in case.get("files", {}).items():
                self.blue.account.write(f"{self.blue.data}/{name}", text)
        self._configure(settings, any(case.get("files") for case in batch))
        for case in batch:
            if case.file("bad.sql"):
                self.blue.psql("postgres", case.file("bad.sql"))
            self._settle(case, "postgres")

    def _settle(self, case, database):
        """Statistics arrive when they do, and WAL goes with a checkpoint."""
        if case.get("settle"):
            wait_until(lambda: self.blue.execute(database, case.get("settle"))[0][0],
                       case.get("settle"), 30, 0.05)

    def _play_batch(self, batch):
        """What is not found is told of its case, what nobody expects of all that were made."""
        try:
            baseline = self._baseline(batch[0].get("green"))
            self._make(batch)
            with contextlib.ExitStack() as stack:
                for case in batch:
                    stack.enter_context(held(self.blue.connect, case))
                left = new_ones(baseline, self._check(**batch[0].configuration()).findings)
            for case in batch:
                self.problems[case.name] += take(case.expected(self.major), left)
            wrong = [f"not expected: {told(finding)}" for finding in left]
        except (LabError, AssertionError, psycopg2.Error) as error:
            wrong = [str(error)[:1000]]
        if wrong and len(batch) > 1:
            wrong.append(f"in company of {batch}")
        for case in batch:
            self.problems[case.name] += wrong
        self._undo(batch)

    # -- databases ---------------------------------------------------------------------------------

    def _make_database(self, case):
        try:
            self.blue.execute("postgres", f"CREATE DATABASE {quote(case.database)}")
            if case.file("bad.sql"):
                self.blue.psql(case.database, case.file("bad.sql"))
            self._settle(case, case.database)
        except (LabError, psycopg2.Error) as error:
            self.problems[case.name].append(str(error))

    def _play_databases(self):
        """Those that want another configuration first: there are few databases to ask then."""
        groups = {}
        for case in self.databases:
            groups.setdefault(json.dumps(case.configuration(), sort_keys=True), []).append(case)
        usual = groups.pop(json.dumps(Case("", {}).configuration(), sort_keys=True), [])
        for key, group in groups.items():
            self._compare_databases(group, json.loads(key))
        self.usual = self._compare_databases(usual, {})
        # whatever is not of a case's database is as on the clean server
        mine = {f"blue {case.database}" for case in self.databases}
        self.beside = compare(self.always, [finding for finding in self.usual.findings
                                            if finding["where"] not in mine])

    def _compare_databases(self, group, configuration):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # CREATE DATABASE waits a lot
            list(pool.map(self._make_database, group))
        with contextlib.ExitStack() as stack:
            for case in group:
                connect = functools.partial(self.blue.connect, case.database)
                stack.enter_context(held(connect, case))
            found = self._check(**configuration)
        for case in group:
            self.problems[case.name] += compare(case.expected(self.major),
                                                found.where(f"blue {case.database}"))
        return found
