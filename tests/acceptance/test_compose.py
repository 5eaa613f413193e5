"""The Compose files of the example of the core images, as Compose itself reads them."""

import json
import os
import shutil
import subprocess

import pytest
from engine import ROOT


@pytest.fixture
def tree(tmp_path):
    """The example, generated."""
    root = tmp_path / "core-images"
    shutil.copytree(ROOT / "examples/core-images", root)
    subprocess.run([os.environ["GEN_BIN"], "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    return root


def config(engine, tree, environment: str, **more) -> subprocess.CompletedProcess:
    file = f"docker/docker-compose.{environment}.yaml"
    return engine.run("docker", "compose", "--file", file, "--profile", "*", "config", "--format", "json", cwd=tree, **more)


@pytest.mark.parametrize("environment", ["dev", "ci"])
def test_compose_builds_each_image_of_the_plan(engine, tree, environment):
    specs = {spec["image"]: spec for spec in json.loads((tree / "generated/plan.json").read_text())["specs"]}
    services = json.loads(config(engine, tree, environment).stdout)["services"]
    assert set(services) == {*specs, *(f"{image}-tests" for image, spec in specs.items() if spec["tests"])}
    for image, spec in specs.items():
        build = services[image]["build"]
        assert os.path.samefile(os.path.join(build["context"], build.get("dockerfile", "Dockerfile")), tree / spec["dockerfile"])
        if spec["parent"]:
            assert f"service:{spec['parent']}" in build["additional_contexts"].values()


def test_compose_would_tell(engine, tree):
    file = tree / "docker/docker-compose.dev.yaml"
    file.write_text(file.read_text().replace("service_completed_successfully", "service_done"))
    assert config(engine, tree, "dev", check=False).returncode != 0
