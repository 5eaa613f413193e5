"""The GitLab pipeline, really executed: what it builds and tags is exactly the plan.

gitlab-ci-local runs the jobs by `needs` and stages, each in a folder of its own with the artifacts GitLab would hand it.
"""

import json
import re
from pathlib import Path

import pytest
from harness import (
    STUBS, Plan, Stub, assert_truth, copy_tree, is_repository, outputs, read_yaml, root_of, run, tree_name,
    trees_under_test,
)  # fmt: skip

#: GitLab's own limits, as shipped in facts/provider_limits.toml.
NEEDS_PER_JOB = 50
JOB_NAME = 255


def pipeline_of(root: Path) -> str:
    found = [path for path in outputs(root) if path.endswith(".gitlab-ci.yml")]
    if not found:
        pytest.skip("this tree has no GitLab pipeline")
    return found[0]


@pytest.fixture(scope="module", params=trees_under_test(), ids=tree_name)
def tree(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    return copy_tree(root_of(request.param, folder / "made"), folder / tree_name(request.param))


def gitlab_ci_local(tree: Path, stub: Stub, *words: str) -> str:
    home = stub.folder.parent / "home"
    home.mkdir(exist_ok=True)
    file = tree / pipeline_of(tree)
    done = run(["gitlab-ci-local", "--file", file.relative_to(tree), *words], tree, stub.env(HOME=str(home)))
    return done.stdout


def secrets(file: Path) -> list[str]:
    """Every variable that the login wants, by the words in which it would complain, and every identity token."""
    names = re.findall(r"\$\{(\w+):\?", file.read_text()) + list(read_yaml(file)[".publish"].get("id_tokens", {}))
    return [word for name in sorted(set(names)) for word in ("--variable", f"{name}=secret-of-{name.lower()}")]


def jobs(tree: Path) -> dict:
    """The pipeline's jobs, templates left out."""
    document = read_yaml(tree / pipeline_of(tree))
    keywords = {"workflow", "stages", "variables", "default", "include", "spec"}
    return {name: job for name, job in document.items() if name not in keywords and not name.startswith(".")}


def publish(tree: Path, stub: Stub) -> None:
    """Runs the pipeline."""
    words = ["--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source", "--concurrency", "4"]
    words += ["--container-executable", str(STUBS / "engine")]
    words += secrets(tree / pipeline_of(tree))
    gitlab_ci_local(tree, stub, *words)


@pytest.mark.timeout(1800)
def test_the_pipeline_publishes_exactly_the_plan(tree, tmp_path, runs):
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    runs.first(tree_name(tree), "gitlab", stub, lambda stub: publish(tree, stub))
    assert_truth(Plan(tree), stub, lambda: publish(tree, stub), and_heals=not is_repository(tree))


def test_needs_are_exact(tree):
    plan = Plan(tree)
    found = jobs(tree)
    merge_of = {plan.by_id[job["variables"]["BASE_IMAGE"]]["content_reference"]: name
                for name, job in found.items() if name.startswith("merge ")}  # fmt: skip
    expected = {"probe": None, "tags": None}
    for spec in plan.builders:
        builds = [f"build {spec['id']} {platform}" for platform in spec["platforms"]]
        lineage = {merge_of[content] for content in plan.lineage(spec)}
        expected |= {build: {"probe"} | lineage for build in builds}
        expected[f"merge {spec['id']}"] = {"probe", *builds}
    assert {name: set(job["needs"]) if "needs" in job else None for name, job in found.items()} == expected
    assert max(len(job.get("needs", [])) for job in found.values()) <= NEEDS_PER_JOB
    assert max(map(len, found)) <= JOB_NAME
    assert read_yaml(tree / pipeline_of(tree))["stages"][-1] == found["tags"]["stage"]


def test_every_platform_has_its_runner(tree):
    for name, job in jobs(tree).items():
        if name.startswith("build "):
            assert job["tags"], name
            arch = job["variables"]["BASE_IMAGE_PLATFORM"].split("/")[1]
            assert not any(tag.startswith("saas-") and not tag.endswith(arch) for tag in job["tags"]), name


#: How a pipeline may come to be, and whether this one then runs.
OCCASIONS = {
    "a push to a branch": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, False),
    "a release tag": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1.2.3"}, True),
    "another tag": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "nightly"}, False),
    "a merge request": ({"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"}, False),
    "by hand": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}, True),
    "by hand on a tag": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_TAG": "v1.2.3"}, True),
    "a schedule": ({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, False),
    "a parent": ({"CI_PIPELINE_SOURCE": "parent_pipeline", "CI_COMMIT_BRANCH": "main"}, True),
    "a parent of a merge request": ({"CI_PIPELINE_SOURCE": "parent_pipeline", "CI_MERGE_REQUEST_IID": "7"}, False),
    "another project": ({"CI_PIPELINE_SOURCE": "pipeline", "CI_COMMIT_BRANCH": "main"}, True),
    "a trigger token": ({"CI_PIPELINE_SOURCE": "trigger", "CI_COMMIT_BRANCH": "main"}, True),
}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory) -> dict:
    """The `workflow` of all pipelines: one, whatever the tree."""
    found = []
    for place in trees_under_test():
        root = root_of(place, tmp_path_factory.mktemp("made"))
        if any(path.endswith(".gitlab-ci.yml") for path in outputs(root)):
            found.append(read_yaml(root / pipeline_of(root))["workflow"])
    if not found:
        pytest.skip("no tree has a GitLab pipeline")
    assert all(other == found[0] for other in found)
    return found[0]


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_workflow_rules(workflow, tmp_path, occasion):
    """gitlab-ci-local does not look at `workflow`: the same rules, put on a job, are evaluated by it."""
    written, stub = tmp_path / "written", Stub(tmp_path)
    written.mkdir()
    job = {"runs": {"script": ["true"], "rules": workflow["rules"]}}
    (written / "rules.gitlab-ci.yml").write_text(json.dumps(job))
    tree = copy_tree(written, tmp_path / "tree")
    given, runs = OCCASIONS[occasion]
    names = ["CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_MERGE_REQUEST_IID"]
    words = [word for name in names if name not in given for word in ("--unset-variable", name)]
    words += [word for name, value in given.items() for word in ("--variable", f"{name}={value}")]
    listed = run(["gitlab-ci-local", "--file", "rules.gitlab-ci.yml", "--list-csv", *words], tree,
                 stub.env(HOME=str(tmp_path))).stdout  # fmt: skip
    assert ("\nruns;" in listed) == runs, listed
