"""Generated Dockerfiles and bake files on a real builder: this repository's own, and a fixture's."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lines
from engine import ROOT
from harness import legs
from standing import NAMES
from world import LINEAGE, World, lineage, own

DOCKERFILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "generated/docker").glob("**/Dockerfile"))


def stood_on(file: Path) -> set[str]:
    """The images that a Dockerfile of ours names, each by a plain reference."""
    return set(re.findall(r"^FROM (\S+)|--mount=(?:\S*,)?from=([^,\s]+)", file.read_text(), re.M)) - {""}


def check(engine, file: Path) -> str:
    """What `--check` has against a Dockerfile; empty if nothing."""
    small = f"docker-image://{engine.host}/library/debian:trixie-slim"
    contexts = [f"--build-context={reference}={small}" for found in stood_on(file) for reference in found if reference]
    # Never with an output to a registry: `--check` would push an empty image.
    done = engine.run("docker", "buildx", "build", "--check", *contexts, "--file", file, file.parent, check=False)
    said = (done.stdout + done.stderr).decode()
    return "" if done.returncode == 0 and "no warnings found" in said else said[-1000:]


def test_every_dockerfile_passes_the_builders_own_check(engine):
    assert DOCKERFILES
    with ThreadPoolExecutor(4) as pool:
        said = pool.map(lambda file: check(engine, ROOT / file), DOCKERFILES)
    assert not {file: text for file, text in zip(DOCKERFILES, said, strict=True) if text}


def test_the_check_would_tell(engine, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim as small\nENV A B\n")
    assert "LegacyKeyValueFormat" in check(engine, tmp_path / "Dockerfile")


def test_own_images_build_and_pass_their_tests(engine, installing, tmp_path):
    """A Debian stands in for the bases, and its Python for the one that uv would fetch."""
    uv = next(place for _, place in stood_on(ROOT / "generated/docker/base/3.13_12.8.1_server/Dockerfile") if "/uv:" in place)
    place = {"BUILD_NETWORK": "host", "BUILD_CONTEXTS": f"{uv}=docker-image://{engine.host}/{NAMES['uv']}"}
    # Steps reach the network by options of `build`, which a bake of tests inside the builder is not given here.
    world = own(engine, tmp_path, TEST_IN="engine", **place)
    world.only("gpu-base/12.8.1", "base/3.13_none_server", "base/3.13_12.8.1_server", platforms=["linux/amd64"])
    assert world.publish() == []
    world.assert_published()
    for id in ("base/3.13_none_server", "base/3.13_12.8.1_server"):
        asked = ["python", "-c", "import os; print(os.getuid())"]
        assert engine.docker("run", "--rm", "--network=none", world.spec(id)["references"][0], *asked).strip() == "1000"


def test_a_lineage_of_foreign_dockerfiles_builds(engine, tmp_path):
    """They call the images they stand on by release tags that do not exist yet: the plan's named contexts lead to them."""
    world = World(engine, ROOT / "tests/fixtures/core-images", tmp_path, {})
    text = json.dumps(world.plan["specs"])
    for region in ("east-1", "east-2"):
        text = text.replace(f"123456789012.dkr.ecr.us-{region}.amazonaws.com", f"{engine.host}/team/{region}")
    specs = json.loads(text)
    for spec, written in zip(specs, world.plan["specs"], strict=True):
        spec["contexts"] = dict(zip(written["contexts"], spec["contexts"].values(), strict=True))
    world.plan |= {"specs": specs, "registries": []}
    world.only("python-base", "neuron-compile", "neuron-inference", "kubeflow-jupyter", "kubeflow-torch-cpu")
    assert world.publish() == []
    world.assert_published()


