"""`watch`: what a test does to servers is seen, and nobody waits for anybody else."""

import contextlib
import re
import urllib.request

import pytest

from processes import wait_until
from support import DONE, USAGE
from watching import Watch

SLEEPER = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture(scope="module")
def quiet_stage(make_module_stage):
    return make_module_stage(poolers=("p1",))


@contextlib.contextmanager
def watching(stage, *arguments, config=None):
    with Watch(stage.program, stage.directory, config or stage.lab.config_path,
               arguments=arguments) as watch:
        yield watch


def test_before_there_is_a_green_it_says_so(make_stage):
    stage = make_stage(poolers=("p1",))
    with watching(stage) as watch:
        watch.until(lambda: watch.server("blue")["state"] == "measured", "blue")
        watch.until(lambda: watch.server("green")["state"] == "unmeasured"
                    and "refused" in watch.server("green")["why"], "that green is none")
        assert "refused" in watch.told("green is not measured")[0]["text"]
        told = {}  # also in the intervals between two attempts, which are most of them
        watch.until(lambda: told.update({watch.server("green")["ticks"]: watch.server("green")["why"]})
                    or len(told) >= 20, "more of green")
        assert sum("refused" in why for why in told.values()) > 15, told
        run = watch.cluster()["run"]
        assert run["phase"] == "no run is under way" and run["may_write"] == "blue"
        assert run["next"].startswith("pgcutover check")
        assert watch.server("green")["measured_us"] is None


def test_lag_grows_when_green_is_gone_and_goes_when_it_is_back(make_stage):
    stage = make_stage(poolers=("p1",))
    with stage.load(), watching(stage) as watch:
        stage.prepare()
        watch.until(lambda: (watch.slot() or {}).get("trend") == "caught_up", "a slot that follows")
        watch.until(lambda: watch.server("green")["subscriptions"], "green's subscriptions")
        stage.lab.green.stop("immediate")
        watch.until(lambda: watch.server("green")["state"] == "unmeasured", "green to be gone")
        # "never" may also be said of a reader that was only slow, before it was gone
        slot = watch.until(lambda: watch.slot()["trend"] == "never" and not
                           watch.slot()["is_active"] and watch.slot(), "that it cannot catch up")
        assert "nobody reads the slot" in slot["why"]
        lag = slot["lag_us"]
        watch.until(lambda: watch.slot()["lag_us"] > lag + 1_000_000, "the lag to grow")
        assert watch.slot()["behind"] > 0
        stage.lab.green.start()
        watch.until(lambda: watch.slot()["trend"] == "caught_up" and watch.slot()["is_active"],
                    "it to be caught up again", 60)
        assert watch.told("green is not measured")
        watch.until(lambda: watch.told("green is measured again"), "green again")  # itself, later
        assert watch.cluster()["run"]["phase"] == "ready"
        assert "pgcutover cutover --execute" in watch.cluster()["run"]["next"]


def test_a_frozen_server_delays_no_other(make_stage):
    stage = make_stage(poolers=("p1",))
    with watching(stage) as watch:
        stage.prepare()
        watch.until(lambda: watch.server("blue")["state"] == watch.server("green")["state"]
                    == "measured", "both")
        stage.freeze(stage.lab.blue)
        watch.until(lambda: watch.server("blue")["state"] == "unmeasured", "blue not to answer")
        ticks = watch.server("green")["ticks"]
        watch.until(lambda: watch.server("green")["ticks"] >= ticks + 10, "green to go on", 9)
        # on a busy machine an answer may be later than an interval, which is unmeasured then
        watch.until(lambda: watch.server("green")["state"] == "measured", "green's answers")
        watch.until(lambda: watch.cluster()["consoles"]["p1"]["state"] == "measured", "the pooler")
        assert watch.server("blue")["state"] == "unmeasured"
        stage.thaw()
        watch.until(lambda: watch.server("blue")["state"] == "measured", "blue again")


def test_the_oldest_transaction_and_who_waits_in_pools(make_stage):
    stage = make_stage(poolers=("p1",))
    with watching(stage) as watch, stage.load():
        connection = stage.session("blue", "shop", "postgres")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid, = cursor.fetchone()
            watch.until(lambda: watch.server("blue").get("oldest_pid") == pid and
                        watch.server("blue")["oldest_who"] == "postgres@shop, idle in transaction",
                        "who it is")
            watch.until(lambda: watch.server("blue")["oldest_us"] > 1_500_000, "its age")
        connection.rollback()
        watch.until(lambda: watch.server("blue")["oldest_pid"] != pid, "that it has ended")

        def shop():
            return [pool for pool in watch.cluster()["consoles"]["p1"]["pools"]
                    if pool["database"] == "shop"]
        watch.until(lambda: any(pool["active"] > 0 for pool in shop()), "clients")
        stage.lab.process("p1").command("PAUSE shop")
        watch.until(lambda: any(pool["is_paused"] and pool["waiting"] > 0 and
                                pool["maxwait_us"] > 300_000 for pool in shop()), "who waits")
        stage.lab.process("p1").command("RESUME shop")
        watch.until(lambda: shop() and not any(pool["is_paused"] or pool["waiting"]
                                               for pool in shop()), "that nobody waits")


