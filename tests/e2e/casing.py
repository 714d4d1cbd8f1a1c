"""What the files of cases share: a test a case and major, and what is true of every clean server."""

import functools

import pytest

import blue as single
import cases
import large


def pairs(majors):
    return [pytest.param(major, case, id=f"{major}-{case}")
            for major in majors for kind in ("server", "database")
            for case in cases.cases(kind, major)]


def plays(program):
    """play(major): all cases of that major, made and compared once, when they are first asked for."""
    @functools.lru_cache(maxsize=None)
    def attempt(major):  # one that fails is not repeated for every case
        try:
            with single.Blue(program, major) as server:
                return cases.Play(server, large.statements(10, major)), None
        except Exception as error:
            return None, error

    def play(major):
        made, error = attempt(major)
        if error:
            raise error
        return made
    return play


def assert_clean(play):
    assert play.clean == []
    assert play.undone == [], "a case was not undone"
    assert play.beside == [], "beside the databases of the cases"


def assert_found(play, case):
    if case.name in play.left_out:
        pytest.skip(f"not in this build: {play.left_out[case.name]}")
    assert play.problems[case.name] == [], case.get("why")


def checks_of_green(program):
    return {id for id, check in single.listed(program).items()
            if check["asked_of"] in ("green", "every database of green")}


def assert_green_not_asked(found, program):
    """Its checks are named, with what makes green; all others have been made."""
    of_green = checks_of_green(program)
    assert of_green <= set(found.not_asked)
    assert all("prepare" in found.not_asked[id] for id in of_green)
    assert not {each["id"] for each in found.findings} & set(found.not_asked)
