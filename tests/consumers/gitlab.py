"""GitLab's pipelines, run by gitlab-ci-local: jobs by `needs` and stages, each in a folder of its own with the artifacts
GitLab would hand it, and the child pipelines that a job has written.

Two things gitlab-ci-local does otherwise than GitLab. It takes a trigger job for passed whatever became of the child:
where a failure matters, the child is run by itself, from the file that the probe wrote. And variables of the command line
do not reach children: here they come from the file of the user's home.
"""

import json
import os
import re
from pathlib import Path

import pytest
from harness import STUBS, Stub, outputs, run
from judges import JUDGES, read_yaml
from trees import kind_of

#: What is no job in a pipeline's file.
KEYWORDS = {"workflow", "stages", "variables", "default", "include", "spec"}


def ours(root: Path, ending: str) -> str:
    found = [path for path in outputs(root) if path.endswith(ending) and kind_of(path) in ("gitlab", "gitlab-templates")]
    if not found:
        pytest.skip(f"this tree has no GitLab pipeline {ending}")
    return found[0]


def pipeline_of(root: Path) -> str:
    return ours(root, "images.gitlab-ci.yml")


def templates_of(root: Path) -> str:
    return ours(root, "-jobs.yml")


def secrets(tree: Path) -> list[str]:
    """Every variable that a login wants, by the words in which it would complain, that a build is handed, and every identity
    token."""
    file = tree / templates_of(tree)
    tokens = read_yaml(file)[".publish"].get("id_tokens", {})
    specs = json.loads((tree / "generated/plan.json").read_text())["specs"]
    handed = [variable for spec in specs for variable in spec.get("secrets", {}).values()]
    return sorted({*re.findall(r"\$\{(\w+):\?", file.read_text()), *tokens, *handed})


def gitlab_ci_local(tree: Path, stub: Stub, file: str, *words: str, path: str = "", **variables: str) -> str:
    """Runs jobs of a pipeline; `path` goes before the stub's on PATH. Against GitLab's schema its files are held by the
    judges, once each; to do so in every run of each would be half of its time."""
    home = stub.folder.parent / "home"
    (home / ".gitlab-ci-local").mkdir(parents=True, exist_ok=True)
    given = {name: f"secret-of-{name.lower()}" for name in secrets(tree)} | variables
    (home / ".gitlab-ci-local/variables.yml").write_text(json.dumps({"global": given}))
    words = (*words, "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source", "--concurrency", "4",
             "--no-json-schema-validation", "--container-executable", str(STUBS / "engine"))  # fmt: skip
    env = stub.env(HOME=str(home))
    env["PATH"] = os.pathsep.join(filter(None, [path, env["PATH"]]))
    return run(["gitlab-ci-local", "--file", file, *words], tree, env).stdout


def publish(tree: Path, stub: Stub, *words: str) -> str:
    return gitlab_ci_local(tree, stub, pipeline_of(tree), *words)


def written(tree: Path, job: str = "probe") -> list[Path]:
    """The child pipelines that a job wrote in the last run."""
    folder = tree / f".gitlab-ci-local/artifacts/{job}/.base-images"
    return sorted(folder.iterdir(), key=lambda path: int(path.stem))


def jobs(document: dict) -> dict:
    """A pipeline's jobs, templates left out."""
    return {name: job for name, job in document.items() if name not in KEYWORDS and not name.startswith(".")}


def children(tree: Path, job: str = "probe") -> list[dict]:
    """The jobs of each child pipeline."""
    return [jobs(json.loads(path.read_text())) for path in written(tree, job)]


def assert_accepted(tree: Path, paths: list[Path], scratch: Path) -> None:
    """Child pipelines go through the judges of all pipelines, beside the templates that they include."""
    names = []
    for path in paths:
        name = f"child-{path.stem}.gitlab-ci.yml"
        (tree / name).write_text(path.read_text())
        names.append(name)
    for judge in JUDGES:
        if "gitlab" in judge.kinds:
            folder = scratch / judge.name
            folder.mkdir()
            assert judge.ask(tree, names, folder) == len(names)
    for name in names:
        (tree / name).unlink()
