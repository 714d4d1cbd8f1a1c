"""The manual's table of what may die names tests, and they are all there."""

import glob
import os
import re

from support import HERE, ROOT

SECTION = "## What may die"


def table():
    """The rows of the table, as lists of cells."""
    with open(f"{ROOT}/docs/crash-safety.md") as stream:
        section = stream.read().split(f"{SECTION}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
            for line in section.splitlines() if line.startswith("|")]
    assert rows[0] == ["what dies", "when", "clients", "the operator", "tests"]
    return rows[2:]


def named():
    return set(re.findall(r"\btest_\w+", " ".join(row[-1] for row in table())))


def written(pattern):
    """Names of the test functions in those files."""
    found = set()
    for path in glob.glob(f"{HERE}/{pattern}"):
        with open(path) as stream:
            found |= set(re.findall(r"^def (test_\w+)", stream.read(), re.MULTILINE))
    return found


def test_every_test_that_the_table_of_crashes_names_exists():
    assert named() - written("test_*.py") == set()


def test_every_crash_test_is_in_the_table():
    assert os.path.exists(f"{HERE}/test_crash_cutover.py")
    assert written("test_crash_*.py") - named() == set()


def test_every_row_of_the_table_says_all_of_it():
    for row in table():
        assert len(row) == 5 and all(row), row
        assert re.search(r"\btest_\w+", row[-1]), row
