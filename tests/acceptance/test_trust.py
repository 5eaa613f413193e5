"""Signatures and provenance, with cosign on a real engine and registry."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from engine import INSTALLED
from world import World, lineage

COSIGN = INSTALLED / "cosign/usr/bin/cosign"
PASSWORD = "correct horse"

with_cosign = pytest.mark.skipif(
    not COSIGN.exists(), reason="no cosign could be fetched from Debian's trixie: nothing is signed here"
)


def keys(world: World, name: str) -> dict:
    """A pair of keys in the tree: the variables that sign by it."""
    folder = world.root if name == "cosign" else world.root.parent
    world.engine.run(COSIGN, "generate-key-pair", "--output-key-prefix", folder / name, COSIGN_PASSWORD=PASSWORD)
    return {"COSIGN_PRIVATE_KEY": (folder / f"{name}.key").read_text(), "COSIGN_PASSWORD": PASSWORD}


def sign_with(world: World) -> None:
    """From now on by this key, which only cosign beside the script can use."""
    world.more |= keys(world, "cosign")
    world.more["PATH"] = os.pathsep.join([str(COSIGN.parent), world.engine.env()["PATH"]])
    world.plan["signing"] = {"tool": "cosign", "key": "env://COSIGN_PRIVATE_KEY", "public_key": "cosign.pub", "log": False}
    world.save()


def verify(world: World, reference: str, key: str = "cosign.pub") -> subprocess.CompletedProcess:
    """What somebody who pulls does."""
    return world.engine.run(COSIGN, "verify", "--insecure-ignore-tlog=true", "--key", world.root / key, reference, check=False)


def others(world: World, spec: dict, stated: str | None) -> str:
    """Put an image of somebody else's under the content of a spec; it may state what it is not."""
    said = [] if stated is None else ["--annotation", f"manifest:org.basematrix.content={stated}"]
    (world.root.parent / "Dockerfile").write_text("FROM debian:trixie-slim\nLABEL whose=theirs\n")
    world.engine.docker("buildx", "build", "--provenance=false", "--platform", spec["platforms"][0], *said,
                        "--output", f"type=image,name={spec['content_reference']},push=true,oci-mediatypes=true", world.root.parent)  # fmt: skip
    return world.engine.digest(spec["content_reference"])


@with_cosign
def test_a_release_is_signed_by_key(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name).only("core", "server/large")
    sign_with(world)
    assert world.publish() == []
    world.assert_published()
    for reference in world.digests():
        done = verify(world, reference)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)[0]["critical"]["image"]["docker-manifest-digest"] == engine.digest(reference)
    keys(world, "other")
    assert verify(world, next(iter(world.digests())), "../other.pub").returncode == 12

    before = world.digests()
    again = world.ok("probe")
    assert again.stdout == "" and "signatures looked at: " in again.stderr
    assert "0 put, " in world.ok("tags").stderr
    assert world.digests() == before

    # The same by gen, and plainly where there is no cosign.
    gen = [os.environ["GEN_BIN"], "published", "--verify", "--format", "json", "-C", world.root]
    matrix = world.root / "matrix.toml"
    matrix.write_text(matrix.read_text() + '\n[ci]\nsign = { with = "cosign", key = "env://COSIGN_PRIVATE_KEY", public-key = "cosign.pub", log = false }\n')
    done = engine.run(*gen, check=False, PATH=world.more["PATH"])
    told = {row["reference"]: row.get("signed") for row in json.loads(done.stdout)["references"]}
    assert {json.dumps(told[reference]) for reference in before} == {json.dumps({"state": "signed", "by": "cosign.pub"})}
    done = engine.run(*gen, check=False)
    assert done.returncode == 2 and b"there is no `cosign` on `PATH`" in done.stderr


