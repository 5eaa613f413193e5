"""generated/ci/publish.sh by itself, in the shells it may meet: what it decides about tags, and how it fails."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import lines
import pytest
from harness import HERE, STUBS, Plan, Stub, assert_idle, legs_of, missing, run

SCRIPT = HERE.parents[1] / "generated/ci/publish.sh"
SAMPLE = HERE / "samples/acme"
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]

HOME = "docker.io/acme/acme-server"
COPY = "ghcr.io/acme/acme-server"


in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


class World:
    """The sample's plan, with a change to its release, on one stub."""

    def __init__(self, folder: Path, shell: list[str]):
        self.shell, self.folder = shell, folder
        self.stub = Stub(folder / "stub")
        self.stub.folder.mkdir()
        self.release("0.12.0", True)

    def release(self, version: str | None, final: bool) -> None:
        plan = json.loads((SAMPLE / "generated/plan.json").read_text())
        tag = f"v{version}"
        plan["release"] = {"version": version, "tag": tag, "final": final} if version else None
        for spec in plan["specs"]:
            spec["references"] = [reference.replace("v0.12.0", tag) for reference in spec["references"]]
            if not final:
                spec["aliases"] = []
        self.plan = plan

    def run(self, *words: str, env: dict | None = None) -> subprocess.CompletedProcess:
        file = lines.write(self.folder, self.plan)
        env = {**self.stub.env(PLAN=str(file)), **(env or {})}
        return subprocess.run(
            [*self.shell, SCRIPT, *words], cwd=SAMPLE, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def ok(self, *words: str, env: dict | None = None) -> subprocess.CompletedProcess:
        done = self.run(*words, env=env)
        assert done.returncode == 0, done.stderr
        return done

    def build(self) -> None:
        wanting = missing(self.ok("probe").stdout)
        for layer in range(self.plan["layers"]):
            for leg in wanting["build"]:
                if leg["layer"] == layer:
                    self.ok("build", leg["id"], leg["platform"])
            merges = [merge["id"] for merge in wanting["merge"] if merge["layer"] == layer]
            if merges:
                self.ok("merge", *merges)

    def put(self, reference: str) -> str:
        return run([STUBS / "docker", "stub", "put", reference], self.folder, self.stub.env()).stdout.strip()

    def digest(self, reference: str) -> str | None:
        return self.stub.tags().get(reference, {}).get("digest")

    def strike(self, *faults: dict) -> None:
        (self.stub.folder / "faults.json").write_text(json.dumps(faults))


@pytest.fixture
def shell() -> list[str]:
    return ["sh"]


@pytest.fixture
def world(tmp_path, shell) -> World:
    """Empty registries."""
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    return World(tmp_path, shell)


@pytest.fixture(scope="session")
def merged(tmp_path_factory) -> Path:
    """Registries in which every content is merged and no tag is put: made once, copied by those who need them."""
    world = World(tmp_path_factory.mktemp("merged"), ["sh"])
    world.build()
    world.stub.forget()
    return world.stub.folder


@pytest.fixture
def built(world, merged) -> World:
    """Registries in which only the tags are wanting."""
    shutil.copytree(merged, world.stub.folder, dirs_exist_ok=True)
    return world


@in_every_shell
def test_everything_is_published_once(world):
    world.build()
    assert "17 put, 0 there already" in world.ok("tags").stderr
    world.stub.forget()
    assert missing(world.ok("probe").stdout) == {"build": [], "merge": []}
    assert "0 put, 17 there already" in world.ok("tags").stderr
    assert_idle(world.stub)


@in_every_shell
def test_moving_tags_go_forward_only(built):
    world = built
    world.ok("tags")
    newest = world.digest(f"{HOME}:latest")
    world.release("0.11.5", True)
    other = world.put(f"{HOME}:latest")
    done = world.ok("tags")
    assert f"left alone, only a final release may move it, and only forward: {HOME}:latest" in done.stderr
    assert world.digest(f"{HOME}:latest") == other
    assert world.digest(f"{HOME}:3.11-v0.11.5") == newest, "an old release still gets its own tag"
    assert world.stub.tags()[f"{HOME}:newest-release"]["annotations"] == {"org.opencontainers.image.version": "0.12.0"}

    world.release("0.12.1", True)
    world.ok("tags")
    assert world.digest(f"{HOME}:latest") == world.digest(f"{COPY}:latest") == newest
    assert world.stub.tags()[f"{HOME}:newest-release"]["annotations"] == {"org.opencontainers.image.version": "0.12.1"}


@in_every_shell
def test_aliases_of_a_line_move_within_it(built):
    """4.15.0 after 5.0.0: `latest` stays, `4` goes on and `4.15` comes to be."""
    world = built

    def release(version: str) -> None:
        world.release(version, True)
        major, minor, _ = version.split(".")
        (spec,) = (spec for spec in world.plan["specs"] if f"{HOME}:latest" in spec["aliases"])
        lines = {f"{at}:{line}": line for line in (major, f"{major}.{minor}", version) for at in (HOME, COPY)}
        spec["aliases"] += lines
        spec["alias_lines"] = lines

    def holds(version: str) -> dict:
        """{alias: whether it holds the release}, of those that stand at home or in the copy."""
        wanted = world.digest(f"{HOME}:3.11-v{version}")
        tags = world.stub.tags()
        return {tag.rsplit(":", 1)[1]: tags[tag]["digest"] == wanted for at in (HOME, COPY) for tag in tags
                if tag.rsplit(":", 1)[0] == at and tag.rsplit(":", 1)[1][:1] in "l45"}  # fmt: skip

    def markers() -> dict:
        return {tag.rsplit(":", 1)[1]: about["annotations"]["org.opencontainers.image.version"]
                for tag, about in world.stub.tags().items() if tag.startswith(f"{HOME}:newest-release")}  # fmt: skip

    def elsewhere(*tags: str) -> None:
        for tag in tags:
            for at in (HOME, COPY):
                world.put(f"{at}:{tag}")

    release("4.14.0")
    world.ok("tags")
    release("5.0.0")
    world.ok("tags")
    assert markers() == {"newest-release": "5.0.0", "newest-release-4": "4.14.0", "newest-release-4.14": "4.14.0",
                         "newest-release-5": "5.0.0", "newest-release-5.0": "5.0.0"}  # fmt: skip

    # All contents of the sample are alike in each release: what the tags hold beforehand is told apart.
    elsewhere("latest", "4", "5", "5.0")
    release("4.15.0")
    done = world.ok("tags")
    assert holds("4.15.0") == {"latest": False, "4": True, "4.15": True, "4.14": True, "4.14.0": True, "4.15.0": True,
                               "5": False, "5.0": False, "5.0.0": True}  # fmt: skip
    assert f"only forward: {HOME}:latest" in done.stderr
    assert done.stderr.count("left alone, only") == 2
    assert markers()["newest-release-4"] == markers()["newest-release-4.15"] == "4.15.0"

    # Back in its line it does not go.
    elsewhere("4")
    release("4.14.1")
    world.ok("tags")
    assert not holds("4.14.1")["4"]
    assert markers()["newest-release-4.14"] == "4.14.1"

    # The markers are gone: what stands in the repository says which release is the newest.
    world.stub.drop(*(f"{HOME}:{marker}" for marker in markers()))
    elsewhere("latest", "4", "4.14")
    release("4.14.2")
    done = world.ok("tags")
    assert {tag: it for tag, it in holds("4.14.2").items() if tag in ("latest", "4", "4.14")} == {"latest": False, "4": False, "4.14": True}
    assert markers() == {"newest-release-4.14": "4.14.2"}
    release("4.16.0")
    world.ok("tags")
    assert {tag: it for tag, it in holds("4.16.0").items() if tag in ("latest", "4")} == {"latest": False, "4": True}
    assert markers() == {"newest-release-4.14": "4.14.2", "newest-release-4": "4.16.0", "newest-release-4.16": "4.16.0"}
    release("5.0.1")
    world.ok("tags")
    assert all(it for tag, it in holds("5.0.1").items() if tag in ("latest", "5", "5.0"))
    assert markers()["newest-release"] == "5.0.1"


def test_what_cannot_be_told_moves_nothing(built):
    """No marker, a tag that stands, and nothing to list tags by."""
    world = built
    other = world.put(f"{HOME}:latest")
    world.strike({"verb": "tags", "error": "denied"})
    done = world.ok("tags")
    assert f"there is no {HOME}:newest-release, and which releases {HOME} holds is not known here" in done.stderr
    assert world.digest(f"{HOME}:latest") == other
    assert f"{HOME}:newest-release" not in world.stub.tags()
    world.strike()
    world.ok("tags")
    assert world.digest(f"{HOME}:latest") != other


def test_a_marker_that_another_run_puts_meanwhile_counts(built):
    world = built
    world.release("0.11.0", True)
    world.ok("tags")
    other = world.put(f"{HOME}:latest")
    world.release("0.12.0", True)
    # The run of a newer release comes in between: it marks when the first reference is put.
    meanwhile = {"at": f"{HOME}:3.11-v0.12.0", "tag": f"{HOME}:newest-release", "annotations": {"org.opencontainers.image.version": "0.13.0"}}
    (world.stub.folder / "meanwhile.json").write_text(json.dumps(meanwhile))
    done = world.ok("tags")
    assert f"only forward: {HOME}:latest" in done.stderr
    assert world.digest(f"{HOME}:latest") == other
    assert world.stub.tags()[f"{HOME}:newest-release"]["annotations"] == {"org.opencontainers.image.version": "0.13.0"}


@pytest.mark.parametrize(
    ("before", "after", "forward"),
    [("0.9.0", "0.10.0", True), ("0.10.0", "0.9.9", False), ("2026.9", "2026.11", True), ("1.0", "1.0.0", True),
     ("1.0.0.post1", "1.0.0", False), ("1.2.3", "1.2.3+local.9", True)],
)  # fmt: skip
def test_what_forward_means(built, before, after, forward):
    world = built
    world.release(before, True)
    world.ok("tags")
    world.release(after.replace("+", "-"), True)
    world.plan["release"]["version"] = after
    other = world.put(f"{HOME}:latest")
    world.ok("tags")
    assert (world.digest(f"{HOME}:latest") != other) == forward


def test_a_pre_release_moves_nothing_that_stands(built):
    world = built
    world.ok("tags")
    edge = world.put("ghcr.io/acme/acme-notebook:edge")
    world.release("0.13.0rc1", False)
    done = world.ok("tags")
    assert world.digest("ghcr.io/acme/acme-notebook:edge") == edge
    assert "edge" in done.stderr
    assert world.digest(f"{HOME}:3.11-v0.13.0rc1") == world.digest(f"{HOME}:latest")
    assert world.stub.tags()[f"{HOME}:newest-release"]["annotations"] == {"org.opencontainers.image.version": "0.12.0"}


def test_without_a_release_tags_always_move(built):
    world = built
    world.release(None, False)
    for spec in world.plan["specs"]:
        spec["immutable"] = False
    world.put("ghcr.io/acme/acme-notebook:edge")
    world.ok("tags")
    tags = world.stub.tags()
    plan = Plan.__new__(Plan)
    plan.specs = world.plan["specs"]
    assert all(tags[tag]["digest"] == tags[content]["digest"] for tag, content in plan.final_tags().items())
    assert not [tag for tag in tags if ":newest-release" in tag]


@in_every_shell
def test_all_refusals_are_told_and_nothing_is_moved(built):
    world = built
    for reference in (f"{HOME}:3.11-v0.12.0", "ghcr.io/acme/acme-training:3.11-gpu-v0.12.0"):
        world.put(reference)
    before = world.stub.tags()
    done = world.run("tags")
    assert done.returncode == 1
    assert done.stderr.count("refused: ") == 2
    assert world.stub.tags() == before


def test_tags_want_every_content(world):
    done = world.run("tags")
    assert done.returncode == 1
    assert done.stderr.count("not published yet: ") == 5
    assert not world.stub.tags()


@in_every_shell
@pytest.mark.parametrize("error", ["refused", "unauthorized", "denied", "server-error", "timeout"])
def test_only_not_found_means_build(world, error):
    world.strike({"verb": "inspect", "ref": "ghcr.io/*", "error": error})
    done = world.run("probe")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot tell whether ghcr.io/acme/acme-notebook:content-" in done.stderr
    assert ("check the credentials" in done.stderr) == (error in ("unauthorized", "denied"))


def test_a_bad_second_is_waited_out(world):
    world.strike({"verb": "inspect", "error": "timeout", "times": 2}, {"verb": "push", "error": "server-error", "times": 2},
                 {"verb": "create", "error": "refused", "times": 2})  # fmt: skip
    world.build()
    world.ok("tags")


def test_a_test_that_fails_keeps_the_image_from_being_pushed(world):
    world.strike({"verb": "run", "error": "failed"})
    done = world.run("build", "base/3.11_none_server", "linux/amd64")
    assert done.returncode == 1
    assert "fails its test, so it is not pushed: python --version" in done.stderr
    assert not world.stub.tags()


@in_every_shell
def test_what_is_not_there_is_not_stood_on_nor_joined(world):
    """Its own failure was told where it failed: exit code 3 says that there is nothing to do here."""
    spec = next(spec for spec in world.plan["specs"] if spec["parent"])
    parent = next(below for below in world.plan["specs"] if below["id"] == spec["parent"])
    done = world.run("build", spec["id"], spec["platforms"][0])
    assert done.returncode == 3
    assert f"it stands on {parent['content_reference']}, which is not there" in done.stderr
    for platform in parent["platforms"][:-1]:
        world.ok("build", parent["id"], platform)
    if len(parent["platforms"]) > 1:
        done = world.run("merge", parent["id"])
        assert done.returncode == 1 and f"is not joined: {legs_of(parent)[-1]} is not there" in done.stderr
    assert world.digest(parent["content_reference"]) is None
    world.ok("build", parent["id"], parent["platforms"][-1])
    world.ok("merge", parent["id"])
    world.ok("build", spec["id"], spec["platforms"][0])


@in_every_shell
def test_values_come_through_whole(built):
    world = built
    for spec in world.plan["specs"]:
        content = spec["content_reference"]
        world.stub.drop(content, *[f"{content}-{platform.split('/')[1]}" for platform in spec["platforms"]])
    world.build()
    calls = [call for call in world.stub.journal() if call["verb"] == "build"]
    for spec in world.plan["specs"]:
        built = [call["args"] for call in calls if call["file"] == spec["dockerfile"]]
        assert all(args == spec["args"] for args in built)
    tested = {call["command"][-1] for call in world.stub.journal() if call["verb"] == "run"}
    assert tested == {test for spec in world.plan["specs"] for test in spec["tests"]}


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [((), 2, "usage"), (("build", "nope", "linux/amd64"), 1, "no image `nope`"),
     (("build", "notebook", "linux/s390x"), 1, "no platform `linux/s390x`"), (("merge", "nope"), 1, "no image `nope`")],
)  # fmt: skip
def test_wrong_words(world, words, status, says):
    done = world.run(*words)
    assert done.returncode == status
    assert says in done.stderr


