"""The report's page in a real browser: pages of runs that no test waits for (tests/report)."""

import json
import os
import re
import subprocess
import tempfile

import jsonschema
import pytest

from browser import contrast
from processes import remove_tree
from support import ROOT

SAMPLES = ("empty", "planned", "preparing", "green", "back", "aborted", "undone", "failed", "days",
           "hostile")
CSS = [f"{ROOT}/cutover/report/{name}.css" for name in ("web/watch", "html/report")]
SIZES = [(width, scheme) for width in (380, 800, 1280, 1600) for scheme in ("light", "dark")]

# Texts of a drawing that is shown, that stand on each other, or beyond its edge.
OVERLAPS = """[...document.querySelectorAll('.drawing svg')].filter((svg) =>
  svg.getBoundingClientRect().width > 0).flatMap((svg) => {
    const edge = svg.getBoundingClientRect(), found = [];
    const texts = [...svg.querySelectorAll('text')].filter((text) => text.textContent.trim())
      .map((text) => [text.textContent, text.getBoundingClientRect()]);
    texts.forEach(([text, one], i) => {
      if (one.left < edge.left - 1 || one.right > edge.right + 1 || one.top < edge.top - 1 ||
          one.bottom > edge.bottom + 1) found.push(`${text} is cut off`);
      for (const [other, two] of texts.slice(i + 1))
        if (one.left < two.right - 1 && two.left < one.right - 1 && one.top < two.bottom - 3 &&
            two.top < one.bottom - 3) found.push(`${text} on ${other}`);
    });
    return found;
  })"""


@pytest.fixture(scope="module")
def pages(program):
    """The directory with NAME.html and NAME.json."""
    directory = tempfile.mkdtemp(prefix="pgc-")
    made = os.path.join(os.path.dirname(program), "tests", "load", "report_samples")
    subprocess.run([made, directory], check=True, timeout=120)
    yield directory
    remove_tree(directory)


def show(browser, pages, name, width=1280, scheme="light"):
    page = browser.open("about:blank", width, 900, scheme)
    page.offline(True)
    page.go(f"file://{pages}/{name}.html")
    page.wait_for("document.readyState === 'complete' && !!document.querySelector('.foot')",
                  "the page")
    return page


def figures(page):
    """What each figure shows, by its title; of several moves the last."""
    return dict(page.value("""[...document.querySelectorAll('.figure')].map((figure) =>
        [figure.querySelector('h4').innerText,
         (figure.querySelector('.value') ?? figure.querySelector('.three')).innerText])"""))


@pytest.mark.parametrize("name", SAMPLES)
def test_it_fits_and_asks_for_nothing(browser, pages, name):
    page = show(browser, pages, name)
    for width, scheme in SIZES:
        page.size(width, 900, scheme)
        wide = page.value("document.documentElement.scrollWidth")
        assert wide <= width, (width, scheme)
        assert page.value(OVERLAPS) == [], (width, scheme)
        drawn = page.value("""[...document.querySelectorAll('.drawing')].filter((each) =>
            each.offsetWidth > 0).map((each) => each.scrollWidth - each.clientWidth)""")
        assert all(over <= 0 for over in drawn), (width, drawn)
    assert page.complaints == []
    assert [url for url in page.requests if not url.endswith(f"/{name}.html")] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_the_json_is_as_its_schema_says(pages, name):
    with open(f"{ROOT}/docs/schemas/report.json") as stream:
        validator = jsonschema.Draft7Validator(json.load(stream))
    with open(f"{pages}/{name}.json", encoding="utf-8") as stream:
        whole = json.load(stream)
    with open(f"{pages}/{name}.html", encoding="utf-8") as stream:
        page = stream.read()
    embedded = re.search(r'<script type="application/json" id="report-json">(.*?)</script>', page,
                         re.DOTALL)
    thinned = json.loads(embedded.group(1))
    for said in (whole, thinned):
        assert [error.message for error in validator.iter_errors(said)] == []
    assert (whole["thinned"], thinned["thinned"]) == (False, True)
    assert len(page) < 2_000_000
    for one, other in zip(whole["lags"], thinned["lags"]):
        assert max(filter(None, one["lag_us"])) == max(filter(None, other["lag_us"]))
        assert len(other["at_us"]) <= 200


