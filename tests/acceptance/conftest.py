"""The engine and the stand-ins of a run. Without an engine every test here is skipped, with the reason."""

import re
import subprocess

import engine as engines
import pytest


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
def debian(engine):
    """Names under which a Debian stands in, with the network to install from."""
    try:
        engines.push_debian(engine, "library/python:3.13-slim-trixie", "nvidia/cuda:12.8.1-base-ubuntu24.04")
        build = ["buildx", "build", "--network=host", "--allow=network.host", "--output=type=cacheonly", "-"]
        engine.docker(*build, input=b"FROM python:3.13-slim-trixie\nRUN apt-get update -qq\n")
    except engines.Unavailable as reason:
        pytest.skip(str(reason))
    except AssertionError as fault:
        if "apt-get" not in str(fault):
            raise
        pytest.skip("no package archive can be reached from a build here")


@pytest.fixture
def name(request) -> str:
    """The test's own part of the registry."""
    return re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")


@pytest.fixture(autouse=True)
def late(request):
    """Images of the world outside that a test adds are gone for the next: tests delete what they pushed to `late`."""
    yield
    if "engine" in request.fixturenames:
        running = request.getfixturevalue("engine")
        if digest := running.digest(f"{running.host}/stand-in/late:1"):
            subprocess.run(
                ["crane", "delete", f"{running.host}/stand-in/late@{digest}"], env=running.env(), check=True,
                stdin=subprocess.DEVNULL, capture_output=True,
            )  # fmt: skip