def contents(world: World) -> None:
    """Let the registries lose every content, as if nothing had been built."""
    for spec in world.plan["specs"]:
        legs = legs_of(spec)
        world.stub.drop(spec["content_reference"], *legs)


def read(text: str) -> str:
    """What bake means by a text."""
    return text.replace("$${", "${").replace("%%{", "%{")


def calls(world: World, verb: str) -> list[dict]:
    return [call for call in world.stub.journal() if call["verb"] == verb]


# Contents that state what they are

CONTENT = "org.basematrix.content"


def test_every_content_states_its_hash(built):
    tags = built.stub.tags()
    contents = {spec["content_reference"]: spec["content"] for spec in built.plan["specs"]}
    assert {ref: tags[ref]["annotations"].get(CONTENT) for ref in contents} == contents


@in_every_shell
@pytest.mark.parametrize("states", [None, "sha256:" + "0" * 64])
def test_a_content_of_somebody_else_is_neither_built_upon_nor_tagged(built, states):
    world = built
    spec = world.plan["specs"][0]
    ref = spec["content_reference"]
    put(world, ref, states)
    before = world.stub.tags()
    said = f"foreign: {ref} is not what the plan means by it, which states {spec['content']}; it states {states or 'nothing'}"
    for words in (["probe"], ["build", spec["id"], spec["platforms"][0]], ["merge", spec["id"]], ["tags"]):
        done = world.run(*words)
        assert (done.returncode, done.stdout, said in done.stderr) == (1, "", True), (words, done.stderr)
    assert world.stub.tags() == before


