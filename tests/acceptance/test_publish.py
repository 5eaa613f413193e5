"""publish.sh with a real engine and a real registry: what it publishes, and what is left after it was cut short."""

import json

import pytest
from world import World, lineage

def push_late(world: World) -> None:
    """From now on the world outside has the image it lacked."""
    engine = world.engine
    engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", f"{engine.host}/{world.late}")


def without_curl(world: World) -> str:
    """A PATH on which a machine has no curl that works."""
    folder = world.root.parent / "without"
    folder.mkdir()
    (folder / "curl").write_text("#!/bin/sh\nexit 127\n")
    (folder / "curl").chmod(0o755)
    return f"{folder}:{world.engine.env()['PATH']}"


@pytest.fixture
def world(engine, tmp_path, name) -> World:
    made = lineage(engine, tmp_path, name)
    push_late(made)
    return made


@pytest.fixture
def single(engine, tmp_path, name) -> World:
    """Two layers for one platform, two registries: what is needed to be cut short."""
    return lineage(engine, tmp_path, name).only("core", "server/large", platforms=["linux/amd64"])


def test_a_lineage_is_published_once(world, engine, name):
    if engine.emulates:
        pytest.skip(engine.emulates)
    assert world.publish() == []
    world.assert_published()
    before = world.digests()
    assert world.missing() == {"build": [], "merge": []}
    assert "0 put, " in world.ok("tags").stderr
    assert world.digests() == before

    # One head a reference and one challenge, no manifest is fetched, and docker's own way comes to the same.
    refs = {ref for spec in world.plan["specs"] for ref in [spec["content_reference"], *spec["references"], *spec["aliases"]]}
    markers = {spec["content_reference"].rsplit(":", 1)[0] for spec in world.plan["specs"]}
    seen = len(engine.requests(name))
    said = world.ok("tags").stderr
    asked = engine.requests(name)[seen:]
    heads = [path for method, path in asked if method == "HEAD" and "/manifests/" in path]
    fetched = [path for method, path in asked if method == "GET" and "/manifests/" in path]
    assert len(refs) <= len(heads) <= 1.2 * (len(refs) + len(markers)), heads
    # The marker of the newest release says in an annotation which that is.
    assert all("/manifests/newest-release" in path or "/manifests/sha256:" in path for path in fetched), fetched
    assert len(fetched) <= 2 * len(markers)
    assert world.ok("tags", PATH=without_curl(world)).stderr == said

    # One platform by itself is pushed as the content: with its provenance, and nothing else.
    extra = world.spec("extra")
    assert engine.digest(f"{extra['content_reference']}-amd64") is None
    assert engine.platforms(extra["content_reference"]) == ["linux/amd64"]
    assert len(attestations(world, extra["content_reference"])) == 1
    assert len(engine.manifest(extra["content_reference"])["manifests"]) == 2

    # Pulled by tag from the copy, it is the image that was tested.
    pulled = world.spec("server/large")["aliases"][-1]
    for platform in world.spec("server/large")["platforms"]:
        said = engine.docker("run", "--rm", "--pull=always", "--network=none", "--platform", platform, pulled, "sh", "-c", "uname -m; echo $SIZE; id -u")
        assert said.split() == [{"linux/amd64": "x86_64", "linux/arm64": "aarch64"}[platform], "large", "1000"]


def test_tests_inside_buildkit_gate_the_push(single):
    world = single
    assert world.publish(TEST_IN="buildkit") == []
    world.assert_published()


@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_a_test_that_fails_keeps_the_image_away(engine, tmp_path, name, place):
    world = lineage(engine, tmp_path, name).only("core", "server/large", platforms=["linux/amd64"])
    world.spec("server/large")["tests"].append("test 'it is' = \"$(echo not)\"")
    world.save()
    assert world.publish(TEST_IN=place) == ["server/large linux/amd64", "server/large", "tags"]
    assert set(world.digests().values()) == {None}
    server = world.spec("server/large")
    assert engine.digest(f"{server['content_reference']}-amd64") is None
    server["tests"].pop()
    world.save()
    assert world.publish(TEST_IN=place) == []
    world.assert_published()


