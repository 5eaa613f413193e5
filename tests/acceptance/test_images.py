"""Generated Dockerfiles and bake files on a real builder: this repository's own, and a fixture's."""

import json

import pytest
from engine import ROOT
from world import World, own

DOCKERFILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "generated/docker").glob("**/Dockerfile"))


def test_every_dockerfile_passes_the_builders_own_check(engine):
    # Never with an output to a registry: `--check` would push an empty image.
    assert DOCKERFILES
    faults = {}
    for file in DOCKERFILES:
        path = ROOT / file
        done = engine.run("docker", "buildx", "build", "--check", "--file", path, path.parent, check=False)
        said = (done.stdout + done.stderr).decode()
        if done.returncode != 0 or "no warnings found" not in said:
            faults[file] = said[-1000:]
    assert not faults


def test_the_check_would_tell(engine, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM debian:trixie-slim as small\nRUN echo $nothing\nUSER\n")
    assert engine.run("docker", "buildx", "build", "--check", tmp_path, check=False).returncode != 0


def test_own_images_build_and_pass_their_tests(engine, debian, tmp_path):
    uv = next(line for line in (ROOT / "generated/docker/base/3.13_12.8.1_server/Dockerfile").read_text().split() if "astral-sh/uv" in line)
    uv = next(part.removeprefix("from=") for part in uv.split(",") if "from=" in part).split("=")[-1]
    world = own(engine, tmp_path, BUILD_NETWORK="host", BUILD_CONTEXTS=f"{uv}=docker-image://{engine.host}/stand-in/uv:1")
    world.only("gpu-base/12.8.1", "base/3.13_none_server", "base/3.13_12.8.1_server", platforms=["linux/amd64"])
    assert world.publish() == []
    world.assert_published()
    for id in ("base/3.13_none_server", "base/3.13_12.8.1_server"):
        said = engine.docker("run", "--rm", "--network=none", world.spec(id)["references"][0], "python", "-c", "import os; print(os.getuid())")
        assert said.strip() == "1000"


def test_a_lineage_of_foreign_dockerfiles_builds(engine, tmp_path):
    """They call the images they stand on by release tags that do not exist yet: the plan's named contexts lead to them."""
    hosts = {f"123456789012.dkr.ecr.us-east-{n}.amazonaws.com\"\nkind = \"ecr\"\nrole = \"arn:aws:iam::123456789012:role/base-images\"": f"{engine.host}/team/{n}\"" for n in (1, 2)}
    world = World(engine, ROOT / "tests/fixtures/core-images", tmp_path, hosts)
    world.only("python-base", "neuron-compile", "neuron-inference", "kubeflow-jupyter", "kubeflow-torch-cpu")
    assert world.publish() == []
    world.assert_published()
