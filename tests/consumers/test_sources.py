"""What a context holds besides the repository's own files, Git LFS and submodules: both scripts look for it before they
build, and every provider checks it out where a context needs it, and nowhere else."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from cloud_build import configs, is_change
from harness import Stub, everything_missing, read_yaml, run
from judges import JUDGES, Refused
from trees import kind_of, owned

GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always"]
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)

POINTER = """\
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""
MATRIX = """
[release]
version = "1.2.0"

[registry.hub]
prefix = "docker.io/acme"

[image.app]
dockerfile = "ctx/Dockerfile"

[image.top]
parent = "app"
dockerfile = "top/Dockerfile"

[image.plain]
from = "debian:13-slim"

[ci.github]

[ci.gitlab]

[ci.cloud-build]
platforms = ["linux/amd64"]
"""
FILES = {
    "matrix.toml": MATRIX,
    "ctx/Dockerfile": "FROM debian:13-slim\nCOPY . /app\n",
    "top/Dockerfile": "FROM docker.io/acme/app:v1.2.0\nCOPY . /top\n",
}


def made(gen: Path, root: Path, **files: str) -> Path:
    for path, text in {**FILES, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    run(["git", "init", "-q", "-b", "main", "--template="], root)
    run([*GIT, "add", "-A"], root)
    run([gen, "matrix", "--quiet"], root)
    return root


@pytest.fixture
def lfs(gen, tmp_path) -> Path:
    """A checkout without Git LFS of a repository with it."""
    return made(gen, tmp_path / "tree", **{".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "ctx/a b.bin": POINTER})


@pytest.fixture
def submodule(gen, tmp_path) -> Path:
    """A whole checkout of a repository with a submodule in a context."""
    inner = tmp_path / "inner"
    inner.mkdir()
    run(["git", "init", "-q", "-b", "main", "--template="], inner)
    (inner / "f").write_text("f")
    run([*GIT, "add", "-A"], inner)
    run([*GIT, "commit", "-qm", "inner"], inner)
    root = made(gen, tmp_path / "tree")
    run([*GIT, "submodule", "--quiet", "add", inner, "ctx/vendor/lib"], root)
    run([gen, "matrix", "--quiet"], root)
    return root


def script(root: Path, shell: list[str], stub: Stub, name: str, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*shell, f"generated/ci/{name}", *words], cwd=root, env=stub.env(), stdin=subprocess.DEVNULL, capture_output=True,
        text=True,
    )  # fmt: skip


@pytest.fixture
def stub(tmp_path) -> Stub:
    return Stub(tmp_path / "stub")


#: Both scripts, and how each is asked to build an image.
BUILDS = {"publish.sh": ("build", "{id}", "linux/amd64"), "pull-request.sh": ("build", "linux/amd64", "{id}")}
by_both = pytest.mark.parametrize("name", BUILDS)


def build(root: Path, shell: list[str], stub: Stub, name: str, id: str) -> subprocess.CompletedProcess:
    return script(root, shell, stub, name, *(word.format(id=id) for word in BUILDS[name]))


def built(stub: Stub) -> list:
    return [call for call in stub.journal() if call["verb"] in ("build", "bake")]


@in_every_shell
@by_both
def test_a_pointer_in_a_context_stops_a_build_before_it_begins(lfs, shell, stub, name):
    done = build(lfs, shell, stub, name, "app")
    assert done.returncode == 1
    assert "a pointer of Git LFS, not the file: ctx/a b.bin" in done.stderr
    assert "run `git lfs pull`" in done.stderr
    assert not built(stub)
    # What it points at is no pointer, though it speaks of one.
    (lfs / "ctx/a b.bin").write_text("x" * 2000 + POINTER)
    assert build(lfs, shell, stub, name, "app").returncode == 0
    (lfs / "ctx/a b.bin").write_text("  " + POINTER.splitlines()[0])
    assert build(lfs, shell, stub, name, "app").returncode == 0


def test_what_is_built_along_is_looked_at_too(lfs, stub):
    """A change builds from source what its images stand on."""
    done = build(lfs, ["sh"], stub, "pull-request.sh", "top")
    assert (done.returncode, "not the file: ctx/a b.bin" in done.stderr) == (1, True)


@by_both
def test_pointers_elsewhere_do_no_harm(lfs, stub, name):
    assert build(lfs, ["sh"], stub, name, "plain").returncode == 0


@in_every_shell
@by_both
def test_the_empty_folder_of_a_submodule_stops_a_build(submodule, shell, stub, name):
    assert build(submodule, shell, stub, name, "app").returncode == 0
    stub.forget()
    run([*GIT, "submodule", "--quiet", "deinit", "--force", "--all"], submodule)
    other = Stub(stub.folder.parent / "other")
    done = build(submodule, shell, other, name, "app")
    assert done.returncode == 1
    assert "the submodule ctx/vendor/lib is not here, run `git submodule update --init --recursive`" in done.stderr
    assert not built(other)


# What the pipelines check out.


def texts(root: Path) -> dict[str, str]:
    """All that is written for pipelines, without comments: the scripts look for pointers everywhere."""
    paths = [path for path in owned(root) if kind_of(path) in ("github", "gitlab", "gitlab-templates", "cloud-build")]
    return {path: re.sub(r"(?m)^\s*#.*\n", "", (root / path).read_text()) for path in paths}


def checkouts(root: Path, workflow: str) -> dict[str, dict]:
    """{job: what its checkout is told}"""
    jobs = read_yaml(root / ".github/workflows" / workflow)["jobs"]
    return {
        name: step.get("with", {})
        for name, job in jobs.items()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout")
    }


def judged(root: Path, scratch: Path) -> None:
    for judge in JUDGES:
        paths = [path for path in owned(root) if kind_of(path) in judge.kinds]
        if not paths or not {"github", "gitlab", "gitlab-templates", "cloud-build", "script"} & set(judge.kinds):
            continue
        folder = scratch / judge.name
        folder.mkdir(parents=True)
        try:
            judge.ask(root, paths, folder)
        except Refused as refusal:
            pytest.fail(str(refusal), pytrace=False)


def children(root: Path, scratch: Path) -> dict:
    """The jobs of GitLab's child pipeline when nothing is there yet."""
    plan = json.loads((root / "generated/plan.json").read_text())
    (scratch / "missing").write_text(everything_missing(plan["specs"]))
    run(["sh", "generated/ci/gitlab.sh", "publish", scratch / "missing", scratch / "children"], root)
    return json.loads((scratch / "children/1.yml").read_text())


def test_nothing_is_fetched_where_no_context_needs_it(gen, tmp_path):
    root = made(gen, tmp_path / "tree", **{".gitattributes": "*.bin filter=lfs -text\n", "docs/a.bin": POINTER})
    said = "\n".join(texts(root).values())
    assert not re.search(r"lfs|submodule", said, re.IGNORECASE)
    assert not re.search(r"LFS|SUBMODULE", json.dumps(children(root, tmp_path)))


def test_lfs_is_fetched_by_the_builds_that_need_it(lfs, tmp_path):
    judged(lfs, tmp_path / "judges")
    publish, change = checkouts(lfs, "base-images.yml"), checkouts(lfs, "base-images-pull-request.yml")
    assert {job for job, told in {**publish, **change}.items() if "lfs" in told} == {"build-0-0", "build-1-0", "build"}
    assert publish["build-0-0"]["lfs"] == change["build"]["lfs"] == "${{ matrix.lfs }}", "one of three images needs it"
    templates = (lfs / ".gitlab/base-images-jobs.yml").read_text()
    assert 'GIT_LFS_SKIP_SMUDGE: "1"' in templates
    jobs = children(lfs, tmp_path)
    needs = {name for name, job in jobs.items() if isinstance(job, dict) and job.get("variables", {}).get("GIT_LFS_SKIP_SMUDGE") == "0"}
    assert needs == {"build app linux/amd64"}
    for build in configs(lfs).values():
        steps = {step.id: step for step in build.steps}
        assert "git lfs pull" in steps["sources"].script and "submodule" not in steps["sources"].script
        assert list(steps["prepare"].wait_for) == ["sources"]
        if is_change(build):
            assert list(steps["fetch"].wait_for) == ["sources"]


def test_a_leg_says_whether_it_needs_them(lfs, tmp_path):
    """The workflow of a change hands it to legs: of an image, and of what stands on it."""
    jobs = read_yaml(lfs / ".github/workflows/base-images-pull-request.yml")["jobs"]
    step = next(step for step in jobs["changes"]["steps"] if step.get("id") == "legs")
    for targets, needs in ((["plain"], False), (["app"], True), (["top"], True), (["plain", "top"], True)):
        (tmp_path / "changed").write_text(f"linux/amd64\t{' '.join(targets)}\n")
        out = tmp_path / "output"
        out.write_text("")
        env = {**step["env"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(out)}
        run(["bash", "-eo", "pipefail", "-c", step["run"]], lfs, {**os.environ, **env})
        (leg,) = json.loads(out.read_text().removeprefix("legs="))
        assert leg["lfs"] is needs, targets


def test_submodules_are_fetched_by_what_needs_them(submodule, gen, tmp_path):
    matrix = submodule / "matrix.toml"
    matrix.write_text(matrix.read_text() + '\n[ci]\ncheck = "gen check"\n')
    run([gen, "matrix", "--quiet"], submodule)
    judged(submodule, tmp_path / "judges")
    publish, change = checkouts(submodule, "base-images.yml"), checkouts(submodule, "base-images-pull-request.yml")
    told = {job: told["submodules"] for job, told in {**publish, **change}.items() if "submodules" in told}
    some = "${{ matrix.submodules && 'recursive' || 'false' }}"
    assert told == {"build-0-0": some, "build-1-0": some, "build": some, "check": "recursive"}
    jobs = children(submodule, tmp_path)
    needs = {name for name, job in jobs.items() if "SUBMODULE" in json.dumps(job)}
    assert needs == {"build app linux/amd64"}
    request = (submodule / ".gitlab/base-images-merge-request.gitlab-ci.yml").read_text()
    assert request.count("GIT_SUBMODULE_STRATEGY: recursive") == 1
    for build in configs(submodule).values():
        assert "git submodule update" in build.steps[0].script and "lfs" not in build.steps[0].script


def test_cloud_build_fetches_submodules_into_the_clone_of_a_trigger(submodule, tmp_path):
    run([*GIT, "commit", "-qam", "all"], submodule)
    clone = tmp_path / "clone"
    run([*GIT, "clone", "-q", "--depth", "1", f"file://{submodule}", clone], tmp_path)
    assert not any((clone / "ctx/vendor/lib").iterdir())
    (build,) = (build for build in configs(submodule).values() if is_change(build))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text("[protocol \"file\"]\n\tallow = always\n")
    # The step writes to the configuration of its user, so that must be a file of its own.
    env = {name: value for name, value in os.environ.items() if name != "GIT_CONFIG_GLOBAL"} | {"HOME": str(tmp_path / "home")}
    run(["sh", "-c", build.steps[0].script], clone, env)
    assert (clone / "ctx/vendor/lib/f").read_text() == "f"
