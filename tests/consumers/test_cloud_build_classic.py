"""The classic shape: a build step and a push step for each image, as plain calls of Docker, and what keeps a published
release safe all the same.
"""

import json
import shutil
from pathlib import Path

import pytest
from cloud_build import Failed, Runs, main_config
from harness import copy_tree, run
from test_cloud_build_truth import Share
from trees import shapes


def named(gen, tmp_path_factory, name: str) -> Path:
    (tree,) = (tree for tree in shapes() if tree.name == name)
    folder = tmp_path_factory.mktemp(name)
    return copy_tree(tree.generate(gen, folder / "made"), folder / "tree")


@pytest.fixture(scope="module")
def caliban(gen, tmp_path_factory) -> Path:
    return named(gen, tmp_path_factory, "shape-cloud-build-classic")


@pytest.fixture(scope="module")
def release(gen, tmp_path_factory) -> Path:
    return named(gen, tmp_path_factory, "shape-cloud-build-classic-release")


def test_each_image_has_the_steps_of_old(caliban):
    """As Caliban had them: `build` on the bases' builds, then the push; and a test between them."""
    build, share = main_config(caliban), Share(caliban)
    calls = [step for step in build.steps if step.args]
    assert len(calls) == len(share.builders) * 2 + sum(len(spec["tests"]) for spec in share.builders)
    assert [step.id for step in build.steps if step not in calls] == ["tags"], "nothing to log in to, nothing to prepare"
    assert build.timeout.seconds == 86_400
    assert dict(build.substitutions) == {"_BASE_URL": "gcr.io/blueshift-playground"}
    by_id = {step.id: step for step in calls}
    gpu = by_id["image-blueshift-3-7_10-0"]
    assert list(gpu.wait_for) == ["image-gpu-base-10-0"], "it waits for the build of its base, not for its push"
    assert list(by_id["image-gpu-base-10-0"].wait_for) == ["-"]
    spec = share.by_id["blueshift/3.7_10.0"]
    base = share.by_id["gpu-base/10.0"]["content_reference"]
    leg = "${_BASE_URL}/blueshift:" + spec["content_reference"].split(":")[1] + "-amd64"
    assert list(gpu.args) == [
        "build", "--tag", spec["content_reference"], "--tag", leg, "--file", "dockerfiles/Dockerfile",
        "--build-arg", f"BASE_IMAGE={base}", "--build-arg", "PYTHON_VERSION=3.7",
        "--build-arg", "MINICONDA_VERSION=py37_4.8.2",
        "--build-context", f"{share.by_id['gpu-base/10.0']['references'][0]}=docker-image://{base}", "dockerfiles",
    ]  # fmt: skip
    push = by_id["image-blueshift-3-7_10-0-push"]
    assert list(push.args) == ["push", leg]
    assert list(push.wait_for) == ["image-blueshift-3-7_10-0-test-2"]


@pytest.mark.parametrize("which", ["caliban", "release"])
def test_it_publishes_the_plan(which, request, tmp_path):
    tree = request.getfixturevalue(which)
    share, runs = Share(tree), Runs(tree, tmp_path)
    runs.publish()
    journal = runs.stub.journal()
    assert not [call for call in journal if not call["ok"] and call["verb"] != "inspect"]
    for spec in share.builders:
        (call,) = (call for call in journal if call["verb"] == "build" and spec["content_reference"] in call["tags"])
        asked = {key: call[key] for key in ("file", "context", "target", "args", "contexts")}
        assert asked == {key: spec[{"file": "dockerfile"}.get(key, key)] for key in asked}
        assert call["labels"] == spec.get("labels", {})
        tested = [c["command"][-1] for c in journal if c["verb"] == "run" and c["ref"] == spec["content_reference"]]
        assert tested == spec["tests"]
        order = [c["verb"] for c in journal if spec["content_reference"] in (c.get("ref", ""), *c.get("tags", []))
                 or c.get("ref", "").startswith(spec["content_reference"] + "-") and c["verb"] == "push"]  # fmt: skip
        assert order.index("push") > max(place for place, verb in enumerate(order) if verb in ("build", "run"))
    tags = runs.stub.tags()
    legs = {leg for spec in share.builders for leg in share.legs(spec)}
    contents = {spec["content_reference"] for spec in share.builders}
    assert set(tags) == legs | contents | set(share.final_tags()), "no marker of the newest release, and nothing else"
    for tag, content in share.final_tags().items():
        assert tags[tag]["digest"] == tags[content]["digest"], tag


