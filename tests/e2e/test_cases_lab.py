"""The cases of tests/cases that want poolers, hosts or a green that runs: one lab for all of them."""

import pytest

import cases
import casing
from cases_lab import LabPlay
from support import DATABASES


@pytest.fixture(scope="module")
def stage(make_module_stage):
    return make_module_stage()


@pytest.fixture(scope="module")
def before(stage):
    """Before prepare. Sizes are told as the catalog has them: now, and not when autovacuum comes."""
    for database in DATABASES:
        stage.lab.query("blue", database, "VACUUM ANALYZE")
    return LabPlay(stage, "blue")


@pytest.fixture(scope="module")
def ready(stage, before):
    """The same lab with green ready."""
    stage.prepare()
    return LabPlay(stage, "green")


@pytest.mark.parametrize("case", cases.cases("pooler") + cases.cases("host"), ids=str)
def test_what_is_bad_around_blue_is_found_and_nothing_else(before, case):
    assert before.problems(case) == [], case.get("why")


def test_everything_around_blue_was_undone(before):
    assert before.check().findings == before.baseline.findings
    casing.assert_green_not_asked(before.baseline, before.stage.program)


@pytest.mark.parametrize("case", cases.cases("green"), ids=str)
def test_what_is_bad_on_green_is_found_and_nothing_else(ready, case):
    assert ready.problems(case) == [], case.get("why")


def test_once_green_runs_all_of_its_checks_are_made(ready, before):
    of_green = casing.checks_of_green(ready.stage.program)
    found = ready.check()
    assert not of_green & set(found.not_asked)
    assert found.findings == ready.baseline.findings, "a case was not undone"
    assert not of_green & {each["id"] for each in ready.baseline.findings
                           if each["severity"] == "error"}
