"""The hooks of docs/hooks.md and .pre-commit-hooks.yaml, run by pre-commit as a user would: from the wheel, from the PATH,
and from this repository's own sources."""

import os
import re
import shutil
from pathlib import Path

import pytest
from packages import BUILD_WHEELS, MATRIX, blocks, commit, from_source, offline, repository, run
from ruamel.yaml import YAML
from trees import ROOT

CONFIG = ".pre-commit-config.yaml"
DOCKERFILE = "generated/docker/server/Dockerfile"


def documented(word: str) -> str:
    """The one configuration of docs/hooks.md that has this word."""
    (block,) = (block for block in blocks("yaml") if word in block)
    return block


@pytest.fixture
def project(gen, tmp_path) -> Path:
    """A user's repository: a matrix and its outputs, committed."""
    root = repository(tmp_path / "project", {"matrix.toml": MATRIX})
    run([gen, "matrix"], root)
    commit(root)
    return root


def drift(root: Path) -> None:
    (root / DOCKERFILE).write_text((root / DOCKERFILE).read_text() + "RUN apt-get install -y vim\n")


def hooks(root: Path, config: str, code: int, **world: str) -> str:
    (root / CONFIG).write_text(config)
    run(["git", "add", "-A"], root)
    return run(["pre-commit", "run", "--all-files", "--verbose", "--color=never"], root, code, **world)


def test_the_hook_of_the_wheel(wheel, project, tmp_path):
    world = offline(tmp_path, wheel.parent, BUILD_WHEELS)
    address = re.compile(r"https://packages\.example\.com/\S+\.whl#sha256=…")
    config, count = address.subn(wheel.as_uri(), documented("additional_dependencies"))
    assert count == 1
    assert "no findings" in hooks(project, config, 0, **world)
    drift(project)
    said = hooks(project, config, 1, **world)
    assert "stale-output" in said and DOCKERFILE in said
    # Negative controls: an entry that is no command of gen, and a wheel that is not there.
    assert "unrecognized subcommand" in hooks(project, config.replace("entry: gen check", "entry: gen chek"), 1, **world)
    said = hooks(project, config.replace(wheel.name, wheel.name.replace("-0.", "-99.")), 3, **world)
    assert "No such file" in said


#: Ways to install what stands under our name wherever the command looks, and to run what a stranger may put at an address.
BY_NAME = re.compile(
    r"\b(?:pipx? (?:run|install)|uvx?|uv (?:tool|pip) \w+|python3? -m pip install|cargo (?:b?install)|npx|go (?:run|install))\b"
    r"[^\n]*\bbasematrix\b(?!-[\w.*]+\.whl)"
    r"|\bbasematrix\s*(?:==|>=|~=)"
    r"|(?:repo: *|git\+|--git +)https://\S*(?:github|gitlab)\.com/basematrix/"
    r"|(?:github|gitlab)>basematrix/",
)


def test_nothing_is_installed_by_a_name_that_nobody_has_published():
    bad = [
        "pipx run --spec basematrix==0.1.0 gen check", "pip install basematrix", "uvx --from basematrix gen check",
        'additional_dependencies: ["basematrix==0.1.0"]', "  - repo: https://github.com/basematrix/basematrix",
        '"extends": ["github>basematrix/basematrix//renovate/matrix"]', "cargo install basematrix",
    ]  # fmt: skip
    assert [line for line in bad if not BY_NAME.search(line)] == []
    good = ["pip install dist/basematrix-*.whl", "cargo install --path .", "repo: https://git.example.com/acme/basematrix"]
    assert [line for line in good if BY_NAME.search(line)] == []

    paths = run(["git", "ls-files", "-z", "--", "docs", "README.md", "templates", "generated", "renovate", ".pre-commit*"], ROOT)
    found = [
        f"{path}: {match[0]}"
        for path in filter(None, paths.split("\0"))
        for match in BY_NAME.finditer((ROOT / path).read_text())
    ]
    assert found == []


def test_the_hook_of_the_path(gen, project, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gen").symlink_to(gen)
    world = offline(tmp_path) | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    config = documented("language: system")
    assert "no findings" in hooks(project, config, 0, **world)
    drift(project)
    assert "stale-output" in hooks(project, config, 1, **world)


@pytest.fixture
def source(tmp_path) -> Path:
    """This repository as it stands, as somebody would clone it."""
    root = tmp_path / "source"
    tracked = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT).split("\0")
    for path in filter(None, tracked):
        if path.startswith("tests/") or not (ROOT / path).exists():
            continue
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, root / path, follow_symlinks=False)
    return repository(root, {})


@pytest.mark.timeout(1200)
def test_the_hooks_of_this_repository(source, project, tmp_path):
    config = f"""\
repos:
  - repo: {source.as_uri()}
    rev: {run(["git", "rev-parse", "HEAD"], source).strip()}
    hooks: [{{id: gen-check}}, {{id: gen-matrix}}]
"""
    with from_source() as building:
        # Built once, kept in pre-commit's own home: the hooks pass on this repository itself, and fail on one that drifted.
        world = offline(tmp_path, BUILD_WHEELS) | building
        (source / CONFIG).write_text(config)
        run(["pre-commit", "install-hooks"], source, **world)
        del world["SOURCE_DATE_EPOCH"]
        assert "no findings" in hooks(source, config, 0, **world)
        drift(project)
        said = hooks(project, config, 1, **world)
    assert "stale-output" in said and DOCKERFILE in said
    assert "files were modified by this hook" in said
    assert "vim" not in (project / DOCKERFILE).read_text(), "gen-matrix regenerates what it was given"


def test_the_manifest_is_valid_and_a_broken_one_is_not(tmp_path):
    manifest = ROOT / ".pre-commit-hooks.yaml"
    run(["pre-commit", "validate-manifest", manifest], tmp_path)
    offered = {hook["id"]: hook for hook in YAML(typ="safe").load(manifest.read_text())}
    assert list(offered) == ["gen-check", "gen-matrix"]
    documented_hooks = [
        hook
        for block in blocks("yaml")
        for repo in YAML(typ="safe").load(block).get("repos", [])
        for hook in repo["hooks"]
    ]
    for hook in documented_hooks:
        own = offered[hook["id"]]
        for key in ("name", "entry", "always_run", "pass_filenames"):
            assert hook.get(key, own[key]) == own[key], f"docs/hooks.md and the manifest differ in `{key}`"
    broken = tmp_path / "broken.yaml"
    broken.write_text(manifest.read_text().replace("language: python", "language: pyhton"))
    assert "pyhton" in run(["pre-commit", "validate-manifest", broken], tmp_path, code=1)
