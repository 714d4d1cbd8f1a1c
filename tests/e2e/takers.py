"""Clients that take values of sequences through a pooler and write down which, when, and where.

    with Takers(stage) as takers:
        ...
        takers.wait_ran(30)          they have committed for 30 s since this was asked
    takers.check([15, 17, 15])

Where a value was taken is said by the server in the very transaction: what moved is seen from the
side of a client, whatever the program says.
"""

import bisect
import collections
import contextlib
import itertools
import re
import threading
import time

import psycopg2

from processes import wait_until

SCHEMA = """
CREATE TABLE load.taken (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, client integer NOT NULL,
    below bigint NOT NULL, batch bigint NOT NULL);
CREATE SEQUENCE load.below INCREMENT -3 MINVALUE -1000000000 MAXVALUE -1 START -1;
CREATE SEQUENCE load.batch CACHE 50;
GRANT ALL ON load.taken, load.below, load.batch TO app;
"""
TAKE = ("INSERT INTO load.taken (client, below, batch) "
        "VALUES (%s, nextval('load.below'), nextval('load.batch')) "
        "RETURNING id, below, batch, current_setting('server_version_num')::integer / 10000")
# Which way it runs, and whether sessions are given blocks of it, which they use up at leisure.
SEQUENCES = {"id": (1, False), "below": (-1, False), "batch": (1, True)}

Taken = collections.namedtuple("Taken", "begun acknowledged id below batch server")
# From one server to another: since the last answer of the one, until the first of the other.
Move = collections.namedtuple("Move", "before after since until")
UNITS = {"us": 0.001, "ms": 1, "s": 1000, "min": 60000}


def told(moved):
    """What a command said in ms: "held", and each row of the pause by its name."""
    line, = re.findall(r"^clients were held for .*$", moved.out, re.MULTILINE)
    found = re.findall(r"(\w+) ([\d.]+) (us|ms|s|min)\b", line)
    assert found[0][0] == "for" and {"fence", "prove", "commit"} < {name for name, _, _ in found}, line
    return {"held" if name == "for" else name: float(number) * UNITS[unit]
            for name, number, unit in found}


class Takers:
    """They take values while they are entered, once or several times; create() comes before."""

    def __init__(self, stage, count=2, side="p1", database="shop"):
        self.stage, self.side, self.database, self.count = stage, side, database, count
        self.ends, self.lock = threading.Event(), threading.Lock()
        self.taken, self.errors, self.threads = [], [], []

    @staticmethod
    def create(stage, database="shop"):
        stage.lab.query("blue", database, SCHEMA)

    def _take(self, number):
        try:
            connection = self.stage.lab.connect(self.side, self.database, "app")
            with contextlib.closing(connection), connection.cursor() as cursor:
                while not self.ends.wait(0.02):
                    begun = time.monotonic_ns()
                    cursor.execute(TAKE, (number,))
                    row = cursor.fetchone()
                    with self.lock:
                        self.taken.append(Taken(begun, time.monotonic_ns(), *row))
        except psycopg2.Error as error:
            self.errors.append(error)

    def __enter__(self):
        had = len(self.taken)
        self.ends.clear()
        self.threads = [threading.Thread(target=self._take, args=(number,), daemon=True)
                        for number in range(self.count)]
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.errors or len(self.taken) > had + 5, "values to be taken", 20)
        return self

    def __exit__(self, kind, value, traceback):
        self.ends.set()
        for thread in self.threads:
            thread.join(20)

    def latest(self):
        with self.lock:
            return self.taken[-1].acknowledged

    def wait_ran(self, seconds):
        """Until they have been given answers for that long from now on, by their own notes."""
        begun = self.latest()
        wait_until(lambda: self.errors or self.latest() - begun >= seconds * 1e9,
                   f"{seconds} s of commits", seconds + 30, 0.2)
        assert not self.errors, self.errors

    def moves(self):
        """Every change of the server, in the order of acknowledgement."""
        found, taken = [], sorted(self.taken, key=lambda each: each.acknowledged)
        for one, other in zip(taken, taken[1:]):
            if one.server != other.server:
                found.append(Move(one.server, other.server, one.acknowledged, other.acknowledged))
        return found

    def check(self, servers):
        """No error, the servers in this order and no other, and no value twice or backwards."""
        assert not self.errors, self.errors
        taken = sorted(self.taken, key=lambda each: each.acknowledged)
        moves = self.moves()
        assert [taken[0].server] + [move.after for move in moves] == servers, moves
        for name, (sign, is_cached) in SEQUENCES.items():
            values = [sign * getattr(each, name) for each in taken]
            assert len(values) == len(set(values)), f"{name}: a value was given twice"
            self._check_order(taken, name, values, is_cached)
        return moves

    @staticmethod
    def _check_order(taken, name, values, is_cached):
        """Above all that were acknowledged before it began; of blocks, those of servers before."""
        highest = list(itertools.accumulate(values, max))
        moments, begins = [each.acknowledged for each in taken], 0
        for number, (each, value) in enumerate(zip(taken, values)):
            if number and each.server != taken[number - 1].server:
                begins = number
            earlier = begins if is_cached else max(begins, bisect.bisect_left(moments, each.begun))
            if earlier:
                assert value > highest[earlier - 1], f"{name}: {value} after {highest[earlier - 1]}"

    def missing(self, side):
        """Values that were acknowledged and are not on that side exactly once."""
        held = collections.Counter(self.stage.lab.query(
            side, self.database, "SELECT id, below, batch FROM load.taken"))
        return [each for each in self.taken if held[each.id, each.below, each.batch] != 1]
