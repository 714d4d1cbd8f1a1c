"""The cases of tests/cases on the older majors: see test_cases.py."""

import pytest

import cases
import casing

MAJORS = cases.MAJORS[:4]


@pytest.fixture(scope="module")
def play(program):
    """play(major); a test a case tells what came of it."""
    return casing.plays(program)


@pytest.mark.parametrize("major", MAJORS)
def test_a_clean_server_gives_no_finding_but_its_age(play, major):
    casing.assert_clean(play(major))


@pytest.mark.parametrize("major, case", casing.pairs(MAJORS))
def test_what_is_bad_is_found_and_nothing_else(play, major, case):
    casing.assert_found(play(major), case)


@pytest.mark.parametrize("major", MAJORS)
def test_before_green_exists_its_checks_are_named_and_all_others_are_made(play, major, program):
    casing.assert_green_not_asked(play(major).baseline, program)
    casing.assert_green_not_asked(play(major).usual, program)
