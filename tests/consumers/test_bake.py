"""The bake file, as buildx itself reads it: what would be built is what the plan says, and groups hold whom they name."""

import json
import posixpath
import re
import subprocess
from pathlib import Path

import pytest
from harness import Plan
from judges import printed
from trees import ROOT, Tree, outputs, trees

NAME = re.compile(r"[a-zA-Z0-9_-]+")


def familiar(reference: str) -> str:
    """The form in which BuildKit looks a context up by what stands behind FROM."""
    host, slash, rest = reference.partition("/")
    if slash and not ("." in host or ":" in host or host == "localhost"):
        host, rest = "docker.io", reference
    elif not slash:
        host, rest = "docker.io", f"library/{reference}"
    if host == "docker.io":
        return rest.removeprefix("library/") if rest.count("/") == 1 else rest
    return f"{host}/{rest}"


def read(text: str) -> str:
    """What a text of `--print` means: it is printed so that bake could read it again."""
    return text.replace("$${", "${").replace("%%{", "%{")


class Bake:
    """A generated tree with its bake file."""

    def __init__(self, gen: Path, root: Path, scratch: Path):
        self.gen, self.root, self.scratch = gen, root, scratch
        (self.path,) = outputs(root, "bake")
        self.file = json.loads((root / self.path).read_text())
        self.plan = Plan(root)
        self.name = {target["description"]: name for name, target in self.file["target"].items()}
        assert set(self.name) == set(self.plan.by_id)

    def print(self, *words: str) -> dict:
        return printed(self.root, self.path, self.scratch, *words)["target"]

    def below(self, spec: dict) -> list:
        """The specs it stands on, parent first."""
        return [self.plan.by_id[id] for id in [*filter(None, [spec["parent"]]), *spec["needs"]]]

    def lineage(self, ids) -> set:
        """These ids and all that they stand on."""
        known = set()
        todo = list(ids)
        while todo:
            id = todo.pop()
            if id not in known:
                known.add(id)
                todo += [spec["id"] for spec in self.below(self.plan.by_id[id])]
        return known

    def wanted(self, spec: dict) -> dict:
        """The target of a spec, by the plan alone."""
        contexts = {}
        for below in self.below(spec):
            target = f"target:{self.name[below['id']]}"
            contexts.setdefault(familiar(below["content_reference"]), target)
            for reference in below["references"]:
                if reference in spec["contexts"]:
                    contexts.setdefault(familiar(reference), target)
        return {
            "context": spec["context"],
            "dockerfile": spec["dockerfile"],
            "target": spec["target"],
            "args": spec["args"],
            "labels": spec.get("labels", {}),
            "contexts": contexts,
            "platforms": spec["platforms"],
            "tags": [*spec["references"], *spec["aliases"]],
        }

    def given(self, target: dict) -> dict:
        """The same of what buildx printed."""
        return {
            "context": target["context"],
            "dockerfile": posixpath.normpath(posixpath.join(target["context"], target["dockerfile"])),
            "target": target.get("target"),
            "args": {name: read(value) for name, value in target.get("args", {}).items()},
            "labels": {name: read(value) for name, value in target.get("labels", {}).items()},
            "contexts": target.get("contexts", {}),
            "platforms": target["platforms"],
            "tags": target["tags"],
        }

    def agrees(self) -> None:
        """Everything in it is as the plan says."""
        targets = self.print(*self.file["target"])
        assert set(targets) == set(self.file["target"])
        for spec in self.plan.specs:
            assert self.given(targets[self.name[spec["id"]]]) == self.wanted(spec), spec["id"]
        for spec in self.plan.specs:
            called = re.findall(r"^(?:FROM|COPY --from=)\s*(\S+:content-\S+)", (self.root / spec["dockerfile"]).read_text(), re.M)
            missing = {familiar(reference) for reference in called} - set(self.wanted(spec)["contexts"])
            assert not missing, f"{spec['id']} would be pulled"

    def group(self, name: str) -> set:
        """The ids that a group builds and names, by buildx."""
        targets = self.print(name)
        return {target["description"] for target in targets.values() if "output" not in target}

    def names(self) -> None:
        """Names are of bake's grammar and none means two things."""
        names = [*self.file["group"], *self.file["target"]]
        assert all(NAME.fullmatch(name) for name in names)
        assert len(names) == len(set(names))


@pytest.fixture
def of(gen, tmp_path):
    def make(tree: Tree) -> Bake:
        return Bake(gen, tree.generate(gen, tmp_path), tmp_path / "buildx")

    return make


baked = pytest.mark.parametrize(
    "tree", [pytest.param(tree, id=tree.name) for tree in trees() if "bake" in tree.expected_kinds()]
)


def test_this_repository_is_baked():
    assert "bake" in Tree("repository", ROOT).config()["output"]