def put(world: World, ref: str, states: str | None) -> None:
    """Let a tag hold something of two platforms, which states that content."""
    world.stub.put(ref, {CONTENT: states} if states else {})


@in_every_shell
def test_a_content_whose_tag_is_gone_is_not_built_again(built):
    """A clean-up took it, and the release's own tag still holds the same."""
    world = built
    world.ok("tags")
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] == 1)
    digest = world.digest(spec["content_reference"])
    world.stub.drop(spec["content_reference"])
    assert missing(world.ok("probe").stdout) == {"build": [], "merge": []}
    assert world.digest(spec["content_reference"]) == digest


@in_every_shell
@pytest.mark.parametrize(
    ("states", "why"),
    [(None, "is published and states no content: something else published it"),
     ("sha256:" + "0" * 64, "is published with content sha256:" + "0" * 64 + ", and the plan has ")],
)  # fmt: skip
def test_a_release_that_is_there_already_is_told_before_a_build(world, states, why):
    spec = next(spec for spec in world.plan["specs"] if spec["immutable"])
    (reference, *_) = spec["references"]
    put(world, reference, states)
    before = world.stub.tags()
    done = world.run("probe")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{reference} {why}" in done.stderr and "gen bump" in done.stderr
    assert world.stub.tags() == before


def test_where_docker_pushes_nothing_is_asked_to_state(world):
    world.plan["contents_stated"] = False
    world.build()
    world.ok("tags")
    assert not any(CONTENT in about["annotations"] for about in world.stub.tags().values())
    assert missing(world.ok("probe").stdout) == {"build": [], "merge": []}


# The tag that started a run


@in_every_shell
@pytest.mark.parametrize(
    ("tag", "fits"),
    [("v0.12.0", True), ("0.12.0", True), ("acme-v0.12.0", True), ("images/0.12.0", True), ("", True), ("v0.12.1", False),
     ("v10.12.0", False), ("v0.12.0-rc.1", False), ("main", False), ("1.0.12.0", False)],
)  # fmt: skip
def test_a_run_of_another_tag_publishes_nothing(built, tag, fits):
    done = built.run("tags", env={"RELEASE_TAG": tag})
    assert (done.returncode == 0) == fits, done.stderr
    if not fits:
        assert f"this run is of the git tag `{tag}`, and the plan is of release 0.12.0, whose tag is `v0.12.0`" in done.stderr
        assert built.run("probe", env={"RELEASE_TAG": tag}).returncode == 1
        assert not built.stub.journal()
    built.release(None, False)
    assert "git tag" not in built.run("probe", env={"RELEASE_TAG": tag}).stderr


# Shares


