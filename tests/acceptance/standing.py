"""Stand-ins for bases that images install on, and images of them: tests/acceptance/standing.

A Debian stands in for the official Python and for CUDA's Ubuntu 24.04, where user 1000 is called `ubuntu`. What is
installed by pip and uv lies in a folder of each stand-in: nothing but Debian's archive is asked from inside a build.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import engine as engines
from engine import Engine, Unavailable
from grid import ARCHITECTURES, tables
from world import World

SOURCE = Path(__file__).resolve().parent / "standing"
#: Much of a build is waiting for another.
AT_ONCE = 4
WHEELS = ["six", "pyflakes", "tabulate", "packaging", "pip", "setuptools", "wheel"]

#: What Docker's own images of Debian and Ubuntu have, in the lines that count.
DOCKER_CLEAN = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
"""
#: uv itself but for the Python it would fetch: that of the stand-in takes its place.
UV = """\
#!/bin/sh
for word; do
  shift
  case $word in
    --managed-python) ;;
    3.13) set -- "$@" /usr/bin/python3 ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec /stand-in/uv "$@"
"""
DOCKERFILE = """\
FROM {debian} AS reached
RUN apt-get update -qq
FROM {debian} AS debian
ARG TARGETARCH
RUN rm -rf /usr/lib/python3*/EXTERNALLY-MANAGED /var/lib/apt/lists/* /var/cache/apt/*.bin
COPY --chmod=0644 docker-clean /etc/apt/apt.conf.d/docker-clean
COPY --chmod=0755 uv-$TARGETARCH /stand-in/uv
COPY wheels /stand-in/wheels
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/stand-in/wheels UV_OFFLINE=1 UV_FIND_LINKS=/stand-in/wheels PIP_DISABLE_PIP_VERSION_CHECK=1
FROM debian AS python
RUN ln -s /usr/bin/python3 /usr/local/bin/python && /stand-in/uv pip install -q --system --no-cache pip && rm /tmp/*
FROM debian AS cuda
RUN useradd -m -G adm,sudo -s /bin/bash ubuntu
FROM scratch AS uv
COPY --chmod=0755 uv /uv
"""
NAMES = {
    "debian": "library/debian:trixie",
    "python": "library/python:3.13-slim-trixie",
    "cuda": "nvidia/cuda:12.8.1-base-ubuntu24.04",
    "uv": "stand-in/uv:1",
}


PROJECT = """\
[project]
name = "library"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["pyflakes"]

[dependency-groups]
dev = ["tabulate"]
"""


def push(engine: Engine, scratch: Path) -> Path:
    """Push the stand-ins, and make what images install by; raises `Unavailable` where that cannot be done."""
    if engine.emulates and len(ARCHITECTURES) > 1:
        raise Unavailable(engine.emulates)
    wheels = scratch / "wheels"
    download(wheels, *WHEELS)
    for architecture in ARCHITECTURES:
        system = {"amd64": "x86_64", "arm64": "aarch64"}[architecture]
        folder = scratch / architecture
        download(folder, "--only-binary=:all:", f"--platform=manylinux2014_{system}", "uv")
        (wheel,) = folder.iterdir()
        shutil.unpack_archive(wheel, folder / "unpacked", "zip")
        (binary,) = (folder / "unpacked").glob("uv-*.data/scripts/uv")
        shutil.move(binary, scratch / f"uv-{architecture}")
        (scratch / f"uv-{architecture}").chmod(0o755)
    (scratch / "uv").write_text(UV)
    (scratch / "docker-clean").write_text(DOCKER_CLEAN)
    (scratch / "Dockerfile").write_text(DOCKERFILE.format(debian=engines.push_debian(engine, ARCHITECTURES)))
    try:
        build(engine, "--target", "reached", "--output=type=cacheonly", scratch)
    except AssertionError as fault:
        if "apt-get update" not in str(fault):
            raise
        raise Unavailable("no package archive can be reached from a build here") from None
    platforms = ",".join(f"linux/{architecture}" for architecture in ARCHITECTURES)
    for target, name in NAMES.items():
        build(engine, "--platform", platforms, "--target", target, "--tag", f"{engine.host}/{name}", "--push", scratch)
    return lock(scratch)