@with_cosign
def test_what_somebody_else_pushed_is_refused_though_it_states_the_content(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name).only("core", platforms=["linux/amd64"])
    sign_with(world)
    core = world.spec("core")
    digest = others(world, core, core["content"])
    for who in ("nobody", "theirs"):
        if who == "theirs":
            # Signed by somebody else it is as foreign.
            theirs = keys(world, who)
            repository = core["content_reference"].rsplit(":", 1)[0]
            engine.run(COSIGN, "sign", "--yes", "--tlog-upload=false", "--key", "env://COSIGN_PRIVATE_KEY", f"{repository}@{digest}", **theirs)
        done = world.call("probe")
        assert done.returncode == 1 and done.stdout == ""
        assert f"@{digest} is not signed by this pipeline: no" in done.stderr
        assert world.call("build", "core", "linux/amd64").returncode == 1
        assert world.call("tags").returncode == 1
    assert engine.digest(core["content_reference"]) == digest
    assert not any(world.digests().values())


def test_what_somebody_else_pushed_is_refused_without_signatures(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name).only("core", platforms=["linux/amd64"])
    digest = others(world, world.spec("core"), None)
    done = world.call("probe")
    assert done.returncode == 1 and done.stdout == "" and "foreign: " in done.stderr
    assert engine.digest(world.spec("core")["content_reference"]) == digest


@with_cosign
def test_what_was_there_before_is_signed_by_hand(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name).only("core", platforms=["linux/amd64"])
    assert world.publish() == []
    before = world.digests()
    sign_with(world)
    assert "sh publish.sh sign" in world.call("probe").stderr
    world.ok("sign")
    assert world.missing() == {"build": [], "merge": []}
    world.ok("tags")
    assert world.digests() == before
    assert all(verify(world, reference).returncode == 0 for reference in before)


@pytest.mark.parametrize("mode", ["min", "max"])
def test_provenance_is_read_back(engine, tmp_path, name, mode):
    world = lineage(engine, tmp_path, name).only("core")
    world.plan["attestations"] = {"sbom": False, "provenance": mode}
    world.save()
    run = "https://ci.example/acme/images/runs/7"
    assert world.publish(BUILDER_ID=run) == []
    core = world.spec("core")
    repository = core["content_reference"].rsplit(":", 1)[0]
    read = 0
    for row in engine.manifest(core["references"][0])["manifests"]:
        if row.get("annotations", {}).get("vnd.docker.reference.type") != "attestation-manifest":
            continue
        for layer in engine.manifest(f"{repository}@{row['digest']}")["layers"]:
            predicate = json.loads(engine.crane("blob", f"{repository}@{layer['digest']}"))["predicate"]
            # Version 0.2 of the format, and version 1.
            builder = predicate.get("builder") or predicate["runDetails"]["builder"]
            materials = predicate.get("materials") or predicate["buildDefinition"]["resolvedDependencies"]
            assert builder["id"] == run
            assert any("debian" in material["uri"] and material["digest"]["sha256"] for material in materials), materials
            read += 1
    assert read == len(core["platforms"])


@with_cosign
def test_an_image_of_cosign_does_the_same_where_a_job_has_none(engine, tmp_path, name):
    """What Cloud Build, Buildkite and GitLab's engine do: nothing is mounted, and no secret is a word of a command."""
    world = lineage(engine, tmp_path, name).only("core", platforms=["linux/amd64"])
    sign_with(world)
    box = tmp_path / "box"
    libraries = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]
    for file, to in [(COSIGN, "ko-app/cosign"), *((Path(library), library[1:]) for library in libraries)]:
        (box / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, box / to)
    (box / "Dockerfile").write_text('FROM scratch\nCOPY . /\nENTRYPOINT ["/ko-app/cosign"]\n')
    engine.docker("buildx", "build", "--provenance=false", "--load", "--tag", "localhost/cosign:2", box)
    world.more |= {"PATH": engine.env()["PATH"], "COSIGN_IMAGE": "localhost/cosign:2"}
    assert world.publish() == []
    assert all(verify(world, reference).returncode == 0 for reference in world.digests())
    assert "signatures looked at: 1" in world.ok("probe").stderr
    others(world, world.spec("core"), world.spec("core")["content"])
    done = world.call("probe")
    assert done.returncode == 1 and "is not signed by this pipeline: no signatures found" in done.stderr
    assert engine.docker("ps", "--all", "--quiet", "--filter", "ancestor=localhost/cosign:2") == ""