@in_every_shell
def test_a_pipeline_has_its_share(world):
    for spec in world.plan["specs"]:
        role = {"gpu-base": "build", "notebook": "none"}.get(spec["image"])
        if role:
            spec["ci"] = {"gitlab": {"role": role}, "github": {"runner": {"linux/amd64": "big"}}}
    everything = missing(world.ok("probe").stdout)
    here = {"env": {"PIPELINE": "gitlab"}}
    wanting = missing(world.ok("probe", **here).stdout)
    without = [leg for leg in everything["build"] if not leg["id"].startswith("notebook")]
    assert wanting["build"] == without != everything["build"]
    assert "no image `notebook` for gitlab" in world.run("build", "notebook", "linux/amd64", **here).stderr
    assert "no image `notebook` for gitlab" in world.run("merge", "notebook", **here).stderr
    for layer in range(world.plan["layers"]):
        for leg in wanting["build"]:
            if leg["layer"] == layer:
                world.ok("build", leg["id"], leg["platform"], **here)
        world.ok("merge", *[merge["id"] for merge in wanting["merge"] if merge["layer"] == layer], **here)
    world.ok("tags", **here)
    wanted = {
        tag for spec in world.plan["specs"] if "gitlab" not in spec.get("ci", {}) for tag in spec["references"] + spec["aliases"]
    }
    put = {tag for tag in world.stub.tags() if ":content-" not in tag and ":newest-release" not in tag}
    assert put == wanted
    assert not [tag for tag in world.stub.tags() if "gpu-base:newest" in tag or "notebook" in tag]


@pytest.mark.parametrize("pipeline", ["", "gitlab"])
def test_what_is_not_published_is_built_and_gets_no_tag(world, pipeline):
    for spec in world.plan["specs"]:
        if spec["image"] == "gpu-base":
            spec |= {"publish": False, "references": [], "aliases": [], "immutable": False}
            spec["ci"] = {"gitlab": {"role": "build"}}
    here = {"env": {"PIPELINE": pipeline}}
    wanting = missing(world.ok("probe", **here).stdout)
    for layer in range(world.plan["layers"]):
        for leg in wanting["build"]:
            if leg["layer"] == layer:
                world.ok("build", leg["id"], leg["platform"], **here)
        world.ok("merge", *[merge["id"] for merge in wanting["merge"] if merge["layer"] == layer], **here)
    world.ok("tags", **here)
    tags = [tag for tag in world.stub.tags() if "gpu-base:" in tag]
    assert tags and all(":content-" in tag for tag in tags), tags


def test_the_builder_of_a_content_is_one_of_the_share(world):
    first, second = (spec for spec in world.plan["specs"] if spec["id"] in ("gpu-base/12.8.1", "base/3.11_none_server"))
    second |= {key: first[key] for key in ("content", "content_reference", "dockerfile", "context", "args", "platforms")}
    first["ci"] = {"cloud-build": {"role": "none"}}
    everything = missing(world.ok("probe").stdout)
    assert {leg["id"] for leg in everything["build"]} >= {first["id"]}
    assert second["id"] not in {leg["id"] for leg in everything["build"]}
    share = missing(world.ok("probe", env={"PIPELINE": "cloud-build"}).stdout)
    assert [leg["id"] for leg in share["build"]].count(second["id"]) == len(second["platforms"])
    assert first["id"] not in {leg["id"] for leg in share["build"]}


# Attestations


def test_without_attestations_nothing_is_attested(built):
    contents(built)
    built.stub.forget()
    built.build()
    assert {(call["provenance"], call["sbom"]) for call in calls(built, "build")} == {("false", None)}


@pytest.mark.parametrize(
    ("asked", "provenance", "sbom"),
    [({"sbom": False, "provenance": "max"}, "mode=max", None), ({"sbom": True, "provenance": "min"}, "mode=min", "true"),
     ({"sbom": True, "provenance": "off"}, "false", "true")],
)  # fmt: skip
@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_attestations_come_through(world, asked, provenance, sbom, place):
    world.plan["attestations"] = asked
    specs = [spec for spec in world.plan["specs"] if spec["id"] in ("base/3.11_none_server", "notebook")]
    world.plan["specs"] = specs
    for spec in specs:
        for platform in spec["platforms"]:
            world.ok("build", spec["id"], platform, env={"TEST_IN": place})
        world.ok("merge", spec["id"])
    world.ok("tags")
    for call in calls(world, "build"):
        wanted = (provenance, sbom) if call["push"] else ("false", None)
        assert (call["provenance"], call["sbom"]) == wanted
    tags = world.stub.tags()
    kinds = [kind for kind, off in (("provenance", "off"), ("sbom", False)) if asked[kind] != off]
    for spec in specs:
        for tag in [spec["content_reference"], *spec["references"], *spec["aliases"]]:
            assert tags[tag]["platforms"] == sorted(spec["platforms"])
            assert list(tags[tag]["attestations"].values()) == [kinds] * len(spec["platforms"])
            assert tags[tag]["digest"] == tags[spec["content_reference"]]["digest"]


# What people and callers are told


@in_every_shell
def test_what_became_of_each_tag_is_told(world, tmp_path):
    summary, results = tmp_path / "summary", tmp_path / "results"
    env = {"SUMMARY": str(summary), "RESULTS": str(results)}
    before = world.stub.tags()
    said = world.ok("tags", "--dry-run", env=env).stderr
    assert world.stub.tags() == before and f"would build and put {HOME}:" in said and "nothing was changed" in said
    assert "would be built and put" in summary.read_text() and results.read_text() == ""
    world.build()
    held = world.stub.tags()
    said = world.ok("tags", "--dry-run", env=env).stderr
    assert "17 would be put, 0 of what is not built yet, 0 would move" in said and world.stub.tags() == held
    summary.unlink()
    world.ok("tags", env=env)
    told = dict(line.split("\t") for line in results.read_text().splitlines())
    assert len(told) == 17 and told == {reference: world.digest(reference) for reference in told}
    text = summary.read_text()
    assert text.startswith("### Base images v0.12.0\n\n17 put, 0 moved, 0 there already, 0 left alone, 0 refused, 0 not built\n")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    platforms = {reference: spec["platforms"] for spec in world.plan["specs"] for reference in [*spec["references"], *spec["aliases"]]}
    for reference, digest in told.items():
        # Of each platform what is pulled: its config and its layers.
        size = ", ".join(f"123 MB {platform.split('/', 1)[1]}" for platform in platforms[reference])
        assert rows[reference] in (f"| `{reference}` | put | `{digest}` | {size} |", f"| `{reference}` | put | `{digest}` | 123 MB |")
    assert any("123 MB amd64, 123 MB arm64" in row for row in rows.values())
    assert "```sh\ndocker pull " in text and "cosign" not in text