def download(folder: Path, *words: str) -> None:
    ask = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *words]
    if subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True).returncode:
        raise Unavailable("pip, uv and some small packages cannot be had here")


def lock(scratch: Path) -> Path:
    """A tree with the matrix, a file of requirements with hashes, and a project with its lock."""
    tree, wheels = scratch / "tree", scratch / "wheels"
    shutil.copytree(SOURCE, tree)
    (wheel,) = wheels.glob("tabulate-*.whl")
    hashed = f"tabulate=={wheel.name.split('-')[1]} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    (tree / "requirements.lock").write_text(hashed)
    (tree / "project").mkdir()
    (tree / "project/pyproject.toml").write_text(PROJECT)
    words = [scratch / "uv-amd64", "lock", "--project", tree / "project", "--offline", "--no-index", "--find-links", wheels]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True, env={"PATH": os.environ["PATH"], "HOME": str(scratch)})
    return tree


def build(engine: Engine, *words, input: bytes | None = None) -> None:
    """A build whose steps reach Debian's archive."""
    network = ["--network=host", "--allow=network.host"]
    engine.docker("buildx", "build", "--provenance=false", *network, *words, input=input)


class Standing:
    """The images, built and published."""

    def __init__(self, engine: Engine, tree: Path, folder: Path):
        self.engine, self.host = engine, f"{engine.host}/standing"
        prefixes = {
            "HOST": self.host,
            'arch = ["amd64"]': f"arch = {json.dumps(ARCHITECTURES)}",
            "[output.publish]": f"{tables()}\n[output.publish]",
        }
        self.world = World(engine, tree, folder, prefixes, BUILD_NETWORK="host")
        uv = self.dockerfile("cuda-alone-app").split("--mount=from=")[1].split(",")[0]
        self.world.more["BUILD_CONTEXTS"] = f"{uv}=docker-image://{engine.host}/{NAMES['uv']}"
        assert self.world.publish(at_once=AT_ONCE) == []

    def bare(self, base: str) -> str:
        """The stand-in that images on it stand on."""
        return f"{self.engine.host}/{NAMES[base]}"

    def spec(self, image: str) -> dict:
        return self.world.spec(f"{image}/3.13")

    def reference(self, image: str) -> str:
        return self.spec(image)["references"][0]

    def dockerfile(self, image: str) -> str:
        return (self.world.root / self.spec(image)["dockerfile"]).read_text()

    def run(self, reference: str, script: str, *words: str) -> str:
        """What a script says in a container, as the image's own user."""
        shell = ["--entrypoint", "sh", reference, "-euc", script]
        return self.engine.docker("run", "--rm", "--network=none", *words, *shell).strip()

    def derive(self, name: str, base: str, steps: str) -> str:
        """An image of somebody's on one of these."""
        reference = f"{self.host}/derived:{name}"
        uv = f"{self.engine.host}/{NAMES['uv']}"
        text = steps.replace("UV", f"--mount=from={uv},source=/uv,target=/usr/local/bin/uv")
        build(self.engine, "--push", "--tag", reference, "-", input=f"FROM {base}\n{text}".encode())
        return reference

    def layers(self, reference: str, architecture: str = "amd64") -> list[dict]:
        manifest = self.engine.manifest(reference)
        # What is attested stands beside the image, in an index.
        images = [row for row in manifest.get("manifests", []) if row["platform"]["architecture"] == architecture]
        if images:
            manifest = self.engine.manifest(f"{reference.rsplit(':', 1)[0]}@{images[0]['digest']}")
        return manifest["layers"]

    def added(self, reference: str, base: str, architecture: str = "amd64") -> list[dict]:
        """The layers that an image has above another."""
        below = self.layers(base, architecture)
        above = self.layers(reference, architecture)
        assert [layer["digest"] for layer in above[: len(below)]] == [layer["digest"] for layer in below]
        return above[len(below) :]

    def files(self, reference: str, layers: list[dict]) -> dict[str, int]:
        """The files in these layers, with their sizes."""
        repository = reference.rsplit(":", 1)[0]
        found = {}
        for layer in layers:
            blob = self.engine.run("crane", "blob", f"{repository}@{layer['digest']}").stdout
            with tarfile.open(fileobj=io.BytesIO(blob)) as tar:
                found |= {"/" + entry.name: entry.size for entry in tar if entry.isreg()}
        return found
