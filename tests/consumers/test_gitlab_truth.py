"""The GitLab pipeline, really executed: what it builds and tags is exactly the plan."""

import json
import os
import shutil
from pathlib import Path

import pytest
from gitlab import (
    assert_accepted, children, gitlab_ci_local, jobs, ours, pipeline_of, publish, templates_of, written,
)  # fmt: skip
from harness import (
    STUBS, Plan, Stub, a_leaf, assert_idle, assert_truth, copy_tree, everything_missing, is_joined, is_repository, lose, outputs, pushed, root_of, run,
    tree_name, trees_under_test,
)  # fmt: skip
from judges import read_yaml
from trees import unpublished

#: GitLab's own limits, as shipped in facts/provider_limits.toml.
NEEDS_PER_JOB = 50
JOB_NAME = 255
YAML_BYTES = 2 * 1024 * 1024

@pytest.fixture(scope="module", params=trees_under_test(), ids=tree_name)
def tree(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    root = root_of(request.param, folder / "made")
    pipeline_of(root)
    return copy_tree(root, folder / tree_name(request.param))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("tree", [*trees_under_test(), unpublished()], ids=tree_name, indirect=True)
def test_the_pipeline_publishes_exactly_the_plan(tree, tmp_path, first_runs):
    stub = Stub(tmp_path / "stub")
    first_runs.leave(tree_name(tree), "gitlab", stub, lambda stub: publish(tree, stub))
    assert_truth(Plan(tree), stub, lambda: publish(tree, stub), and_heals=not is_repository(tree))


def test_a_child_holds_exactly_what_is_missing(tree, tmp_path):
    plan, stub = Plan(tree), Stub(tmp_path / "stub")
    publish(tree, stub, "probe")
    builds_of = {spec["id"]: [f"build {spec['id']} {platform}" for platform in spec["platforms"]] for spec in plan.builders}
    # What ends with the content being there.
    last = {spec["content_reference"]: f"merge {spec['id']}" if is_joined(spec) else builds_of[spec["id"]][0] for spec in plan.builders}
    expected = {}
    for spec in plan.builders:
        builds = builds_of[spec["id"]]
        expected |= {build: {last[content] for content in plan.lineage(spec)} for build in builds}
        if is_joined(spec):
            expected[f"merge {spec['id']}"] = set(builds)
    before, found = set(), {}
    for child in children(tree):
        for name, job in child.items():
            assert len(job["needs"]) <= NEEDS_PER_JOB and len(name) <= JOB_NAME
            assert set(job["needs"]) == expected[name] - before, name
            found[name] = set(job["needs"]) | (expected[name] & before)
        before |= set(child)
    assert found == expected
    assert_accepted(tree, written(tree), tmp_path)
    assert_idle(stub)


def test_every_platform_has_its_runner(tree, tmp_path):
    templates = read_yaml(tree / templates_of(tree))
    publish(tree, Stub(tmp_path / "stub"), "probe")
    for child in children(tree):
        for name, job in child.items():
            extended = [job["extends"]] if isinstance(job["extends"], str) else job["extends"]
            assert set(extended) <= set(templates), name
            if name.startswith("build "):
                runner = templates[extended[-1]]
                tags = job.get("tags", runner["tags"])
                assert tags, name
                arch = job["variables"]["BASE_IMAGE_PLATFORM"].split("/")[1]
                if "BASE_IMAGE_EMULATED" not in runner.get("variables", {}):
                    assert not any(tag.startswith("saas-") and not tag.endswith(arch) for tag in tags), name


def test_one_leaf_is_one_build(tree, tmp_path):
    plan, stub = Plan(tree), Stub(tmp_path / "stub")
    if is_repository(tree):
        pytest.skip("shown on the fixtures")
    publish(tree, stub)
    publish(tree, stub, "probe")
    assert [set(child) for child in children(tree)] == [{"nothing to build"}] * len(written(tree))
    assert_accepted(tree, written(tree), tmp_path)

    leaf = a_leaf(plan)
    lose(plan, stub, leaf)
    publish(tree, stub, "probe")
    builds = {f"build {leaf['id']} {platform}" for platform in leaf["platforms"]}
    found = [child for child in children(tree) if set(child) != {"nothing to build"}]
    assert [set(child) for child in found] == [builds | ({f"merge {leaf['id']}"} if is_joined(leaf) else set())]


def a_root(plan: Plan) -> dict | None:
    """A builder that another stands on."""
    stood_on = set().union(*(plan.lineage(spec) for spec in plan.specs))
    return next((spec for spec in plan.builders if spec["content_reference"] in stood_on), None)


def test_what_stands_on_a_failed_leg_is_not_built(tree, tmp_path):
    plan, stub = Plan(tree), Stub(tmp_path / "stub")
    root = a_root(plan)
    if root is None or is_repository(tree):
        pytest.skip("nothing stands on anything here")
    leg = list(plan.legs(root))[-1]
    stub.folder.mkdir()
    (stub.folder / "faults.json").write_text(json.dumps([{"verb": "build", "ref": leg, "error": "failed"}]))
    publish(tree, stub, "probe")
    for child in written(tree):
        with pytest.raises(AssertionError, match="build"):
            gitlab_ci_local(tree, stub, str(child.relative_to(tree)))
        break
    kin = {root["content_reference"]}
    for spec in plan.specs:
        if plan.lineage(spec) & kin:
            kin.add(spec["content_reference"])
    built = {tag.rsplit("-", 1)[0] for tag, _ in pushed(stub.journal())}
    assert built & kin <= {root["content_reference"]}
    assert root["content_reference"] not in stub.tags()
    # GitLab would not start this one. It refuses by itself.
    with pytest.raises(AssertionError, match="not published yet"):
        publish(tree, stub, "tags")
    assert not set(stub.tags()) & set(plan.final_tags())

    (stub.folder / "faults.json").unlink()
    publish(tree, stub)
    assert pushed(stub.journal()) == plan.pushes()
    assert set(plan.final_tags()) <= set(stub.tags())


def test_a_child_failing_fails_the_pipeline(tree):
    """What gitlab-ci-local does not do for us: GitLab does by this strategy."""
    found = jobs(read_yaml(tree / pipeline_of(tree)))
    triggers = [job for job in found.values() if "trigger" in job]
    assert triggers and all(job["trigger"]["strategy"] == "depend" for job in triggers)
    assert set(found) == {"probe", "tags"} | {name for name, job in found.items() if "trigger" in job}
    assert "needs" not in found["tags"]
    assert read_yaml(tree / pipeline_of(tree))["stages"][-1] == found["tags"]["stage"]


#: A `docker` that writes down what is baked, and leaves all else to the stub.
BAKER = """#!/bin/sh
case "$1 $2" in
  "buildx bake") printf '%s\\n' "$CI_JOB_NAME" "$@" . >>BAKED ;;
  "run "*) ;;
  *) exec STUB "$@" ;;
esac
"""


def test_a_merge_request_builds_only_what_it_changes(tree, tmp_path):
    plan, stub = Plan(tree), Stub(tmp_path / "stub")
    file = ours(tree, "-merge-request.gitlab-ci.yml")
    if is_repository(tree):
        pytest.skip("shown on the fixtures")
    leaf = a_leaf(plan)
    # The base knows everything but this leaf as it is now.
    bare, request = tmp_path / "bare", tmp_path / "request"
    shutil.copytree(tree, bare, symlinks=True, ignore=shutil.ignore_patterns(".gitlab-ci-local", ".git"))
    kept = (tree / "generated/plan.lines").read_text()
    (bare / "generated/plan.lines").write_text(kept.replace(leaf["content"], "sha256:" + "0" * 64))
    copy_tree(bare, request)
    (request / "generated/plan.lines").write_text(kept)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
    sha = run([*git, "rev-parse", "HEAD"], request).stdout.strip()
    run([*git, "commit", "-aqm", "change"], request)
    run([*git, "config", f"url.{request}.insteadOf", "git@gitlab.example.com:acme/images.git"], request)

    baked, bin = tmp_path / "baked", tmp_path / "bin"
    bin.mkdir()
    (bin / "docker").write_text(BAKER.replace("BAKED", str(baked)).replace("STUB", str(STUBS / "docker")))
    (bin / "docker").chmod(0o755)
    ours_ = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": sha}
    gitlab_ci_local(request, stub, file, "changes", path=str(bin), **ours_)
    (found,) = children(request, "changes")
    legs = sorted((job["variables"]["BASE_IMAGE_PLATFORM"], job["variables"]["BASE_IMAGES"]) for job in found.values())
    assert legs == sorted((platform, leaf["id"]) for platform in leaf["platforms"])
    assert_accepted(request, written(request, "changes"), tmp_path)

    (child,) = written(request, "changes")
    gitlab_ci_local(request, stub, str(child.relative_to(request)), path=str(bin), **ours_)
    said = baked.read_text()
    assert all(f"*.platform={platform}" in said for platform in leaf["platforms"])
    assert "push" not in said.replace("--push=false", "")
    assert not [call for call in stub.journal() if call["verb"] in {"login", "create"} or call.get("push")]

    # A release that stands with other content stops it.
    release = plan.plan["release"]
    if release and leaf["immutable"]:
        run([*git, "tag", release["tag"], sha], request)
        with pytest.raises(AssertionError, match="is released, with other content"):
            gitlab_ci_local(request, stub, file, "changes", path=str(bin), **ours_)
        run([*git, "tag", "--delete", release["tag"]], request)

    # Where the base cannot be told, everything is built.
    gitlab_ci_local(request, stub, file, "changes", path=str(bin), **(ours_ | {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "0" * 40}))
    (found,) = children(request, "changes")
    assert {id for job in found.values() for id in job["variables"]["BASE_IMAGES"].split()} == {
        spec["id"] for spec in plan.builders
    }


def test_a_merge_request_that_changes_nothing_builds_nothing(tree, tmp_path):
    file = ours(tree, "-merge-request.gitlab-ci.yml")
    run(["git", "config", f"url.{tree}.insteadOf", "git@gitlab.example.com:acme/images.git"], tree)
    sha = run(["git", "rev-parse", "HEAD"], tree).stdout.strip()
    gitlab_ci_local(tree, Stub(tmp_path / "stub"), file, "changes", CI_MERGE_REQUEST_DIFF_BASE_SHA=sha)
    assert [set(child) for child in children(tree, "changes")] == [{"nothing to build"}]


def test_the_pipeline_of_a_merge_request_knows_no_credentials(tree):
    templates = read_yaml(tree / templates_of(tree))
    document = read_yaml(tree / ours(tree, "-merge-request.gitlab-ci.yml"))

    def lineage(job: dict) -> list[dict]:
        above = job.get("extends", [])
        return [job] + [kin for name in ([above] if isinstance(above, str) else above) for kin in lineage(templates[name])]

    reached = [part for job in [*jobs(document).values(), templates[".build-changed"], templates[".nothing"]] for part in lineage(job)]
    assert templates[".publish"] not in reached
    text = json.dumps(reached)
    assert "login" not in text and "id_tokens" not in text and "publish.sh" not in text
    assert all(part.get("interruptible", True) for part in reached)
    assert document["workflow"]["rules"] == [{"if": "$CI_MERGE_REQUEST_IID"}]


def large(folder: Path, exclude: str = "") -> Path:
    """A tree of 1,000 images for two platforms, 20 of which the others stand on."""
    folder.mkdir()
    (folder / "matrix.toml").write_text(
        f"""
        [registry.hub]
        prefix = "docker.io/acme"
        [axis]
        a = {json.dumps([f"a{n}" for n in range(20)])}
        b = {json.dumps([f"b{n}" for n in range(19)])}
        arch = ["amd64", "arm64"]
        [image.root]
        axes = ["a"]
        tag = "{{{{ a }}}}"
        from = "debian:13-slim"
        env = {{ A = "{{{{ a }}}}" }}
        [image.leaf]
        tag = "{{{{ a }}}}-{{{{ b }}}}"
        parent = "root"
        env = {{ B = "{{{{ b }}}}" }}
        {exclude}
        [ci.gitlab]
        """
    )
    run([os.environ["GEN_BIN"], "matrix", "-C", folder], folder)
    return folder


def first_children(root: Path, scratch: Path) -> list[Path]:
    """The children that are written when nothing is there yet."""
    missing = scratch / "missing"
    missing.write_text(everything_missing(Plan(root).builders))
    run(["sh", "generated/ci/gitlab.sh", "publish", missing, scratch / "children"], root)
    return sorted((scratch / "children").iterdir(), key=lambda path: int(path.stem))


@pytest.fixture(scope="module")
def hundreds(tmp_path_factory) -> Path:
    return large(tmp_path_factory.mktemp("large") / "tree")


def test_hundreds_of_images_stay_within_the_limits(hundreds, tmp_path):
    plan = Plan(hundreds)
    assert len(plan.builders) == 400
    files = first_children(hundreds, tmp_path)
    done, all_jobs = set(), 0
    for file in files:
        assert file.stat().st_size <= YAML_BYTES
        child = jobs(json.loads(file.read_text()))
        assert 0 < len(child) <= 400
        for name, job in child.items():
            assert len(job["needs"]) <= NEEDS_PER_JOB
            assert set(job["needs"]) <= set(child)
            if name.startswith("build leaf/"):
                # Its root is joined in this child, and waited for, or in one before.
                root = f"merge root/{name.split('/')[1].split('_')[0]}"
                assert (root in job["needs"]) == (root in child) and root in done | set(child)
        done |= set(child)
        all_jobs += len(child)
    assert all_jobs == len(done) == 1200
    own = hundreds / pipeline_of(hundreds)
    triggers = [job for job in jobs(read_yaml(own)).values() if "trigger" in job]
    assert [job["trigger"]["include"][0]["artifact"] for job in triggers] == [f".base-images/{n}.yml" for n in range(1, 4)]
    assert own.stat().st_size < 8000
    assert_accepted(hundreds, files[-1:], tmp_path)


def test_one_image_more_changes_no_pipeline(hundreds, tmp_path):
    less = large(tmp_path / "less", '[[exclude]]\nmatch = { a = "a3", b = "b4" }\nreason = "gone"')
    assert len(Plan(less).builders) == 399
    for path in [pipeline_of(less), templates_of(less), "generated/ci/gitlab.sh"]:
        assert (less / path).read_bytes() == (hundreds / path).read_bytes(), path


def test_a_plan_that_outgrew_its_pipelines_is_refused(hundreds, tmp_path):
    script = hundreds / "generated/ci/gitlab.sh"
    kept = script.read_text()
    script.write_text(kept.replace("children=3", "children=2"))
    try:
        with pytest.raises(AssertionError, match="1200 jobs do not fit into 2 pipelines of 400: run gen matrix again"):
            first_children(hundreds, tmp_path)
    finally:
        script.write_text(kept)


#: How a pipeline may come to be, and whether this one then runs.
OCCASIONS = {
    "a push to a branch": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, False),
    "a release tag": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1.2.3"}, True),
    "another tag": ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "nightly"}, False),
    "a merge request": ({"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"}, False),
    "by hand": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"}, True),
    "by hand on a tag": ({"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_TAG": "v1.2.3"}, True),
    "a schedule": ({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, True),
    "the API": ({"CI_PIPELINE_SOURCE": "api", "CI_COMMIT_BRANCH": "main"}, True),
    "a comment of a chat": ({"CI_PIPELINE_SOURCE": "chat", "CI_COMMIT_BRANCH": "main"}, False),
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
        if any(path.endswith("images.gitlab-ci.yml") for path in outputs(root)):
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
