"""The cases of tests/cases on the older majors: see test_cases.py."""

import pytest

import blue as single
import cases
import casing
import large

MAJORS = cases.MAJORS[:4]


@pytest.fixture(scope="module")
def play(program, request):
    with single.Blue(program, request.param) as blue:
        yield cases.Play(blue, large.statements(10, request.param))


@pytest.mark.parametrize("play", MAJORS, indirect=True)
def test_a_clean_server_gives_no_finding_but_its_age(play):
    casing.assert_clean(play)


@pytest.mark.parametrize("play, case", casing.pairs(MAJORS), indirect=["play"])
def test_what_is_bad_is_found_and_nothing_else(play, case):
    casing.assert_found(play, case)


@pytest.mark.parametrize("play", MAJORS, indirect=True)
def test_before_green_exists_its_checks_are_named_and_all_others_are_made(play, program):
    casing.assert_green_not_asked(play.baseline, program)
    casing.assert_green_not_asked(play.usual, program)
