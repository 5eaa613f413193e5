"""What one run is told, on every provider by its own means: it is of some images alone, or says what it would do."""

import subprocess
from pathlib import Path

import buildkite
import cloud_build
import pytest
from github import Workflow, messages
from gitlab import gitlab_ci_local, pipeline_of
from harness import Plan, Stub, copy_tree, pushed

MATRIX = """
[release]
version = "1.4.0"

[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
python = ["3.12", "3.13"]
arch = ["amd64", "arm64"]

[image.base]
axes = ["python"]
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"

[image.top]
axes = ["python"]
tag = "{{ python }}-{{ release.tag }}"
parent = "base"

[[alias]]
match = { image = "top" }
tags = ["latest"]
newest = ["python"]

[ci.github]
[ci.gitlab]
[ci.buildkite]
runner = { arm64 = "arm" }
[ci.cloud-build]
platforms = ["linux/amd64", "linux/arm64"]
"""


@pytest.fixture(scope="module")
def made(gen, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("made") / "tree"
    root.mkdir()
    (root / "matrix.toml").write_text(MATRIX)
    subprocess.run([gen, "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    return root


def github(tree: Path, stub: Stub, only: str, dry: bool, **env: str) -> None:
    told = ["--input", f"only={only}", "--input", f"dry-run={str(dry).lower()}"]
    done = Workflow(tree, event="workflow_dispatch", more=told).start(stub, **env)
    assert done.returncode == 0, messages(done)


def gitlab(tree: Path, stub: Stub, only: str, dry: bool) -> None:
    said = gitlab_ci_local(
        tree, stub, pipeline_of(tree), "--variable", f"BASE_IMAGES_ONLY={only}", "--variable", f"BASE_IMAGES_DRY_RUN={str(dry).lower()}"
    )
    assert said


def on_buildkite(tree: Path, stub: Stub, only: str, dry: bool) -> None:
    env = stub.env
    stub.env = lambda **more: env(BASE_IMAGES_ONLY=only, BASE_IMAGES_DRY_RUN=str(dry).lower(), **more)
    buildkite.publish(tree, stub)
    stub.env = env


def on_cloud_build(tree: Path, stub: Stub, only: str, dry: bool) -> None:
    runs = cloud_build.Runs(tree, stub.folder.parent)
    runs.publish({"_BASE_IMAGES_ONLY": only, "_BASE_IMAGES_DRY_RUN": str(dry).lower()})


RUNS = {"github": github, "gitlab": gitlab, "buildkite": on_buildkite, "cloud-build": on_cloud_build}


@pytest.fixture
def tree(made, tmp_path) -> Path:
    return copy_tree(made, tmp_path / "tree")


@pytest.fixture
def stub(tmp_path) -> Stub:
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    return stub


@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", RUNS)
def test_a_run_of_some_images(tree, stub, provider):
    plan = Plan(tree)
    RUNS[provider](tree, stub, "top/3.13", False)
    wanted = [plan.by_id["base/3.13"], plan.by_id["top/3.13"]]
    legs = {leg for spec in wanted for leg in plan.legs(spec).items()}
    assert set(pushed(stub.journal())) == legs
    tags = {tag for tag in stub.tags() if ":content-" not in tag and ":newest-release" not in tag}
    top = plan.by_id["top/3.13"]
    # Not those of what it stands on; the alias, which is the newest's, is of it.
    assert tags == {*top["references"], *top["aliases"]} and len(tags) == 2
    # The whole run does the rest.
    RUNS[provider](tree, stub, "", False)
    assert pushed(stub.journal()) == plan.pushes()
    assert set(plan.final_tags()) <= set(stub.tags())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", RUNS)
def test_a_dry_run(tree, stub, provider):
    RUNS[provider](tree, stub, "", True)
    assert not stub.tags() and not [call for call in stub.journal() if call["verb"] not in ("inspect", "login", "run")]
    RUNS[provider](tree, stub, "", False)
    assert pushed(stub.journal()) == Plan(tree).pushes() and set(Plan(tree).final_tags()) <= set(stub.tags())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", RUNS)
def test_what_the_plan_has_not_stops_the_run(tree, stub, provider):
    with pytest.raises(AssertionError, match="has no image `none`"):
        RUNS[provider](tree, stub, "top,none", False)
    assert not stub.tags()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", RUNS)
def test_a_value_is_no_shell(tree, stub, provider, tmp_path):
    with pytest.raises(AssertionError, match="has no image"):
        RUNS[provider](tree, stub, f'top;touch${{IFS}}{tmp_path}/made;"$(touch {tmp_path}/made)`touch {tmp_path}/made`', False)
    assert not (tmp_path / "made").exists() and not stub.tags()


@pytest.mark.timeout(900)
def test_a_split_build_hands_it_on(gen, tmp_path):
    """Cloud Build, in several configs: the one that is started tells each that it submits."""
    root = tmp_path / "split"
    root.mkdir()
    versions = ", ".join(f'"3.{minor}"' for minor in range(160))
    matrix = MATRIX.replace('"3.12", "3.13"', versions).replace('["amd64", "arm64"]', '["amd64"]').split("[ci.github]")[0]
    (root / "matrix.toml").write_text(matrix + "[ci.cloud-build]\n")
    subprocess.run([gen, "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    runs = cloud_build.Runs(copy_tree(root, tmp_path / "tree"), tmp_path)
    plan = Plan(root)
    runs.publish({"_BASE_IMAGES_ONLY": "top/3.13", "_BASE_IMAGES_DRY_RUN": "true"})
    assert [words for words in runs.submitted() if "submit" in words and "tags" not in " ".join(words)] == []
    assert not runs.stub.tags()
    runs.publish({"_BASE_IMAGES_ONLY": "top/3.13"})
    legs = {leg for id in ("base/3.13", "top/3.13") for leg in plan.legs(plan.by_id[id]).items()}
    assert set(pushed(runs.stub.journal())) == legs
    submitted = [words for words in runs.submitted() if "submit" in words]
    assert len(submitted) == 3, "one group of each layer, and the tags"
    tags = {tag for tag in runs.stub.tags() if ":content-" not in tag and ":newest-release" not in tag}
    assert tags == set(plan.by_id["top/3.13"]["references"])
