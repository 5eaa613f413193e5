"""A thousand images and more: what is generated for them is accepted, small enough, and changes little when a cell is added.

What GitLab's probe then writes is looked at in test_gitlab_truth.py. The matrix is the one that `scripts/bench` takes its times on, with every provider on. How long it takes is no test.
"""

import filecmp
import json
import subprocess
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from judges import JUDGES, Judge, Refused
from random_matrix import toml
from trees import PROVIDERS, ROOT, Tree, kind_of, outputs, owned


def bench():
    """`scripts/bench` as a module."""
    loader = SourceFileLoader("bench", str(ROOT / "scripts/bench"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


BENCH = bench()
SIZES = sorted(BENCH.EVERYWHERE)

#: The cell that is added.
CELL = {"image": "base", "python": "3.7", "cuda": "11.0.1", "job": "training"}


@dataclass(frozen=True)
class Large(Tree):
    """A tree with its outputs, and the errors that came with them."""

    errors: tuple


def generate(gen: Path, root: Path, text: str) -> Large:
    root.mkdir()
    (root / "matrix.toml").write_text(text)
    ask = [gen, "matrix", "-C", root, "--format", "json"]
    done = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr[-6000:]
    return Large(root.name, root, tuple(json.dumps(f) for f in json.loads(done.stdout) if f["severity"] == "error"))


@pytest.fixture(scope="module", params=SIZES)
def large(request, gen, tmp_path_factory) -> Large:
    """A tree of the size, without the cell."""
    text = BENCH.matrix(*BENCH.EVERYWHERE[request.param], BENCH.PROVIDERS)
    text += f'\n[[exclude]]\nmatch = {toml(CELL)}\nreason = "not yet"\n'
    return generate(gen, tmp_path_factory.mktemp("large") / f"{request.param}", text)


@pytest.fixture(scope="module")
def larger(large, gen) -> Large:
    """The same with the cell."""
    text = (large.source / "matrix.toml").read_text()
    return generate(gen, large.source.with_name(f"{large.name}-and-one"), text[: text.rindex("\n[[exclude]]")])


def specs(tree: Large) -> list:
    return json.loads((tree.source / "generated/plan.json").read_text())["specs"]


def test_it_is_as_large_as_it_says(large, larger):
    assert len(specs(large)) >= int(large.name)
    assert len(specs(larger)) == len(specs(large)) + 1
    assert set(large.config()["ci"]) == set(PROVIDERS)


def test_what_a_provider_cannot_hold_is_told(large):
    """All hold a thousand. What is too much then names the axis by which to split."""
    if int(large.name) <= 1000:
        assert not large.errors
    for error in map(json.loads, large.errors):
        assert error["code"] == "provider-limit"
        assert "by axis `" in json.dumps(error)


#: Judges of what a job looks like, who take a minute for five thousand.
OF_SHAPE = {"buildkite-schema", "yaml-keys"}


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_every_file_is_accepted(large: Large, judge: Judge, tmp_path):
    paths = [path for kind in judge.kinds for path in outputs(large.source, kind)]
    if not paths:
        pytest.skip("there is no output of this kind")
    if int(large.name) > 1000 and ("dockerfile" in judge.kinds or judge.name in OF_SHAPE):
        pytest.skip("shown on a thousand: one more is like the others")
    try:
        read = judge.ask(large.source, paths, tmp_path)
    except Refused as refusal:
        pytest.fail(str(refusal)[-6000:], pytrace=False)
    assert read == len(paths)


#: The most bytes of a pipeline's file. GitLab's is that of GitLab 17.2 and older; Cloud Build states none.
FILE_BYTES = {"github": 500_000, "gitlab": 1_000_000}


def test_pipelines_are_small_enough(large):
    for kind, most in FILE_BYTES.items():
        sizes = {path: (large.source / path).stat().st_size for path in outputs(large.source, kind)}
        assert sizes
        assert max(sizes.values()) <= most, sizes


def changed_lines(one: Path, other: Path) -> int:
    """Lines that were taken out or put in."""
    ask = ["git", "diff", "--no-index", "--numstat", "--", one, other]
    said = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.split()
    return sum(map(int, said[:2]))


#: How many lines of a kind of output may change with one more image; of the others none.
LINES = {"github": 4, "cloud-build": 20, "buildkite": 60, "script": 4, "bake": 30, "plan": 200, "lines": 80}


def test_one_more_cell_is_a_small_diff(large, larger):
    before, after = owned(large.source), owned(larger.source)
    new = set(after) - set(before)
    id = next(spec["id"] for spec in specs(larger) if spec["cell"] == {k: v for k, v in CELL.items() if k != "image"})
    assert new == {f"generated/docker/{id}/Dockerfile"}
    assert not set(before) - set(after)
    pairs = {path: (large.source / path, larger.source / path) for path in before}
    changed = {path: changed_lines(*pair) for path, pair in pairs.items() if not filecmp.cmp(*pair, shallow=False)}
    by_kind: dict[str, int] = {}
    for path, lines in changed.items():
        by_kind[kind_of(path)] = by_kind.get(kind_of(path), 0) + lines
    too_much = {kind: lines for kind, lines in by_kind.items() if lines > LINES.get(kind, 0)}
    assert not too_much, f"changed lines {too_much} in {changed}"