def test_the_figures_say_what_was_measured(browser, pages):
    page = show(browser, pages, "green")
    assert page.text("h2") == "Clients were moved to green; they were held for 56 ms"
    assert "green may write" in page.text(".may-write")
    shown = figures(page)
    assert shown["Poolers held clients"] == "56 ms"
    assert shown["Longest gap clients felt"] == "97 ms"
    assert shown["Writes of the probe that failed"].startswith("0 of ")
    assert shown["p99 of writes"].split() == ["before", "11.9", "ms", "held", "74", "ms", "after",
                                              "7.8", "ms"]
    assert shown["Lag before the hold"] == "177 ms"
    assert shown["Accounting"] == "✔ nothing lost"
    assert shown["Whole run"] == "21.7 s"


def test_what_went_wrong_is_said_first(browser, pages):
    page = show(browser, pages, "undone")
    assert page.text("h2") == "The cutover undid itself: clients are where they were, on blue"
    assert "green has applied up to 0/519F910" in page.text(".cause")
    shown = figures(page)
    assert shown["Writes of the probe that failed"].startswith("✖ 2 of ")
    assert shown["Accounting"] == "✖ not proven"
    page = show(browser, pages, "failed")
    assert "nobody may write" in page.text(".may-write")
    shown = figures(page)
    assert shown["Poolers held clients"] == "not measured"
    assert shown["Longest gap clients felt"] == "not measured"
    assert "No client probe: the engine was killed." in page.text("#probes")


def test_each_move_has_its_pause(browser, pages):
    page = show(browser, pages, "back")
    assert page.value("""[...document.querySelectorAll('main a')].map((each) =>
        document.querySelector(each.getAttribute('href')) !== null)""") == [True, True]
    assert page.text("#pause-1 h3") == "The pause of the cutover"
    assert page.text("#pause-2 h3") == "The pause of the rollback"
    lanes = page.value("""[...document.querySelectorAll('#pause-1 .at-wide .lane')]
        .map((lane) => lane.getAttribute('aria-label'))""")
    for lane in ("p1: pooler", "p2: pooler", "blue: who may write", "green: who may write",
                 "hold: step", "prove: step", "release: step"):
        assert lane in lanes
    assert "clients held 48 ms" in page.text("#pause-2 .at-wide")


def test_days_without_work_are_left_out(browser, pages):
    page = show(browser, pages, "days")
    assert page.value("document.querySelectorAll('#timeline .at-wide .break').length") == 1
    assert "5 d 23 h" in page.text("#timeline .at-wide")
    assert "the worst of the 45 others" in page.text("#lag .legend")
    assert "not measured: its probe = is not configured" in page.text("#probes")
    assert "and 14 more poolers" in page.text("#pause-1 .at-wide")
    assert figures(page)["Whole run"] == "6 d 5 h"


def test_an_empty_report_is_short(browser, pages):
    page = show(browser, pages, "empty")
    assert page.value("document.querySelectorAll('.drawing').length") == 0
    assert page.value("""Math.max(...[...document.querySelectorAll('section.none')]
        .map((section) => section.offsetHeight))""") < 60
    for section in ("timeline", "pause", "lag", "account", "probes", "steps", "checks", "shows"):
        assert page.text(f"#{section} .empty").endswith("."), section


def test_colours_can_be_read():
    schemes = [{}, {}]
    for path in CSS:
        with open(path) as stream:
            for scheme, block in zip(schemes, re.findall(r":root \{(.*?)\}", stream.read(), re.DOTALL)):
                scheme.update(re.findall(r"--([\w-]+): (#\w{6});", block))
    light, dark = schemes
    for colors in (light, {**light, **dark}):
        for back in ("bar", "held", "writes", "bad-back"):
            assert contrast(colors["text"], colors[back]) >= 4.5, back
        for line in ("bar-line", "held-line", "writes-line", "slot-1", "slot-2", "slot-3",
                     "slot-4", "slot-5", "slot-6", "hold"):
            assert contrast(colors[line], colors["back"]) >= 3, line


def test_it_is_printed_light_and_whole(browser, pages):
    page = show(browser, pages, "green", 740, "dark")
    page.send("Emulation.setEmulatedMedia", media="print",
              features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.value("document.documentElement.scrollWidth") <= 740
    assert page.value("""[...document.querySelectorAll('.scroll')].every((each) =>
        each.scrollWidth <= each.clientWidth)""")
    assert page.value("""[...document.querySelectorAll('.drawing')].filter((each) =>
        each.offsetWidth > 0).every((each) => each.classList.contains('at-medium'))""")


def test_texts_of_others_stay_text(browser, pages):
    page = show(browser, pages, "hostile")
    assert page.value("document.title") != "taken"
    assert page.value("document.scripts.length") == 1
    assert page.value("document.scripts[0].type") == "application/json"
    assert page.value("document.images.length") == 0
    assert "\u202e" not in page.value("document.body.innerText")
    assert "</script><script>document.title='taken'" in page.text(".of")