def test_bake_builds_the_lineage_from_nothing(engine, tmp_path, name):
    """Each image stands on the target of its parent, which no registry has."""
    world = lineage(engine, tmp_path, name)
    platforms = ["linux/amd64", "linux/arm64"] if not engine.emulates else ["linux/amd64"]
    bake = ["docker", "buildx", "bake", "--file", world.root / "docker-bake.json", "--provenance=false"]
    engine.run(*bake, "--set", f"*.platform={','.join(platforms)}", "--set", "*.output=type=cacheonly", "server", cwd=world.root)
    engine.run(*bake, "--set", "*.platform=linux/amd64", "--load", "server-large", cwd=world.root)
    for tag in world.spec("server/large")["references"] + world.spec("server/large")["aliases"]:
        assert engine.docker("run", "--rm", "--pull=never", "--network=none", tag, "sh", "-c", "echo $SIZE").strip() == "large"
    assert set(world.digests().values()) == {None}, "nothing is pushed"


def test_a_pull_request_builds_what_changed_and_pushes_nothing(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name)
    base = tmp_path / "base.json"
    plan = json.loads((world.root / "generated/plan.json").read_text())
    plan["specs"] = [spec for spec in plan["specs"] if spec["image"] == "extra"]
    base.write_text(lines.lines(plan))
    script = ["sh", "generated/ci/pull-request.sh"]
    found = legs(engine.run(*script, "changed", base, cwd=world.root).stdout.decode())
    assert {target for leg in found for target in leg["targets"]} >= {"server/small", "server/large"}
    (leg,) = (leg for leg in found if leg["platform"] == "linux/amd64")
    engine.run(*script, "build", leg["platform"], *leg["targets"], cwd=world.root)
    assert set(world.digests().values()) == {None}

    server = world.spec("server/large")
    server["tests"].append("test $SIZE = small")
    world.save()
    assert engine.run(*script, "build", leg["platform"], *leg["targets"], check=False, cwd=world.root).returncode != 0


def test_a_pull_request_stands_on_published_parents(engine, tmp_path, name):
    """Nobody is logged in, and what is published cannot be built again: it would fail."""
    stated = {"[ci.github]\n": '[ci.github]\npull-request = { parents = "published" }\n', "HOST": f"{engine.host}/{name}"}
    world = World(engine, LINEAGE, tmp_path, stated).only("core", "server/large", platforms=["linux/amd64"])
    assert world.publish() == []
    core, before = world.spec("core")["content_reference"], world.digests()
    digest = engine.digest(core)
    (world.root / world.spec("core")["dockerfile"]).write_text("FROM debian:trixie-slim\nRUN false\n")
    leaf = world.root / world.spec("server/large")["dockerfile"]
    leaf.write_text(leaf.read_text() + "ENV CHANGED=yes\n")
    world.spec("server/large")["tests"].append('test "$CHANGED" = yes')
    world.save()

    build = ["sh", "generated/ci/pull-request.sh", "build", "linux/amd64", "server/large"]
    seen = len(engine.requests(name))
    said = engine.run(*build, cwd=world.root, PIPELINE="github").stderr.decode()
    assert f"not built, for it is published: {core}@{digest}" in said
    assert f"resolve {core}@{digest}" in said and "RUN false" not in said
    assert said.count(": testing server-large") == 3
    asked = [(method, path) for method, path in engine.requests(name)[seen:] if "/manifests/content-" in path]
    assert asked == [("HEAD", "/v2/" + core.partition("/")[2].replace(":", "/manifests/"))]
    assert world.digests() == before

    # A pipeline that does not say so builds it, and so does this one where it is gone.
    other = engine.run(*build, cwd=world.root, PIPELINE="gitlab", check=False)
    engine.crane("delete", f"{core.rsplit(':', 1)[0]}@{digest}")
    gone = engine.run(*build, cwd=world.root, PIPELINE="github", check=False)
    assert f"built, for it is not published: {core}\n" in gone.stderr.decode()
    for done in (other, gone):
        assert done.returncode == 1 and "RUN false" in done.stderr.decode()
