"""docs/other-ci.md: its script publishes everything, in the shells it may meet, and what calls it is what that CI reads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from harness import HERE, Plan, Stub, assert_idle, assert_truth, run
from judges import run as judge

ROOT = HERE.parents[1]
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]


def blocks(language: str) -> list[str]:
    page = (ROOT / "docs/other-ci.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.M | re.S)


@pytest.fixture
def tree(gen, tmp_path) -> Path:
    """What the page makes of its own matrix."""
    root = tmp_path / "tree"
    root.mkdir()
    (matrix,), (script,) = blocks("toml"), blocks("sh")
    (root / "matrix.toml").write_text(matrix)
    (root / "publish-all.sh").write_text(script)
    run([gen, "matrix", "--quiet"], root)
    return root


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_script_publishes_everything(tree, tmp_path, shell):
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    stub = Stub(tmp_path / "stub")

    def publish() -> None:
        command = [*shell, "publish-all.sh"]
        done = subprocess.run(command, cwd=tree, env=stub.env(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]

    assert_truth(Plan(tree), stub, publish, and_heals=False)
    stub.forget()
    publish()
    assert_idle(stub)


def test_a_build_that_fails_stops_the_script_before_the_tags(tree, tmp_path):
    stub = Stub(tmp_path / "stub")
    (stub.folder / "faults.json").parent.mkdir(parents=True)
    (stub.folder / "faults.json").write_text('[{"verb": "build", "ref": "*-arm64", "error": "failed"}]')
    done = subprocess.run(["sh", "publish-all.sh"], cwd=tree, env=stub.env(), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode != 0
    assert [ref for ref in stub.tags() if ":content-" in ref], "the others were built"
    assert [ref for ref in stub.tags() if ":content-" not in ref] == []


def test_circleci_reads_what_is_shown(tmp_path):
    (shown,) = blocks("yaml")
    (tmp_path / "config.yml").write_text(shown)
    judge("check-jsonschema", "--builtin-schema", "vendor.circle-ci", "config.yml", cwd=tmp_path)
    assert "sh publish-all.sh" in shown


def test_jenkins_calls_the_script_with_nothing_of_groovys_in_it():
    """In single quotes Groovy fills in nothing: a secret is the shell's to read."""
    (shown,) = blocks("groovy")
    steps = re.findall(r"^\s*(?:post \{ always \{ )?sh (.*?)(?: \} \})?$", shown, re.M)
    assert "'sh publish-all.sh'" in steps and len(steps) == 3
    assert all(re.fullmatch(r"'[^']*'", step) for step in steps), steps
    assert shown.count("{") == shown.count("}")