@in_every_shell
def test_what_is_refused_is_told_too(built, tmp_path):
    world = built
    world.ok("tags")
    (spec, reference) = next((spec, ref) for spec in world.plan["specs"] for ref in spec["references"] if spec["immutable"])
    other = world.put(reference)
    summary = tmp_path / "summary"
    for words in (["tags"], ["tags", "--dry-run"]):
        done = world.run(*words, env={"SUMMARY": str(summary)})
        assert done.returncode == 1 and "refused: " in done.stderr
    assert summary.read_text().count(f"| `{reference}` | **refused**: it holds other content | `{other}` |") == 2
    assert world.run("tags", "--dry").returncode == 2


# How images are packed and dated


def build_all(world: World, place: str) -> None:
    """Each platform of each image, what others stand on first."""
    for spec in world.plan["specs"]:
        for platform in spec["platforms"]:
            world.ok("build", spec["id"], platform, env={"TEST_IN": place})
        world.ok("merge", spec["id"])


@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_what_is_pushed_is_packed_and_dated_as_the_plan_says(world, place):
    dated, plain = (spec for spec in world.plan["specs"] if spec["id"] in ("base/3.11_none_server", "notebook"))
    world.plan["specs"] = [dated, plain]
    world.plan["packing"] = {"compression": "zstd", "reproducible": True}
    dated["timestamp"] = 1_795_219_200
    build_all(world, place)
    pushed = {call["tags"][0]: call["output"] for call in calls(world, "build") if call["push"]}
    packed = ["compression=zstd", "force-compression=true", "oci-mediatypes=true", "push=true"]
    assert pushed[legs_of(plain)[0]] == [*packed, "type=image"]
    # The engine's own builder would refuse to rewrite what it also unpacks.
    assert pushed[legs_of(dated)[0]] == [*packed, "rewrite-timestamp=true", "store=false", "type=image"]


@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_layers_are_kept_where_the_plan_says(world, place):
    kept, plain = (spec for spec in world.plan["specs"] if spec["id"] in ("base/3.11_none_server", "notebook"))
    world.plan["specs"] = [kept, plain]
    platform = kept["platforms"][0]
    kept["layers_kept"] = {platform: f"{HOME}:layers-0123456789ab-amd64"}
    build_all(world, place)
    pushed = {call["tags"][0]: call["cache"] for call in calls(world, "build") if call["push"]}
    at = f"type=registry,ref={HOME}:layers-0123456789ab-amd64"
    assert pushed[legs_of(kept)[0]] == {"from": at, "to": f"{at},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true"}
    assert pushed[legs_of(plain)[0]] == {"from": None, "to": None}
    # What is tested before is built from them, too.
    if place == "buildkit":
        subjects = [call["targets"]["subject"] for call in calls(world, "run") if call["ref"] == legs_of(kept)[0]]
        assert [subject.get("cache-from") for subject in subjects] == [[at]] * len(kept["tests"])


# Tests of images


@in_every_shell
def test_tests_run_inside_the_builder(world):
    nasty = "cat <<EOF | grep -q \"it's\"\nit's \\ a $HOME ${HOME} %{x} `x` \\\\\nEOF\nprintf '%s' '\"<<b' \"ü\" \"\t\r\x1b\""
    spec = world.plan["specs"][1]
    spec["tests"] = ["true", nasty]
    more = {"A": nasty, "B": "", "C": "x=y=z"}
    spec["args"] = spec.get("args", {}) | more
    spec["labels"] = spec.get("labels", {}) | {"some.label": nasty}
    # No stand-in: buildx itself reads the bake file.
    (world.stub.folder / "real-bake").touch()
    world.ok("build", spec["id"], "linux/amd64")
    journal = world.stub.journal()
    assert [(call["verb"], call.get("push")) for call in journal if call["verb"] != "inspect"] == [
        ("run", None), ("run", None), ("build", True)]  # fmt: skip
    tests = calls(world, "run")
    assert [call["command"] for call in tests] == [["/bin/sh", "-c", "true"], ["/bin/sh", "-c", nasty]]
    (pushed,) = calls(world, "build")
    for call in tests:
        subject = call["targets"]["subject"]
        assert {key: read(value) for key, value in subject.get("args", {}).items()} == spec["args"] == pushed["args"]
        assert {key: read(value) for key, value in subject.get("labels", {}).items()} == spec["labels"] == pushed["labels"]
        assert os.path.normpath(os.path.join(subject["context"], subject["dockerfile"])) == pushed["file"]
        assert subject["from"] == pushed["from"]
        assert not any(target["load"] or target["push"] for target in call["targets"].values() if "load" in target)
    assert {call["ref"] for call in tests} == {f"{spec['content_reference']}-amd64"}


def test_asked_to_tests_run_in_the_engine(world):
    world.ok("build", "base/3.11_none_server", "linux/amd64", env={"TEST_IN": "engine"})
    assert [call["load"] for call in calls(world, "build")] == [True, False]
    assert all("entrypoint" in call for call in calls(world, "run"))


def test_a_test_that_fails_inside_buildkit_keeps_the_image_from_being_pushed(world):
    world.strike({"verb": "run", "error": "failed"})
    done = world.run("build", "base/3.11_none_server", "linux/amd64", env={"TEST_IN": "buildkit"})
    assert done.returncode == 1
    assert "fails its test, so it is not pushed: python --version" in done.stderr
    assert not world.stub.tags()


ROW = {
    "run": "cat plan.json", "in": "builder", "target": "build", "user": "0:0", "files_digest": "sha256:" + "0" * 64,
    "files": [{"path": "generated/plan.json", "at": "plan.json"}, {"path": "generated/docker", "at": "/opt/docker"}],
}  # fmt: skip
CARD = {"run": "nvidia-smi", "in": "engine", "options": ["--gpus=all", "--env", "A= b\t\"\\c"]}


