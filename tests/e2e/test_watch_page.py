"""The page of `watch` in a real browser, told states that no server can be brought into at will."""

import hashlib
import os
import re
import signal
import tempfile

import pytest

import watch_state
from browser import contrast
from processes import remove_tree, wait_until
from proxy import Proxy
from support import ROOT
from watch_state import NOON, S, State, WatchPage, pool, slot, subscription

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>alert(1)</script>&amp;'\u202e"
WEB = f"{ROOT}/cutover/report/web"


@pytest.fixture
def serve(program):
    """serve(): a page that is told what to show."""
    directory, served = tempfile.mkdtemp(prefix="pgc-"), []

    def begin(address="127.0.0.1:0"):
        served.append(WatchPage(watch_state.program_of(os.path.dirname(program)), directory,
                                address))
        return served[-1]
    try:
        yield begin
        for each in served:
            each.close()
    finally:
        remove_tree(directory)


def tell(web, state, slots, events=(), whole=False, **cluster):
    """One more interval: blue with those slots, and what else is given of the cluster."""
    state.tick += 1
    web.tell(state.message([state.cluster([state.server("blue", slots=slots)], **cluster)], events,
                           whole))


def settle(page):
    """Until what was told last is drawn."""
    page.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def no_complaints(page):
    assert page.complaints == []


def painted(page, plot, color, left=0.0, right=1.0):
    """How many pixels of the colour of that name are in a part of the width of the plot."""
    return page.value(f"""(() => {{
        const canvas = document.querySelector("#{plot} canvas");
        const over = document.querySelector("#{plot} .u-over").getBoundingClientRect();
        const at = canvas.getBoundingClientRect(), scale = canvas.width / at.width;
        const hex = getComputedStyle(document.documentElement).getPropertyValue("--{color}").trim();
        const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
        const from = (over.left - at.left + over.width * {left}) * scale;
        const width = over.width * ({right} - {left}) * scale;
        const {{data}} = canvas.getContext("2d").getImageData(
            from, (over.top - at.top) * scale, width, over.height * scale);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 24)
                count++;
        return count;
    }})()""")


def test_shows_what_it_is_told_and_what_changes(browser, serve):
    web, state = serve(), State()
    tell(web, state, [slot("pgcutover_1", lag_us=2_500_000, behind=3 << 20, trend="catching_up",
                           eta_us=65 * S, apply_rate=1 << 20)],
         run=State.run(waits_for="2 clients"),
         consoles=[state.console("pgb1", [pool("shop", "app", waiting=7, maxwait_us=230_000)])])
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "2.5 s")
    for selector, words in (("#cluster", "orders"), ("#phase", "replicating, ready for cutover"),
                            ("#may-write", "blue may write"), ("#waits-for", "2 clients"),
                            ("#next", "pgcutover cutover --execute"),
                            ("#figure-behind .value", "3 MB"),
                            ("#figure-trend .value", "caught up in 1 min 5 s"),
                            ("#figure-slot .value", "active"), ("#figure-oldest .value", "1.2 s"),
                            ("#figure-oldest .note", "app@shop, active, pid 4711"),
                            ("#figure-waiting .value", "7"),
                            ("#figure-waiting .note", "the longest 230 ms"),
                            ("#servers-table", "15.12"), ("#slots-table", "pgcutover_1"),
                            ("#pools-table", "shop\u00a0·\u00a0app"), ("#clock", "UTC")):
        assert words in page.text(selector), (selector, page.text(selector))
    tell(web, state, [slot("pgcutover_1", lag_us=77 * S, behind=1023)],
         run=State.run(phase="nobody may write", may_write="nobody"))
    page.wait_for_text("#figure-lag .value", "1 min 17 s")
    assert page.text("#figure-behind .value") == "1023 bytes"
    assert page.text("#may-write") == "⊘ nobody may write"
    assert "nobody may write" in page.text("#announce")
    assert page.value("document.title").startswith("✖ 1 min 17 s · orders")
    no_complaints(page)


