"""A build of more steps than one config may have: its parts, the script that submits them, and how little one more cell
changes. `gcloud` is a stand-in that runs a build between two looks at it.
"""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cloud_build import Failed, Runs, configs, is_driver, main_config
from harness import assert_idle, assert_order, assert_published, assert_truth, copy_tree, lose, run
from judges import cloud_build_message, cloud_build_schema
from test_cloud_build_truth import ENV_PER_STEP, STEPS, Share, spec_of
from trees import shapes

SCRIPT = "generated/ci/cloudbuild.sh"
TAGS = "generated/ci/cloudbuild-tags.yaml"


@pytest.fixture(scope="module")
def tree(gen, tmp_path_factory) -> Path:
    (tree,) = (tree for tree in shapes() if tree.name == "shape-cloud-build-split")
    folder = tmp_path_factory.mktemp("split")
    return copy_tree(tree.generate(gen, folder / "made"), folder / "tree")


@pytest.fixture
def runs(tree, tmp_path) -> Runs:
    return Runs(tree, tmp_path)


def layer_of(config: str) -> int | None:
    found = re.fullmatch(r"generated/ci/cloudbuild-(\d+)(?:-[01]+)?\.yaml", config)
    return int(found[1]) if found else None


def submit(runs: Runs, **env: str) -> subprocess.CompletedProcess:
    """As a person does."""
    return subprocess.run(
        ["sh", SCRIPT], cwd=runs.tree, env=runs.env | env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_the_parts_are_the_layers_in_groups(tree):
    share, parts = Share(tree), configs(tree)
    groups = {path: build for path, build in parts.items() if layer_of(path) is not None}
    assert {path for path in parts if path.startswith("generated/ci/")} == {*groups, TAGS}
    assert is_driver(main_config(tree))
    assert {layer_of(path) for path in groups} == {spec["layer"] for spec in share.builders}
    placed = {}
    for path, build in groups.items():
        assert len(build.steps) <= 6
        for spec in filter(None, map(spec_of, build.steps)):
            assert placed.setdefault(spec, path) == path
            assert share.by_id[spec]["layer"] == layer_of(path)
    assert sorted(placed) == sorted(spec["id"] for spec in share.builders)


def test_layers_go_one_after_the_other_and_their_groups_together(tree, runs):
    runs.publish()
    submitted, over, waits = [], set(), 0
    for verb, build, about in runs.submitted():
        if verb == "submit":
            layer = 99 if about == TAGS else layer_of(about)
            below = [id for id, other in submitted if other < layer]
            assert set(below) <= over, f"{about} was submitted before the layer below it was over"
            submitted.append((build, layer))
            waits = 0
        elif about == "SUCCESS":
            over.add(build)
            waits += 1
            still = [id for id, layer in submitted if layer == submitted[-1][1]]
            assert waits <= len(still)
    layers = [layer for _, layer in submitted]
    assert layers == sorted(layers) and set(layers) == {0, 1, 2, 99}
    assert max(layers.count(layer) for layer in (0, 1, 2)) > 1, "no layer has two groups: the limit is too high for this test"
    assert over == {build for build, _ in submitted}


def test_substitutions_are_handed_on(tree, runs):
    runs.publish({"_CHANNEL": "beta, \"quoted\" $x"})
    homes = runs.gcloud / "homes"
    assert (homes / "channel").read_text() == "beta, \"quoted\" $x\n"
    assert (homes / "notified").read_text() == "beta, \"quoted\" $x\n"


def test_what_is_there_is_not_submitted(tree, runs):
    runs.publish()
    runs.submitted()
    runs.stub.forget()
    runs.publish()
    assert [about for verb, _, about in runs.submitted() if verb == "submit"] == [TAGS]
    assert_idle(runs.stub)

    share = Share(tree)
    leaf = next(spec for spec in share.builders if spec["image"] == "top")
    lose(share, runs.stub, leaf)
    runs.publish()
    configs_submitted = [about for verb, _, about in runs.submitted() if verb == "submit"]
    assert len(configs_submitted) == 2 and layer_of(configs_submitted[0]) == 2 and configs_submitted[1] == TAGS


def test_the_script_alone_publishes_the_plan(tree, runs):
    def publish():
        done = submit(runs)
        assert done.returncode == 0, done.stderr

    assert_truth(Share(tree), runs.stub, publish)


def test_a_failure_stops_the_layers_above_and_a_second_run_finishes(tree, runs):
    share = Share(tree)
    broken = next(spec for spec in share.builders if spec["image"] == "app")
    leg = next(iter(share.legs(broken)))
    (runs.stub.folder / "faults.json").write_text(json.dumps([{"verb": "push", "ref": leg, "error": "failed"}]))
    with pytest.raises(Failed, match="stopped; failed: generated/ci/cloudbuild-1"):
        runs.publish()
    asked = runs.submitted()
    submitted = [about for verb, _, about in asked if verb == "submit"]
    assert {layer_of(config) for config in submitted} == {0, 1}, "a layer was begun on a broken one"
    ended = [build for verb, build, about in asked if verb == "describe" and about in ("SUCCESS", "FAILURE")]
    assert len(ended) == len(submitted), "not all groups of the layer came to an end"
    assert not any(tag in share.final_tags() for tag in runs.stub.tags())

    (runs.stub.folder / "faults.json").unlink()
    runs.publish()
    journal = [call for call in runs.stub.journal() if call["ok"] or call["verb"] not in ("build", "push")]
    (runs.stub.folder / "journal.jsonl").write_text("".join(json.dumps(call) + "\n" for call in journal))
    assert_published(share, runs.stub)
    assert_order(share, runs.stub)


def test_bad_seconds_of_the_service_are_waited_out(tree, runs):
    (runs.gcloud / "faults.json").write_text(json.dumps({"submit": 2, "describe": 2}))
    done = submit(runs)
    assert done.returncode == 0, done.stderr
    assert_published(Share(tree), runs.stub)


def test_what_cannot_be_submitted_stops_everything(tree, runs):
    (runs.gcloud / "faults.json").write_text(json.dumps({"submit": 3}))
    done = submit(runs)
    assert done.returncode == 1 and "was not submitted" in done.stderr
    assert not runs.stub.journal()


def test_the_state_of_a_build_is_never_guessed(tree, runs):
    (runs.gcloud / "faults.json").write_text(json.dumps({"describe": 3}))
    done = submit(runs)
    assert done.returncode == 1 and "cannot tell how build" in done.stderr
    assert [about for verb, _, about in runs.submitted() if verb == "submit" and layer_of(about) != 0] == []


def test_an_interrupt_cancels_what_is_under_way(tree, runs):
    script = subprocess.Popen(["sh", SCRIPT], cwd=runs.tree, env=runs.env | {"SUBMIT_DELAY": "1"}, stderr=subprocess.PIPE, text=True)
    journal = runs.gcloud / "journal"
    for _ in range(300):
        if journal.exists() and "WORKING" in journal.read_text():
            break
        time.sleep(0.1)
    script.send_signal(signal.SIGTERM)
    said = script.communicate(timeout=60)[1]
    assert script.returncode == 143, said
    asked = runs.submitted()
    submitted = {build for verb, build, _ in asked if verb == "submit"}
    over = {build for verb, build, about in asked if about == "SUCCESS"}
    assert {build for verb, build, _ in asked if verb == "cancel"} >= submitted - over


def test_it_wants_no_arguments_and_the_root(tree, runs):
    done = subprocess.run(["sh", SCRIPT, "x"], cwd=tree, env=runs.env, capture_output=True, text=True)
    assert done.returncode == 1 and "no arguments" in done.stderr
    done = subprocess.run(["sh", tree / SCRIPT], cwd=tree / "generated", env=runs.env, capture_output=True, text=True)
    assert done.returncode == 1 and "root" in done.stderr
    done = submit(runs, ONLY="/nowhere")
    assert done.returncode == 1 and "/nowhere" in done.stderr
    assert not runs.submitted()


# Size


def matrix(specs: int) -> str:
    """So many images on one base, in one image family of two axes."""
    letters, numbers = specs // 50, 50
    return f"""
[release]
version = "1.0.0"

[registry.hub]
prefix = "docker.io/acme"

[axis]
letter = [{", ".join(f'"l{n}"' for n in range(letters))}]
number = [{", ".join(f'"{n}"' for n in range(numbers))}]

[image.base]
axes = []
tag = "{{{{ release.tag }}}}"
from = "debian:13-slim"

[image.app]
tag = "{{{{ letter }}}}-{{{{ number }}}}-{{{{ release.tag }}}}"
parent = "base"
env = {{ WHICH = "{{{{ letter }}}}{{{{ number }}}}" }}

[ci.cloud-build]
pull-request = false
"""


def generated(gen: Path, root: Path, text: str) -> Path:
    root.mkdir()
    (root / "matrix.toml").write_text(text)
    run([gen, "matrix", "--quiet", "-C", root], root)
    return root


@pytest.mark.timeout(600)
@pytest.mark.parametrize("specs", [1000, 5000])
def test_large_matrices_give_valid_files(gen, tmp_path, specs):
    root = generated(gen, tmp_path / "tree", matrix(specs))
    builds = configs(root)
    assert sum(1 for build in builds.values() for step in build.steps if spec_of(step)) == specs + 1
    for path, build in builds.items():
        assert 0 < len(build.steps) <= STEPS, path
        assert max(len(step.env) for step in build.steps) <= ENV_PER_STEP
    # Groups are neither many nor nearly empty.
    groups = [len(build.steps) for path, build in builds.items() if layer_of(path) == 1]
    assert len(groups) <= specs / 298 * 3
    assert cloud_build_message(root, list(builds), tmp_path) == len(builds)
    some = sorted(builds)[:6]
    assert cloud_build_schema(root, some, tmp_path) == len(some)
    run(["shellcheck", "--norc", "--shell=sh", "--severity=style", root / SCRIPT], root)


def test_one_more_cell_changes_one_group(gen, tmp_path):
    text = matrix(1000)
    before = generated(gen, tmp_path / "before", text + '\n[[exclude]]\nmatch = { letter = "l7", number = "21" }\nreason = "not yet"\n')
    after = generated(gen, tmp_path / "after", text)
    names = {path.name for root in (before, after) for path in (root / "generated/ci").glob("cloudbuild*")}
    both = {name: [(root / "generated/ci" / name).read_text().splitlines() for root in (before, after)] for name in names}
    changed = {name for name, (old, new) in both.items() if old != new}
    assert len(changed) == 1, changed
    old, new = both[changed.pop()]
    step = [line for line in new if line not in old]
    assert 0 < len(new) - len(old) <= 16, "more than the lines of one step"
    assert [line for line in step if "IMAGE_ID=" in line] == ['      - "IMAGE_ID=app/l7_21"']