@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_what_is_pushed_is_what_was_tested(single, place):
    """An image that no second build would make again."""
    world, engine = single, single.engine
    world.ok("build", "core", "linux/amd64")
    world.ok("merge", "core")
    server = world.spec("server/large")
    dockerfile = world.root / server["dockerfile"]
    dockerfile.write_text(dockerfile.read_text() + "USER 0:0\nRUN cat /proc/sys/kernel/random/uuid >/id\nUSER 1000:1000\n")
    server["tests"] = ["echo tested $(cat /id)", "echo again $(cat /id)"]
    world.save()
    said = world.ok("build", "server/large", "linux/amd64", TEST_IN=place).stderr
    leg = server["pushed"]["linux/amd64"]
    held = engine.docker("run", "--rm", "--pull=always", "--network=none", leg, "cat", "/id").strip()
    assert f"tested {held}" in said and f"again {held}" in said


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_build_and_merge(single, when):
    world = single
    world.ok("build", "core", "linux/amd64")
    killed = world.call("merge", "core", KILL_AT=f"create 1 {when}")
    assert killed.returncode == -9
    assert set(world.digests().values()) == {None}
    again = world.missing()
    assert [leg["id"] for leg in again["build"]] == ["server/large"], "a platform that was pushed is not built again"
    assert ("core" in [merge["id"] for merge in again["merge"]]) == (when == "before")
    assert world.publish() == []
    world.assert_published()


def test_killed_in_a_build(single):
    world = single
    assert world.call("build", "core", "linux/amd64", KILL_AT="build 1 before").returncode == -9
    world.ok("build", "core", "linux/amd64")
    world.ok("merge", "core")
    # Between the test and the push.
    assert world.call("build", "server/large", "linux/amd64", KILL_AT="build 1 before").returncode == -9
    assert world.missing()["build"] == [{"id": "server/large", "platform": "linux/amd64", "layer": 1}]
    assert world.publish() == []
    world.assert_published()


def test_killed_between_merge_and_tags(single):
    """Before the first tag, between two, before the marker of the newest release, and before the moving tags."""
    world, engine = single, single.engine
    assert world.publish() == []
    contents = {spec["id"]: engine.digest(spec["content_reference"]) for spec in world.plan["specs"]}
    alias, version, older = world.spec("server/large")["aliases"], "1.4.0", {}
    for number in (1, 3, 5, 7):
        # The next release of the same images, whose alias stands on another one.
        older |= {tag: held for tag, held in world.digests().items() if tag not in alias}
        following = f"1.5.{number}"
        for spec in world.plan["specs"]:
            spec["references"] = [reference.replace(f"v{version}", f"v{following}") for reference in spec["references"]]
        version = following
        world.plan["release"] |= {"version": version, "tag": f"v{version}"}
        world.save()
        for tag in alias:
            engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", tag)
        before = world.digests()
        right = {tag: contents[spec["id"]] for spec in world.plan["specs"] for tag in [*spec["references"], *spec["aliases"]]}
        assert sum(before[tag] != right[tag] for tag in right) == 6

        killed = world.call("tags", KILL_AT=f"create {number} before", PUBLISH_JOBS="1")
        assert killed.returncode == -9, killed.stderr
        half = world.digests()
        assert all(held in (before[tag], right[tag]) for tag, held in half.items()), "a tag holds what nobody meant"
        assert sum(half[tag] != before[tag] for tag in half) == {1: 0, 3: 2, 5: 4, 7: 4}[number]
        world.ok("tags")
        assert world.digests() == right
        assert {tag: engine.digest(tag) for tag in older} == older


CONTENT = "org.basematrix.content"


def test_every_content_states_its_hash(world, engine):
    """In an index of two platforms and in the manifest of one, at home and in the copies."""
    if engine.emulates:
        pytest.skip(engine.emulates)
    assert world.publish() == []
    for spec in world.plan["specs"]:
        for reference in [spec["content_reference"], *spec["references"]]:
            assert engine.manifest(reference)["annotations"][CONTENT] == spec["content"]


def test_a_content_of_somebody_else_stops_the_run(single):
    world, engine = single, single.engine
    server = world.spec("server/large")
    assert world.publish() == []
    before = world.digests()
    # The next content of the same image, and somebody who was there first.
    text = json.dumps(world.plan).replace(server["content"][7:19], "0123456789ab")
    world.plan = json.loads(text)
    lines(world, "1.5.0")
    server = world.spec("server/large")
    engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", server["content_reference"])
    for words in (["probe"], ["build", "server/large", "linux/amd64"], ["tags"]):
        done = world.call(*words)
        assert done.returncode == 1
        assert f"foreign: {server['content_reference']}" in done.stderr and "it states nothing" in done.stderr
    assert {tag: engine.digest(tag) for tag in before} == before
    assert set(map(engine.digest, server["references"])) == {None}


def test_a_content_tag_that_is_gone_comes_back(single, tmp_path, name):
    """What a clean-up took is put back from the release's own tag, and nothing is built."""
    world, engine = single, single.engine
    assert world.publish() == []
    server = world.spec("server/large")
    held = engine.digest(server["content_reference"])
    # In another repository that has the release's tag alone.
    text = json.dumps(world.plan).replace(f"{name}/one", f"{name}/other")
    moved = json.loads(text)
    for old, new in zip(world.plan["specs"], moved["specs"], strict=True):
        engine.crane("copy", old["references"][0], new["references"][0])
    world.plan = moved
    world.save()
    assert engine.digest(world.spec("server/large")["content_reference"]) is None
    assert world.missing() == {"build": [], "merge": []}
    assert engine.digest(world.spec("server/large")["content_reference"]) == held