def test_a_prepared_transaction_is_one_though_no_process_has_it(browser, serve):
    web, state = serve(), State()
    web.tell(state.message([state.cluster([
        state.server("blue", oldest_us=90 * S, oldest_pid=0, oldest_who="app@shop, prepared: left"),
        state.server("green", oldest_us=0, oldest_pid=None, oldest_who=None)])]))
    page = browser.open(web.url)
    page.wait_for_text("#figure-oldest .value", "1 min 30 s")
    assert page.text("#figure-oldest .note") == "blue, app@shop, prepared: left"
    rows = page.text("#servers-table").splitlines()
    assert "1 min 30 s, app@shop, prepared: left" in rows[1] and "—" in rows[2]
    no_complaints(page)


def test_thresholds_are_lines_where_the_lag_comes_near_them(browser, serve):
    web, state = serve(), State()
    for _ in range(5):
        tell(web, state, [slot("pgcutover_1", lag_us=100_000, behind=1000)])
    page = browser.open(web.url)
    page.wait_for("document.getElementById('plot-lag').dataset.threshold === 'above'", "the chart")
    assert "abort at a lag of 30 s" in page.text("#legend")
    assert "hold above 4 MB behind" in page.text("#legend")
    assert painted(page, "plot-lag", "bad", 0, 0.5) == 0
    for _ in range(20):
        tell(web, state, [slot("pgcutover_1", lag_us=20 * S, behind=3 << 20)])
    page.wait_for("document.getElementById('plot-lag').dataset.threshold === 'line'", "the line")
    assert page.value("document.getElementById('plot-behind').dataset.threshold") == "line"
    settle(page)
    assert painted(page, "plot-lag", "bad", 0, 0.5) > 100
    assert painted(page, "plot-behind", "hold", 0, 0.5) > 100
    tell(web, state, [slot("pgcutover_1", lag_us=20 * S)], hold_behind=None, abort_lag_us=None)
    page.wait_for("document.getElementById('plot-lag').dataset.threshold === 'none'", "no line")
    assert "abort" not in page.text("#legend")
    no_complaints(page)


def test_what_was_not_measured_is_a_gap_and_says_why(browser, serve):
    web, state = serve(), State()
    gone = dict(state="unmeasured", why="server closed the connection unexpectedly")
    for _ in range(40):
        tell(web, state, [slot("pgcutover_1", lag_us=5 * S, behind=1 << 20)])
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "5 s")
    for _ in range(40):
        state.tick += 1
        web.tell(state.message([state.cluster([state.server("blue", measured_us=NOON + 40 * S,
                                                            **gone)])]))
    page.wait_for_text("#figure-lag .note", "last measured 08:00:40 UTC, 40 s ago")
    assert page.text("#figure-lag .value") == "unmeasured"
    assert gone["why"] in page.text("#figure-lag .note")
    assert "unmeasured" in page.text("#slots-table tbody") and "5 s" not in page.text("#slots-table")
    page.wait_for("document.querySelector('#plot-lag').ariaLabel.startsWith("
                  "'Lag of pgcutover_1: now unmeasured, at most 5 s')", "the chart in words")
    assert page.value("document.title").startswith("◌ unmeasured")
    for _ in range(40):
        tell(web, state, [slot("pgcutover_1", lag_us=5 * S, behind=1 << 20)])
    page.wait_for_text("#figure-lag .value", "5 s")
    page.wait_for_text("#clock", "08:02:00")
    page.wait_for("document.querySelector('#plot-lag').ariaLabel.startsWith("
                  "'Lag of pgcutover_1: now 5 s')", "the chart in words")
    settle(page)
    assert painted(page, "plot-lag", "lag", 0.0, 0.3) > 100
    assert painted(page, "plot-lag", "lag", 0.37, 0.63) == 0
    assert painted(page, "plot-lag", "hatch", 0.37, 0.63) > 100
    assert painted(page, "plot-lag", "lag", 0.7, 1.0) > 100
    no_complaints(page)


