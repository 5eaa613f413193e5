"""The consumers: one judge per tool, each saying whether it accepts some generated files.

A judge takes the root of a tree, the paths of the files to read (relative to the
root) and an empty folder. It raises `Refused` with what the tool said, and
otherwise returns how many files the tool has really read.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lines
from google.cloud.devtools.cloudbuild_v1.types import Build
from google.protobuf import json_format
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from trees import ROOT, owned

Judgement = Callable[[Path, list[str], Path], int]


class Refused(Exception):
    """A consumer refused a file; the text is its own report."""


#: Where a run of the tests remembers what has passed, for all its workers. `None`: nothing is remembered.
PASSED: Path | None = None


@dataclass(frozen=True)
class Judge:
    """One consumer: what it is called, which kinds of output it reads, how to ask it."""

    name: str
    kinds: tuple[str, ...]
    read: Judgement
    #: Whether it judges a file by its name and bytes alone, so that the same file need not be read twice in a run.
    alone: bool = False

    def ask(self, root: Path, paths: list[str], scratch: Path) -> int:
        """Reads the files; of the same bytes under the same name, those that passed in this run are not read again."""
        if PASSED is None or not self.alone:
            return self.read(root, paths, scratch)
        marks = {path: PASSED / f"{self.name}-{self.mark(root / path)}" for path in paths}
        new = [path for path, mark in marks.items() if not mark.exists()]
        read = self.read(root, new, scratch) if new else 0
        if read == len(new):
            for path in new:
                marks[path].touch()
        return read + len(paths) - len(new)

    @staticmethod
    def mark(path: Path) -> str:
        """A file's name and bytes in one word."""
        return hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).hexdigest()


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a tool; anything but success is a refusal."""
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240
    )
    if done.returncode != 0:
        shown = " ".join(str(part) for part in command[:6])
        raise Refused(f"{shown}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


# Dockerfiles


def hadolint(root: Path, paths: list[str], scratch: Path) -> int:
    run("hadolint", "--no-color", "--config", ROOT / ".hadolint.yaml", *paths, cwd=root)
    return len(paths)


# GitHub workflows


def at_home(root: Path, paths: list[str], scratch: Path, edit: Callable[[str], str] = str) -> list[str]:
    """Copies workflows to where GitHub has them, because several tools go by that place."""
    home = scratch / ".github/workflows"
    home.mkdir(parents=True)
    run("git", "init", "-q", cwd=scratch)
    placed = []
    for path in paths:
        target = home / Path(path).name
        assert not target.exists(), f"two workflows named {target.name}"
        target.write_text(edit((root / path).read_text()))
        placed.append(str(target.relative_to(scratch)))
    # What the repository has beside them: actions and workflows that they call.
    for file in (root / ".github").rglob("*"):
        target = scratch / file.relative_to(root)
        if file.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
    return placed


def github_parser(root: Path, paths: list[str], scratch: Path) -> int:
    placed = at_home(root, paths, scratch)
    said = run("node", ROOT / ".tools/npm/github-parser.mjs", *placed, cwd=scratch)
    return int(re.search(r"^(\d+) read", said.stdout, re.MULTILINE)[1])


def actionlint(root: Path, paths: list[str], scratch: Path) -> int:
    # Without a shellcheck to call, actionlint would leave the scripts unread and say nothing.
    shellcheck_program = shutil.which("shellcheck")
    assert shellcheck_program, "no shellcheck on PATH"
    placed = at_home(root, paths, scratch)
    run("actionlint", "-no-color", "-pyflakes=", "-shellcheck", shellcheck_program, *placed, cwd=scratch)
    return len(placed)


def zizmor(root: Path, paths: list[str], scratch: Path) -> int:
    # Exit 3 means that nothing was parsed: a failure like any other code but 0.
    placed = at_home(root, paths, scratch)
    words = ["--config", Path(__file__).with_name("zizmor.yml"), "--offline", "--no-progress", "--persona", "auditor"]
    said = run("zizmor", *words, *placed, cwd=scratch)
    return said.stderr.count("completed .github/workflows/")


def github_schema(root: Path, paths: list[str], scratch: Path) -> int:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *paths, cwd=root)
    return len(paths)


def for_act(text: str) -> str:
    """The three places where act refuses what GitHub's own parser decides is right; nothing else.

    `uses: $/…` (a path in the workflow's own repository), `deployment: false` of an environment, and `queue: max` of a
    concurrency group.
    """
    text = re.sub(r"(?m)^(\s*(?:- )?uses: [\"']?)\$/", r"\1./", text)
    return re.sub(r"(?m)^\s*(?:deployment: false|queue: max)[ \t]*(?:#.*)?\n", "", text)


def act(root: Path, paths: list[str], scratch: Path) -> int:
    placed = at_home(root, paths, scratch, edit=for_act)
    for path in placed:
        run("act", "--validate", "--strict", "--workflows", path, cwd=scratch)
    return len(placed)


# GitLab pipelines


def gitlab_schema(root: Path, paths: list[str], scratch: Path) -> int:
    run(
        "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", *paths,
        cwd=root,
    )  # fmt: skip
    return len(paths)


#: How a pipeline may come to be; each lists its own jobs, and each must be sound.
GITLAB_OCCASIONS = {
    "a branch": [],
    "a tag": ["--variable", "CI_COMMIT_TAG=v1.2.3", "--unset-variable", "CI_COMMIT_BRANCH"],
    "by hand": ["--variable", "CI_PIPELINE_SOURCE=web"],
}


def gitlab_ci_local(root: Path, paths: list[str], scratch: Path) -> int:
    everything = owned(root) if (root / "generated/.outputs").exists() else []
    for path in {*everything, *paths}:
        target = scratch / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (root / path).exists():
            shutil.copy2(root / path, target)
    commit_with_origin(scratch)
    for path in paths:
        jobs = 0
        # The schema looks at the file alone: once is enough.
        once = []
        for occasion in GITLAB_OCCASIONS.values():
            ask = ["gitlab-ci-local", "--file", path, *occasion, *once]
            once = ["--no-json-schema-validation"]
            run(*ask, "--validate-dependency-chain", cwd=scratch)
            if jobs == 0:
                rows = [row for row in run(*ask, *once, "--list-csv", cwd=scratch).stdout.splitlines() if ";" in row]
                assert rows[0].startswith("name;stage;"), f"gitlab-ci-local lists jobs in a new way: {rows[0]}"
                jobs += len(rows) - 1
        if jobs < 1:
            raise Refused(f"{path}: no job on any of {', '.join(GITLAB_OCCASIONS)}")
    return len(paths)


def commit_with_origin(folder: Path) -> None:
    """A committed repository with a remote and origin/HEAD, which gitlab-ci-local asks for."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
    run(*git, "init", "-q", "-b", "main", cwd=folder)
    run(*git, "add", "-A", "-f", cwd=folder)
    run(*git, "commit", "-q", "-m", "outputs", cwd=folder)
    run(*git, "remote", "add", "origin", "https://gitlab.example.com/acme/images.git", cwd=folder)
    run(*git, "update-ref", "refs/remotes/origin/main", "HEAD", cwd=folder)
    run(*git, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main", cwd=folder)


# Cloud Build


def cloud_build_schema(root: Path, paths: list[str], scratch: Path) -> int:
    run("check-jsonschema", "--builtin-schema", "vendor.cloudbuild", *paths, cwd=root)
    return len(paths)


def buildkite_schema(root: Path, paths: list[str], scratch: Path) -> int:
    run("check-jsonschema", "--builtin-schema", "vendor.buildkite", *paths, cwd=root)
    return len(paths)


def cloud_build_message(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        try:
            message = json_format.ParseDict(read_yaml(root / path), Build.pb(Build()))
        except json_format.ParseError as fault:
            raise Refused(f"{path}: {fault}") from fault
        if not message.steps:
            raise Refused(f"{path}: no steps")
    return len(paths)


# Bake


def printed(root: Path, path: str, scratch: Path, *words: str) -> dict:
    """What buildx reads in a bake file: `bake --print`, from the root, without an engine."""
    ask = ["docker-buildx", "bake", "--file", path, "--print", *words]
    # It would take SOURCE_DATE_EPOCH for a build arg of every target.
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        ask, cwd=root, env={**env, "BUILDX_CONFIG": str(scratch)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    if done.returncode != 0:
        raise Refused(f"{path}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def bake(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        if not printed(root, path, scratch)["target"]:
            raise Refused(f"{path}: no targets")
    return len(paths)


# Scripts


def shellcheck(root: Path, paths: list[str], scratch: Path) -> int:
    run("shellcheck", "--norc", "--color=never", "--shell=sh", "--severity=style", *paths, cwd=root)
    return len(paths)


def busybox(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        run("busybox", "sh", "-n", path, cwd=root)
    return len(paths)


# Python modules


def python(root: Path, paths: list[str], scratch: Path) -> int:
    """Compiles and imports, with warnings as errors, in an interpreter that has nothing but the standard library."""
    bare = [sys.executable, "-I", "-S", "-B", "-W", "error"]
    for path in paths:
        load = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='catalog')"
        run(*bare, "-c", load, path, cwd=root)
    return len(paths)


def mypy(root: Path, paths: list[str], scratch: Path) -> int:
    ask = ["mypy", "--strict", "--no-incremental", "--config-file=", "--cache-dir", scratch / "cache"]
    for path in paths:
        run(*ask, path, cwd=root)
    return len(paths)


def unsilenced(root: Path, paths: list[str], scratch: Path) -> list[str]:
    """Copies without the comment that keeps linters with other rules away from the file."""
    copies = []
    for number, path in enumerate(paths):
        target = scratch / f"{number}" / Path(path).name
        target.parent.mkdir(parents=True)
        text = (root / path).read_text()
        target.write_text(text.replace("# flake8: noqa\n", "", 1))
        copies.append(str(target.relative_to(scratch)))
    return copies


def ruff(root: Path, paths: list[str], scratch: Path) -> int:
    copies = unsilenced(root, paths, scratch)
    # FA102 is for annotations that Python 3.9 could not evaluate.
    ask = ["ruff", "check", "--isolated", "--no-cache", "--target-version=py39", "--extend-select=FA102"]
    run(*ask, *copies, cwd=scratch)
    return len(copies)


def ruff_format(root: Path, paths: list[str], scratch: Path) -> int:
    run("ruff", "format", "--isolated", "--no-cache", "--check", *paths, cwd=root)
    return len(paths)


# Data


class _Values(SafeConstructor):
    """Plain values; a tag of the owner's own (`!reference`) is read as what it marks."""


def _tagged(loader: _Values, _suffix: object, node: Node) -> object:
    if isinstance(node, MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Values.add_multi_constructor("!", _tagged)


def read_yaml(path: Path) -> object:
    """A YAML document, in which a key may stand only once."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Values
    yaml.allow_duplicate_keys = False
    try:
        return yaml.load(path.read_text())
    except DuplicateKeyError as fault:
        raise Refused(f"{path.name}: duplicate key: {fault}") from fault
    except YAMLError as fault:
        raise Refused(f"{path.name}: {fault}") from fault


def once(pairs: list[tuple[str, object]]) -> dict:
    keys = [key for key, _ in pairs]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise Refused(f"duplicate key: {', '.join(sorted(twice))}")
    return dict(pairs)


def yaml_keys(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        if not isinstance(read_yaml(root / path), dict):
            raise Refused(f"{path}: no mapping at the top")
    return len(paths)


def json_keys(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        try:
            json.loads((root / path).read_text(), object_pairs_hook=once)
        except json.JSONDecodeError as fault:
            raise Refused(f"{path}: {fault}") from fault
    return len(paths)


def metaschema(root: Path, paths: list[str], scratch: Path) -> int:
    run("check-jsonschema", "--check-metaschema", *paths, cwd=root)
    return len(paths)


def matrix_file(root: Path, paths: list[str], scratch: Path) -> int:
    # The schema is the same in every repository; beside each plan is the matrix that it is of.
    run("check-jsonschema", "--schemafile", ROOT / "generated/matrix.schema.json", "matrix.toml", cwd=root)
    return len(paths)


def second_writer(root: Path, paths: list[str], scratch: Path) -> int:
    for path in paths:
        header, _, records = (root / path).read_text().partition("\n")
        plan = json.loads((root / path).with_suffix(".json").read_text())
        most = tomllib.loads((root / "matrix.toml").read_text()).get("ci", {}).get("gitlab", {}).get("jobs-per-pipeline")
        pipelines = [share["pipeline"] for share in plan["pipelines"]]
        wanted = lines.lines(plan, pipelines, {"gitlab": most} if most else lines.MOST)
        if records != wanted or not header.startswith("# Generated by gen matrix from "):
            raise Refused(f"{path}: not what the plan comes to")
    return len(paths)


JUDGES = [
    Judge("hadolint", ("dockerfile",), hadolint, alone=True),
    Judge("github-parser", ("github",), github_parser),
    Judge("actionlint", ("github",), actionlint),
    Judge("zizmor", ("github",), zizmor),
    Judge("github-schema", ("github",), github_schema, alone=True),
    Judge("act", ("github",), act),
    Judge("gitlab-schema", ("gitlab", "gitlab-templates"), gitlab_schema, alone=True),
    Judge("gitlab-ci-local", ("gitlab",), gitlab_ci_local),
    Judge("cloud-build-schema", ("cloud-build",), cloud_build_schema, alone=True),
    Judge("cloud-build-message", ("cloud-build",), cloud_build_message, alone=True),
    Judge("buildkite-schema", ("buildkite",), buildkite_schema, alone=True),
    Judge("bake", ("bake",), bake),
    Judge("shellcheck", ("script",), shellcheck, alone=True),
    Judge("busybox", ("script",), busybox, alone=True),
    Judge("yaml-keys", ("github", "gitlab", "gitlab-templates", "cloud-build", "buildkite"), yaml_keys, alone=True),
    Judge("json-keys", ("plan", "schema", "catalog", "bake"), json_keys, alone=True),
    Judge("python", ("module",), python, alone=True),
    Judge("mypy", ("module",), mypy, alone=True),
    Judge("ruff", ("module",), ruff, alone=True),
    Judge("ruff-format", ("module",), ruff_format, alone=True),
    Judge("metaschema", ("schema",), metaschema, alone=True),
    Judge("matrix-file", ("plan",), matrix_file),
    Judge("second-writer", ("lines",), second_writer),
]