def lines(world: World, version: str) -> dict:
    """Let the plan be of this release of the same images, with aliases of its lines. {line: its aliases}"""
    before = world.plan["release"]["version"]
    for spec in world.plan["specs"]:
        spec["references"] = [reference.replace(f"v{before}", f"v{version}") for reference in spec["references"]]
    world.plan["release"] |= {"version": version, "tag": f"v{version}"}
    spec = world.spec("server/large")
    repositories = [reference.rsplit(":", 1)[0] for reference in spec["references"]]
    major, minor, _ = version.split(".")
    tags = {line: [f"{at}:{line}" for at in repositories] for line in ("latest", major, f"{major}.{minor}")}
    spec["aliases"] = [alias for aliases in tags.values() for alias in aliases]
    spec["alias_lines"] = {alias: line for line, aliases in tags.items() for alias in aliases if line != "latest"}
    world.save()
    return tags


def test_an_older_line_moves_its_own_tags(single):
    world, engine = single, single.engine
    assert world.publish() == []
    content = engine.digest(world.spec("server/large")["content_reference"])
    late = lines(world, "2.0.0")
    world.ok("tags")
    assert {engine.digest(tag) for tags in late.values() for tag in tags} == {content}
    # Of equal images: what the tags hold beforehand is told apart.
    other = f"{engine.host}/library/debian:trixie-slim"
    for tag in [tag for tags in late.values() for tag in tags]:
        engine.crane("copy", other, tag)
    early = lines(world, "1.4.1")
    said = world.ok("tags").stderr
    assert "left alone, only a final release may move it, and only forward" in said
    assert {engine.digest(tag) for line in ("1", "1.4") for tag in early[line]} == {content}
    assert {engine.digest(tag) for tags in late.values() for tag in tags} == {engine.digest(other)}


@pytest.mark.parametrize("curl", [True, False])
def test_without_markers_the_releases_of_the_repository_decide(single, curl):
    """A registry in which 2.0.0 was published before there were markers, or whose clean-up took them."""
    world, engine = single, single.engine
    world.ok("build", "core", "linux/amd64")
    world.ok("merge", "core")
    world.ok("build", "server/large", "linux/amd64")
    world.ok("merge", "server/large")
    content = engine.digest(world.spec("server/large")["content_reference"])
    late, other = lines(world, "2.0.0"), f"{engine.host}/library/debian:trixie-slim"
    standing = [*world.spec("server/large")["references"], *(tag for tags in late.values() for tag in tags)]
    for tag in standing:
        engine.crane("copy", other, tag)
    early = lines(world, "1.4.1")
    path = {} if curl else {"PATH": without_curl(world)}
    said = world.ok("tags", **path).stderr
    assert {engine.digest(tag) for tag in standing} == {engine.digest(other)}
    assert {engine.digest(tag) for line in ("1", "1.4") for tag in early[line]} == {content}
    home = world.spec("server/large")["references"][0].rsplit(":", 1)[0]
    assert engine.digest(f"{home}:newest-release") is None
    assert engine.digest(f"{home}:newest-release-1")
    assert ("is not known here" in said) == (not curl)
    # A newer one than all of them moves what it may.
    late = lines(world, "2.1.0")
    world.ok("tags", **path)
    assert {engine.digest(tag) for tag in late["latest"]} == {content if curl else engine.digest(other)}


def test_a_registry_that_is_down_is_not_empty(single):
    world = single
    world.engine.stop_registry()
    try:
        down = world.call("probe")
        build = world.call("build", "core", "linux/amd64")
        tags = world.call("tags")
    finally:
        world.engine.start_registry()
    assert (down.returncode, down.stdout) == (1, "")
    assert "cannot tell whether" in down.stderr
    assert build.returncode == tags.returncode == 1
    assert len(world.missing()["build"]) == 2
    assert world.publish() == []
    world.assert_published()


def test_a_release_tag_that_holds_something_else(single):
    world = single
    engine = world.engine
    taken = world.spec("core")["references"][1]
    engine.crane("copy", f"{engine.host}/library/debian:trixie-slim", taken)
    theirs = engine.digest(taken)
    assert world.publish() == ["tags"]
    assert {tag: held for tag, held in world.digests().items() if held} == {taken: theirs}, "one taken tag stops all"
    refused = world.call("tags")
    assert f"refused: {taken} is published and holds {theirs}" in refused.stderr
    # Whoever put it there takes it away.
    engine.crane("delete", f"{taken.rsplit(':', 1)[0]}@{theirs}")
    assert world.publish() == []
    world.assert_published()