def test_what_nobody_knows_is_no_answer(browser, serve):
    """Where a server was never measured the page does not say that there is no slot."""
    web, state = serve(), State()
    web.tell(state.message([state.cluster([state.server(
        "blue", state="connecting", measured_us=None, version_num=None, round_trip_us=None,
        wal_rate=None, oldest_us=None, oldest_pid=None, oldest_who=None, end_lsn=None)])]))
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "unmeasured")
    assert "blue: not connected yet; never measured" in page.text("#figure-lag .note")
    assert "No replication slot is known; blue unmeasured." in page.text("#slots")
    assert "No subscription is known" in page.text("#subscriptions")
    assert "There is no" not in page.text("body")
    assert page.text("#may-write") == "who may write: unknown"
    assert page.text("#waits-for") == "unknown"
    state.tick += 1
    web.tell(state.message([state.cluster([state.server("blue")], run=State.run(
        phase=None, may_write=None, next=None, why="database disk image is malformed"))]))
    page.wait_for_text("#slots", "There is no replication slot.")
    assert page.text("#phase") == \
        "the journal of the run cannot be read: database disk image is malformed"
    assert page.text("#may-write") == "who may write: unknown"
    no_complaints(page)


def test_events_are_marks_and_a_list(browser, serve):
    web, state = serve(), State()
    for i in range(60):
        tell(web, state, [slot("pgcutover_1", lag_us=S, behind=1000)],
             [state.event("the worker waits for a lock")] if i == 29 else [])
    page = browser.open(web.url, 1000, 900)
    page.wait_for("document.getElementById('chart').dataset.marks === '1'", "the mark")
    assert "the worker waits for a lock" in page.text("#events-list")
    assert "08:00:29" in page.text("#events-list time")
    x, y = page.value("""(() => {
        const over = document.querySelector("#plot-lag .u-over").getBoundingClientRect();
        return [over.left + over.width * 28 / 59, over.top + 20];
    })()""")
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.wait_for_text("#tip", "▼ 08:00:29 the worker waits for a lock")
    assert "lag 1 s, behind 1000 bytes" in page.text("#tip")
    tell(web, state, [slot("pgcutover_1", lag_us=S)], [state.event("the lock is gone"),
                                                       state.event("x", cluster="another")])
    page.wait_for_text("#events-list li:first-child", "the lock is gone")
    assert page.text("#announce") == "the lock is gone"
    assert page.value("document.querySelectorAll('#events-list li').length") == 2
    no_complaints(page)


def test_names_from_elsewhere_are_text(browser, serve):
    web, state = serve(), State()
    state.tick = 1
    web.tell(state.message([state.cluster(
        [state.server("blue", oldest_who=HOSTILE, slots=[slot(HOSTILE[:60], database=HOSTILE[:60],
                                                              trend="never", why=HOSTILE)]),
         state.server("green", state="unmeasured", why=HOSTILE,
                      subscriptions=[subscription(HOSTILE[:60], waits_for=HOSTILE[:90])])],
        run=State.run(phase=HOSTILE[:90], waits_for=HOSTILE, next=HOSTILE),
        consoles=[state.console("p", [pool(HOSTILE[:60], HOSTILE[:60])]),
                  state.console(HOSTILE[:60], [], state="unmeasured", why=HOSTILE)],
        name=HOSTILE[:60])], [state.event(HOSTILE, cluster=HOSTILE[:60])]))
    page = browser.open(web.url)
    page.wait_for_text("#next", "<img src=x onerror=")
    settle(page)
    page.value("document.querySelector('#plot-lag .u-over').dispatchEvent("
               "new MouseEvent('mousemove', {clientX: 300, clientY: 300}))")
    for selector in ("#cluster", "#phase", "#waits-for", "#figure-trend .note", "#slots-table",
                     "#figure-oldest .note", "#servers-table", "#pools-table", "#events-list",
                     "#chart-title", "#subscriptions-table"):
        assert "<img src=x onerror=" in page.text(selector), selector
    assert page.value("document.querySelectorAll('img, script:not([src]), [onerror]').length") == 0
    assert page.value("document.querySelectorAll('script').length") == 2
    assert "taken" not in page.value("document.title").split(" · ")[0]
    no_complaints(page)


