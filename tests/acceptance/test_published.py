"""`gen published` over a tree that publish.sh published to a real registry."""

import json
import os
import subprocess

import pytest
from world import World, lineage


@pytest.fixture
def world(engine, tmp_path, name) -> World:
    made = lineage(engine, tmp_path, name)
    engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", f"{engine.host}/{made.late}")
    assert made.publish() == []
    return made


def published(world: World, *words: str) -> tuple[int, dict]:
    """The exit code, and what is said."""
    done = subprocess.run(
        [os.environ["GEN_BIN"], "published", "--format", "json", *words], cwd=world.root, env=world.engine.env(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)


def odd(report: dict) -> dict[str, str]:
    """What is not there, with its state."""
    return {row["reference"]: row["state"] for row in report["references"] if row["state"] != "there"}


def test_what_is_published_is_there_and_what_was_changed_is_told(world, name):
    if world.engine.emulates:
        pytest.skip(world.engine.emulates)
    engine = world.engine
    code, report = published(world, "--unused")
    assert (code, odd(report)) == (0, {})
    assert report["unused"] == [], "contents of platforms and markers are in use"
    for row in report["references"]:
        assert row["digest"] == engine.digest(row["reference"])
        spec = world.spec(row["id"])
        assert sorted(row["platforms"]) == sorted(spec["platforms"])

    # One tag moved, one missing, one copy that differs.
    server, core = world.spec("server/large"), world.spec("core")
    moved, copy, gone = server["references"][0], core["references"][1], world.spec("server/small")["references"][1]
    engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", moved)
    engine.crane("copy", world.spec("extra")["references"][0], copy)
    home, tag = gone.rsplit(":", 1)
    # By its tag alone: the API of this registry deletes manifests, and with them other tags.
    kept = engine.folder / "registry/docker/registry/v2/repositories" / home.split("/", 1)[1] / "_manifests/tags"
    (kept / tag / "current/link").unlink()
    seen = len(engine.requests(name))
    code, report = published(world)
    assert (code, odd(report)) == (1, {moved: "differs", copy: "differs", gone: "missing"})
    heads = [path for method, path in engine.requests(name)[seen:] if method == "HEAD"]
    rows = {row["reference"]: row for row in report["references"]}
    assert len(heads) == len(rows), "one question for each reference"
    content = engine.digest(core["content_reference"]).removeprefix("sha256:")[:12]
    holds, states, lacks = rows[copy]["why"]
    assert holds.endswith(f"`{core['content_reference']}` {content}") and lacks == "lacks `linux/arm64`"
    assert states == f"states the content {world.spec('extra')['content'][7:19]}, and the plan has {core['content'][7:19]}"
    assert published(world, "image=extra")[0] == 0


def test_what_nothing_stands_on(world):
    engine, core = world.engine, world.spec("core")
    home = core["content_reference"].rsplit(":", 1)[0]
    late = f"{engine.host}/{world.late}"
    for tag in ["content-0123456789ab", "oneoff-0123456789ab", "mine", "v1.3.0"]:
        engine.crane("copy", late, f"{home}:{tag}")
    code, report = published(world, "--unused")
    assert (code, [row["reference"] for row in report["unused"]]) == (0, [f"{home}:mine"]), "v1.3.0 stands on the others"
    engine.crane("copy", core["content_reference"], f"{home}:v1.3.0")
    code, report = published(world, "--unused")
    tags = [row["reference"].rsplit(":", 1)[1] for row in report["unused"]]
    assert (code, tags) == (0, ["content-0123456789ab", "mine", "oneoff-0123456789ab"])


def test_of_a_registry_that_is_down_nothing_is_known(world):
    world.engine.stop_registry()
    try:
        code, report = published(world)
    finally:
        world.engine.start_registry()
    assert code == 2
    assert set(odd(report).values()) == {"unasked"}
    assert len(odd(report)) == len(report["references"])
