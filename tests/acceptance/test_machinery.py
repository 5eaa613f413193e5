"""scripts/machinery against a registry: the digests it fills in are those that the registry has."""

import subprocess
import sys

import pytest
from engine import INSTALLED, ROOT


@pytest.fixture(params=["crane", "docker"])
def asks(request, engine, tmp_path):
    """Runs the script where this is what a machine can ask by."""
    path = engine.env()["PATH"]
    if request.param == "docker":
        folder = tmp_path / "only-docker"
        folder.mkdir()
        (folder / "docker").symlink_to(INSTALLED / "root/usr/bin/docker")
        path = str(folder)

    def run(*words: str) -> subprocess.CompletedProcess:
        command = [sys.executable, ROOT / "scripts/machinery", *words]
        return subprocess.run(command, env=engine.env(PATH=path), stdin=subprocess.DEVNULL, capture_output=True, text=True)

    return run


def test_digests_are_those_of_the_registry(engine, asks, tmp_path, name):
    facts = tmp_path / "facts.toml"
    tool, absent = f"{engine.host}/{name}/tool:1", f"{engine.host}/{name}/absent:1"
    facts.write_text(f'[[machinery]]\nname = "uv"\nimage = "{tool}"\n\n[[machinery]]\nname = "dind"\nimage = "{absent}"\n')
    before = facts.read_text()

    def tagged(source: str) -> str:
        engine.crane("copy", f"{engine.host}/{source}", tool)
        return engine.digest(tool)

    first = tagged("library/debian:trixie-slim")
    assert asks("--check", facts).returncode == 1 and facts.read_text() == before
    done = asks(facts)
    assert f"uv: {tool}: no digest -> {first}" in done.stdout
    assert f"dind: {absent}: no registry answered, its digest is not known" in done.stdout
    assert facts.read_text() == before.replace(tool, f"{tool}@{first}")
    assert asks("--check", facts).returncode == 0

    second = tagged("docker/buildkit-syft-scanner:stable-1")
    assert second != first
    done = asks("--check", facts)
    assert (done.returncode, f"uv: {tool}: {first} -> {second}" in done.stdout) == (1, True)
    assert asks(facts).returncode == 0
    assert facts.read_text() == before.replace(tool, f"{tool}@{second}")