def test_nothing_leaves_the_page(browser, serve):
    web, other, state = serve(), serve(), State()
    tell(web, state, [slot("pgcutover_1", lag_us=S)])
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "1 s")
    settle(page)
    assert len(page.requests) >= 12
    assert [url for url in page.requests if not url.startswith(web.url)] == []
    no_complaints(page)
    for attempt in (f"fetch('{other.url}api/state', {{mode: 'no-cors'}})",
                    f"new Promise((good, bad) => Object.assign(document.body.appendChild("
                    f"new Image()), {{src: '{other.url}favicon.svg', onload: good, onerror: bad}}))",
                    "fetch('data:,x')"):
        assert page.value(f"{attempt}.then(() => 'done', () => 'refused')") == "refused", attempt
    page.value("""document.body.append(Object.assign(document.createElement("script"),
        {textContent: "window.ran = true"}))""")
    assert page.value("window.ran === undefined")
    # the browser tells of them when it comes to it
    wait_until(lambda: page.value("true") and len(page.complaints) >= 3, "the refusals")


def test_comes_back_by_itself_and_takes_up_where_it_was(browser, serve):
    web, state = serve(), State()
    host, port = web.address.split(":")
    with Proxy((host, int(port))) as proxy:
        tell(web, state, [slot("pgcutover_1", lag_us=S), slot("pgcutover_2", lag_us=2 * S)])
        page = browser.open(f"http://localhost:{proxy.port}/")
        page.wait_for_text("#figure-lag .value", "2 s")
        assert page.value("document.getElementById('banner').hidden")
        page.value("""(() => { window.told = []; const parse = JSON.parse;
            JSON.parse = (text) => { const value = parse(text); told.push(value); return value; };
        })()""")
        proxy.cut()
        page.wait_for_text("#banner", "No connection to pgcutover watch")
        page.wait_for_text("#banner", "Last heard at 08:00:01 UTC")
        page.wait_for("document.title.startsWith('✖ lost')", "the title to say so")
        assert "lost" in page.text("#announce")
        tell(web, state, [slot("pgcutover_2", lag_us=9 * S)])
        proxy.heal()
        page.wait_for_text("#figure-lag .value", "9 s")
        assert page.value("document.getElementById('banner').hidden")
        assert "pgcutover_1" in page.text("#slots-table")
        [message] = page.value("told.filter((each) => each.clusters)")
        assert message["whole"] is False
        assert [each["name"] for each in message["clusters"][0]["servers"][0]["slots"]] == \
            ["pgcutover_2"]


def test_a_tool_that_is_silent_or_stopped_is_told_from_one_that_has_nothing_new(browser, serve):
    web, state = serve(), State()
    tell(web, state, [slot("pgcutover_1", lag_us=S)])
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "1 s")
    page.wait_for_text("#banner", "tells nothing new: what is shown is old. Last heard at 08:00:01")
    tell(web, state, [slot("pgcutover_1", lag_us=2 * S)])
    page.wait_for("document.getElementById('banner').hidden", "that there was something")
    web.process.send_signal(signal.SIGSTOP)
    page.wait_for_text("#banner", "No connection to pgcutover watch", 60)
    web.process.send_signal(signal.SIGCONT)
    tell(web, state, [slot("pgcutover_1", lag_us=3 * S)])
    page.wait_for_text("#figure-lag .value", "3 s")
    page.wait_for("document.getElementById('banner').hidden", "it to be back")


