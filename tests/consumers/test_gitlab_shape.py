"""Every option of `[ci.gitlab]`, in pipelines that are really executed."""

import collections
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from gitlab import assert_accepted, children, gitlab_ci_local, jobs, written
from harness import Plan, Stub, assert_truth, copy_tree, pushed, run
from judges import read_yaml
from trees import MACHINERY, Tree, shapes

SHAPES = {tree.name: tree for tree in shapes()}
PIPELINE = "ci/images.gitlab-ci.yml"


def made(name: str, folder: Path) -> Path:
    return copy_tree(SHAPES[name].generate(Path(os.environ["GEN_BIN"]), folder / "made"), folder / name)


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Path, Stub, str]:
    """The tree with every option, what it published, and what its jobs said."""
    folder = tmp_path_factory.mktemp("shape")
    tree, stub = made("shape-gitlab", folder), Stub(folder / "stub")
    return tree, stub, gitlab_ci_local(tree, stub, PIPELINE)


def test_what_is_not_matched_is_built_for_others_or_not_at_all(published):
    tree, stub, _ = published
    plan = Plan(tree)
    built = [spec for spec in plan.builders if spec["id"] != "other"]
    assert pushed(stub.journal()) == {leg: 1 for spec in built for leg in plan.legs(spec).items()}
    tags = set(stub.tags())
    for spec in plan.specs:
        final = {*spec["references"], *spec["aliases"]}
        assert (final <= tags) if spec["image"] == "leaf" else not (final & tags), spec["id"]


def test_steps_run_where_they_are_said_to(published):
    tree, _, said = published
    lines = collections.defaultdict(list)
    for line in said.splitlines():
        if line := re.match(r"\s*(?:\[[^]]*\] -> )?(.+?)\s+> (.*)", line):
            lines[line[1]].append(line[2])

    def order(job: str, *texts: str) -> list[str]:
        return [line for line in lines[job] if line in texts]

    assert order("probe", "greet", "probing probe") == ["greet", "probing probe"]
    assert order("tags", "ask", "asking", "tell", "telling") == ["ask", "asking", "tell", "telling"]
    freed = ["Free the disk: it's full", "freeing '/opt'", "freeing '/usr/share'"]
    text = b'it\'s $HOME, `id` and "more"\nin two lines'
    summed = subprocess.run(["cksum"], input=text, capture_output=True, check=True).stdout.decode().strip()
    builds = [job for job in lines if job.startswith("build ")]
    assert len(builds) == 6
    for job in builds:
        expected = (freed if "training" in job else []) + ["literal", summed]
        assert order(job, *freed, "literal", summed) == expected, job


def test_rows_and_runners(published, tmp_path):
    tree, _, _ = published
    gitlab_ci_local(tree, Stub(tmp_path / "stub"), PIPELINE, "probe")
    found = {name: job for child in children(tree) for name, job in child.items()}
    assert all(len(child) <= 4 for child in children(tree)) and len(children(tree)) == 3
    assert_accepted(tree, written(tree), tmp_path)
    deviating = {name: (job.get("tags"), job.get("timeout"), job["variables"].get("BASE_IMAGE_STEPS"))
                 for name, job in found.items() if name.startswith("build ")}  # fmt: skip
    plain = (None, None, None)
    assert deviating == {
        "build root linux/amd64": plain,
        "build root linux/arm64": plain,
        "build leaf/server linux/amd64": plain,
        "build leaf/server linux/arm64": plain,
        "build leaf/training linux/amd64": (["docker", "$$HUGE"], "300 minutes", "free-disk"),
        "build leaf/training linux/arm64": (None, "600 minutes", "free-disk"),
    }
    templates = read_yaml(tree / "ci/images-jobs.yml")
    assert templates[".on-arm64"]["tags"] == templates[".on-amd64"]["tags"] == ["docker", "large"]
    assert templates[".job"]["tags"] == ["docker", "small"]
    assert templates[".build"]["timeout"] == "90 minutes"


def test_foreign_platforms_are_emulated(published):
    _, stub, _ = published
    journal = stub.journal()
    emulated = [call["job"] for call in journal if call["verb"] == "run" and "--install" in call["command"]]
    assert sorted(emulated) == sorted(f"build {id} linux/arm64" for id in ("root", "leaf/server", "leaf/training"))
    assert all(call["command"] == ["--install", "arm64"] for call in journal if "--install" in call.get("command", []))


def test_a_merge_request_is_checked_by_the_stated_command(published):
    tree, _, _ = published
    check = jobs(read_yaml(tree / "ci/changes.gitlab-ci.yml"))["check"]
    fetch = 'sh generated/ci/pull-request.sh fetch "$CI_MERGE_REQUEST_DIFF_BASE_SHA"'
    assert check["script"] == [fetch, 'pip install --quiet acme-checks\nacme-checks "$CI_COMMIT_SHA"']
    assert check["image"] == "registry.example.com/python:3.13"


def test_without_a_command_no_job_checks_and_the_pipeline_says_so(tmp_path):
    (tmp_path / "source").mkdir()
    text = (SHAPES["shape-gitlab"].source / "matrix.toml").read_text()
    text, count = re.subn(r"(?m)^(\[ci\]|check = .*|check-image = .*)\n", "", text)
    assert count == 3
    (tmp_path / "source/matrix.toml").write_text(text)
    tree = copy_tree(Tree("unchecked", tmp_path / "source").generate(Path(os.environ["GEN_BIN"]), tmp_path), tmp_path / "tree")
    run(["git", "remote", "set-url", "origin", str(tree)], tree)
    document = read_yaml(tree / "ci/changes.gitlab-ci.yml")
    assert set(jobs(document)) == {"changes", "images"}
    assert document["workflow"]["name"] == "base images of a merge request, drift not checked"
    sha = run(["git", "rev-parse", "HEAD"], tree).stdout.strip()
    told = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha}
    assert "drift is not checked" in gitlab_ci_local(tree, Stub(tmp_path / "stub"), "ci/changes.gitlab-ci.yml", "changes", **told)
    # The check that stands in `.gitlab-ci.yml` of the user's names this file, and not the one that publishes.
    assert "#         - local: ci/changes.gitlab-ci.yml" in (tree / "ci/changes.gitlab-ci.yml").read_text()


def test_rootless_publishes_the_same(tmp_path):
    tree, stub = made("shape-gitlab-rootless", tmp_path), Stub(tmp_path / "stub")
    assert_truth(Plan(tree), stub, lambda: gitlab_ci_local(tree, stub, ".gitlab-ci.yml"))
    templates = read_yaml(tree / "base-images-jobs.yml")
    engine = templates[".engine"]
    assert "variables" not in engine
    assert engine["services"] == [
        {
            "name": MACHINERY["buildkit-rootless"],
            "alias": "buildkitd",
            "command": ["--addr", "tcp://0.0.0.0:1234", "--oci-worker-no-process-sandbox"],
        }
    ]
    assert "privileged" not in json.dumps(templates) and "docker info" not in json.dumps(templates)
    assert not [path for path in tree.rglob("*merge-request*")]
