"""Fixtures of the end-to-end tests: every stage is a lab of its own and is taken down again."""

import os
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

import crashes  # noqa: E402
import lab  # noqa: E402
import support  # noqa: E402
from browser import Browser  # noqa: E402
from processes import remove_tree  # noqa: E402
from templates import Templates  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true",
                     help="also the parameters that are left out of a spread")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: run by scripts/test crash only")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture(scope="session", autouse=True)
def templates():
    """Blue is made once for all labs of this process that begin alike."""
    directory = tempfile.mkdtemp(prefix="pgc-")
    lab.templates = Templates(directory)
    yield
    lab.templates = None
    remove_tree(directory)


@pytest.fixture(scope="session")
def program():
    found = support.find_program()
    if not found:
        pytest.fail("no pgcutover program: build it, or name the build in PGCUTOVER_BUILD")
    return found


@pytest.fixture(scope="session")
def stopping_program(program):
    """The program, when it is a test build that can be stopped where a row begins."""
    if not support.knows_stops(program):
        pytest.skip("needs a build with -DPGCUTOVER_SANITIZE=ON, which can be stopped at a row")
    return program


def _maker(program):
    stages = []

    def make(**options):
        stage = support.Stage(program, tempfile.mkdtemp(prefix="pgc-"), **options)
        stages.append(stage)
        return stage

    return make, stages


def _close(stages):
    errors = []
    for stage in stages:
        try:
            stage.close()
        except Exception as error:  # the others are to be taken down all the same
            errors.append(error)
    if errors:
        raise errors[0]


@pytest.fixture
def make_stage(program):
    """make_stage(**options of Lab) builds a lab; it is taken down behind the test."""
    make, stages = _maker(program)
    yield make
    _close(stages)


@pytest.fixture(scope="module")
def make_module_stage(program):
    """The same for a lab that the tests of one module share."""
    make, stages = _maker(program)
    yield make
    _close(stages)


@pytest.fixture
def stage(make_stage):
    return make_stage()


@pytest.fixture
def ready(make_stage):
    """A lab with green ready."""
    made = make_stage()
    made.prepare()
    return made


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium for the tests of one module."""
    directory = tempfile.mkdtemp(prefix="pgc-")
    with Browser(directory) as opened:
        yield opened
    remove_tree(directory)


@pytest.fixture(scope="session")
def ground(stopping_program):
    """The lab of all crash tests: ready, and put back by a test that ends on green."""
    make, stages = _maker(stopping_program)
    try:
        yield crashes.Ground(make())
    finally:
        _close(stages)


@pytest.fixture
def ready_again(ground):
    """The stage of that lab, ready, with a budget of 5 s; it is put back whatever happens to it."""
    ground.stage.configure("pause", "budget", "5s")
    yield ground.stage
    ground.put_back()


@pytest.fixture(scope="session")
def ground_back(stopping_program):
    """The same behind a cutover, for the crash tests of the rollback."""
    make, stages = _maker(stopping_program)
    try:
        yield crashes.Ground(make(), "rollback")
    finally:
        _close(stages)


@pytest.fixture
def play_back(ground_back):
    """A rollback to be disturbed, with clients at work."""
    made = crashes.Play(ground_back)
    yield made
    made.close()


@pytest.fixture
def play(ground):
    """A cutover to be disturbed, with clients at work."""
    made = crashes.Play(ground)
    yield made
    made.close()
