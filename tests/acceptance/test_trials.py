"""`gen test` on a real engine: images that were built, one-offs, and what a registry has."""

import os
import subprocess
import xml.etree.ElementTree as xml

import pytest
from world import LINEAGE, World


@pytest.fixture
def world(engine, tmp_path, name) -> World:
    tree = tmp_path / "three"
    tree.mkdir()
    (tree / "matrix.toml").write_text((LINEAGE / "three.toml").read_text())
    return World(engine, tree, tmp_path, {"HOST": f"{engine.host}/{name}"})


def gen(world: World, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [os.environ["GEN_BIN"], *words], cwd=world.root, env=world.engine.env(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip


def test_what_was_built_passes_or_fails(world):
    absent = gen(world, "test", "image=app")
    assert absent.returncode == 2 and "is not in the engine" in absent.stderr
    built = gen(world, "build", "--load", "--platform", "amd64", "image=app", "image=server,size=large")
    assert built.returncode == 0, built.stderr[-3000:]
    passed = gen(world, "test", "image=app", "image=server,size=large")
    assert (passed.returncode, passed.stderr.splitlines()[-1]) == (0, "3 tests: 3 passed")

    # The same image, and another opinion of it.
    another = "echo '<no>'; exit 3"
    matrix = world.root / "matrix.toml"
    matrix.write_text(matrix.read_text().replace('= 1largeit"]', f'= 1largeit", "{another}"]'))
    failed = gen(world, "test", "--junit", "report.xml", "image=app", "image=server,size=large")
    assert (failed.returncode, failed.stderr.splitlines()[-1]) == (1, "4 tests: 3 passed, 1 failed")
    suite = xml.parse(world.root / "report.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "0")
    [failure] = [case for case in suite if case.find("failure") is not None]
    assert failure.get("name") == another
    assert failure.find("failure").text == "<no>\n"


def test_a_one_off_is_tested_by_its_tag(world):
    gen(world, "build", "--load", "--platform", "amd64", "--tag", "mine", "image=app")
    assert gen(world, "test", "--tag", "mine", "image=app").returncode == 0
    assert gen(world, "test", "image=app").returncode == 2


def test_what_is_published_is_pulled_and_tested(world):
    asked = gen(world, "test", "--published", "image=app")
    assert asked.returncode == 2 and "cannot be pulled" in asked.stderr, asked.stderr
    world.only("core", "server/large", "app", platforms=["linux/amd64"])
    assert world.publish() == []
    # The plan that was published is for one platform, and so are its contents.
    content = world.spec("app")["content_reference"]
    assert world.engine.digest(content)
    done = gen(world, "test", "--published", "--platform", "amd64", "image=app")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "1 test: 1 passed"), done.stderr
