"""docs/ci.md's lock for releases that come close together on Cloud Build, really run: a bucket stands in for Google's, by what it
says of an object that is to be created only where it is not there."""

import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cloud_build import Failed, Service, main_config
from harness import HERE, STUBS, Plan, Stub, copy_tree

MATRIX = """
[release]
version = "1.4.0"

[registry.ghcr]
prefix = "ghcr.io/acme"

[image.base]
tag = "{{ release.tag }}"
from = "python:3.13-slim-trixie"

[[alias]]
tags = ["latest"]

[ci.cloud-build]
"""

#: An image of gcloud, where the build's own account is known and only what is asked for is interactive. It writes down who got
#: what; everything else is the stand-in of docker's.
DOCKER = """\
#!/bin/bash
case " $* " in *" gcloud storage "*) ;; *) exec STUBS/docker "$@" ;; esac
[ "$1 $2" = "run --rm" ] || exit 70
shift 2
input=/dev/null network=
while case $1 in --*) ;; *) false ;; esac; do
  case $1 in --interactive) input=/dev/stdin ;; --network=*) network=${1#*=} ;; *) exit 71 ;; esac
  shift
done
case $1 in gcr.io/google.com/cloudsdktool/google-cloud-cli:*) ;; *) exit 72 ;; esac
[ "$network" = cloudbuild ] || { echo "ERROR: you do not have an active account selected" >&2; exit 1; }
shift 3
verb=$1 only=
shift
if [ "$1" = --if-generation-match=0 ]; then only=1; shift; fi
case "$verb $*" in "cp - gs://acme-locks/base-images" | "rm gs://acme-locks/base-images") ;; *) exit 73 ;; esac
object=BUCKET/base-images
case $verb in
  cp)
    if [ -z "$only" ] || mkdir "$object.created" 2>/dev/null; then cat <"$input" >"$object"; said=got; else said=refused; fi
    ;;
  rm) if rmdir "$object.created" 2>/dev/null; then rm "$object"; said=returned; else said="found no object"; fi ;;
esac
echo "$BUILD $said" >>BUCKET/journal
case $said in got | returned) ;; *) echo "ERROR: HTTPError 412: $said" >&2; exit 1 ;; esac
"""
SLEEP = """\
#!/bin/sh
echo "$BUILD sleeps $1" >>BUCKET/journal
exec SLEEP PAUSE
"""


def documented() -> str:
    page = (HERE.parents[1] / "docs/ci.md").read_text()
    section = page[page.index("\n### One release at a time\n") : page.index("\n### Large builds\n")]
    (block,) = re.findall(r"^```toml\n(.*?)^```$", section, re.M | re.S)
    return block


class World:
    """Two releases of one matrix, a registry and the bucket of the lock."""

    def __init__(self, gen: Path, folder: Path):
        self.folder, self.stub, self.bucket, self.bin = folder, Stub(folder / "stub"), folder / "bucket", folder / "bin"
        self.bucket.mkdir()
        self.bin.mkdir()
        self.trees = {}
        for version in ("1.4.0", "1.5.0"):
            made = folder / f"made-{version}"
            made.mkdir()
            (made / "matrix.toml").write_text(MATRIX.replace("1.4.0", version) + documented())
            subprocess.run([gen, "-q", "matrix", "-C", made], check=True, stdin=subprocess.DEVNULL)
            self.trees[version] = copy_tree(made, folder / version)
        self.program("docker", DOCKER.replace("STUBS", str(STUBS)))
        self.pause(0.1)

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text.replace("BUCKET", str(self.bucket)))
        (self.bin / name).chmod(0o755)

    def pause(self, seconds: float) -> None:
        """How long a minute is."""
        self.program("sleep", SLEEP.replace("SLEEP", shutil.which("sleep")).replace("PAUSE", str(seconds)))

    def build(self, version: str, before_tags=lambda: None) -> None:
        """One build of Cloud Build's."""
        journal = self.bucket / "journal"

        class Build(Service):
            def step(self, step) -> None:
                if step.id == "tags":
                    before_tags()
                    with open(journal, "a") as file:
                        print(f"{version} tags", file=file)
                super().step(step)

        env = self.stub.env(BUILD=version)
        env["PATH"] = f"{self.bin}:{env['PATH']}"
        home = self.folder / f"home-{time.monotonic_ns()}"
        Build(main_config(self.trees[version]), self.trees[version], env, home).run()

    def told(self) -> list[str]:
        file = self.bucket / "journal"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def world(gen, tmp_path) -> World:
    return World(gen, tmp_path)


def test_a_second_build_waits_until_the_first_has_put_its_tags(world):
    second = threading.Thread(target=lambda: failed.append(attempt(world)))
    failed = []

    def meet() -> None:
        """The first is about to put its tags: now comes the second, and is turned away at least twice."""
        second.start()
        end = time.monotonic() + 60
        while world.told().count("1.5.0 refused") < 2 and "1.5.0 tags" not in world.told():
            assert time.monotonic() < end, world.told()
            time.sleep(0.05)

    world.build("1.4.0", meet)
    second.join()
    assert failed == [""]
    waited = [line for line in world.told() if "refused" not in line and "sleeps" not in line]
    assert waited == ["1.4.0 got", "1.4.0 tags", "1.4.0 returned", "1.5.0 got", "1.5.0 tags", "1.5.0 returned"]
    assert "1.5.0 sleeps 60" in world.told()
    assert not (world.bucket / "base-images").exists()
    tags = world.stub.tags()
    assert {f"ghcr.io/acme/base:{tag}" for tag in ("v1.4.0", "v1.5.0", "latest")} <= set(tags)
    assert tags["ghcr.io/acme/base:latest"]["digest"] == tags["ghcr.io/acme/base:v1.5.0"]["digest"]


def attempt(world: World) -> str:
    """What a build says that failed."""
    try:
        world.build("1.5.0")
    except Exception as fault:
        return str(fault)
    return ""


def test_what_a_build_left_is_waited_for_and_given_up(world):
    """A build that fails between the two leaves the object; the next puts no tag, and after two hours says so by failing."""
    def stop() -> None:
        raise Failed("the build's time is over")

    with pytest.raises(Failed, match="time is over"):
        world.build("1.4.0", stop)
    assert (world.bucket / "base-images").read_text() == "locked\n"
    world.pause(0)
    with pytest.raises(Failed, match="step lock: exit 1"):
        world.build("1.5.0")
    assert world.told().count("1.5.0 refused") == world.told().count("1.5.0 sleeps 60") == 120
    plan, tags = Plan(world.trees["1.5.0"]), set(world.stub.tags())
    assert not set(plan.final_tags()) & tags and plan.specs[0]["content_reference"] in tags
    # Removed by hand, as the document says.
    (world.bucket / "base-images").unlink()
    (world.bucket / "base-images.created").rmdir()
    world.build("1.5.0")
    assert set(plan.final_tags()) <= set(world.stub.tags())
    assert not (world.bucket / "base-images").exists()
