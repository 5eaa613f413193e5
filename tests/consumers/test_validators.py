"""Every generated file goes through the tools that will read it, none of them ours.

Trees: this repository as committed, and every fixture freshly generated. The
negative controls under broken/ show that each tool would have complained.
"""

import json
from pathlib import Path

import pipelines
import pytest
from judges import JUDGES, Judge, Refused, for_act
from trees import CATALOG, PROVIDERS, ROOT, UNJUDGED, Tree, kind_of, outputs, owned, shapes, trees

BROKEN = Path(__file__).parent / "broken"


@pytest.fixture(scope="session")
def generated(gen, tmp_path_factory):
    """Root of a generated tree, made once per tree."""
    roots: dict[str, Path] = {}
    scratch = tmp_path_factory.mktemp("trees")

    def root_of(tree: Tree) -> Path:
        if tree.name not in roots:
            roots[tree.name] = tree.generate(gen, scratch)
        return roots[tree.name]

    return root_of


def named(cases):
    return [pytest.param(*case, id="-".join(part.name for part in case)) for case in cases]


TREES = trees() + shapes()


#: Keys of `[ci]` that are for all providers.
COMMON = ["provenance", "compression", "cache", "sign"]


def test_every_provider_is_tried():
    schema = json.loads((ROOT / "src/config/matrix.schema.json").read_text())
    tables = [key for key, value in schema["$defs"]["RawCi"]["properties"].items() if "anyOf" in value and key not in COMMON]
    assert tables == PROVIDERS == list(pipelines.PROVIDERS)


def test_this_repository_has_a_matrix_with_every_provider():
    config = Tree("repository", ROOT).config()
    assert config, "no matrix.toml at the root of the repository"
    assert set(PROVIDERS) <= set(config.get("ci", {}))
    assert set(CATALOG.values()) <= Tree("repository", ROOT).expected_kinds()


@pytest.mark.parametrize("tree", [pytest.param(tree, id=tree.name) for tree in TREES])
def test_every_output_has_a_consumer(tree, generated):
    root = generated(tree)
    paths = owned(root)
    assert paths == sorted(paths), "generated/.outputs is not sorted"
    assert len(paths) == len(set(paths)), "generated/.outputs repeats a path"
    missing = [path for path in paths if not (root / path).is_file()]
    assert not missing, f"listed, but not there: {missing}"
    unknown = [path for path in paths if kind_of(path) is None]
    assert not unknown, f"no consumer reads these: add a kind to trees.py and a judge to judges.py: {unknown}"
    absent = [kind for kind in sorted(tree.expected_kinds()) if not outputs(root, kind)]
    assert not absent, f"the matrix turns these on, yet no output is of the kind: {absent}"


@pytest.mark.parametrize(
    ("tree", "judge"),
    named((tree, judge) for tree in TREES for judge in JUDGES if tree.expected_kinds() & set(judge.kinds)),
)
def test_outputs_pass(tree: Tree, judge: Judge, generated, tmp_path):
    root = generated(tree)
    paths = [path for kind in judge.kinds for path in outputs(root, kind)]
    assert paths, f"{judge.name} has nothing to read in {tree.name}"
    try:
        read = judge.ask(root, paths, tmp_path)
    except Refused as refusal:
        pytest.fail(str(refusal), pytrace=False)
    assert read == len(paths), f"{judge.name} read {read} of {len(paths)} files"


