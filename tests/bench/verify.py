"""How fast `verify` compares tables, beside what one core of the same servers can do with them.

Two servers on this machine with the same rows, which replicate. For each table, one behind the other
in every run: SELECT count(*), the sum of md5() and of hashtext() of the rows' text (what simpler
comparisons ask), `verify --jobs=1`, and pgcopydb's `compare data` with one job where there is one
(scripts/fetch-postgres --only-pgcopydb 17). No statement may use more than one core.

What counts is the CPU time of the servers' processes, a side: it says how many rows one core
compares, and hardly depends on what else the machine does. Medians; no figure fails, only a table
that is not found equal.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from lab import PROGRAMS  # noqa: E402
from pair import Pair  # noqa: E402
from processes import LabError, wait_until  # noqa: E402

TABLES = {
    "orders": "CREATE TABLE orders (id bigint PRIMARY KEY, customer integer NOT NULL, state text "
              "NOT NULL, net numeric(12, 2) NOT NULL, paid boolean, at timestamptz NOT NULL, "
              "note text); INSERT INTO orders SELECT n, n % 9973, 'state ' || n % 5, n / 7.0, "
              "n % 3 = 0, timestamptz '2024-01-01 00:00+00' + n * interval '1 min', "
              "md5(n::text) || md5((-n)::text) FROM generate_series(1, {rows}) AS n",
    "narrow": "CREATE TABLE narrow (a integer, b integer, v bigint, PRIMARY KEY (a, b)); "
              "INSERT INTO narrow SELECT n / 100, n % 100, n FROM generate_series(1, {rows}) AS n",
    "events": "CREATE TABLE events (id uuid PRIMARY KEY, at timestamptz, until date, kind smallint, "
              "done boolean, share double precision); INSERT INTO events SELECT md5(n::text)::uuid, "
              "timestamptz '2024-01-01 00:00+00' + n * interval '1 s', date '2024-01-01' + n % 999, "
              "n % 7, n % 2 = 0, n / 3.0::float8 FROM generate_series(1, {rows}) AS n",
    "documents": "CREATE TABLE documents (id uuid PRIMARY KEY, body jsonb, score double precision); "
                 "INSERT INTO documents SELECT md5(n::text)::uuid, jsonb_build_object('n', n, 'tags', "
                 "ARRAY['a', 'b', md5(n::text)], 'nested', jsonb_build_object('x', n / 3.0)), "
                 "n / 3.0::float8 FROM generate_series(1, {rows} / 2) AS n",
    "articles": "CREATE TABLE articles (id integer PRIMARY KEY, title text, body text); "
                "INSERT INTO articles SELECT n, 'title ' || n, (SELECT string_agg(md5((n * m)::text), "
                "' ') FROM generate_series(1, 250) AS m) FROM generate_series(1, {rows} / 50) AS n",
    "keyless": "CREATE TABLE keyless (client integer, at timestamptz, note text); ALTER TABLE keyless "
               "REPLICA IDENTITY FULL; INSERT INTO keyless SELECT n % 1000, timestamptz "
               "'2024-01-01 00:00+00' + n * interval '1 s', 'note ' || n "
               "FROM generate_series(1, {rows}) AS n",
}
OTHERS = {
    "count(*)": "SELECT count(*) FROM {table}",
    "md5": "SELECT count(*), sum(('x' || substr(md5(t::text), 1, 16))::bit(64)::bigint) "
           "FROM {table} AS t",
    "hashtext": "SELECT count(*), sum(hashtext(t::text)::bigint) FROM {table} AS t",
}
# Of each table's database: the same text on both sides for those who do not see to that themselves.
PINNED = {"timezone": "UTC", "datestyle": "iso,mdy", "bytea_output": "hex", "extra_float_digits": "1",
          "max_parallel_workers_per_gather": "0", "jit": "off"}
SIDES = ("blue", "green")
TICKS = os.sysconf("SC_CLK_TCK")


# -- the servers' CPU time -------------------------------------------------------------------------

def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as stream:
        return stream.read().split()


def title(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as stream:
            return stream.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def ticks(pid, fields):
    try:
        with open(f"/proc/{pid}/stat") as stream:
            values = stream.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(values[field]) for field in fields)


def server_cpu(pair, side):
    """Seconds, of all its processes so far; waits until those of clients have ended."""
    server = pair.pid(side)
    wait_until(lambda: not any("[local]" in title(child) and "walsender" not in title(child)
                               for child in children(server)), "the sessions to end", 20)
    while True:
        begun = children(server)
        used = ticks(server, (11, 12, 13, 14)) + sum(ticks(each, (11, 12)) for each in begun)
        if children(server) == begun:  # else one of them was counted twice, or not at all
            return used / TICKS


class Took:
    """Wall clock and, a side, CPU seconds of what happens inside."""

    def __init__(self, pair):
        self.pair, self.wall, self.cpu = pair, 0.0, 0.0

    def __enter__(self):
        self.cpu = -sum(server_cpu(self.pair, side) for side in SIDES)
        self.wall = -time.monotonic()
        return self

    def __exit__(self, kind, value, traceback):
        self.wall += time.monotonic()
        if not kind:
            self.cpu = (self.cpu + sum(server_cpu(self.pair, side) for side in SIDES)) / len(SIDES)


# -- what is measured ------------------------------------------------------------------------------

def measure_statement(pair, table, statement):
    with Took(pair) as took:
        for side in SIDES:
            pair.execute(side, table, statement.format(table=table))
    took.wall /= len(SIDES)
    return took


def measure_verify(pair, table):
    with Took(pair) as took:
        done = pair.verify("--output=json", "--jobs=1", "--restart", f"--database={table}",
                           f"--table={table}", timeout=600)
    if done.returncode != 0:
        raise LabError(f"verify of {table} ended with {done.returncode}: {done.stderr}{done.stdout}")
    said = json.loads(done.stdout)
    return took, said["rows"], said["bytes"]


def measure_pgcopydb(pair, program, table):
    uris = [f"postgres://postgres@/{table}?host={pair.directory}/run&port={pair.ports[side]}"
            for side in SIDES]
    tools = os.path.join(os.path.dirname(program), "..", "lib", "postgresql")
    paths = [f"{tools}/{name}/bin" for name in os.listdir(tools)] if os.path.isdir(tools) else []
    environment = {**os.environ, "PGCOPYDB_TABLE_JOBS": "1",
                   "PATH": ":".join([*paths, os.environ["PATH"]])}
    with Took(pair) as took:
        done = subprocess.run([program, "compare", "data", "--json", "--dir",
                               f"{pair.directory}/pgcopydb-{table}-{time.monotonic_ns()}",
                               "--source", uris[0], "--target", uris[1]], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=600,
                              env=environment)
    found = json.loads(done.stdout) if done.returncode == 0 else []
    if [each["source"] == each["target"] for each in found] != [True]:
        raise LabError(f"{program} did not find {table} equal: {done.stdout}{done.stderr}")
    return took


def run_once(pair, table, pgcopydb):
    """{what: Took}, rows, bytes"""
    took = {name: measure_statement(pair, table, statement) for name, statement in OTHERS.items()}
    took["verify"], rows, size = measure_verify(pair, table)
    if pgcopydb:
        took["pgcopydb"] = measure_pgcopydb(pair, pgcopydb, table)
    return took, rows, size


def print_table(table, results):
    _, rows, size = results[-1]
    verify = statistics.median(took["verify"].cpu for took, _, _ in results)
    print(f"\n{table}: {rows} rows, {size / 1e6:.0f} MB")
    print(f"  {'':<10}{'CPU ms':>8}  {'min-max':<13}{'M rows/s':>9}{'MB/s':>7}{'wall ms':>9}"
          "  CPU of verify's")
    for name in results[0][0]:
        values = [took[name].cpu for took, _, _ in results]
        wall = statistics.median(took[name].wall for took, _, _ in results)
        median = statistics.median(values)
        spread = f"{min(values) * 1000:.0f}-{max(values) * 1000:.0f}"
        print(f"  {name:<10}{median * 1000:>8.0f}  {spread:<13}{rows / median / 1e6:>9.2f}"
              f"{size / median / 1e6:>7.0f}{wall * 1000:>9.0f}  {median / verify:.2f}", flush=True)


def fetched_pgcopydb():
    done = subprocess.run([f"{PROGRAMS}/fetch-postgres", "--pgcopydb", "17"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip() or None


def fill(pair, table, rows):
    for name, value in PINNED.items():
        pair.both("postgres", f"ALTER DATABASE {table} SET {name} = '{value}'")
    pair.both(table, TABLES[table].format(rows=rows))
    pair.both(table, "VACUUM ANALYZE")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--majors", default="15,17", help="of blue and green")
    parser.add_argument("--pgcopydb", help="a pgcopydb that knows \"compare data\"",
                        default=fetched_pgcopydb())
    arguments = parser.parse_args()
    majors = [int(each) for each in arguments.majors.split(",")]
    tables = arguments.tables.split(",")
    with Pair(f"{arguments.build}/pgcutover", *majors, databases=tables) as pair:
        for table in tables:
            fill(pair, table, arguments.rows)
        pair.both("postgres", "CHECKPOINT")
        pair.replicate()
        print(f"{majors[0]} and {majors[1]}, {arguments.runs} runs; load average "
              f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; rates are a core's, of a side")
        for table in tables:
            print_table(table, [run_once(pair, table, arguments.pgcopydb)
                                for _ in range(arguments.runs)])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"verify.py: error: {error}")
