"""generated/ci/pull-request.sh by itself, in the shells it may meet: what it takes for changed, and what it builds.

`docker buildx bake` is answered by the stub, which asks the real buildx what would be built.
"""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import lines
import pytest
from harness import Plan, Stub, legs
from trees import Tree, trees

SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)

MATRIX = r"""
[registry.hub]
prefix = "docker.io/acme"

[axis]
word = ["a", "b", "c"]
arch = ["amd64", "arm64"]

[[exclude]]
match = { word = "c", arch = "arm64" }
reason = "nobody has it"

[image.core]
axes = []
tag = "1"
from = "debian:trixie-slim"

[image.other]
axes = []
tag = "1"
from = "debian:bookworm-slim"

[image.top]
tag = "{{ word }}"
parent = "core"
env = { W = "{{ word }}" }
test = ["true", "test \"$W\" = '{{ word }}'; echo '%{x} ${W} $$ <<EOF \\\\n \\ é'\ntrue\n"]

[image.own]
axes = []
tag = "1"
dockerfile = "own/Dockerfile"
from = "debian:trixie-slim"
needs = ["other"]
args = { A = "${x} %{y} \" \\" }

[ci.github]
"""
OWN = "FROM debian:trixie-slim\nARG A\nCOPY --from=docker.io/acme/other:1 /etc /x\n"


@pytest.fixture(scope="session")
def sample(gen, tmp_path_factory) -> Path:
    """A generated tree: two families, a Dockerfile of the user's, an image without arm64, tests."""
    source = tmp_path_factory.mktemp("source")
    (source / "matrix.toml").write_text(MATRIX)
    (source / "own").mkdir()
    (source / "own/Dockerfile").write_text(OWN)
    return Tree("sample", source).generate(gen, tmp_path_factory.mktemp("sample"))