#: What is wrong with the file of broken/<case>/, and a word of the judge's complaint.
#: A case is named after its judge, with an ending where a judge has several.
CASES = {
    "hadolint": "DL3002",  # runs as root
    "hadolint.shell": "SC2086",  # an unquoted variable in RUN
    "hadolint.silenced": "DL3002",  # an ignore comment must not help
    "github-parser": "nobody",  # `needs` a job that does not exist
    "github-parser.expression": "Unrecognized function",
    "actionlint": "outputs",  # reads an output that the job does not have
    "actionlint.shellcheck": "SC2086",
    "zizmor": "template-injection",
    "zizmor.nothing": "exit 3",  # no workflow at all
    "github-schema": "runs-in",  # an unknown key of a job
    "act": "Unknown Property",
    "gitlab-schema": "sometimes",  # an unknown `when`
    "buildkite-schema": "soon",  # no number of minutes
    "second-writer": "not what the plan comes to",  # nobody builds a content
    "gitlab-ci-local": "nobody",  # `needs` a job that does not exist
    "gitlab-ci-local.jobless": "no job",
    "cloud-build-schema": "wait_until",
    "cloud-build-message": "soon",  # a timeout that is no duration; the schema takes any string
    "cloud-build-message.steps": "no steps",
    "bake": "failed to find target nobody",
    "shellcheck": "SC2086",
    "busybox": "syntax error",
    "yaml-keys": "duplicate key",
    "json-keys": "duplicate key",
    "json-keys.catalog": "duplicate key",
    "mypy": "no-untyped-def",  # an annotation is missing
    "python": "ModuleNotFoundError",  # a package beyond the standard library
    "python.warning": "SyntaxError",  # `is` with a literal
    "ruff": "F401",  # an import that nothing uses
    "ruff.old": "FA102",  # `int | None` where Python 3.9 evaluates it
    "ruff.silenced": "F401",  # an exemption of the file must not help
    "ruff-format": "would be reformatted",
    "metaschema": "is not valid",
    "matrix-file": "regitsry",
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_judge_refuses_a_broken_output(case, tmp_path):
    judge = next(judge for judge in JUDGES if judge.name == case.split(".")[0])
    root = BROKEN / case
    paths = [
        str(file.relative_to(root))
        for file in sorted(root.rglob("*"))
        if file.is_file() and kind_of(str(file.relative_to(root))) in judge.kinds
    ]
    assert len(paths) == 1, f"broken/{case} must hold one file for {judge.name}, holds {paths}"
    with pytest.raises(Refused) as refusal:
        judge.ask(root, paths, tmp_path)
    assert CASES[case] in str(refusal.value)


def test_every_judge_is_shown_a_broken_output():
    assert {case.split(".")[0] for case in CASES} == {judge.name for judge in JUDGES}
    assert {folder.name for folder in BROKEN.iterdir() if folder.is_dir()} == set(CASES)


def test_every_kind_has_a_judge():
    judged = {kind for judge in JUDGES for kind in judge.kinds}
    kinds = {"gitlab-templates", "dockerfile", "script", "bake", "plan", "lines", "schema"}
    assert judged == {*PROVIDERS, *CATALOG.values(), *kinds}
    assert {kind_of(name) for name in UNJUDGED} == {"unjudged"}


def test_act_is_shown_three_rewrites_and_no_more():
    text = (
        "concurrency:\n  group: a\n  queue: max\njobs:\n  a:\n    environment:\n      name: registry\n      deployment: false # kept quiet\n"
        "    steps:\n      - uses: $/.github/actions/x\n      - run: echo 'uses: $/' deployment: false\n"
    )
    assert for_act(text) == (
        "concurrency:\n  group: a\njobs:\n  a:\n    environment:\n      name: registry\n"
        "    steps:\n      - uses: ./.github/actions/x\n      - run: echo 'uses: $/' deployment: false\n"
    )


def test_what_has_passed_is_read_once_and_what_is_refused_again(tmp_path, passed):
    read = []

    def reader(root: Path, paths: list[str], scratch: Path) -> int:
        read.extend(paths)
        if any((root / path).read_text() == "bad" for path in paths):
            raise Refused("bad")
        return len(paths)

    judge = Judge(f"counting-{tmp_path.name}", (), reader, alone=True)
    for name, text in {"a/x": "good", "b/x": "good", "c/y": "good", "d/x": "bad"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    assert judge.ask(tmp_path, ["a/x"], tmp_path) == 1
    assert judge.ask(tmp_path, ["a/x", "b/x", "c/y"], tmp_path) == 3
    for _ in range(2):
        with pytest.raises(Refused):
            judge.ask(tmp_path, ["a/x", "d/x"], tmp_path)
    assert read == ["a/x", "c/y", "d/x", "d/x"]
