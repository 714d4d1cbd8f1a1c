"""Other majors than those of the main job: what a server of 13 has and has not."""

import subprocess

import pytest

import facts
import support
from support import DONE

FETCH = f"{support.ROOT}/scripts/fetch-postgres"


@pytest.fixture(scope="module")
def old_major():
    """13 comes from an older suite, which mirrors drop one day."""
    done = subprocess.run([FETCH, "13"], timeout=300, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"PostgreSQL 13 could not be fetched: {done.stdout.strip()[-300:]}")
    return 13


def test_from_13_nothing_is_lost(old_major, make_stage):
    stage = make_stage(blue_major=old_major)
    assert "0 errors" in stage.run("check", code=DONE).err
    with stage.load() as load:
        stage.prepare()
        stage.wait_commits(load)
        stage.cutover()
        stage.wait_commits(load)
    stage.assert_nothing_lost(load, "green", errors=0)
    stage.finish()
    assert stage.lab.query("green", "shop", "SHOW server_version_num")[0][0].startswith("17")


def test_from_13_abort_leaves_nothing(old_major, make_stage):
    stage = make_stage(blue_major=old_major)
    before = facts.everything(stage.lab)
    stage.prepare()
    stage.run("abort", "--execute", "--yes", code=DONE)
    facts.assert_same(before, facts.everything(stage.lab))
