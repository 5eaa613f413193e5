"""The config for a trigger on pull requests: it checks, and builds what changed with what that stands on, by bake; it pushes
nothing and logs in nowhere.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
from cloud_build import Failed, Runs, Service, configs, is_change
from harness import copy_tree, run
from test_cloud_build_truth import Share
from trees import shapes


@pytest.fixture(scope="module")
def made(gen, tmp_path_factory) -> Path:
    (tree,) = (tree for tree in shapes() if tree.name == "shape-cloud-build-options")
    folder = tmp_path_factory.mktemp("change")
    return copy_tree(tree.generate(gen, folder / "made"), folder / "tree")


@pytest.fixture
def change(made, gen, tmp_path) -> "Change":
    return Change(made, gen, tmp_path)


class Change:
    """A branch of a repository, and its build."""

    def __init__(self, made: Path, gen: Path, folder: Path):
        self.gen, self.folder = gen, folder
        self.origin = folder / "origin"
        self.tree = folder / "tree"
        run(["git", "clone", "-q", "--bare", made, self.origin], folder)
        shutil.copytree(made, self.tree, symlinks=True)
        # The command that `[ci] check` states.
        self.checked = folder / "checked"
        (folder / "bin").mkdir()
        (folder / "bin/gen").write_text(f'#!/bin/sh\necho "$*" >> "{self.checked}"\n')
        (folder / "bin/gen").chmod(0o755)
        self.runs = Runs(self.tree, folder)
        self.env = self.runs.env | {"PATH": f"{folder / 'bin'}:{self.runs.env['PATH']}"}

    def with_origin(self, branch: str = "main") -> "Change":
        run(["git", "remote", "set-url", "origin", self.origin], self.tree)
        run(["git", "branch", "-q", "-M", branch], self.origin)
        return self

    def edit(self, old: str, new: str) -> None:
        file = self.tree / "matrix.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        run([self.gen, "matrix", "--quiet", "-C", self.tree], self.tree)

    def build(self, **substitutions: str) -> Service:
        (build,) = (build for build in configs(self.tree).values() if is_change(build))
        return Service(build, self.tree, self.env, self.folder / "home", substitutions).run()

    def baked(self) -> set:
        """{(id, platform)} of what was built, what others stand on included."""
        targets = [target for call in self.calls("bake") for target in call["targets"].values()]
        return {(t["description"], platform) for t in targets if "description" in t for platform in t["platforms"]}

    def calls(self, verb: str) -> list:
        return [call for call in self.runs.stub.journal() if call["verb"] == verb]


def everything(tree: Path) -> set:
    return {(spec["id"], platform) for spec in Share(tree).builders for platform in spec["platforms"]}


def test_it_checks_with_the_stated_command(change):
    change.build()
    assert change.checked.read_text() == "check --deny-warnings\n"


def test_what_cannot_be_compared_is_built_and_nothing_is_pushed(change):
    said = change.build().said
    assert "there is no plan of main to compare with: everything is built, and nothing compared with a release" in said
    assert not [call for call in change.runs.stub.journal() if call["verb"] in ("login", "push", "create") or call.get("push")]
    assert not change.runs.stub.tags()
    assert change.baked() == everything(change.tree)


def test_an_unchanged_tree_builds_nothing(change):
    said = change.with_origin().build().said
    assert "compared with main" in said
    assert not change.calls("bake")


def test_a_changed_image_is_built_with_what_it_stands_on(change):
    change.with_origin()
    change.edit('env = { JOB = "{{ job }}", PRICE', 'env = { JOB = "{{ job }}", NEW = "1", PRICE')
    change.build()
    assert change.baked() == everything(change.tree), "each image stands on what changed, or is that"


def test_what_did_not_change_is_not_built(change):
    change.with_origin()
    change.edit('env = { PYTHON = "{{ python }}" }', 'env = { PYTHON = "{{ python }}", NEW = "1" }')
    change.build()
    assert not change.calls("bake"), "what this pipeline does not publish changed, and nothing else"


def test_the_base_branch_is_the_triggers(change):
    assert "compared with release" in change.with_origin("release").build(_BASE_BRANCH="release").said


def test_it_checks_beside_what_is_released(change):
    """The command sees, in the clone of a trigger, what a full clone would show it."""
    seen = change.folder / "seen"
    (change.folder / "bin/gen").write_text(
        f'#!/bin/sh\ngit rev-parse refs/tags/v1.4.0^0 refs/remotes/origin/HEAD^0 > "{seen}"\n'
    )
    change.with_origin()
    run(["git", "tag", "v1.4.0"], change.origin)
    commit = run(["git", "rev-parse", "main"], change.origin).stdout.strip()
    assert "what `v1.4.0` has released is the same here" in change.build().said
    assert seen.read_text().split() == [commit, commit]


def test_other_content_than_released_fails_the_change(change):
    change.with_origin()
    run(["git", "tag", "v1.4.0"], change.origin)
    change.edit('env = { PYTHON = "{{ python }}" }', 'env = { PYTHON = "{{ python }}", NEW = "1" }')
    with pytest.raises(Failed, match="`v1.4.0` is released, with other content"):
        change.build()
    assert not change.calls("bake")


def test_without_a_command_there_is_no_check(change):
    file = change.tree / "matrix.toml"
    file.write_text(re.sub(r'(?m)^(\[ci\]|check = .*|check-image = .*)\n', "", file.read_text()))
    run([change.gen, "matrix", "--quiet", "-C", change.tree], change.tree)
    (build,) = (build for build in configs(change.tree).values() if is_change(build))
    assert "check" not in [step.id for step in build.steps]
    assert "drift-not-checked" in build.tags
    assert "drift is not checked" in change.with_origin().build().said
    assert not change.checked.exists()


def test_a_build_that_fails_fails_the_change(change):
    (change.runs.stub.folder / "faults.json").write_text(json.dumps([{"verb": "bake", "error": "failed"}]))
    with pytest.raises(Failed):
        change.build()