def test_a_tool_that_was_restarted_tells_everything_anew(browser, serve):
    web, state = serve(), State()
    for i in range(3):
        tell(web, state, [slot("pgcutover_old", lag_us=(i + 1) * S)], [state.event("before")])
    page = browser.open(web.url)
    page.wait_for_text("#figure-lag .value", "3 s")
    address = web.address
    web.close()
    page.wait_for_text("#banner", "No connection")
    second, fresh = serve(address), State()
    tell(second, fresh, [slot(f"pgcutover_new_{i}", lag_us=7 * S) for i in range(9)])
    page.wait_for_text("#figure-lag .value", "7 s")
    assert page.value("document.getElementById('banner').hidden")
    assert "pgcutover_old" not in page.text("body") and "before" not in page.text("#events-list")


def test_the_body_never_scrolls_sideways(browser, serve):
    web, state = serve(), State()
    long = "w" * 63
    state.tick = 1
    web.tell(state.message([state.cluster(
        [state.server("blue", oldest_who=f"{'u' * 63}@{long[:30]}", slots=[slot(
            "pgcutover_" + "x" * 50, database=long, lag_us=S, trend="never", why="y" * 150)]),
         state.server("green", state="unmeasured", why="z" * 190)],
        run=State.run(phase="p" * 90, next="n" * 150, waits_for="q" * 180),
        consoles=[state.console("c" * 60, [pool(long, long)])], name=long)],
        [state.event("e" * 200, cluster=long)]))
    for width, scheme in ((360, "light"), (1024, "dark"), (1920, "light"), (2560, "dark")):
        page = browser.open(web.url, width, 800, scheme)
        page.wait_for_text("#figure-lag .value", "1 s")
        settle(page)
        assert page.value("document.documentElement.scrollWidth") <= width
        assert page.value("[...document.querySelectorAll('section, .figure, canvas')].every((each) "
                          "=> each.getBoundingClientRect().right <= innerWidth)"), width
        back = page.value("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", back)[:3])) < 150) == (scheme == "dark"), back
        no_complaints(page)


def test_a_thousand_slots_stay_fluent(browser, serve):
    web, state = serve(), State()
    names = [f"tenant_{i:04d}" for i in range(1000)]
    tell(web, state, [slot(name, lag_us=1000 * i, database=name) for i, name in enumerate(names)] +
         [slot("pgcutover_1", lag_us=S)])
    page = browser.open(web.url)
    rows = "document.querySelectorAll('#slots-table tbody tr').length"
    page.wait_for(f"{rows} === 50", "some of the rows")
    assert page.text("#slots-table tbody tr th") == "pgcutover_1"
    assert page.text("#slots-count") == "1 to 50 of 1,001"
    for _ in range(10):
        page.value("document.getElementById('slots-on').click()")
        settle(page)
    page.wait_for_text("#slots-count", "501 to 550 of 1,001")
    assert page.text("#slots-table tbody tr th") == "tenant_0499"
    page.value("""(() => { window.writes = 0; new MutationObserver((list) => writes += list.length)
        .observe(document.getElementById("slots-table"),
                 {subtree: true, childList: true, characterData: true, attributes: true}); })()""")
    tell(web, state, [slot("tenant_0500", lag_us=123 * S, database="tenant_0500")])
    page.wait_for_text("#slots-table", "2 min 3 s")
    assert page.value("window.writes") <= 4
    page.value("document.querySelectorAll('#slots-table thead button')[4].click()")
    page.wait_for("document.querySelector('#slots-table tbody th').innerText === 'tenant_0500'",
                  "the order by lag")
    assert page.value("document.querySelector('[aria-sort]').innerText").startswith("Lag")
    page.value("""(() => { const filter = document.getElementById("filter");
        filter.value = "NT_099"; filter.dispatchEvent(new Event("input")); })()""")
    page.wait_for(f"{rows} === 10", "those that have it in their name")
    assert page.text("#slots-count") == "10 of all 1,001"
    assert page.value("document.getElementById('pager').hidden")
    no_complaints(page)


