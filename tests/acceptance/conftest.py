"""The engine and the stand-ins of a run. Without an engine every test here is skipped, with the reason.

One worker runs them all. Several may share its engine and registry by hand (`-n 2 --dist loadgroup`): a test that is marked
`alone` takes away what others stand on (the builder's cache, the registry) and then has the engine for itself.
"""

import fcntl
import json
import re
from contextlib import contextmanager
from pathlib import Path

import engine as engines
import pytest
import standing as stand_ins


def pytest_configure(config):
    # Of the processes of a run the one that lives longest sees to the engine's end.
    if not hasattr(config, "workerinput"):
        engines.claim()


def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        engines.end()


# First of all: what shares tests out reads the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "installing" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("installing"))


@contextmanager
def locked(file: Path, how: int):
    with open(file, "w") as lock:
        fcntl.flock(lock, how)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    folder = common(item.config)
    with locked(folder / "door", fcntl.LOCK_EX):
        # Who waits to be alone waits in the door, so that nobody else comes in meanwhile.
        room = open(folder / "room", "w")
        fcntl.flock(room, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
    with room:
        return (yield)


def common(config) -> Path:
    """A folder that all workers of a run have in common."""
    base = config._tmp_path_factory.getbasetemp()
    return base.parent if hasattr(config, "workerinput") else base


@pytest.fixture(scope="session")
def engine(request, tmp_path_factory):
    folder = common(request.config)
    with locked(folder / "engine.lock", fcntl.LOCK_EX):
        state = folder / "engine.json"
        if not state.exists():
            try:
                running = engines.start()
                engines.make_small(running, tmp_path_factory.mktemp("small"))
                state.write_text(json.dumps({"folder": str(running.folder), "port": running.port, "emulates": running.emulates}))
            except engines.Unavailable as reason:
                state.write_text(json.dumps({"unavailable": str(reason)}))
        said = json.loads(state.read_text())
    if "unavailable" in said:
        pytest.skip(said["unavailable"])
    return engines.Engine(Path(said["folder"]), said["port"], said["emulates"])


@pytest.fixture(scope="session")
def installing(engine, tmp_path_factory):
    """A Debian under the names of bases that images install on, with the network to do so."""
    try:
        return stand_ins.push(engine, tmp_path_factory.mktemp("stand-ins"))
    except engines.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def standing(engine, installing, tmp_path_factory):
    """The images of tests/acceptance/standing."""
    return stand_ins.Standing(engine, installing, tmp_path_factory.mktemp("standing"))


@pytest.fixture
def name(request) -> str:
    """The test's own part of the registry."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
