"""How what is pushed is packed and dated: by a real builder, read back from a real registry."""

import json
import os
import subprocess

from standing import NAMES
from world import World

TABLES = """\
[release]
version = "1.0.0"

[ci]
compression = "zstd"
reproducible = true

[registry.one]"""
#: 2026-11-21, before which no file of the stand-ins was made, nor any that is installed.
DAY = "1795219200"


def recorded(engine, tree, folder, name) -> World:
    """The images on each base, in a repository of their own, recorded on a day that is past."""
    folder.mkdir()
    world = World(engine, tree, folder, {"HOST": f"{engine.host}/{name}", "[registry.one]": TABLES}, BUILD_NETWORK="host", BUILD_ANEW="1")
    env = {**os.environ, "SOURCE_DATE_EPOCH": DAY}
    subprocess.run([os.environ["GEN_BIN"], "-q", "-C", world.root, "bump", "--amend"], check=True, env=env, stdin=subprocess.DEVNULL)
    world.plan = json.loads((world.root / "generated/plan.json").read_text())
    text = (world.root / "generated/docker/core/cuda_3.13/Dockerfile").read_text()
    uv = text.split("--mount=from=")[1].split(",")[0]
    world.more["BUILD_CONTEXTS"] = f"{uv}=docker-image://{engine.host}/{NAMES['uv']}"
    return world


def test_two_builds_of_one_content_are_one_image(engine, installing, tmp_path, name):
    """Packages of apt, a virtual environment and what uv installs; each layer packed by zstd, those of the base too."""
    id, digests = "core/python_3.13", []
    for turn in ("one", "two"):
        world = recorded(engine, installing, tmp_path / turn, f"{name}/{turn}")
        assert world.spec(id)["timestamp"] == int(DAY)
        world.ok("build", id, "linux/amd64")
        content = world.spec(id)["content_reference"]
        manifest = engine.manifest(content)
        assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
        digests.append(engine.digest(content))
    assert digests[0] and digests[0] == digests[1]
