"""Directories that a run makes on green's host: whatever kills their making, abort finds them."""

import os
import shutil
import subprocess
import tempfile

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SCRIPTS = f"{ROOT}/cutover/clusters/sh"
RUN = "20260101T000000Z"
CLAIM = """set -eu
WORK=$1 RUN=$2
. "$4/parts/directories.sh"
. "$4/parts/claim.sh"
{killed}
claim "$3" "$WORK/owns-data"
"""


@pytest.fixture
def place():
    directory = tempfile.mkdtemp(prefix="pgc-directories-", dir="/tmp")
    os.makedirs(f"{directory}/data.pgcutover/jobs")
    with open(f"{directory}/data.pgcutover/pgcutover.run", "w") as stream:
        stream.write(f"{RUN}\n")
    yield directory
    shutil.rmtree(directory)


def claim(place, killed=""):
    return subprocess.run(["sh", "-c", CLAIM.format(killed=killed), "sh", f"{place}/data.pgcutover",
                           RUN, f"{place}/data", SCRIPTS], timeout=20).returncode


def discard(place):
    """What `abort` runs; /bin for the programs of servers: there is none."""
    text = subprocess.run([f"{ROOT}/scripts/embed", "--print", f"{SCRIPTS}/remove.sh"], check=True,
                          capture_output=True, timeout=20).stdout
    subprocess.run(["sh", "-s", "/bin", "/bin", f"{place}/data", f"{place}/data.clone",
                    f"{place}/data.pgcutover", RUN, ""], input=text, check=True, timeout=60)


@pytest.mark.parametrize("killed", ["mkdir() { command mkdir \"$@\"; exit 9; }", "sync() { exit 9; }",
                                    "mv() { exit 9; }", ""])
def test_a_directory_is_removed_wherever_its_claim_was_killed(place, killed):
    assert claim(place, killed) == (9 if killed else 0)
    discard(place)
    assert os.listdir(place) == []


@pytest.mark.parametrize("killed", ["mkdir() { command mkdir \"$@\"; exit 9; }", "sync() { exit 9; }"])
def test_a_claim_that_was_killed_is_made_again(place, killed):
    assert claim(place, killed) == 9
    assert claim(place) == 0
    discard(place)
    assert os.listdir(place) == []


def test_an_empty_directory_that_was_there_before_stays_when_it_is_not_claimed(place):
    os.mkdir(f"{place}/data")
    assert claim(place, "sync() { exit 9; }") == 9
    discard(place)
    assert os.listdir(place) == ["data"]
