"""How what is pushed is packed and dated: by a real builder, read back from a real registry."""

import json
import os
import subprocess
import time

from standing import NAMES
from world import World

TABLES = """\
[release]
version = "1.0.0"

[ci]
provenance = "off"
compression = "zstd"
reproducible = true

[registry.one]"""
PACKED = """\
[image.packed]
from = "python:3.13-slim-trixie"
apt = ["less"]
pip = ["six"]

"""
#: 2026-11-21, before which no file of the stand-ins was made, nor any that is installed.
DAY = "1795219200"


def recorded(engine, tree, folder, name) -> World:
    """An image in a repository of its own, recorded on a day that is past."""
    folder.mkdir()
    prefixes = {"HOST": f"{engine.host}/{name}", "[registry.one]": TABLES, "[output.publish]": f"{PACKED}[output.publish]"}
    world = World(engine, tree, folder, prefixes, BUILD_NETWORK="host", BUILD_ANEW="1")
    env = {**os.environ, "SOURCE_DATE_EPOCH": DAY}
    subprocess.run([os.environ["GEN_BIN"], "-q", "-C", world.root, "bump", "--amend"], check=True, env=env, stdin=subprocess.DEVNULL)
    world.plan = json.loads((world.root / "generated/plan.json").read_text())
    text = (world.root / "generated/docker/packed/3.13/Dockerfile").read_text()
    uv = text.split("--mount=from=")[1].split(",")[0]
    world.more["BUILD_CONTEXTS"] = f"{uv}=docker-image://{engine.host}/{NAMES['uv']}"
    return world


COMPILES = """\
FROM debian:trixie-slim
RUN i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done; cat /proc/sys/kernel/random/uuid >/compiled
RUN echo WHAT >/what
"""
KEEPS = """\
[registry.one]
prefix = "HOST"

[image.compiles]
dockerfile = "Dockerfile"
tag = "1"

[ci]
cache = "registry"

[output.publish]
"""


def test_what_was_compiled_before_is_not_compiled_again(engine, tmp_path, name):
    """On another machine, of which a builder without a cache is one: a change behind a long step takes that from the
    registry."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "matrix.toml").write_text(KEEPS)
    seen, seconds = [], []
    for what in ("one", "two"):
        (source / "Dockerfile").write_text(COMPILES.replace("WHAT", what))
        (tmp_path / what).mkdir()
        world = World(engine, source, tmp_path / what, {"HOST": f"{engine.host}/{name}"})
        engine.docker("buildx", "prune", "--all", "--force")
        begun = time.monotonic()
        world.ok("build", "compiles", "linux/amd64")
        seconds.append(time.monotonic() - begun)
        content = world.spec("compiles")["content_reference"]
        said = engine.docker("run", "--rm", "--pull=always", "--network=none", content, "cat", "/compiled", "/what").split()
        assert said[1] == what
        seen.append(said[0])
    print(f"built in {seconds[0]:.1f} s, then in {seconds[1]:.1f} s")
    assert seen[0] == seen[1]


def test_two_builds_of_one_content_are_one_image(engine, installing, tmp_path, name):
    """Packages of apt, a virtual environment and what uv installs; each layer packed by zstd, those of the base too."""
    id, digests = "packed/3.13", []
    for turn in ("one", "two"):
        world = recorded(engine, installing, tmp_path / turn, f"{name}/{turn}")
        assert world.spec(id)["timestamp"] == int(DAY)
        world.ok("build", id, "linux/amd64")
        content = world.spec(id)["content_reference"]
        manifest = engine.manifest(content)
        assert {layer["mediaType"] for layer in manifest["layers"]} == {"application/vnd.oci.image.layer.v1.tar+zstd"}
        digests.append(engine.digest(content))
    # What the builder keeps is packed so from now on, and would be pushed so by others.
    engine.docker("buildx", "prune", "--all", "--force")
    assert digests[0] and digests[0] == digests[1]
