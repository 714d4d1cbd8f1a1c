"""States of `pgcutover watch`, made by hand: lines of a recording, in the form of watch_json."""

import json

BEGIN = 1795404424 * 1_000_000  # 2026-11-23 03:27:04 UTC
MB = 1 << 20
S = 1_000_000


def slot(name, database="shop", **more):
    values = dict(name=name, database=database, is_there=True, is_active=True,
                  wal_status="reserved", behind=0, lag_us=0, lag_is_least=False,
                  retained=16 * MB, safe=None, lost_in_us=None, apply_rate=3 * MB,
                  trend="caught_up", eta_us=None, why=None, spilled=0)
    assert not more.keys() - values.keys(), more
    return {**values, **more}


def subscription(name, **more):
    values = dict(name=name, database="shop", slot=name, is_enabled=True, has_worker=True,
                  waits_for=None, message_age_us=300_000, apply_errors=0, sync_errors=0,
                  conflicts=None)
    assert not more.keys() - values.keys(), more
    return {**values, **more}


def server(name, second, **more):
    values = dict(name=name, state="measured", why=None, measured_us=BEGIN + second * S - 200_000,
                  round_trip_us=2300, version_num=150020, end_lsn="A/4F0012B8",
                  wal_rate=5 * MB, oldest_us=42 * S, oldest_pid=4711,
                  oldest_who="app@shop, idle in transaction", ticks=second, slots=[],
                  subscriptions=[])
    assert not more.keys() - values.keys(), more
    return {**values, **more}


def pool(database="shop", user="app", **more):
    values = dict(database=database, user=user, active=12, waiting=0, servers=10, idle=4,
                  maxwait_us=0, is_paused=False)
    return {**values, **more}


def console(pooler, name, second, pools=(), **more):
    values = dict(pooler=pooler, name=name, state="measured", why=None,
                  measured_us=BEGIN + second * S - 100_000, pools=list(pools))
    return {**values, **more}


def run(**more):
    values = dict(id="orders-20261123", phase="ready", may_write="blue", last_step="ready",
                  last_state="done", since_us=BEGIN - 900 * S, waits_for=None,
                  next="pgcutover cutover --execute", why=None)
    assert not more.keys() - values.keys(), more
    return {**values, **more}


def cluster(name="orders", servers=(), consoles=(), **more):
    values = dict(name=name, hold_behind=8 * MB, abort_lag_us=60 * S, run=run(),
                  servers=list(servers), consoles=list(consoles))
    assert not more.keys() - values.keys(), more
    return {**values, **more}


def event(second, text, kind="server", of="orders"):
    return dict(at_us=BEGIN + second * S, cluster=of, kind=kind, text=text)


def state(second, clusters, events=(), interval_ms=1000):
    return dict(schema_version=1, version="0.1.0", change=second + 1, whole=second == 0,
                now_us=BEGIN + second * S, interval_ms=interval_ms, clusters=list(clusters),
                events=list(events))


def write(path, states):
    with open(path, "w", encoding="utf-8") as stream:
        for each in states:
            stream.write(json.dumps(each, ensure_ascii=False) + "\n")