@baked
def test_targets_are_the_plan(tree, of):
    bake = of(tree)
    bake.agrees()
    bake.names()


@baked
def test_groups_hold_whom_they_name(tree, of):
    bake = of(tree)
    specs = bake.plan.specs
    groups = {"default": {spec["id"] for spec in specs}}
    for spec in specs:
        if spec["cell"]:
            groups.setdefault(word(spec["image"]), set()).add(spec["id"])
        for axis, value in spec["cell"].items():
            groups.setdefault(word(f"{axis}-{value}"), set()).add(spec["id"])
    for name in tree.config().get("set", {}):
        told = subprocess.run(
            [bake.gen, "plan", "-C", bake.root, "--only", f"@{name}"], capture_output=True, text=True, check=True
        )
        groups[word(name)] = {spec["id"] for spec in json.loads(told.stdout)["specs"]}
    assert set(bake.file["group"]) == set(groups)
    for name, ids in groups.items():
        assert bake.group(name) == ids, name


@baked
def test_one_target_brings_its_lineage_and_pushes_none_of_it(tree, of):
    bake = of(tree)
    tops = [spec for spec in bake.plan.specs if spec["layer"] == bake.plan.plan["layers"] - 1]
    spec = tops[-1]
    targets = bake.print("--push", bake.name[spec["id"]])
    assert {target["description"] for target in targets.values()} == bake.lineage([spec["id"]])
    for target in targets.values():
        kinds = [output["type"] for output in target["output"]]
        assert kinds == (["image"] if target["description"] == spec["id"] else ["cacheonly"])


def word(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "-", text.replace(".", "_"))


def made(gen: Path, folder: Path, matrix: str) -> Bake:
    root = folder / "tree"
    root.mkdir()
    (root / "matrix.toml").write_text(matrix)
    done = subprocess.run([gen, "matrix", "-C", root], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Bake(gen, root, folder / "buildx")


ODD = r"""
[registry.hub]
prefix = "docker.io/acme"

[axis]
python = [{ value = "3.11", tag = "a" }, { value = "3_11", tag = "b" }, { value = "3-11", tag = "c" }]
word = [{ value = "a", tag = "a" }, { value = "ä", tag = "b" }, { value = "ö", tag = "c" }, { value = "${x}", tag = "d" }]

[set]
default = { python = "3.11" }
core = { python = "3_11" }
"a.b" = { word = "a" }

[image.core]
axes = []
tag = "1"
from = "debian:trixie-slim"

[image.default]
axes = []
tag = "d"
parent = "core"
args = { A = "${b} %{c} $${d} %%{e} \\ \" ' `f` $(g) {{ '{{' }}", B = "", "C" = "${" }

[image.python]
axes = ["python"]
env = { P = "{{ python }}" }
tag = "{{ python.tag }}"
parent = "core"

[image."a.b"]
axes = ["python", "word"]
tag = "{{ python.tag }}{{ word.tag }}"
env = { W = "{{ word }}" }
parent = "python"

[image.a_b]
axes = ["python"]
name = "other"
env = { P = "{{ python }}" }
tag = "{{ python.tag }}"
parent = "python"
needs = ["core"]

[output.bake]
file = "deep er/down/docker-bake.json"
"""


def test_odd_names_are_told_apart(gen, tmp_path):
    bake = made(gen, tmp_path, ODD)
    bake.agrees()
    bake.names()
    everything = {spec["id"] for spec in bake.plan.specs}
    assert bake.group("default") == everything
    assert bake.name["core"] == "core"
    assert bake.name["default"] == "image-default"
    of_set = lambda holds: {spec["id"] for spec in bake.plan.specs if holds(spec["cell"])}  # noqa: E731
    assert bake.group("set-default") == of_set(lambda cell: cell.get("python") == "3.11")
    assert bake.group("set-core") == of_set(lambda cell: cell.get("python") == "3_11")
    assert bake.group("set-a_b") == of_set(lambda cell: cell.get("word") == "a")
    assert bake.group("python-3_11") == of_set(lambda cell: cell.get("python") == "3.11")
    assert bake.group("axis-python-3_11") == of_set(lambda cell: cell.get("python") == "3_11")
    assert bake.group("a_b") == {id for id in everything if id.startswith("a.b/")}
    assert bake.group("image-a_b") == {id for id in everything if id.startswith("a_b/")}
    assert bake.name["python/3.11"] == "python-3_11-2"
    # A dot may be typed.
    assert bake.group("python-3.11") == bake.group("python-3_11")


def test_groups_hold_what_is_asked_for(gen, tmp_path):
    bake = made(gen, tmp_path, ODD + "match = { image = ['python', 'core'], python = '3.11' }\n")
    bake.agrees()
    assert bake.group("default") == {"python/3.11"}
    assert set(bake.file["group"]) == {"default", "python", "set-default", "python-3_11"}
