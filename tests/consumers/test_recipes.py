"""docs/recipes.md where it speaks of registries: releases are published one after another by the script that pipelines run."""

import json
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest
from harness import Stub, missing, run
from packages import repository

MATRIX = """
[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[axis]
python = ["3.12", "3.13"]

[image.server]
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"
pip = ["fastapi"]

[image.training]
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"
pip = ["numpy"]

[[alias]]
match = { python = "3.13" }
tags = ["latest", "{{ release.series }}"]

[ci.github]
"""
SERVER, TRAINING = "docker.io/acme/server", "docker.io/acme/training"


class Line:
    """A repository and its registry."""

    def __init__(self, gen: Path, folder: Path):
        self.gen, self.stub = gen, Stub(folder / "stub")
        self.stub.folder.mkdir()
        self.root = repository(folder / "project", {"matrix.toml": MATRIX})
        run([gen, "bump", "--amend", "--quiet"], self.root)

    def edit(self, old: str, new: str) -> None:
        file = self.root / "matrix.toml"
        text = file.read_text()
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new))

    def bump(self, to: str) -> None:
        run([self.gen, "bump", "--quiet", to], self.root)

    def script(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["sh", "generated/ci/publish.sh", *words], cwd=self.root, env=self.stub.env(),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip

    def publish(self) -> list[str]:
        """All that a pipeline does; what it built."""
        done = self.script("probe")
        assert done.returncode == 0, done.stderr
        builds = [leg["id"] for leg in missing(done.stdout)["build"]]
        for leg in missing(done.stdout)["build"]:
            done = self.script("build", leg["id"], leg["platform"])
            assert done.returncode == 0, done.stderr
        done = self.script("tags")
        assert done.returncode == 0, done.stderr
        return sorted(builds)

    def digest(self, reference: str) -> str | None:
        return self.stub.tags().get(reference, {}).get("digest")


@pytest.fixture
def line(gen, tmp_path) -> Line:
    return Line(gen, tmp_path)


def test_a_hotfix_builds_one_image_and_a_rollback_none(line):
    assert line.publish() == ["server/3.12", "server/3.13", "training/3.12", "training/3.13"]
    old = line.digest(f"{SERVER}:3.13-v1.4.0")
    line.edit('"fastapi"', '"fastapi>=0.118.2"')
    line.bump("patch")
    assert line.publish() == ["server/3.12", "server/3.13"]
    assert line.digest(f"{TRAINING}:3.13-v1.4.1") == line.digest(f"{TRAINING}:3.13-v1.4.0")
    assert line.digest(f"{SERVER}:latest") == line.digest(f"{SERVER}:3.13-v1.4.1") != old
    line.edit('"fastapi>=0.118.2"', '"fastapi"')
    line.bump("patch")
    assert line.publish() == []
    for tag in ("3.13-v1.4.2", "latest", "1.4"):
        assert line.digest(f"{SERVER}:{tag}") == old, tag
    assert line.digest(f"{SERVER}:3.13-v1.4.1") != old, "what was published stays"


def test_a_maintenance_line_moves_its_own_aliases(line):
    line.publish()
    line.edit('"numpy"', '"numpy", "scipy"')
    line.bump("minor")
    line.publish()
    newest = line.digest(f"{TRAINING}:latest")
    assert newest == line.digest(f"{TRAINING}:1.5")
    # The branch from the tag: its matrix and its lock.
    run([line.gen, "bump", "--quiet", "--backwards", "1.4.0"], line.root)
    line.edit('"numpy", "scipy"', '"numpy<2"')
    line.bump("patch")
    assert line.publish() == ["training/3.12", "training/3.13"]
    assert line.digest(f"{TRAINING}:1.4") == line.digest(f"{TRAINING}:3.13-v1.4.1") != newest
    assert line.digest(f"{TRAINING}:latest") == newest, "it moves forward only"


def test_tags_of_another_system_stay_and_the_next_release_begins(line):
    for python in ("3.12", "3.13"):
        line.stub.put(f"{SERVER}:{python}-v1.4.0", {})
    line.stub.put(f"{SERVER}:latest", {})
    before = line.stub.tags()
    done = line.script("probe")
    assert done.returncode == 1 and "something else published it" in done.stderr
    assert line.stub.tags() == before, "nothing was put"
    line.bump("patch")
    assert len(line.publish()) == 4
    assert line.digest(f"{SERVER}:3.13-v1.4.0") == before[f"{SERVER}:3.13-v1.4.0"]["digest"]
    assert line.digest(f"{SERVER}:latest") == line.digest(f"{SERVER}:3.13-v1.4.1")


def test_what_is_said_to_move_is_what_is_put_again(line):
    """Where a registry lets tags be put once, `gen check` names all that the script puts again, and nothing else."""
    line.edit('prefix = "docker.io/acme"\n', 'prefix = "docker.io/acme"\nmovable = []\n')
    done = subprocess.run([line.gen, "check"], cwd=line.root, capture_output=True, text=True)
    assert done.returncode == 1 and "error[immutable-tag]" in done.stderr
    (said,) = re.findall(r"say so: `movable = (\[.*\])`", done.stderr)
    line.edit("movable = []", f"movable = {said}")
    line.bump("patch")
    line.publish()
    put = tags_put(line)
    line.stub.forget()
    line.edit('"fastapi"', '"fastapi", "httpx"')
    line.bump("patch")
    line.publish()
    again = put & tags_put(line)
    globs = json.loads(said)
    assert again and all(any(fnmatch(tag, glob) for glob in globs) for tag in again), (again, globs)
    assert all(any(fnmatch(tag, glob) for tag in again) for glob in globs), (again, globs)


def tags_put(line: Line) -> set[str]:
    return {tag.rpartition(":")[2] for call in line.stub.journal() if call["verb"] == "create" for tag in call["tags"]}
