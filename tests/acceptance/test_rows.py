"""Rows of `test` on a real engine: another stage, files of the repository, a user and options, when an image is published, in
a pull request, and by `gen test`; each passing, and failing.
"""

import subprocess
import xml.etree.ElementTree as xml

import pytest
from test_trials import gen
from world import LINEAGE, World

DOCKERFILE = """FROM debian:trixie-slim AS base
WORKDIR /srv
FROM base AS development
RUN touch /tool
FROM base AS runtime
USER 1000:1000
"""
# What each row has to see, and what to put in the place of it so that the row fails.
WRONG = {
    "target": ("RUN touch /tool", "RUN true"),
    "files": ("right", "wrong"),
    "user": ('user = "0:5"', 'user = "1:5"'),
    "options": ("--hostname=tested", "--hostname=other"),
}


def tree(engine, folder, name, wrong=None) -> World:
    """The tree; with one thing in it that a row takes offence at."""
    source = folder / "rows"
    (source / "tests").mkdir(parents=True)
    files = {"matrix.toml": (LINEAGE / "rows.toml").read_text(), "Dockerfile": DOCKERFILE, "word": "right", "tests/smoke.sh": "exit 0\n",
             # No ignore file of the context has a say in what tests read.
             ".dockerignore": "*\n"}  # fmt: skip
    if wrong:
        file = {"target": "Dockerfile", "files": "word"}.get(wrong, "matrix.toml")
        old, new = WRONG[wrong]
        assert old in files[file]
        files[file] = files[file].replace(old, new)
    for path, text in files.items():
        (source / path).write_text(text)
    return World(engine, source, folder, {"HOST": f"{engine.host}/{name}"})


def pull_request(world: World) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["sh", "generated/ci/pull-request.sh", "build", "linux/amd64", "own"], cwd=world.root, env=world.engine.env(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip


def test_every_row_passes_everywhere(engine, tmp_path, name):
    world = tree(engine, tmp_path, name)
    for place in ("buildkit", "engine"):
        said = pull_request(world) if place == "buildkit" else None
        assert said is None or said.returncode == 0, said.stderr[-4000:]
        published = world.ok("make", "own", "linux/amd64", TEST_IN=place)
        assert published.stderr.count(": testing own for linux/amd64") == 6
    assert world.publish() == []
    assert engine.digest(world.spec("own")["content_reference"])

    assert gen(world, "build", "--load").returncode == 0
    done = gen(world, "test", "--junit", "report.xml")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "6 tests: 6 passed"), done.stderr
    names = [case.get("name") for case in xml.parse(world.root / "report.xml").getroot().iter("testcase")]
    assert len(set(names)) == 6 and "test -e /tool (stage development)" in names
    assert "-stage" not in engine.docker("image", "ls", "--format", "{{.Tag}}")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_row_that_is_wrong_fails_everywhere(engine, tmp_path, name, wrong):
    world = tree(engine, tmp_path, name, wrong)
    failed = world.call("build", "own", "linux/amd64")
    assert failed.returncode == 1 and "fails its test, so it is not pushed" in failed.stderr, failed.stderr[-4000:]
    assert engine.digest(world.spec("own")["content_reference"]) is None
    changed = pull_request(world)
    # Without the tool, both rows of that stage fail.
    assert changed.returncode == 1 and changed.stderr.count("fails its test") == (2 if wrong == "target" else 1), changed.stderr[-4000:]
    assert gen(world, "build", "--load").returncode == 0
    done = gen(world, "test")
    assert done.returncode == 1 and ("2 failed" if wrong == "target" else "1 failed") in done.stderr.splitlines()[-1], done.stderr