@in_every_shell
def test_what_a_row_says_of_its_test_holds_inside_the_builder(world):
    spec = world.plan["specs"][1]
    spec["tests"] = ["true", ROW, {"run": "false", "in": "builder", "platforms": ["linux/arm64"]}]
    (world.stub.folder / "real-bake").touch()
    world.ok("build", spec["id"], "linux/amd64")
    plain, row = calls(world, "run")
    assert plain["command"][-1] == "true" and "target" not in plain["targets"]["subject"] and plain["read"] == {}
    assert row["command"] == ["/bin/sh", "-c", "cat plan.json"]
    (tester,) = (target for target in row["targets"].values() if target["requested"])
    assert tester["dockerfile-inline"].splitlines()[:2] == ["FROM subject", "USER 0:0"]
    assert row["targets"][tester["from"][0].removeprefix("target:")]["target"] == "build"
    assert row["read"] == {"plan.json": (SAMPLE / "generated/plan.json").read_text(), "/opt/docker": sorted(os.listdir(SAMPLE / "generated/docker"))}
    assert world.stub.tags().keys() == {f"{spec['content_reference']}-amd64"}, "no other stage is pushed"


@in_every_shell
def test_what_takes_options_runs_in_the_engine_and_the_rest_in_the_builder(world):
    spec = world.plan["specs"][1]
    spec["tests"] = [CARD, "true", {**CARD, **ROW, "in": "engine"}]
    world.ok("build", spec["id"], "linux/amd64")
    inside, card, row = calls(world, "run")
    assert (inside["place"], inside["command"][-1]) == ("buildkit", "true")
    leg = f"{spec['content_reference']}-amd64"
    assert [call["ref"] for call in (card, row)] == [leg, f"{leg}-stage"]
    assert card["options"] == ["--rm", "--pull", "never", "--platform", "linux/amd64", *CARD["options"], "--entrypoint", "/bin/sh"]
    mounts = [f'type=bind,"source={SAMPLE}/{path}",target={at},readonly' for path, at in (("generated/plan.json", "/srv/plan.json"), ("generated/docker", "/opt/docker"))]
    assert row["options"][5:-2] == ["--user", "0:0", *CARD["options"], "--mount", mounts[0], "--mount", mounts[1]]
    assert [(call["target"], call["tags"]) for call in calls(world, "build") if call["load"]] == [
        (spec["target"], [leg]), ("build", [f"{leg}-stage"])]  # fmt: skip
    assert world.stub.tags().keys() == {leg}


@pytest.mark.parametrize("row", [ROW, CARD], ids=["builder", "engine"])
def test_a_row_that_fails_keeps_the_image_away(world, row):
    spec = world.plan["specs"][1]
    spec["tests"] = [row]
    world.strike({"verb": "run", "error": "failed"})
    done = world.run("build", spec["id"], "linux/amd64")
    assert done.returncode == 1 and f"fails its test, so it is not pushed: {row['run']}" in done.stderr
    assert not world.stub.tags()


def test_a_file_that_a_test_reads_has_to_be_there(world):
    spec = world.plan["specs"][1]
    spec["tests"] = [{**ROW, "files": [{"path": "gone", "at": "gone"}]}]
    done = world.run("build", spec["id"], "linux/amd64")
    assert done.returncode == 1 and "a test reads gone, which is not here" in done.stderr
    assert not world.stub.tags()


# Room for large images


@pytest.mark.parametrize(
    ("machine", "free", "room", "makes"),
    [("github-hosted", 21, None, True), ("github-hosted", 21, "0", False), ("github-hosted", 41, None, False), ("github-hosted", 41, "60", True),
     ("self-hosted", 1, None, False), (None, 1, None, False)],
)  # fmt: skip
def test_room_is_made_on_machines_of_githubs_alone(world, tmp_path, machine, free, room, makes):
    programs, told = tmp_path / "programs", tmp_path / "told"
    programs.mkdir()
    scripts = {"df": f"echo Filesystem; echo /dev/root 75000000 0 {free * 1024 * 1024} 0% /", "sudo": f'echo "$*" >{told}.new; mv {told}.new {told}'}
    for name, text in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    stub = world.stub.env()
    env = {"PATH": f"{programs}:{stub['PATH']}"} | ({"RUNNER_ENVIRONMENT": machine} if machine else {}) | ({"ROOM_GIB": room} if room else {})
    done = world.ok("make", "base/3.11_none_server", "linux/amd64", env=env)
    assert ("making room: " in done.stderr) == makes
    for _ in range(100 if makes else 0):
        if told.exists():
            break
        time.sleep(0.05)
    assert told.exists() == makes
    if makes:
        words = told.read_text().split()
        assert words[:3] == ["-n", "rm", "-rf"]
        # Nothing of the engine, of git or of actions is there.
        assert all(path.startswith(("/opt/hostedtoolcache/CodeQL", "/usr/local/.ghcup", "/opt/ghc", "/usr/share/", "/usr/local/lib/android")) for path in words[3:])
    # The half that pushes finds its room.
    told.unlink(missing_ok=True)
    assert "making room: " not in world.ok("push", "base/3.11_none_server", "linux/amd64", env=env).stderr


# Trying again


@pytest.mark.parametrize(
    ("verb", "error", "times", "tries", "goes_well"),
    [(verb, *case) for verb in ("push", "inspect", "create") for case in (
        ("unauthorized", 1, 1, False), ("denied", 1, 1, False), ("server-error", 2, 3, True), ("server-error", 3, 3, False),
        ("rate-limit", 5, 6, True), ("rate-limit", 6, 6, False))] + [("push", "failed", 1, 1, False)],
)  # fmt: skip
def test_what_is_tried_again(world, verb, error, times, tries, goes_well):
    if verb == "create":
        for platform in world.plan["specs"][0]["platforms"]:
            world.ok("build", "gpu-base/12.8.1", platform)
    world.stub.forget()
    ref = {"inspect": "*:content-be00cbd9be3c"}.get(verb, "*")
    world.strike({"verb": verb, "ref": ref, "error": error, "times": times})
    words = ["merge", "gpu-base/12.8.1"] if verb == "create" else ["build", "gpu-base/12.8.1", "linux/amd64"]
    done = world.run(*words)
    assert (done.returncode == 0) == goes_well, done.stderr
    asked = calls(world, {"push": "build"}.get(verb, verb))
    content = world.plan["specs"][0]["content_reference"]
    assert len([call for call in asked if call.get("ref", content) == content]) == tries


def test_a_rate_limit_is_waited_for_longer_each_time(world, tmp_path):
    sleeps = tmp_path / "sleeps"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sleep").write_text(f'#!/bin/sh\necho "$1" >>{sleeps}\n')
    (tmp_path / "bin/sleep").chmod(0o755)
    world.strike({"verb": "push", "error": "rate-limit", "times": 5})
    path = f"{tmp_path / 'bin'}:{world.stub.env()['PATH']}"
    done = world.ok("build", "gpu-base/12.8.1", "linux/amd64", env={"PUBLISH_DELAY": "5", "PATH": path})
    assert sleeps.read_text().split() == ["20", "40", "80", "160", "320"]
    assert "trying again in 20 s: ERROR: " in done.stderr


