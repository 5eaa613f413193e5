"""What a pipeline makes before it builds images from it: it counts by its version, and a build without it stops."""

import json
import subprocess
from pathlib import Path

import pytest
from harness import Stub, run

SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)

MATRIX = """
[release]
version = "1.2.0"

[artifact.wheel]
path = "app/dist/*.whl"
version = "{{ release.version }}"

[artifact.tool]
path = "made/"
version = "7"

[registry.hub]
prefix = "docker.io/acme"

[image.app]
dockerfile = "app/Dockerfile"

[image.made]
dockerfile = "made.Dockerfile"
context = "made"

[image.other]
dockerfile = "other/Dockerfile"

[ci.github]
"""
FILES = {
    "matrix.toml": MATRIX,
    "app/Dockerfile": "FROM debian:13-slim\nCOPY dist/*.whl /tmp/\n",
    "made.Dockerfile": "FROM debian:13-slim\nCOPY . /made\n",
    "other/Dockerfile": "FROM debian:13-slim\n",
    ".gitignore": "dist/\nmade/\n",
}
MADE = {"app/dist/acme-1.2.0-py3-none-any.whl": "wheel", "made/tool": "tool"}


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture
def tree(gen, tmp_path) -> Path:
    """As it is committed: nothing is made yet."""
    root = tmp_path / "tree"
    write(root, FILES)
    run(["git", "init", "-q", "-b", "main", "--template="], root)
    run([gen, "matrix", "--quiet"], root)
    run([gen, "bump", "--amend", "--quiet"], root)
    run(["git", "add", "-A"], root)
    return root


def contents(gen: Path, root: Path) -> dict[str, str]:
    told = json.loads(run([gen, "plan"], root).stdout)
    return {spec["id"]: spec["content"] for spec in told["specs"]}


def check(gen: Path, root: Path) -> str:
    done = subprocess.run([gen, "check", "--format", "concise"], cwd=root, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_it_may_be_missing_and_its_bytes_do_not_count(tree, gen):
    before = contents(gen, tree)
    assert check(gen, tree).startswith("no findings")
    write(tree, MADE)
    assert contents(gen, tree) == before and check(gen, tree).startswith("no findings")
    write(tree, {path: "other bytes" for path in MADE})
    assert contents(gen, tree) == before and check(gen, tree).startswith("no findings")
    # What lies beside it counts as ever.
    write(tree, {"app/more": "x"})
    assert {id for id, content in contents(gen, tree).items() if content != before[id]} == {"app"}


def test_it_counts_by_its_version_where_a_context_sends_it(tree, gen):
    before = contents(gen, tree)
    matrix = tree / "matrix.toml"
    matrix.write_text(matrix.read_text().replace('version = "7"', 'version = "8"'))
    assert {id for id, content in contents(gen, tree).items() if content != before[id]} == {"made"}
    assert "unreleased-change" in check(gen, tree)
    full = subprocess.run([gen, "check"], cwd=tree, capture_output=True, text=True)
    assert "artifact `tool` `7` → `8`" in full.stderr + full.stdout
    matrix.write_text(matrix.read_text().replace('version = "8"', 'version = "7"'))
    assert contents(gen, tree) == before
    run([gen, "bump", "1.3.0", "--quiet"], tree)
    assert {id for id, content in contents(gen, tree).items() if content != before[id]} == {"app"}
    assert check(gen, tree).startswith("no findings")


def test_what_an_ignore_file_leaves_out_is_no_part_of_the_image(tree, gen):
    (tree / "app/.dockerignore").write_text("dist\n")
    plan = json.loads(run([gen, "plan"], tree).stdout)
    made = {spec["id"]: [one["name"] for one in spec.get("artifacts", [])] for spec in plan["specs"]}
    assert made == {"app": [], "made": ["tool"], "other": []}
    assert "unused-artifact" in check(gen, tree)
    (tree / "app/.dockerignore").write_text("*\n!dist/*.whl\n")
    plan = json.loads(run([gen, "plan"], tree).stdout)
    assert plan["specs"][0]["artifacts"] == [{"name": "wheel", "path": "app/dist/*.whl", "version": "1.2.0"}]


#: Both scripts, and how each is asked to build an image.
BUILDS = {"publish.sh": ("build", "{id}", "linux/amd64"), "pull-request.sh": ("build", "linux/amd64", "{id}")}


@in_every_shell
@pytest.mark.parametrize("name", BUILDS)
def test_a_build_without_it_stops_before_it_begins(tree, tmp_path, shell, name):
    stub = Stub(tmp_path / "stub")

    def build(id: str) -> subprocess.CompletedProcess:
        words = [word.format(id=id) for word in BUILDS[name]]
        return subprocess.run([*shell, f"generated/ci/{name}", *words], cwd=tree, env=stub.env(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)  # fmt: skip

    for id, artifact, path in (("app", "wheel", "app/dist/*.whl"), ("made", "tool", "made/")):
        done = build(id)
        assert done.returncode == 1
        assert f"the artifact `{artifact}` ({path}) is not here. A step of yours has to make it" in done.stderr
    (tree / "made").mkdir(exist_ok=True)
    assert build("made").returncode == 1, "an empty folder is nothing that was made"
    assert not [call for call in stub.journal() if call["verb"] in ("build", "bake")]
    assert build("other").returncode == 0
    write(tree, MADE)
    assert build("app").returncode == 0 and build("made").returncode == 0
