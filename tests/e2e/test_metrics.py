"""Metrics, alert rules and the dashboard: what promtool says, and that they name what there is."""

import json
import os
import re
import subprocess
import urllib.request

import pytest

import recording
import support
from processes import wait_until
from support import ROOT

FOLDER = f"{ROOT}/docs/monitoring"


def promtool(*arguments, **more):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, cwd=FOLDER,
                          check=False, timeout=60, **more)


def shown(kind):
    """What a watch is printed as."""
    program = f"{os.path.dirname(support.find_program())}/tests/test_metrics"
    return subprocess.run([program, kind], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def text():
    return shown("text")


@pytest.fixture(scope="module")
def names(text):
    found = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    assert len(found) > 40
    return found


def test_the_text_format_is_as_promtool_wants_it(text):
    result = promtool("check", "metrics", input=text)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_openmetrics_can_be_read(tmp_path):
    """promtool reads it where every sample has a time."""
    lines = [line if line.startswith("#") else f"{line} 1795404424"
             for line in shown("openmetrics").splitlines()]
    assert lines[-1] == "# EOF"
    path = tmp_path / "metrics"
    path.write_text("\n".join(lines) + "\n")
    result = promtool("tsdb", "create-blocks-from", "openmetrics", str(path), f"{tmp_path}/blocks")
    assert result.returncode == 0, result.stderr


def test_both_formats_have_the_same_samples(text):
    def samples(of):
        return [line for line in of.splitlines() if not line.startswith("#")]

    assert samples(text) == samples(shown("openmetrics"))


def test_rules_are_valid_and_do_what_they_say():
    result = promtool("check", "rules", "alerts.yml")
    assert result.returncode == 0, result.stdout + result.stderr
    result = promtool("test", "rules", "alerts_test.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def used(expression):
    return set(re.findall(r"\bpgcutover_\w+", re.sub(r'"[^"]*"', "", expression)))


def test_rules_name_only_metrics_that_exist(names):
    with open(f"{FOLDER}/alerts.yml") as stream:
        rules = re.findall(r"expr: (.*?)\n {8}(?:for|labels):", stream.read(), re.DOTALL)
    assert len(rules) == 14
    for rule in rules:
        assert used(rule) and used(rule) <= names, rule


def test_the_dashboard_names_only_metrics_that_exist(names):
    with open(f"{FOLDER}/dashboard.json") as stream:
        dashboard = json.load(stream)
    assert [each["name"] for each in dashboard["__inputs"]] == ["DS_PROMETHEUS"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == "${DS_PROMETHEUS}"
        assert panel["targets"]
        for target in panel["targets"]:
            assert used(target["expr"]) and used(target["expr"]) <= names, target["expr"]
    expressions = {target["expr"].replace("$cluster", "x") for panel in dashboard["panels"]
                   for target in panel["targets"]}
    rules = "groups: [{name: g, rules: [%s]}]" % ", ".join(
        json.dumps({"record": f"a{i}", "expr": each})
        for i, each in enumerate(sorted(expressions)))
    result = promtool("check", "rules", "/dev/stdin", input=rules)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_manual_explains_every_metric_and_every_alert(names):
    with open(f"{ROOT}/docs/monitoring.md") as stream:
        manual = stream.read()
    assert set(re.findall(r"^\| `(pgcutover_\w+)`", manual, re.MULTILINE)) == names
    with open(f"{FOLDER}/alerts.yml") as stream:
        rules = stream.read()
    alerts = re.findall(r"alert: (\w+)", rules)
    assert re.findall(r"^### (Pgcutover\w+)$", manual, re.MULTILINE) == alerts
    assert re.findall(r"runbook: docs/monitoring.md#(\w+)", rules) == [each.lower() for each in alerts]
    with open(f"{FOLDER}/alerts_test.yml") as stream:
        tested = stream.read()
    assert [each for each in alerts if each not in tested] == []


def test_every_phase_of_status_is_a_state():
    """A phase that the metrics do not know would have no sample."""
    with open(f"{ROOT}/cutover/report/metrics.c") as stream:
        states = re.search(r"run_states\[\] = \{(.*?)\n\};", stream.read(), re.DOTALL).group(1)
    phases = set()
    for name in ("standing.c", "watch_run.c"):
        with open(f"{ROOT}/cutover/commands/{name}") as stream:
            source = stream.read()
        for assigned in re.findall(r"->phase = ([^;]*);", source):
            phases |= set(re.findall(r'"([^"]*)"', assigned))
        phases |= set(re.findall(r'watch_put\(values\.phase, sizeof\(values\.phase\), "([^"]*)"',
                                 source))
    assert len(phases) == 11
    assert set(re.findall(r'\{"\w+",\s*"([^"]*)"\}', states)) == phases


@pytest.mark.parametrize("accept, kind, last", (
    ("*/*", "text/plain; version=0.0.4; charset=utf-8", "gauge"),
    ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
     "application/openmetrics-text; version=1.0.0; charset=utf-8", "# EOF")), ids=("text", "open"))
def test_the_page_serves_what_the_scraper_asks_for(program, tmp_path, accept, kind, last):
    path = f"{tmp_path}/recording"
    recording.write(path, [recording.state(0, [recording.cluster(
        servers=[recording.server("blue", 0, slots=[recording.slot("pgcutover_1")])])])])
    with subprocess.Popen([program, "watch", f"--replay={path}", "--http=127.0.0.1:0"], text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            address = re.search(r"http://\S+/", process.stderr.readline()).group()
            asked = urllib.request.Request(f"{address}metrics", headers={"Accept": accept})

            def answer():
                with urllib.request.urlopen(asked, timeout=10) as answered:
                    assert answered.headers["Content-Type"] == kind
                    text = answered.read().decode()
                return 'slot_name="pgcutover_1"' in text and text

            assert wait_until(answer, "the slot").rstrip("\n").endswith(last)
        finally:
            process.terminate()
