"""The manual's page of traps and the tests that it names."""

import ast
import glob
import re

import support

PAGE = f"{support.ROOT}/docs/traps.md"


def names_in(pattern):
    found = set()
    for path in glob.glob(f"{support.HERE}/{pattern}"):
        with open(path) as stream:
            tree = ast.parse(stream.read(), path)
        found |= {node.name for node in tree.body
                  if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    return found


def rows():
    """The cells of every row of the page's tables, without their heads."""
    with open(PAGE) as stream:
        lines = [line.strip() for line in stream if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines
            if not line.startswith(("|---", "| trap "))]


def test_every_trap_of_the_manual_names_tests_that_exist():
    known = names_in("test_*.py")
    assert len(rows()) > 25
    for row in rows():
        assert len(row) == 4 and all(row), row
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named, row
        assert set(named) <= known, set(named) - known


def test_every_test_of_a_trap_is_in_the_manual():
    """Those of the files that are about nothing else."""
    named = {name for row in rows() for name in re.findall(r"`(test_\w+)`", row[3])}
    own = names_in("test_traps_*.py")
    assert own and own <= named, own - named
