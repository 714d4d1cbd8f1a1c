"""States of watch, as JSON lines: what a test would have the page show (docs/schemas/watch.json)."""

import json
import os
import subprocess

from processes import LabError, wait_until

S = 1_000_000
NOON = 1_800_000_000 * S


def slot(name, **values):
    return {"name": name, "database": "shop", "is_there": True, "is_active": True,
            "wal_status": "reserved", "behind": 0, "lag_us": 0, "lag_is_least": False,
            "retained": 16 << 20, "safe": None, "lost_in_us": None, "apply_rate": 0,
            "trend": "caught_up", "eta_us": None, "why": None, "spilled": 0, **values}


def subscription(name, **values):
    return {"name": name, "database": "shop", "slot": name, "is_enabled": True, "has_worker": True,
            "waits_for": None, "message_age_us": 300_000, "apply_errors": 0, "sync_errors": 0,
            "conflicts": None, **values}


def pool(database, user, **values):
    return {"database": database, "user": user, "active": 3, "waiting": 0, "servers": 5, "idle": 2,
            "maxwait_us": 0, "is_paused": False, **values}


class State:
    """A state with a clock: every tick is one more interval."""

    def __init__(self):
        self.tick, self.change = 0, 0

    def server(self, name, **values):
        return {"name": name, "state": "measured", "why": None,
                "measured_us": NOON + self.tick * S, "round_trip_us": 420, "version_num": 150012,
                "end_lsn": "1/2345678", "wal_rate": 52_000, "oldest_us": 1_200_000,
                "oldest_pid": 4711, "oldest_who": "app@shop, active", "ticks": self.tick,
                **values}

    @staticmethod
    def run(**values):
        return {"id": "orders-1", "phase": "replicating, ready for cutover", "may_write": "blue",
                "last_step": "catch_up", "last_state": "done", "since_us": NOON,
                "waits_for": None, "next": "pgcutover cutover --execute", "why": None, **values}

    def console(self, name, pools, **values):
        return {"pooler": name, "name": name, "state": "measured", "why": None,
                "measured_us": NOON + self.tick * S, "pools": pools, **values}

    def event(self, text, **values):
        return {"at_us": NOON + self.tick * S, "cluster": "orders", "kind": "slot", "text": text,
                **values}

    def cluster(self, servers, **values):
        return {"name": "orders", "hold_behind": 4 << 20, "abort_lag_us": 30 * S,
                "servers": servers, **values}

    def message(self, clusters, events=(), whole=False):
        self.change += 1
        return {"schema_version": 1, "version": "0", "change": self.change, "whole": whole,
                "now_us": NOON + self.tick * S, "interval_ms": 1000, "clusters": clusters,
                "events": list(events)}


class WatchPage:
    """The page of watch, told what to show."""

    def __init__(self, program, directory, address="127.0.0.1:0"):
        self.log = f"{directory}/watch_page.log"
        out = f"{directory}/watch_page.out"
        with open(out, "w") as stdout, open(self.log, "a") as stderr:
            self.process = subprocess.Popen([program, address], stdin=subprocess.PIPE,
                                            stdout=stdout, stderr=stderr, text=True)

        def listening():
            with open(out) as stream:
                return stream.readline().strip()
        try:
            self.address = wait_until(listening, "the page to be served", 60)
        except LabError:
            self.close()
            raise
        self.url = f"http://{self.address}/"

    def tell(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(30)
        with open(self.log) as stream:
            said = stream.read()
        if code != 0 or said:
            raise LabError(f"watch_page ended with {code}: {said}")


def program_of(build):
    return os.path.join(build, "tests", "load", "watch_page")
