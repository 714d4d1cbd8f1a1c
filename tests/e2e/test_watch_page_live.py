"""The page of `watch` beside real servers: what the test does to them is seen in a browser."""

import contextlib
import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request

import pytest

from pair import Pair
from processes import free_ports, wait_until
from support import USAGE
from terminals import Terminal
from watching import Watch

LONG = 60


@pytest.fixture(scope="module")
def pair(program):
    with Pair(program) as made:
        made.both("shop", "CREATE TABLE item (id serial PRIMARY KEY, text text)")
        made.replicate()
        yield made


@contextlib.contextmanager
def listening(watch):
    """The URL of its page."""
    with watch:
        def listens():
            assert watch.process.poll() is None, watch.text()
            return re.search(r"the page is at (http://\S+)", watch.text())
        yield wait_until(listens, "the page to be served", LONG).group(1)


@contextlib.contextmanager
def watching(pair, *arguments, address="127.0.0.1:0"):
    """The command at work; the URL of its page."""
    with tempfile.TemporaryDirectory(prefix="pgc-") as directory, listening(
            Watch(pair.program, directory, pair.config_path,
                  arguments=(f"--http={address}", *arguments))) as url:
        yield url


def run_watch(pair, *arguments):
    return subprocess.run([pair.program, "watch", f"--config={pair.config_path}", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONG,
                          check=False)


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return answer.read().decode()


def slot_of(pair, database="shop"):
    return f"pgcutover_{pair.oids[database]}"


def test_lag_that_the_test_causes_is_seen(browser, pair):
    name = slot_of(pair)
    with watching(pair) as url:
        page = browser.open(f"{url}#slot={name}&server=blue")
        page.wait_for_text("#figure-trend .value", "caught up", LONG)
        page.wait_for_text("#figure-slot .value", "all 2 active", LONG)
        for version in ("15.", "17."):  # that blue was measured says nothing of green
            page.wait_for_text("#servers-table", version, LONG)
        assert page.text("#cluster") == "pair"
        pair.execute("green", "shop", f"ALTER SUBSCRIPTION {name} DISABLE")
        page.wait_for_text("#figure-slot .value", "1 of 2 inactive", LONG)
        for _ in range(20):
            pair.execute("blue", "shop", "INSERT INTO item (text) SELECT repeat('x', 100) "
                         "FROM generate_series(1, 2000)")
        page.wait_for_text("#figure-trend .value", "will not catch up", LONG)
        [[behind]] = pair.execute("blue", "postgres", "SELECT pg_current_wal_flush_lsn() - "
                                  "confirmed_flush_lsn FROM pg_replication_slots "
                                  "WHERE slot_name = %s", (name,))

        def is_told():
            """At first it may show how things stood while rows were still written."""
            number, _, unit = page.text("#figure-behind .value").partition(" ")
            return unit == "MB" and float(number) == pytest.approx(float(behind) / 2**20, rel=0.05)
        wait_until(is_told, f"the page to show that it is {behind} bytes behind", LONG)
        page.wait_for_text("#subscriptions-table", "disabled", LONG)
        page.wait_for("(/^(≥ )?([6-9]|\\d\\d|\\d+ min).* s$/).test("
                      "document.querySelector('#figure-lag .value').innerText)",
                      "a lag that grows", LONG)
        assert name in page.text("#events-list")
        pair.execute("green", "shop", f"ALTER SUBSCRIPTION {name} ENABLE")
        page.wait_for_text("#figure-trend .value", "caught up", LONG)
        page.wait_for_text("#figure-slot .value", "all 2 active", LONG)
        history = json.loads(get(f"{url}api/history?cluster=pair&server=blue&slot={name}"))
        assert max(value for value in history["lag_s"] if value is not None) > 5
        assert page.complaints == []


def test_a_transaction_that_is_left_open_is_named(browser, pair):
    with watching(pair) as url:
        page = browser.open(url)
        page.wait_for_text("#servers-table", "15.", LONG)
        connection = pair.connect("blue")
        connection.autocommit = False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
            page.wait_for_text("#figure-oldest .note",
                               f"blue, postgres@shop, idle in transaction, pid {pid}", LONG)
        page.wait_for(f"!document.querySelector('#servers-table').innerText.includes('pid {pid}')",
                      "that it has ended", LONG)
        assert page.complaints == []


def test_a_server_that_dies_is_unmeasured_until_it_is_back(browser, pair):
    with watching(pair) as url:
        page = browser.open(url)
        page.wait_for_text("#figure-trend .value", "caught up", LONG)
        pair.stop("blue")
        page.wait_for_text("#figure-lag .value", "unmeasured", LONG)
        page.wait_for_text("#figure-lag .note", "last measured", LONG)
        page.wait_for_text("#slots-table tbody", "unmeasured", LONG)
        assert "blue is not measured" in page.text("#events-list")
        pair.start("blue")
        page.wait_for_text("#figure-trend .value", "caught up", LONG)
        page.wait_for_text("#events-list", "blue is measured again", LONG)
        # where an answer takes longer than an interval, that one is unmeasured
        page.wait_for("!document.querySelector('#slots-table tbody').innerText"
                      ".includes('unmeasured')", "all slots to be measured", LONG)
        assert page.complaints == []


def test_the_page_comes_back_when_watch_was_restarted(browser, pair):
    address = f"127.0.0.1:{free_ports(1)[0]}"
    with watching(pair, address=address) as url:
        page = browser.open(url)
        page.wait_for_text("#figure-trend .value", "caught up", LONG)
    page.wait_for_text("#banner", "No connection to pgcutover watch", LONG)
    with watching(pair, address=address):
        page.wait_for("document.getElementById('banner').hidden", "it to be back", LONG)
        page.wait_for_text("#figure-trend .value", "caught up", LONG)


def test_a_recording_is_shown_and_stays(browser, pair):
    with tempfile.TemporaryDirectory(prefix="pgc-") as directory:
        with Watch(pair.program, directory, pair.config_path) as watch:
            watch.until(lambda: watch.server("blue", "pair")["slots"].get(slot_of(pair), {})
                        .get("trend") == "caught_up", "a slot", LONG)
        replay = Watch(pair.program, directory)
        replay.argv = [pair.program, "watch", f"--replay={watch.path}", "--speed=100",
                       "--http=127.0.0.1:0"]
        replay.output = f"{directory}/replay.log"
        with listening(replay) as url:
            page = browser.open(url)
            page.wait_for_text("#figure-trend .value", "caught up", LONG)
            assert get(f"{url}healthz") == "ok\n"


def test_a_terminal_that_is_taken_says_where_the_page_is(pair):
    with tempfile.TemporaryDirectory(prefix="pgc-") as directory, \
            Terminal(directory, 100, 30) as terminal:
        terminal.type(f"{pair.program} watch --config={pair.config_path} --http=127.0.0.1:0")
        # the last line, too: all of it has been drawn
        screen = terminal.wait("the page is at http://127.0.0.1:", "q quit", deadline=LONG)
        assert get(re.search(r"at (http://\S+)", screen).group(1) + "healthz") == "ok\n"
        assert "events" in screen.lower()
        terminal.keys("q")
        terminal.wait_gone("quit")


def test_it_is_for_loopback_and_for_its_own_names(pair):
    for arguments, words in ((("--http=0.0.0.0:0",), "other machines could reach it"),
                             (("--http=localhost",), "not an address and a port"),
                             (("--http-anywhere",), "--http")):
        done = run_watch(pair, *arguments)
        assert done.returncode == USAGE and words in done.stderr, done
    with watching(pair) as url:
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"{url}api/state", Host="rebound.example")
        assert refused.value.code == 421
        done = run_watch(pair, f"--http={url.split('/')[2]}")
        assert done.returncode == USAGE and "Address already in use" in done.stderr
    with watching(pair, "--http-anywhere", address="0.0.0.0:0") as url:
        port = url.rstrip("/").rpartition(":")[2]
        assert json.loads(get(f"http://127.0.0.1:{port}/api/state"))["whole"]