class World:
    """A tree, its plan as it is changed, and a stub of docker."""

    def __init__(self, root: Path, folder: Path, shell: list[str]):
        self.root, self.folder, self.shell = root, folder, shell
        self.stub = Stub(folder / "stub")
        self.plan = json.loads((root / "generated/plan.json").read_text())
        self.base = copy.deepcopy(self.plan)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        plan = lines.write(self.folder, self.plan)
        env = self.stub.env(**{"PLAN": str(plan), **env})
        return subprocess.run(
            [*self.shell, "generated/ci/pull-request.sh", *words], cwd=self.root, env=env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip

    def spec(self, id: str, plan: dict | None = None) -> dict:
        return next(spec for spec in (plan or self.plan)["specs"] if spec["id"] == id)

    def changed(self, *words: str, **env: str) -> list:
        """The legs, by the plan of the base unless words are given."""
        base = lines.write(self.folder, self.base, "base.lines") if self.base else None
        done = self.run("changed", *(words or [str(base)]), **env)
        assert done.returncode == 0, done.stderr
        assert "counts as changed" not in done.stderr or words
        return legs(done.stdout)

    def builds(self) -> set:
        """What has to be built, as `changed` tells by this base: {(id, platform)}"""
        return {(id, leg["platform"]) for leg in self.changed() for id in leg["targets"]}

    def bakes(self) -> list:
        return [call for call in self.stub.journal() if call["verb"] == "bake"]

    def strike(self, *faults: dict) -> None:
        self.stub.folder.mkdir(exist_ok=True)
        (self.stub.folder / "faults.json").write_text(json.dumps(faults))


@pytest.fixture
def shell() -> list[str]:
    return ["sh"]


@pytest.fixture
def world(sample, tmp_path, shell) -> World:
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    return World(sample, tmp_path, shell)


def every(plan: dict) -> set:
    return {(spec["id"], platform) for spec in plan["specs"] for platform in spec["platforms"]}


# What has changed


@in_every_shell
def test_nothing_has_changed(world):
    assert world.changed() == []


@in_every_shell
@pytest.mark.parametrize(
    "base",
    [None, "", "no such file", b"", b"\n", b"<html>", b"{}", b'{"version": 2, "specs": []}', b"plan\n", b"plan\t1\t2\n", b"plan\t3\t2\n"],
    ids=str,
)  # fmt: skip
def test_without_a_plan_of_the_base_everything_is_built(world, base):
    if isinstance(base, bytes):
        (world.folder / "odd.json").write_bytes(base)
        base = str(world.folder / "odd.json")
    done = world.run("changed", *([] if base is None else [base]))
    assert done.returncode == 0
    assert "no plan of the base" in done.stderr and "everything counts as changed" in done.stderr
    assert legs(done.stdout) == [
        {"platform": "linux/amd64", "targets": ["core", "top/a", "top/b", "top/c"]},
        {"platform": "linux/amd64", "targets": ["other", "own"]},
        {"platform": "linux/arm64", "targets": ["core", "top/a", "top/b"]},
        {"platform": "linux/arm64", "targets": ["other", "own"]},
    ]


def test_a_plan_of_an_empty_base_is_a_plan(world):
    world.base["specs"] = []
    assert world.builds() == every(world.plan)


def test_the_base_may_come_through_a_pipe(world):
    done = subprocess.run(
        ["sh", "generated/ci/pull-request.sh", "changed", "/dev/stdin"], cwd=world.root, input=lines.lines(world.base),
        env=world.stub.env(), capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "everything counts as changed" not in done.stderr


def test_what_differs_is_built_and_its_ancestors_are_not_asked_for(world):
    world.spec("top/b", world.base)["content"] = "sha256:" + "0" * 64
    assert world.changed() == [
        {"platform": "linux/amd64", "targets": ["top/b"]},
        {"platform": "linux/arm64", "targets": ["top/b"]},
    ]


def test_a_platform_that_an_image_lacks_is_not_built(world):
    world.spec("top/c", world.base)["content"] = "sha256:" + "0" * 64
    assert world.builds() == {("top/c", "linux/amd64")}


def test_a_change_below_is_a_change_above(world, gen, tmp_path):
    """Shown by gen itself: the parent's content is the child's."""
    tree = tmp_path / "tree"
    shutil.copytree(world.root, tree)
    (tree / "matrix.toml").write_text(MATRIX.replace("debian:bookworm-slim", "debian:bullseye-slim"))
    told = subprocess.run([gen, "plan", "-C", tree], capture_output=True, text=True)
    world.plan = json.loads(told.stdout)
    assert {id for id, _ in world.builds()} == {"other", "own"}


def test_what_is_gone_is_not_built_and_what_is_new_is(world):
    gone = world.plan["specs"].pop()
    assert gone["id"] == "own"
    assert world.builds() == set()
    world.base["specs"] = [spec for spec in world.base["specs"] if spec["id"] != "top/a"]
    assert {id for id, _ in world.builds()} == {"top/a"}


def test_a_new_test_is_run(world):
    world.spec("core")["tests"].append("true")
    assert {id for id, _ in world.builds()} == {"core"}


@pytest.mark.parametrize("change", [
    {"files_digest": "sha256:" + "1" * 64}, {"files": [{"path": "matrix.toml", "at": "/else"}]}, {"user": "1"},
    {"options": ["--cap-add=ALL"], "in": "engine"}, {"target": "other"}, {"platforms": ["linux/arm64"]},
], ids=lambda change: next(iter(change)))  # fmt: skip
def test_what_a_row_says_of_its_test_is_a_change(world, change):
    row = {"run": "true", "in": "builder", "files": [{"path": "matrix.toml", "at": "a"}], "files_digest": "sha256:" + "0" * 64}
    for plan, more in ((world.base, {}), (world.plan, {})):
        world.spec("core", plan)["tests"] = [{**row, **more}]
    assert world.builds() == set()
    world.spec("core")["tests"] = [{**row, **change}]
    assert {id for id, _ in world.builds()} == {"core"}


def test_a_new_name_is_no_new_image(world):
    world.spec("own")["references"] = ["docker.io/acme/own:2"]
    world.spec("own")["content_reference"] = "docker.io/acme/moved:content-" + world.spec("own")["content"][7:19]
    assert world.builds() == set()


def test_equal_content_is_built_once(world):
    world.base = None
    twin = {**world.spec("top/a"), "id": "top/twin"}
    world.plan["specs"].append(twin)
    assert not [leg for leg in world.changed("") if "top/twin" in leg["targets"]]
    twin["tests"] = ["false"]
    assert [leg for leg in world.changed("") if "top/twin" in leg["targets"]], "its test is another"


def test_a_pipeline_builds_its_share(world):
    world.spec("core")["ci"] = {"github": {"role": "build"}, "gitlab": {"role": "none"}}
    world.base["specs"] = []
    assert ("core", "linux/amd64") in world.builds()
    for pipeline, has in [("github", True), ("gitlab", False), ("cloud-build", True)]:
        ids = {id for leg in world.changed("", PIPELINE=pipeline) for id in leg["targets"]}
        assert ("core" in ids) == has
        assert "top/a" in ids


def test_a_leg_is_for_one_machine(world):
    world.spec("top/b")["ci"] = {"github": {"legs": {"linux/amd64": {"runner": "big"}}}}
    found = world.changed("", PIPELINE="github")
    assert [leg["targets"] for leg in found if leg["platform"] == "linux/amd64"] == [
        ["core", "top/a", "top/c"],
        ["other", "own"],
        ["top/b"],
    ]
    assert len(found) == 5
    assert len(world.changed("")) == 4


@pytest.mark.parametrize(
    "words",
    [(), ("nope",), ("changed", "a", "b"), ("build",), ("build", "linux/amd64")],
)
def test_wrong_words(world, words):
    done = world.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


# What is built


@in_every_shell
def test_everything_is_built_for_one_platform_and_pushed_nowhere(world):
    done = world.run("build", "linux/amd64", "top/a", "own", "top/a")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert {call["verb"] for call in world.stub.journal()} == {"bake"}
    first = world.bakes()[0]["targets"]
    assert {name for name, target in first.items() if target["requested"]} == {"top-a", "own"}
    assert set(first) == {"top-a", "core", "own", "other"}
    for call in world.bakes():
        for target in call["targets"].values():
            assert target["platforms"] == ["linux/amd64"]
            assert not target["push"]
            assert target["attest"] == [{"disabled": True, "type": "provenance"}]
    assert all(target["output"] == [{"type": "cacheonly"}] for target in first.values())
    assert first["own"]["from"] == ["docker.io/library/debian:trixie-slim", "target:other"]
    assert not world.stub.tags()


@in_every_shell
def test_tests_run_on_the_loaded_image(world):
    world.plan = json.loads((world.root / "generated/plan.json").read_text())
    done = world.run("build", "linux/arm64", "top/a", "top/b", "core", TEST_IN="engine")
    assert done.returncode == 0, done.stderr
    calls = [call for call in world.stub.journal() if call["verb"] != "bake" or any(t["load"] for t in call["targets"].values())]
    assert [call["verb"] for call in calls] == ["bake", "run", "run", "rm"] * 2
    for id, (bake, *runs, gone) in [("top/a", calls[:4]), ("top/b", calls[4:])]:
        spec = world.spec(id)
        image = f"{spec['content_reference']}-arm64"
        (loaded,) = [target for target in bake["targets"].values() if target["load"]]
        assert (loaded["description"], loaded["tags"]) == (id, [image])
        assert [run["command"] for run in runs] == [["-c", test] for test in spec["tests"]]
        assert {(run["ref"], run["platform"], run["entrypoint"]) for run in runs} == {(image, "linux/arm64", "/bin/sh")}
        assert gone["refs"] == [image]


@in_every_shell
def test_tests_run_inside_the_builder(world):
    done = world.run("build", "linux/amd64", "top/a", "core")
    assert done.returncode == 0, done.stderr
    assert {call["verb"] for call in world.stub.journal()} == {"bake"}
    tests = []
    for call in world.bakes()[1:]:
        (target,) = [target for target in call["targets"].values() if target["requested"]]
        stands_on, step = target["dockerfile-inline"].splitlines()
        assert (stands_on, target["from"], target["no-cache"]) == ("FROM subject", ["target:top-a"], True)
        assert target["output"] == [{"type": "cacheonly"}]
        assert "<" not in step
        shell, option, test = json.loads(step.removeprefix("RUN "))
        assert (shell, option) == ("/bin/sh", "-c")
        tests.append(test)
    assert tests == world.spec("top/a")["tests"]


@pytest.mark.parametrize(("machine", "makes"), [("github-hosted", True), ("self-hosted", False)])
def test_room_is_made_on_machines_of_githubs_alone(world, machine, makes):
    programs = world.folder / "programs"
    programs.mkdir()
    for name, text in {"df": "echo Filesystem; echo /dev/root 75000000 0 20000000 0% /", "sudo": "true"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    done = world.run("build", "linux/amd64", "core", PATH=f"{programs}:{world.stub.env()['PATH']}", RUNNER_ENVIRONMENT=machine)
    assert done.returncode == 0, done.stderr
    assert ("making room: 19 GiB are free" in done.stderr) == makes


@in_every_shell
def test_rows_say_who_runs_a_test_on_what_and_where(world):
    files = {"files": [{"path": "matrix.toml", "at": "m"}], "files_digest": "sha256:" + "0" * 64}
    world.spec("top/a")["tests"] = [
        {"run": "one", "in": "builder", "user": "0", "target": "early", **files},
        {"run": "two", "in": "engine", "options": ["--gpus=all"], "target": "early", "user": "5"},
        {"run": "three", "in": "engine", "options": ["--cap-add=ALL"], **files},
        {"run": "four", "in": "builder", "platforms": ["linux/arm64"]},
    ]
    done = world.run("build", "linux/amd64", "top/a")
    assert done.returncode == 0, done.stderr
    image = f"{world.spec('top/a')['content_reference']}-amd64"
    _, one, early, plain = world.bakes()
    assert [next(name for name, target in call["targets"].items() if target["requested"]) for call in (one, early, plain)] == [
        "top-a-test", "top-a", "top-a"]  # fmt: skip
    assert one["targets"]["top-a-test"]["dockerfile-inline"].splitlines()[1] == "USER 0"
    assert one["read"] == {"m": (world.root / "matrix.toml").read_text()}
    assert [call["targets"]["top-a"].get("target") for call in (one, early, plain)] == ["early", "early", None]
    assert [call["targets"]["top-a"]["tags"] for call in (early, plain)] == [[f"{image}-stage"], [image]]
    runs = [call for call in world.stub.journal() if call["verb"] in ("run", "rm")]
    assert [(call["verb"], call.get("ref") or call["refs"][0]) for call in runs] == [
        ("run", f"{image}-stage"), ("rm", f"{image}-stage"), ("run", image), ("rm", image)]  # fmt: skip
    assert runs[0]["options"][5:-2] == ["--user", "5", "--gpus=all"]
    assert runs[2]["options"][5:-2] == ["--cap-add=ALL", "--mount", f'type=bind,"source={world.root}/matrix.toml",target=/srv/m,readonly']


@pytest.mark.parametrize("row", [{"in": "builder", "user": "0"}, {"in": "engine", "options": ["--gpus=all"]}], ids=str)
def test_a_row_that_fails_fails(world, row):
    world.spec("top/a")["tests"] = [{"run": "one", **row}, "two"]
    world.strike({"verb": "run", "error": "failed", "times": 1})
    done = world.run("build", "linux/amd64", "top/a")
    assert done.returncode == 1
    assert done.stderr.count("fails its test") == 1 and done.stderr.count(": testing ") == 2


@in_every_shell
@pytest.mark.parametrize("place", ["engine", "buildkit"])
def test_a_test_that_fails_fails_and_keeps_no_other_from_running(world, place):
    world.strike({"verb": "run", "ref": "*/top*", "error": "failed", "times": 1})
    done = world.run("build", "linux/amd64", "top/a", "top/b", TEST_IN=place)
    assert done.returncode == 1
    assert done.stderr.count("`top-a` for linux/amd64 fails its test: true") == 1
    assert done.stderr.count("fails its test") == 1
    assert done.stderr.count(": testing ") == 4


def test_a_build_that_fails_fails(world):
    world.strike({"verb": "bake", "ref": "*core*", "error": "failed"})
    done = world.run("build", "linux/amd64", "top/a")
    assert done.returncode == 1
    assert ": testing " not in done.stderr
    assert not [call for call in world.stub.journal() if call["verb"] == "run"]


@pytest.mark.parametrize(
    ("words", "says"),
    [(("linux/amd64", "top/a", "nope"), "the plan has no image `nope`"),
     (("linux/arm64", "top/c"), "`top/c` has no platform `linux/arm64`")],
)  # fmt: skip
def test_what_is_not_there_is_not_built(world, words, says):
    done = world.run("build", *words)
    assert done.returncode == 1
    assert says in done.stderr
    assert not world.stub.journal()


def test_the_bake_file_must_be_there_and_have_the_target(world):
    done = world.run("build", "linux/amd64", "core", BAKE="no such file")
    assert (done.returncode, "no bake file at no such file" in done.stderr) == (1, True)
    del world.spec("core")["bake_target"]
    done = world.run("build", "linux/amd64", "core")
    assert (done.returncode, "the bake file has no target for `core`" in done.stderr) == (1, True)


def test_somewhere_else_for_tests_is_refused(world):
    done = world.run("build", "linux/amd64", "core", TEST_IN="docker")
    assert (done.returncode, "not `docker`" in done.stderr) == (1, True)


def test_without_a_plan(world):
    done = world.run("changed", PLAN="no such file")
    assert (done.returncode, "no plan at no such file" in done.stderr) == (1, True)


# What images stand on that is published

LINEAGE = """
[image.middle]
axes = []
tag = "1"
parent = "core"

[image.leaf]
axes = []
tag = "1"
parent = "middle"
test = ["true"]

[ci.github]
pull-request = { parents = "published" }

[ci.gitlab]
"""


@pytest.fixture(scope="session")
def published_sample(gen, tmp_path_factory) -> Path:
    """The same tree with a lineage of three, where GitHub's changes stand on what is published."""
    source = tmp_path_factory.mktemp("source")
    (source / "matrix.toml").write_text(MATRIX.replace("[ci.github]\n", LINEAGE))
    (source / "own").mkdir()
    (source / "own/Dockerfile").write_text(OWN)
    return Tree("published", source).generate(gen, tmp_path_factory.mktemp("published"))


class Published(World):
    """Registries that have some contents, put there by publish.sh."""

    def publish(self, *ids: str) -> None:
        for id in ids:
            spec = self.spec(id)
            for words in [*(["build", id, platform] for platform in spec["platforms"]), ["merge", id]]:
                done = subprocess.run(
                    ["sh", "generated/ci/publish.sh", *words], cwd=self.root, env=self.stub.env(), stdin=subprocess.DEVNULL,
                    capture_output=True, text=True,
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
        self.stub.forget()

    def build(self, *ids: str, **env: str) -> subprocess.CompletedProcess:
        done = self.run("build", "linux/amd64", *ids, **{"PIPELINE": "github", **env})
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert not [call for call in self.stub.journal() if not call["ok"] and call["verb"] != "inspect"]
        return done

    def asked(self) -> list:
        return [call["ref"] for call in self.stub.journal() if call["verb"] == "inspect"]

    def content(self, id: str) -> str:
        return self.spec(id)["content_reference"]

    def place(self, id: str) -> str:
        """What bake is told to stand on."""
        return f"docker-image://{self.content(id)}@{self.stub.tags()[self.content(id)]['digest']}"

    def built(self) -> dict:
        """What every call of bake builds, with all that it links to: {its target: what that stands on}"""
        return {name: target["from"] for call in self.bakes() for name, target in call["targets"].items()}


@pytest.fixture
def there(published_sample, tmp_path, shell) -> Published:
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    return Published(published_sample, tmp_path, shell)


@in_every_shell
def test_what_is_published_is_stood_upon_and_not_built(there):
    there.publish("core", "other")
    before = there.stub.tags()
    done = there.build("top/a", "own")
    core, other = there.place("core"), there.place("other")
    assert there.built() == {
        "top-a": [core], "own": ["docker.io/library/debian:trixie-slim", other], "top-a-test": ["target:top-a"],
    }  # fmt: skip
    assert sorted(there.asked()) == sorted([there.content("core"), there.content("other")])
    assert f"not built, for it is published: {core.removeprefix('docker-image://')}" in done.stderr
    assert there.stub.tags() == before, "nothing is pushed"


@pytest.mark.parametrize("pipeline", ["gitlab", ""])
def test_a_pipeline_that_does_not_say_so_builds_parents_and_asks_nobody(there, pipeline):
    there.publish("core")
    there.build("top/a", PIPELINE=pipeline)
    assert there.built()["top-a"] == ["target:core"]
    assert there.asked() == []


@in_every_shell
def test_what_is_not_published_is_built(there):
    done = there.build("top/a", "top/b")
    assert there.built()["top-a"] == there.built()["top-b"] == ["target:core"]
    assert there.asked() == [there.content("core")]
    assert f"built, for it is not published: {there.content('core')}\n" in done.stderr


@pytest.mark.parametrize("error", ["refused", "denied", "server-error"])
def test_a_registry_that_does_not_answer_fails_nothing(there, error):
    there.publish("core")
    there.strike({"verb": "inspect", "error": error})
    done = there.build("top/a")
    assert there.built()["top-a"] == ["target:core"]
    (told,) = [line for line in done.stderr.splitlines() if there.content("core") in line and "built, for" in line]
    assert "built, for nobody says whether it is published" in told and "(ERROR: " in told


@pytest.mark.parametrize("stated", ["sha256:" + "0" * 64, None])
def test_what_is_published_under_the_name_and_states_another_hash_is_built(there, stated):
    there.stub.put(there.content("core"), {"org.basematrix.content": stated} if stated else {})
    done = there.build("top/a")
    assert there.built()["top-a"] == ["target:core"]
    assert f"{there.content('core')} states {stated or 'none'}, and {there.spec('core')['content']} is wanted" in done.stderr


@pytest.mark.parametrize("program", ["timeout", "sha256sum"])
def test_what_a_machine_lacks_fails_nothing(there, program):
    """A registry that never answers, and a machine that cannot tell a digest."""
    there.publish("core")
    programs = there.folder / "programs"
    programs.mkdir()
    (programs / program).write_text("#!/bin/sh\nexit 124\n")
    (programs / program).chmod(0o755)
    done = there.build("top/a", PATH=f"{programs}:{there.stub.env()['PATH']}")
    assert there.built()["top-a"] == ["target:core"]
    assert {"timeout": "(no answer)", "sha256sum": "there is no sha256sum here"}[program] in done.stderr


@in_every_shell
def test_the_nearest_that_is_published_is_enough(there):
    there.publish("core")
    there.build("leaf")
    assert {name: there.built()[name] for name in ("leaf", "middle")} == {"leaf": ["target:middle"], "middle": [there.place("core")]}
    assert "core" not in there.built()
    assert there.asked() == [there.content("middle"), there.content("core")]
    there.publish("middle")
    there.build("leaf")
    assert there.built() == {"leaf": [there.place("middle")], "leaf-test": ["target:leaf"]}
    assert there.asked() == [there.content("middle")], "what lies below is of no interest then"


def test_what_is_to_be_built_itself_is_built(there):
    there.publish("core")
    there.build("core", "top/a")
    assert there.built()["top-a"] == ["target:core"]
    assert there.asked() == []


def test_a_parent_that_changed_is_not_there(there, gen, tmp_path):
    """Shown by gen: the base's core is published, that of the change is another content."""
    there.publish("core")
    before = there.content("core")
    tree = tmp_path / "changed"
    shutil.copytree(there.root, tree)
    text = (tree / "matrix.toml").read_text()
    (tree / "matrix.toml").write_text(text.replace("debian:trixie-slim", "debian:sid-slim", 1))
    subprocess.run([gen, "-q", "matrix", "-C", tree], check=True)
    there.root, there.plan = tree, json.loads((tree / "generated/plan.json").read_text())
    assert {id for id, _ in there.builds()} == {"core", "middle", "leaf", "top/a", "top/b", "top/c"}
    # As a part of a family that is cut, which has its parent in another part.
    there.build("top/a")
    assert there.content("core") != before
    assert there.built()["top-a"] == ["target:core"]
    assert there.asked() == [there.content("core")]


def test_what_a_published_parent_takes_is_not_wanted(there):
    there.publish("core")
    there.spec("core")["artifacts"] = [{"name": "wheel", "path": "dist/*.whl", "version": "1"}]
    there.build("top/a")
    there.strike({"verb": "inspect", "error": "refused"})
    done = there.run("build", "linux/amd64", "top/a", PIPELINE="github")
    assert (done.returncode, "the artifact `wheel`" in done.stderr) == (1, True)


def test_the_engine_is_handed_what_stands_on_the_published(there):
    there.publish("core")
    there.build("top/a", TEST_IN="engine")
    assert there.built() == {"top-a": [there.place("core")]}
    assert any(call["targets"]["top-a"]["load"] for call in there.bakes())


@pytest.mark.parametrize(
    "tree",
    [pytest.param(tree, id=tree.name) for tree in trees() if "script" in tree.expected_kinds() and tree.name != "repository"],
)
def test_every_leg_of_a_tree_is_built(tree, gen, tmp_path):
    world = World(tree.generate(gen, tmp_path), tmp_path, ["sh"])
    built = set()
    all_legs = world.changed("")
    for leg in all_legs[:: max(1, len(all_legs) // 4)]:
        done = world.run("build", leg["platform"], *leg["targets"])
        assert done.returncode == 0, done.stderr
        built |= {(id, leg["platform"]) for id in leg["targets"]}
    asked, tested = set(), set()
    for targets in (call["targets"] for call in world.bakes()):
        for target in (target for target in targets.values() if target["requested"]):
            (platform,) = target["platforms"]
            if "dockerfile-inline" in target:
                of = targets[target["from"][0].removeprefix("target:")]["description"]
                step = target["dockerfile-inline"].splitlines()[1].removeprefix("RUN ")
                tested.add((of, platform, json.loads(step)[-1]))
            else:
                asked.add((target["description"], platform))
    assert asked == built
    by_id = Plan(world.root).by_id
    assert tested == {(id, platform, test) for id, platform in built for test in by_id[id]["tests"]}
