"""Does the database hold what its clients were told? And how long did they wait?

    log = accounting.read(load.log_directory)
    accounting.gaps(log, window)                    longest gaps inside a window and elsewhere
    accounting.account(lab, log_directory, "green")   what was lost, doubled, never promised
"""

import bisect
import collections
import dataclasses
import os
import re

Commit = collections.namedtuple("Commit", "client seq started acknowledged counter")
Failure = collections.namedtuple("Failure", "at client seq sqlstate outcome stage message")
Client = collections.namedtuple("Client", "kind database port")


@dataclasses.dataclass
class Log:
    """What the clients of one load wrote down. Times are CLOCK_MONOTONIC nanoseconds."""
    commits: list
    failures: list
    clients: dict

    def numbers(self, database):
        return {number for number, client in self.clients.items() if client.database == database}

    def databases(self):
        return sorted({client.database for client in self.clients.values()})


def _lines(path):
    try:
        with open(path) as stream:
            # An unfinished last line belongs to a generator that was killed, or still writes.
            return [line.rstrip("\n") for line in stream if line.endswith("\n")]
    except FileNotFoundError:
        return []


def read(log_directory):
    """The Log of a load's directory."""
    commits, clients = [], {}
    for name in os.listdir(log_directory):
        if re.fullmatch(r"client-\d+\.log", name):
            commits += [Commit(*map(int, line.split()))
                        for line in _lines(f"{log_directory}/{name}")]
    failures = []
    for line in _lines(f"{log_directory}/errors.log"):
        at, client, seq, *rest = line.split("\t", 6)
        failures.append(Failure(int(at), int(client), int(seq), *rest))
    for line in _lines(f"{log_directory}/clients.log"):
        number, kind, database, port = line.split("\t")
        clients[int(number)] = Client(kind, database, int(port))
    commits.sort(key=lambda commit: commit.acknowledged)
    return Log(commits, failures, clients)


def count_commits(log_directory):
    """How many there are, without reading what they are."""
    count = 0
    for name in os.listdir(log_directory):
        if re.fullmatch(r"client-\d+\.log", name):
            with open(f"{log_directory}/{name}", "rb") as stream:
                count += stream.read().count(b"\n")
    return count


def _longest(moments, window):
    """Longest distances (ms, from, to) of neighbours: those that touch the window, the others."""
    inside, outside = (0.0, 0, 0), (0.0, 0, 0)
    for before, after in zip(moments, moments[1:]):
        gap = ((after - before) / 1e6, before, after)
        if window and before < window[1] and after > window[0]:
            inside = max(inside, gap)
        else:
            outside = max(outside, gap)
    return inside, outside


def gaps(log, window=None, kinds=("pooled",), end=None):
    """Longest gaps between acknowledged commits, in ms.

    window is (from_ns, to_ns); end, if given, closes the gap of clients that wait until then.
    "client": of one client, "all": with no commit of any client; each inside and outside.
    """
    moments = collections.defaultdict(list)
    for commit in log.commits:
        if log.clients[commit.client].kind in kinds:
            moments[commit.client].append(commit.acknowledged)
    everyone = sorted(moment for each in moments.values() for moment in each)
    tail = [end] if end else []
    clients = {number: _longest(each + tail, window) for number, each in moments.items()}
    inside, outside = _longest(everyone + tail, window)
    nothing = (0.0, 0, 0)
    return {
        "client_inside_ms": max((each[0] for each in clients.values()), default=nothing)[0],
        "client_outside_ms": max((each[1] for each in clients.values()), default=nothing)[0],
        "all_inside_ms": inside[0],
        "all_outside_ms": outside[0],
        "client_inside": max((each[0] for each in clients.values()), default=nothing),
        "per_client_inside_ms": {number: each[0][0] for number, each in sorted(clients.items())},
    }