def test_the_base_url_is_where_it_goes(caliban, tmp_path):
    share, runs = Share(caliban), Runs(caliban, tmp_path)
    runs.publish({"_BASE_URL": "gcr.io/test/of-mine"})
    tags = runs.stub.tags()
    assert tags and all(tag.startswith("gcr.io/test/of-mine/blueshift:") for tag in tags)
    wanted = {tag.replace("gcr.io/blueshift-playground", "gcr.io/test/of-mine") for tag in share.final_tags()}
    assert wanted <= set(tags)


def test_elsewhere_there_are_no_copies(release, tmp_path):
    runs = Runs(release, tmp_path)
    runs.publish({"_BASE_URL_GOOGLE": "europe-docker.pkg.dev/acme/test"})
    hosts = {tag.rsplit("/", 1)[0] for tag in runs.stub.tags()}
    assert hosts == {"europe-docker.pkg.dev/acme/test", "docker.io/acme"}


def rebuilt(runs: Runs) -> None:
    """Let what Docker builds next come out otherwise, as it does: images carry the time they were made at."""
    for file in runs.tree.rglob("Dockerfile"):
        file.write_text(file.read_text() + "# at another time\n")


def test_a_published_release_is_not_overwritten(release, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(release, tree)
    share, runs = Share(tree), Runs(tree, tmp_path)
    runs.publish()
    before = runs.stub.tags()
    rebuilt(runs)
    runs.publish()
    after = runs.stub.tags()
    kept = {*share.final_tags(), *(spec["content_reference"] for spec in share.builders)}
    assert {tag: after[tag] for tag in kept} == {tag: before[tag] for tag in kept}
    legs = [leg for spec in share.builders for leg in share.legs(spec)]
    assert any(after[leg] != before[leg] for leg in legs), "nothing was built otherwise: this test shows nothing"


def test_a_release_tag_that_holds_something_else_is_refused(release, tmp_path):
    share, runs = Share(release), Runs(release, tmp_path)
    taken = share.by_id["app/3.14"]["references"][0]
    run(["docker", "stub", "put", taken], tmp_path, runs.env)
    with pytest.raises(Failed, match="never overwritten"):
        runs.publish()
    tags = runs.stub.tags()
    assert not set(tags) & (set(share.final_tags()) - {taken})


@pytest.mark.parametrize("fault", [
    {"verb": "push", "ref": "*app*-amd64", "error": "server-error"},
    {"verb": "create", "ref": "*:latest", "error": "server-error"},
    {"verb": "create", "ref": "*:content-*", "error": "server-error"},
])  # fmt: skip
def test_a_second_run_finishes_what_one_that_failed_began(release, tmp_path, fault):
    tree = tmp_path / "tree"
    shutil.copytree(release, tree)
    share, runs = Share(tree), Runs(tree, tmp_path)
    (runs.stub.folder / "faults.json").write_text(json.dumps([fault]))
    with pytest.raises(Failed):
        runs.publish()
    (runs.stub.folder / "faults.json").unlink()
    put = runs.stub.tags()
    rebuilt(runs)
    runs.publish()
    tags = runs.stub.tags()
    for tag, content in share.final_tags().items():
        assert tags[tag]["digest"] == tags[content]["digest"], tag
        assert tag not in put or tags[tag] == put[tag], f"{tag} was moved"
