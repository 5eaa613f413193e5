"""The workflows of this repository itself, `.github/workflows`: read by the tools that read the generated ones, and their
own steps run where they decide something."""

import os
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from harness import read_yaml
from judges import JUDGES
from trees import ROOT

FOLDER = ROOT / ".github/workflows"
FILES = sorted(path.name for path in FOLDER.glob("*.yml"))
READERS = [judge for judge in JUDGES if "github" in judge.kinds]


def step(file: str, job: str, name: str) -> str:
    """The script of a step."""
    steps = read_yaml(FOLDER / file)["jobs"][job]["steps"]
    (found,) = (step["run"] for step in steps if step["name"] == name)
    return found


def start(script: str, cwd: Path, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=cwd, env={**os.environ, **env},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)  # fmt: skip


@pytest.mark.parametrize("judge", READERS, ids=lambda judge: judge.name)
def test_every_reader_of_workflows_takes_them(judge, tmp_path):
    paths = [f".github/workflows/{name}" for name in FILES]
    assert FILES == ["ci.yml", "release.yml"]
    assert judge.ask(ROOT, paths, tmp_path) == len(paths)


def test_an_action_has_the_commit_that_facts_have_for_its_version():
    known = {(pin["repo"], pin["version"]): pin["sha"] for pin in tomllib.loads((ROOT / "src/facts/actions.toml").read_text())["pin"]}
    used = re.findall(r"uses: (\S+?)@([0-9a-f]{40}) # (v\S+)", "".join((FOLDER / name).read_text() for name in FILES))
    assert len(used) == sum((FOLDER / name).read_text().count("uses: ") for name in FILES)
    held = [use for use in used if (use[0], use[2]) in known]
    assert len(held) >= 5
    assert [use for use in held if known[use[0], use[2]] != use[1]] == []


def test_ci_is_what_anybody_runs():
    assert step("ci.yml", "tests", "Run all tests") == ".ci/run"


def test_maturin_is_the_one_that_is_tested():
    (version,) = set(re.findall(r"maturin-version: v(\S+)", (FOLDER / "release.yml").read_text()))
    assert f"\nmaturin=={version}\n" in (ROOT / "tests/consumers/requirements.txt").read_text()


def test_a_tag_that_says_another_version_stops_the_release(tmp_path):
    script = step("release.yml", "version", "Compare the tag with Cargo.toml")
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    (tmp_path / "Cargo.toml").write_text(f'[package]\nname = "basematrix"\nversion = "{version}"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").touch()
    (tmp_path / "CHANGELOG.md").write_text(f"## [{version}] - 2026-11-30\n\nwords\n\n## [0.0.1]\n\nold\n")
    output = tmp_path / "output"
    done = start(script, tmp_path, GITHUB_REF_NAME=f"v{version}", GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    assert output.read_text() == f"version={version}\n"
    done = start(script, tmp_path, GITHUB_REF_NAME="v9.9.9", GITHUB_OUTPUT=str(output))
    assert done.returncode == 1 and f"release v{version}" in done.stdout
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n")
    done = start(script, tmp_path, GITHUB_REF_NAME=f"v{version}", GITHUB_OUTPUT=str(output))
    assert done.returncode == 1 and "no section" in done.stdout


def test_the_notes_are_the_section_of_the_version(tmp_path):
    script = step("release.yml", "release", "Make the release")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n\nlater\n\n## [1.2.3] - 2026-11-30\n\n### Added\n\n- words\n\n## [1.2.2]\n\nold\n")
    (tmp_path / "gh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "gh").chmod(0o755)
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/a.whl").touch()
    done = start(script, tmp_path, VERSION="1.2.3", GITHUB_REF_NAME="v1.2.3", RUNNER_TEMP=str(tmp_path), PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "notes").read_text() == "\n### Added\n\n- words\n\n"
    assert done.stdout.splitlines()[-1] == "dist/a.whl"


def test_the_image_holds_the_static_programs(tmp_path):
    (tmp_path / "dist").mkdir()
    for tag in ("musllinux_1_2_x86_64", "musllinux_1_2_aarch64", "manylinux_2_28_x86_64"):
        with zipfile.ZipFile(tmp_path / f"dist/basematrix-1.2.3-py3-none-{tag}.whl", "w") as wheel:
            wheel.writestr("basematrix-1.2.3.data/scripts/gen", tag)
    done = start(step("release.yml", "release", "Lay out the image"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.parent.name: path.read_text() for path in tmp_path.glob("image/*/gen")} == {
        "amd64": "musllinux_1_2_x86_64", "arm64": "musllinux_1_2_aarch64",
    }  # fmt: skip
    done = subprocess.run(["hadolint", "--no-color", "--config", ROOT / ".hadolint.yaml", ROOT / ".github/gen.Dockerfile"], capture_output=True, text=True)
    # What apk has is as old as the image, and is pinned with that.
    assert [line for line in done.stdout.splitlines() if "DL3018" not in line] == []