def regressions(commits):
    """Commits whose counter is not above one acknowledged before they even began."""
    moments, highest, wrong = [], [], 0
    for commit in sorted(commits, key=lambda each: each.acknowledged):
        moments.append(commit.acknowledged)
        highest.append(max(commit.counter, highest[-1] if highest else commit.counter))
    for commit in commits:
        earlier = bisect.bisect_left(moments, commit.started)
        if earlier and commit.counter <= highest[earlier - 1]:
            wrong += 1
    return wrong


def _table(lab, side, database, table, numbers):
    rows = lab.query(side, database, f"SELECT client, seq, count(*) FROM load.{table} "
                     "WHERE client = ANY (%s) GROUP BY client, seq", (sorted(numbers),))
    return {(client, seq): count for client, seq, count in rows}


def _counters(lab, side, database, numbers):
    rows = lab.query(side, database, "SELECT client, seq, counter FROM load.ledger "
                     "WHERE client = ANY (%s)", (sorted(numbers),))
    return {(client, seq): counter for client, seq, counter in rows}


def account_database(lab, log, side, database):
    """The account of one database; every number but acknowledged, present, errors has to be 0."""
    numbers = log.numbers(database)
    commits = [commit for commit in log.commits if commit.client in numbers]
    acknowledged = {(commit.client, commit.seq): commit.counter for commit in commits}
    failures = [failure for failure in log.failures if failure.client in numbers]
    unknown = {(each.client, each.seq) for each in failures if each.outcome == "unknown"}
    ledger = _table(lab, side, database, "ledger", numbers)
    keyless = _table(lab, side, database, "keyless", numbers)
    counters = _counters(lab, side, database, numbers)
    (balance, rows, distinct, highest, last_value), = lab.query(
        side, database, "SELECT (SELECT sum(balance) FROM load.account), count(*), "
        "count(DISTINCT counter), coalesce(max(counter), 0), "
        "(SELECT last_value FROM load.counter) FROM load.ledger")
    lost = {key for key in acknowledged if key not in ledger or key not in keyless}
    present = set(ledger) | set(keyless)
    return {
        "acknowledged": len(acknowledged),
        "present": len(present),
        "errors": len(failures),
        "unknown_outcome": len(unknown),
        "lost": len(lost),
        "lost_examples": sorted(lost)[:10],
        "doubled": sum(1 for key in present
                       if ledger.get(key, 0) > 1 or keyless.get(key, 0) > 1),
        "unacknowledged": len(present - set(acknowledged)),
        "unexplained": len(present - set(acknowledged) - unknown),
        "torn": len(set(ledger) ^ set(keyless)),
        "altered": sum(1 for key, counter in acknowledged.items()
                       if counters.get(key, counter) != counter),
        "balance_difference": int(balance - rows),
        "counter_doubled": rows - distinct,
        "counter_regressions": regressions(commits),
        "counter_behind": max(0, highest - last_value),
    }


MUST_BE_ZERO = ("lost", "doubled", "unexplained", "torn", "altered", "counter_doubled",
                "counter_regressions", "counter_behind")


def account(lab, log_directory, side):
    """The account of all databases of a load that has ended, on side blue or green.

    ok is true when nothing was lost, doubled or invented; errors that clients saw are counted, and
    are the caller's to judge.
    """
    log = read(log_directory)
    databases = {name: account_database(lab, log, side, name) for name in log.databases()}
    total = collections.Counter()
    for each in databases.values():
        total.update({key: value for key, value in each.items() if isinstance(value, int)})
    strangers = {each.client for each in log.failures} - set(log.clients)
    ok = all(each[key] == 0 for each in databases.values()
             for key in (*MUST_BE_ZERO, "balance_difference"))
    return {"ok": ok and bool(databases), "databases": databases,
            "never_connected": sorted(strangers),
            "sqlstates": dict(collections.Counter(each.sqlstate for each in log.failures)),
            "failures": [(each.client, each.stage, each.message) for each in log.failures[:5]],
            **total}
