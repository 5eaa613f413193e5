"""The engine and the stand-ins of a run. Without an engine every test here is skipped, with the reason."""

import re

import engine as engines
import pytest
import standing as stand_ins


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    try:
        running = engines.start()
    except engines.Unavailable as reason:
        pytest.skip(str(reason))
    try:
        engines.make_small(running, tmp_path_factory.mktemp("small"))
        yield running
    finally:
        running.close()


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