def test_works_by_the_keyboard(browser, serve):
    web, state = serve(), State()
    for i in range(3):
        tell(web, state, [slot("pgcutover_1", lag_us=S), slot("pgcutover_2", lag_us=2 * S)])
    page = browser.open(web.url)
    page.wait_for_text("#chart-title", "pgcutover_2")

    def press(key):
        for kind in ("keyDown", "keyUp"):
            page.send("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      text="\r" if key == "Enter" and kind == "keyDown" else "",
                      windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key])
    page.send("Page.bringToFront")
    for _ in range(60):
        press("Tab")
        if page.value("document.activeElement.innerText") == "pgcutover_1":
            break
    press("Enter")
    page.wait_for_text("#chart-title", "pgcutover_1")
    assert page.value("location.hash") == "#cluster=&server=blue&slot=pgcutover_1&time=15+min" or \
        "slot=pgcutover_1" in page.value("location.hash")
    assert page.value("document.querySelector('tr[aria-current]').innerText").startswith(
        "pgcutover_1")
    tell(web, state, [slot("pgcutover_2", lag_us=50 * S)])
    page.wait_for_text("#slots-table", "50 s")
    assert "pgcutover_1" in page.text("#chart-title")
    page.value("document.getElementById('follow').click()")
    page.wait_for_text("#chart-title", "pgcutover_2")
    no_complaints(page)


def test_several_clusters_are_told_apart(browser, serve):
    web, state = serve(), State()
    state.tick = 1
    web.tell(state.message([
        state.cluster([state.server("blue", slots=[slot("pgcutover_1", lag_us=S)])]),
        state.cluster([state.server("blue", slots=[slot("pgcutover_1", lag_us=45 * S)])], name="eu"),
        state.cluster([state.server("blue", state="unmeasured", why="refused")], name="us")]))
    page = browser.open(web.url)
    page.wait_for_text("#clusters", "eu")
    assert page.text("#clusters").split() == ["●", "orders", "1", "s", "✖", "eu", "45", "s", "◌", "us",
                                              "unmeasured"]
    page.value("document.querySelectorAll('#clusters a')[1].click()")
    page.wait_for_text("#figure-lag .value", "45 s")
    assert page.text("#cluster") == "eu"
    page.go(f"{web.url}#cluster=us")
    page.wait_for_text("#cluster", "us")
    assert page.text("#figure-lag .value") == "unmeasured"
    no_complaints(page)


def test_colours_can_be_read():
    with open(f"{WEB}/watch.css") as stream:
        light, dark = re.findall(r":root \{(.*?)\}", stream.read(), re.DOTALL)[:2]
    light = dict(re.findall(r"--([\w-]+): (#\w{6});", light))
    for colors in (light, {**light, **dict(re.findall(r"--([\w-]+): (#\w{6});", dark))}):
        for name in ("text", "dim", "accent", "good", "hold", "warn", "bad", "lag", "behind"):
            for back in ("back", "ground", "none-back"):
                assert contrast(colors[name], colors[back]) >= 4.5, (name, back)
        assert contrast(colors["warn"], colors["warn-back"]) >= 4.5
        assert contrast(colors["bad"], colors["bad-back"]) >= 4.5
        assert contrast("#ffffff", colors["banner"]) >= 4.5


def test_files_of_others_are_as_they_were_published():
    with open(f"{ROOT}/docs/third-party.md") as stream:
        listed = re.findall(r"^\| `([0-9a-f]{64})` \| `([\w.]+)` \|$", stream.read(), re.MULTILINE)
    for digest, name in listed:
        with open(f"{WEB}/{name}", "rb") as stream:
            assert hashlib.sha256(stream.read()).hexdigest() == digest, name
    assert {name for _, name in listed} == {name for name in os.listdir(WEB) if "uPlot" in name}
