"""Buildkite: no job is idle, and whatever stands on another waits for it."""

import json

import pytest
from buildkite import Build, interpolated, pipeline_of, publish
from harness import Plan, Stub, lose
from trees import ROOT, Tree


@pytest.fixture(scope="module")
def tree(gen, tmp_path_factory):
    """One small enough to be published again and again."""
    return Tree("shape", ROOT / "tests/consumers/shapes/buildkite").generate(gen, tmp_path_factory.mktemp("tree"))


def test_only_what_is_missing_has_a_job(tree, tmp_path):
    stub, plan = Stub(tmp_path / "stub"), Plan(tree)
    first = publish(tree, stub)
    built = [spec for spec in plan.builders if spec.get("ci", {}).get("buildkite", {}).get("role") != "none"]
    wanted = sum(len(spec["platforms"]) + 1 for spec in built)
    assert len(first.jobs) == wanted + 2
    again = publish(tree, stub)
    assert list(again.jobs) == ["probe", "tags"]
    # One content is lost, and one platform of it is there.
    lose(plan, stub, built[0], legs=False)
    third = publish(tree, stub)
    jobs = [key for key in third.jobs if key not in ("probe", "tags")]
    assert len(jobs) == 1 and jobs[0].startswith("merge-"), jobs


def test_a_job_waits_for_what_it_stands_on(tree, tmp_path):
    build, plan = publish(tree, Stub(tmp_path / "stub")), Plan(tree)
    order = {(step["env"].get("IMAGE_ID"), step["env"].get("IMAGE_PLATFORM")): build.done.index(key) for key, step in build.jobs.items()}
    first = {spec["content_reference"]: spec["id"] for spec in reversed(plan.specs)}
    for spec in (spec for spec in plan.builders if (spec["id"], None) in order):
        for below in [spec["parent"], *spec.get("needs", [])]:
            if below:
                merged = order[first[plan.by_id[below]["content_reference"]], None]
                assert all(merged < order[spec["id"], platform] for platform in spec["platforms"])
    assert build.done[-1] == "tags"


@pytest.mark.parametrize("text", ["$X", "$$", "a\\$X", "a\\\\$X", "${X:-y}", "$(id)", "\\", "\\\\", "x$", "\\\\\\$"])
def test_the_agent_reads_texts_back(gen, tmp_path, text):
    (tmp_path / "matrix.toml").write_text(
        '[registry.hub]\nprefix = "docker.io/acme"\n[image.a]\ntag = "1"\nfrom = "debian:13"\n'
        f"[ci]\ncheck = {json.dumps(text)}\n[ci.buildkite]\n"
    )
    root = Tree("text", tmp_path).generate(gen, tmp_path / "made")
    build = Build(root, Stub(tmp_path / "stub"))
    build.upload(pipeline_of(root).replace(".yml", "-pull-request.yml"), {"X": "broken out"})
    assert build.jobs["check"]["command"][-1] == text
    assert interpolated("${NONE:-false}", {}) == "false"