def test_one_leg_that_fails(engine, tmp_path, name):
    world = lineage(engine, tmp_path, name).only("core", "extra", platforms=["linux/amd64"])
    assert world.publish() == ["extra linux/amd64", "tags"]
    assert set(world.digests().values()) == {None}, "no tag before everything is there"
    assert engine.digest(world.spec("core")["content_reference"]), "what could be built is kept"
    push_late(world)
    assert world.missing()["build"] == [{"id": "extra", "platform": "linux/amd64", "layer": 0}]
    assert world.publish() == []
    world.assert_published()


def test_a_pipeline_publishes_its_share(single):
    world = single
    world.spec("core")["ci"] = {"github": {"role": "build"}, "gitlab": {"role": "none"}}
    world.spec("server/large")["ci"] = {"gitlab": {"role": "none"}}
    world.save()
    assert world.missing()["build"]
    other = world.call("probe", PIPELINE="gitlab")
    assert (other.returncode, other.stdout) == (1, "") and "has no image for gitlab" in other.stderr
    world.publish(PIPELINE="github")
    held = world.digests()
    server = world.spec("server/large")
    assert {tag for tag, digest in held.items() if digest} == {*server["references"], *server["aliases"]}


def attestations(world: World, reference: str) -> list[str]:
    """The kinds of statement that an index carries for its images, sorted."""
    engine, repository = world.engine, reference.rsplit(":", 1)[0]
    kinds = []
    for row in engine.manifest(reference)["manifests"]:
        if row.get("annotations", {}).get("vnd.docker.reference.type") == "attestation-manifest":
            about = row["annotations"]["vnd.docker.reference.digest"]
            assert engine.digest(f"{repository}@{about}") == about
            layers = engine.manifest(f"{repository}@{row['digest']}")["layers"]
            kinds += [layer["annotations"]["in-toto.io/predicate-type"] for layer in layers]
    return sorted(kinds)


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        pytest.param({"sbom": False, "provenance": "max"}, ["https://slsa.dev/provenance/"], id="provenance"),
        pytest.param({"sbom": True, "provenance": "off"}, ["https://spdx.dev/Document"], id="sbom"),
    ],
)
def test_attestations_come_through_merge_and_copy(engine, tmp_path, name, asked, kinds):
    world = lineage(engine, tmp_path, name).only("core", "server/large")
    world.plan["attestations"] = asked
    world.save()
    assert world.publish() == []
    world.assert_published()
    for spec in world.plan["specs"]:
        for reference in [spec["content_reference"], *spec["references"], *spec["aliases"]]:
            assert engine.platforms(reference) == sorted(spec["platforms"])
            found = attestations(world, reference)
            assert len(found) == len(kinds) * len(spec["platforms"])
            assert all(any(predicate.startswith(kind) for kind in kinds) for predicate in found), found
    assert world.missing() == {"build": [], "merge": []}


EDGE = """\
[channel.edge]
branch = "main"
match = { image = "server", size = "large" }
tags = ["edge", "{{ size }}-{{ commit.short }}", "{{ date }}"]

"""


def test_a_channel_puts_its_own_tags_and_nothing_of_the_release(engine, tmp_path, name):
    """Whatever the release's tags hold: here something else, for which a run of the release stops."""
    world = lineage(engine, tmp_path, name, EDGE).only("core", "server/large", platforms=["linux/amd64"])
    server = world.spec("server/large")
    other = f"{engine.host}/library/debian:trixie-slim"
    for reference in server["references"]:
        engine.crane("copy", other, reference)
    assert world.call("probe").returncode == 1
    held = world.digests()

    world.more |= {"CHANNEL": "edge", "COMMIT": "0123456789" * 4, "DATE": "20261231"}
    assert world.publish() == []
    assert world.digests() == held, "the release is as it was"
    homes = [reference.rsplit(":", 1)[0] for reference in server["references"]]
    edge = [f"{home}:{tag}" for home in homes for tag in ("edge", "large-0123456", "20261231")]
    assert {engine.digest(reference) for reference in edge} == {engine.digest(server["content_reference"])}
    listed = {home: set(engine.crane("ls", home).split()) for home in homes}
    own = {reference.rsplit(":", 1)[1] for reference in edge} | {reference.rsplit(":", 1)[1] for reference in server["references"]}
    # Of this image one platform was left out of two, which is joined all the same.
    content = server["content_reference"].rsplit(":", 1)[1]
    contents = {content, f"{content}-amd64"}
    assert set().union(*listed.values()) - own <= contents, "no marker, no alias"
    assert "0 put, " in world.ok("tags").stderr

    # The next commit moves what moves.
    engine.crane("copy", other, edge[0])
    assert "1 put, " in world.ok("tags").stderr
    assert engine.digest(edge[0]) == engine.digest(server["content_reference"])