def test_the_name_of_an_image_is_not_held_against_it(world):
    world.strike({"verb": "push", "error": "server-error", "times": 1})
    spec = world.plan["specs"][0]
    spec["content_reference"] = spec["content_reference"].replace("gpu-base", "denied.unauthorized.toomanyrequests")
    world.ok("build", spec["id"], "linux/amd64")


# Cut short


@pytest.mark.parametrize("number", range(4))
def test_tags_cut_short_are_finished_by_another_run(built, number):
    """Whichever tag is the one that cannot be put."""
    world = built
    tags = [tag for spec in world.plan["specs"] for tag in spec["references"] + spec["aliases"]]
    world.strike({"verb": "create", "ref": tags[number * 4], "error": "denied", "times": 1})
    done = world.run("tags", env={"PUBLISH_JOBS": "1"})
    assert done.returncode == 1
    assert "stopped: run this again to finish" in done.stderr
    before = world.stub.tags()
    assert all(before[tag]["digest"] == before[content]["digest"] for tag, content in final(world).items() if tag in before)
    world.ok("tags")
    after = world.stub.tags()
    assert all(after[tag]["digest"] == after[content]["digest"] for tag, content in final(world).items())


def final(world: World) -> dict:
    plan = Plan.__new__(Plan)
    plan.specs = world.plan["specs"]
    return plan.final_tags()


def test_one_image_that_cannot_be_merged_holds_back_no_other(world):
    world.ok("build", "gpu-base/12.8.1", "linux/amd64")
    for platform in ("linux/amd64", "linux/arm64"):
        world.ok("build", "base/3.11_none_server", platform)
    done = world.run("merge", "gpu-base/12.8.1", "base/3.11_none_server", env={"PUBLISH_JOBS": "1"})
    assert done.returncode == 1
    assert "stopped: not everything could be merged" in done.stderr
    contents = {spec["id"]: world.digest(spec["content_reference"]) for spec in world.plan["specs"]}
    assert [id for id, digest in contents.items() if digest] == ["base/3.11_none_server"]


def test_the_plan_is_read_as_often_for_many_images_as_for_one(world, tmp_path):
    log, real = tmp_path / "asked", shutil.which("awk")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/awk").write_text(f'#!/bin/sh\nfor word; do :; done\necho "$word" >>{log}\nexec {real} "$@"\n')
    (tmp_path / "bin/awk").chmod(0o755)

    def reads(*words):
        log.write_text("")
        world.run(*words, env={"PATH": f"{tmp_path / 'bin'}:{world.stub.env()['PATH']}"})
        return log.read_text().count("plan.lines")

    assert reads("merge", world.plan["specs"][0]["id"]) == reads("merge", *[spec["id"] for spec in world.plan["specs"]]) == 2
    assert reads("probe") <= 8


@pytest.mark.parametrize(("text", "says"), [("", "it is the file plan.lines, not plan.json"), ("{}", "not plan.json"),
                                            ("plan\t3\t2\n", "has format 3, and this script reads 2"), (None, "no plan at")])  # fmt: skip
def test_a_plan_of_another_kind_is_refused(world, tmp_path, text, says):
    file = tmp_path / "other"
    if text is not None:
        file.write_text(text)
    done = world.run("probe", env={"PLAN": str(file)})
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr


@in_every_shell
def test_a_pipeline_and_images_that_the_plan_has_not_are_refused(world):
    """Nothing is missing of what nobody looked at."""
    file = lines.write(world.folder, world.plan, "github.lines", pipelines=["all", "github"])
    for verb in (["probe"], ["tags"], ["merge", "notebook"]):
        done = world.run(*verb, env={"PLAN": str(file), "PIPELINE": "gitlab"})
        assert (done.returncode, done.stdout) == (1, ""), verb
        assert "has no image for gitlab" in done.stderr
    done = world.run("probe", "notebook", "nope")
    assert (done.returncode, done.stdout) == (1, "")
    assert "`nope` is no image that the plan builds" in done.stderr
    assert {line.split("\t")[1] for line in world.ok("probe", "notebook").stdout.splitlines()} == {"notebook"}


def test_records_that_are_not_known_are_passed_over(world):
    file = lines.write(world.folder, world.plan)
    more = "".join(f"channel\tedge\t{n}\n" + line for n, line in enumerate(file.read_text().splitlines(keepends=True)))
    file.with_name("more").write_text(more)
    assert world.ok("probe", env={"PLAN": str(file.with_name("more"))}).stdout == world.ok("probe").stdout


# Repositories at AWS

ECR = "123456789012.dkr.ecr.us-east-2.amazonaws.com"


@pytest.fixture
def aws(world) -> World:
    """The sample with its copies at both registries of AWS, and docker logged in to them."""
    text = json.dumps(world.plan).replace("ghcr.io/acme", f"{ECR}/ml/images").replace("docker.io/acme/acme-server", "public.ecr.aws/acme/images/tool")
    world.plan = json.loads(text)
    world.plan["registries"] = [{"name": "hub", "prefix": "docker.io/acme", "host": "docker.io", "kind": "docker-hub"},
                                {"name": "ecr", "prefix": f"{ECR}/ml/images", "host": ECR, "kind": "ecr"},
                                {"name": "public", "prefix": "public.ecr.aws/acme/images", "host": "public.ecr.aws", "kind": "ecr-public"}]  # fmt: skip
    world.config = {"auths": {host: {"auth": "QVdTOnRva2Vu"} for host in (ECR, "public.ecr.aws")}}
    return world


def probe(world: World, config: dict, **env: str) -> subprocess.CompletedProcess:
    folder = world.folder / "docker"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    return world.run("probe", env={"DOCKER_CONFIG": str(folder), **env})


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_repositories_that_do_not_exist_are_told_before_anything_is_asked(aws):
    aws.strike({"verb": "repository", "ref": f"{ECR}/ml/images/acme-*", "error": "absent"},
               {"verb": "repository", "ref": "public.ecr.aws/acme/images/tool", "error": "absent"})  # fmt: skip
    done = probe(aws, aws.config)
    assert (done.returncode, done.stdout) == (1, "")
    told = [line for line in done.stderr.splitlines() if line.startswith("aws ")]
    names = sorted({ref.split("/", 1)[1].split(":")[0] for spec in aws.plan["specs"] for ref in spec["references"] + [spec["content_reference"]] if ref.startswith(ECR)})
    assert names
    assert told == [
        f"aws ecr create-repository --registry-id 123456789012 --region us-east-2 --repository-name {name}" for name in names
    ] + ["aws ecr-public create-repository --region us-east-1 --repository-name images/tool"]  # fmt: skip
    assert not aws.stub.journal()


