"""templates/ci/publish.sh by itself, in the shells it may meet: what it decides about tags, and how it fails."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import HERE, STUBS, Plan, Stub, assert_idle, run

SCRIPT = HERE.parents[1] / "templates/ci/publish.sh"
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

    def run(self, *words: str) -> subprocess.CompletedProcess:
        file = self.folder / "plan.json"
        file.write_text(json.dumps(self.plan))
        env = self.stub.env(PLAN=str(file))
        return subprocess.run(
            [*self.shell, SCRIPT, *words], cwd=SAMPLE, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def ok(self, *words: str) -> subprocess.CompletedProcess:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done

    def build(self) -> None:
        missing = json.loads(self.ok("probe").stdout)
        for layer in range(self.plan["layers"]):
            for leg in missing["build"]:
                if leg["layer"] == layer:
                    self.ok("build", leg["id"], leg["platform"])
            merges = [merge["id"] for merge in missing["merge"] if merge["layer"] == layer]
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
    assert json.loads(world.ok("probe").stdout) == {"build": [], "merge": []}
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
    assert not [tag for tag in tags if tag.endswith(":newest-release")]


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
    [((), 2, "usage"), (("probe", "x"), 2, "usage"), (("build", "nope", "linux/amd64"), 1, "no image `nope`"),
     (("build", "notebook", "linux/s390x"), 1, "no platform `linux/s390x`"), (("merge", "nope"), 1, "no image `nope`")],
)  # fmt: skip
def test_wrong_words(world, words, status, says):
    done = world.run(*words)
    assert done.returncode == status
    assert says in done.stderr