def test_errors_of_apply_are_counted_and_why_it_stands_is_told(make_stage):
    stage = make_stage(poolers=("p1",), green_major=17)
    stage.prepare()
    with watching(stage) as watch:
        watch.until(lambda: watch.server("green")["state"] == "measured" and watch.slot(), "both")
        connection = stage.lab.connect("green", "events", "postgres")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")
            cursor.execute("CREATE TABLE pgcutover.other (id integer PRIMARY KEY)")
            cursor.execute("INSERT INTO pgcutover.other VALUES (1)")
            cursor.execute("DROP TABLE pgcutover.other")
        name, = {name for name, one in watch.server("green")["subscriptions"].items()
                 if one["database"] == "events"}
        stage.lab.query("blue", "events", "CREATE TABLE missing_there (id integer PRIMARY KEY)")
        stage.lab.query("blue", "events", "INSERT INTO missing_there VALUES (1)")
        watch.until(lambda: (watch.server("green")["subscriptions"][name]["apply_errors"] or 0) > 0,
                    "an error", 60)
        watch.until(lambda: "apply error" in (watch.slot(name)["why"] or ""), "why it stands", 60)
        assert watch.told(f"subscription {name} on green")


def test_a_cutover_is_watched_through_and_spares_the_watch(make_stage):
    stage = make_stage(poolers=("p1",))
    stage.configure("fence", "direct_sessions", "refuse")
    stage.prepare()
    name = f"pgcutover {stage.run_directory().rsplit('/', 1)[1]} watch"
    metrics = f"{stage.directory}/watch.prom"
    with stage.load() as load, watching(stage, "--http=127.0.0.1:0",
                                        f"--metrics-file={metrics}") as watch:
        pids = wait_until(lambda: stage.lab.query("blue", "postgres", SLEEPER, (name,)),
                          "the watch to be on blue", 20)
        stage.cutover()
        stage.wait_commits(load)
        watch.until(lambda: watch.cluster()["run"]["may_write"] == "green", "who may write")
        assert stage.lab.query("blue", "postgres", SLEEPER, (name,)) == pids
        assert watch.told("green may write now")
        watch.until(lambda: watch.told("cutover: release done"), "the last rows")
        rows = [event["text"] for event in watch.look().events if event["kind"] == "run"]
        assert "cutover: hold begins" in rows
        assert rows.index("cutover: hold begins") < rows.index("cutover: commit done")
        assert watch.cluster()["abort_lag_us"] == 60_000_000
        slot = watch.until(lambda: watch.slot(server="green"), "the slots of the way back")
        watch.until(lambda: not watch.slot(), "that nobody misses those that were dropped")
        pages = list(served(watch, slot))
    stage.assert_nothing_lost(load, "green")
    with open(watch.path) as recorded, open(metrics) as measured:
        for said in (*pages, recorded.read(), measured.read(), watch.text()):
            assert len(said) > 100
            stage.assert_no_password(said)


def served(watch, slot):
    """All that its pages say."""
    url = wait_until(lambda: re.search(r"http://\S+/", watch.text()), "the page's address").group()
    paths = ("", "api/state", "metrics",
             f"api/history?cluster=lab&server=green&slot={slot['name']}")
    for path in paths:
        with urllib.request.urlopen(f"{url}{path}", timeout=20) as answer:
            yield answer.read().decode()
    with urllib.request.urlopen(f"{url}api/events", timeout=20) as answer:
        yield next(line.decode() for line in answer if line.startswith(b"data:"))


def test_two_clusters_at_once(make_stage):
    one, other = make_stage(poolers=("p1",)), make_stage(poolers=("p1",))
    path = f"{other.directory}/other.ini"
    with open(other.lab.config_path) as stream, open(path, "w") as out:
        out.write(stream.read().replace("[cluster lab]", "[cluster other]"))
    with Watch(one.program, one.directory, one.lab.config_path, path) as watch:
        watch.until(lambda: watch.server("blue")["state"] == "measured", "one")
        watch.until(lambda: watch.server("blue", "other")["state"] == "measured", "the other")
        other.lab.blue.stop("immediate")
        watch.until(lambda: watch.server("blue", "other")["state"] == "unmeasured", "it gone")
        watch.until(lambda: watch.server("blue")["state"] == "measured", "the other one to go on")
    refused = one.run("watch", f"--config={one.lab.config_path}", code=USAGE)
    assert "cluster lab is watched already" in refused.err


@pytest.mark.parametrize("arguments, said", (
    (("--interval=10ms",), "--interval takes a time from 200ms to 1min"),
    (("--speed=2",), "--speed is for --replay"),
    (("--http-anywhere",), "--http-anywhere says where --http may listen"),
    (("--record=/nowhere/at/all",), "No such file or directory"),
    (("--execute",), "watch changes nothing"),
))
def test_what_it_does_not_take(arguments, said, quiet_stage):
    stage = quiet_stage
    refused = stage.run("watch", *arguments, code=USAGE)
    assert said in refused.err and "Traceback" not in refused.err


def test_a_recording_is_replayed_to_the_same_end(make_stage, tmp_path):
    stage = make_stage(poolers=("p1",))
    with watching(stage) as watch:
        watch.until(lambda: watch.server("blue")["state"] == "measured", "blue")
        watch.until(lambda: watch.look().lines >= 5, "some of it")
    with open(watch.path, "a") as stream:
        stream.write('{"schema_version":1,"cut')  # who wrote it was killed
    stage.run_alone("watch", f"--replay={watch.path}", "--speed=100", code=DONE)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"schema_version":1}\n')
    refused = stage.run_alone("watch", f"--replay={bad}", code=USAGE)
    assert f"{bad}, line 1" in refused.err