def test_repositories_that_exist_are_not_told(aws):
    done = probe(aws, aws.config)
    assert done.returncode == 0, done.stderr
    assert "aws " not in done.stderr
    assert "not checked" not in done.stderr


@pytest.mark.parametrize(("error", "says"), [("denied", "answers 403 DENIED"), ("dead", "answers 000")])
def test_no_answer_about_a_repository_is_said_and_not_mistaken(aws, error, says):
    aws.strike({"verb": "repository", "ref": f"{ECR}/ml/images/acme-training", "error": error})
    done = probe(aws, aws.config)
    assert done.returncode == 0
    assert f"not checked whether {ECR}/ml/images/acme-training exists: {ECR} {says}" in done.stderr
    assert done.stderr.count("not checked") == 1


def test_without_a_login_repositories_are_not_checked(aws):
    done = probe(aws, {})
    assert done.returncode == 0
    assert f"docker is not logged in to {ECR} here" in done.stderr


def test_a_credential_helper_is_asked(aws, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker-credential-ecr-login").write_text(
        '#!/bin/sh\nread -r host\ntest "$1" = get && printf \'{"ServerURL": "%s", "Username": "AWS", "Secret": "token"}\' "$host"\n'
    )
    (tmp_path / "bin/docker-credential-ecr-login").chmod(0o755)
    aws.strike({"verb": "repository", "ref": f"{ECR}/*", "error": "absent"})
    config = {"credHelpers": {ECR: "ecr-login"}, "credsStore": "ecr-login"}
    done = probe(aws, config, PATH=f"{tmp_path / 'bin'}:{aws.stub.env()['PATH']}")
    assert done.returncode == 1
    assert "aws ecr create-repository" in done.stderr
    assert "not checked" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("PIPELINE", "gitub"), ("TEST_IN", "docker"), ("ROOM_GIB", "1.5"), ("PUBLISH_JOBS", "0"), ("PUBLISH_JOBS", "many"), ("PUBLISH_DELAY", "0.5")],
)
def test_wrong_settings(world, name, value):
    done = world.run("probe", env={name: value})
    assert done.returncode == 1
    assert name in done.stderr
    assert not world.stub.journal()


# Tokens that run out, and tags that cannot be moved


def test_a_login_that_runs_out_during_a_build_is_made_again_before_the_push(world):
    """`make` pushes nothing and needs no right to; `push` builds nothing anew."""
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] == 0 and spec["tests"])
    bare = next(spec for spec in world.plan["specs"] if spec["layer"] == 0 and not spec["tests"])
    world.strike({"verb": "push", "error": "unauthorized"})
    for one in (spec, bare):
        platform = one["platforms"][0]
        whole = world.run("build", one["id"], platform)
        assert whole.returncode == 1 and "401 Unauthorized" in whole.stderr
        world.stub.forget()
        world.ok("make", one["id"], platform)
        assert not [call for call in calls(world, "build") if call["push"]]
        assert world.stub.tags() == {}
        # The login of the job has run out.
        assert world.run("push", one["id"], platform).returncode == 1
    world.strike()
    world.stub.forget()
    for one in (spec, bare):
        world.ok("push", one["id"], one["platforms"][0])
        assert world.digest(legs_of(one)[0])
    assert [call["push"] for call in calls(world, "build")] == [True, True]
    assert calls(world, "bake") == [], "tests run once"


def test_a_build_that_lacks_what_it_stands_on_says_so_in_both_halves(world):
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] > 0)
    assert world.run("make", spec["id"], spec["platforms"][0]).returncode == 3
    assert world.run("push", spec["id"], spec["platforms"][0]).returncode == 3


def test_a_tag_that_its_registry_does_not_let_move_is_told(built):
    world = built
    world.ok("tags")
    latest = world.digest(f"{HOME}:latest")
    world.release("0.12.1", True)
    world.strike({"verb": "create", "ref": f"{HOME}:newest-release*", "error": "immutable"})
    done = world.run("tags")
    assert done.returncode == 1 and "immutable, let it except newest-release and the others that move" in done.stderr
    assert "trying again" not in done.stderr
    assert world.digest(f"{HOME}:3.11-v0.12.1"), "the release has its tags"
    assert world.digest(f"{HOME}:latest") == latest, "and nothing moved"
    # Once the registry excepts what moves, running it again goes on from there.
    world.strike()
    world.ok("tags")
    assert world.stub.tags()[f"{HOME}:newest-release"]["annotations"] == {"org.opencontainers.image.version": "0.12.1"}


def test_nothing_is_put_twice_where_tags_are_immutable(built):
    """A registry that excepts what moves: everything else is put once, at home and in copies."""
    world = built
    world.ok("tags")
    world.stub.forget()
    world.release("0.12.1", True)
    fixed = [tag for spec in world.plan["specs"] if spec["immutable"] for tag in spec["references"]]
    before = set(world.stub.tags())
    world.ok("tags")
    put = [tag for call in calls(world, "create") for tag in call["tags"] if tag in fixed or ":content-" in tag]
    assert put and not before & set(put) and len(put) == len(set(put))
    world.stub.forget()
    world.ok("tags")
    assert calls(world, "create") == []


# Provenance


def test_provenance_names_the_run(world):
    spec = next(spec for spec in world.plan["specs"] if spec["layer"] == 0)
    world.plan["attestations"] = {"sbom": True, "provenance": "min"}
    run = "https://github.com/acme/images/actions/runs/7/attempts/2"
    world.ok("build", spec["id"], spec["platforms"][0], env={"BUILDER_ID": run})
    assert [call["provenance"] for call in calls(world, "build") if call["push"]] == [f"mode=min,builder-id={run}"]


def test_an_address_that_would_say_more_to_the_builder_is_refused(world):
    for odd in ("https://x,mode=max", "https://x --push", "a*b", 'a"b'):
        done = world.run("probe", env={"BUILDER_ID": odd})
        assert done.returncode == 1 and "BUILDER_ID is no address of a run" in done.stderr
