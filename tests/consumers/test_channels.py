"""Runs of channels: on every provider, exactly the contents and tags of the channel, whatever the release holds."""

import json
import os
import subprocess
from pathlib import Path

import buildkite
import pytest
from github import Workflow
from gitlab import gitlab_ci_local, pipeline_of
from harness import Plan, Stub, copy_tree, pushed, read_yaml, run
from test_cloud_build_truth import Runs

MATRIX = """
[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[registry.copy]
prefix = "registry.example.com/acme"

[axis]
python = ["3.12", "3.13"]
arch = ["amd64", "arm64"]

[defaults]
registry = ["hub", "copy"]

[image.core]
axes = []
tag = "core-{{ release.tag }}"
from = "debian:13-slim"

[image.server]
tag = "{{ python }}-{{ release.tag }}"
parent = "core"
env = { PYTHON = "{{ python }}" }

[image.other]
axes = []
tag = "other-{{ release.tag }}"
from = "debian:13-slim"
env = { OTHER = "1" }

[[alias]]
match = { image = "server", python = "3.13" }
tags = ["latest"]

[channel.edge]
branch = "main"
match = { image = "server", python = "3.13" }
tags = ["edge", "py{{ python }}-{{ commit.short }}", "{{ commit.sha }}", "{{ date }}"]

[channel.nightly]
schedule = "17 3 * * *"
match = { image = "other" }
tags = ["nightly"]

[ci.github]
[ci.gitlab]
[ci.cloud-build]
platforms = ["linux/amd64", "linux/arm64"]
[ci.buildkite]
runner = { arm64 = "arm" }
"""
DAY = "20261130"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("channels")
    (root / "matrix.toml").write_text(MATRIX)
    run([os.environ["GEN_BIN"], "matrix"], root)
    return root


@pytest.fixture
def tree(made, tmp_path) -> Path:
    return copy_tree(made, tmp_path / "tree")


@pytest.fixture
def stub(tmp_path) -> Stub:
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    return stub


def commit(tree: Path) -> str:
    return run(["git", "rev-parse", "HEAD"], tree).stdout.strip()


def on_github(tree: Path, stub: Stub) -> None:
    event = stub.folder.parent / "event.json"
    event.write_text(json.dumps({"ref": "refs/heads/main"}))
    Workflow(tree, event="push", more=["--eventpath", str(event)]).publish(stub, DATE=DAY)


def on_gitlab(tree: Path, stub: Stub) -> None:
    push = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_SHA": commit(tree), "DATE": DAY}
    words = [word for name in push for word in ("--variable", f"{name}={push[name]}")]
    gitlab_ci_local(tree, stub, pipeline_of(tree), *words, **push)


def on_buildkite(tree: Path, stub: Stub) -> None:
    given = {"BUILDKITE_SOURCE": "webhook", "BUILDKITE_BRANCH": "main", "BUILDKITE_COMMIT": commit(tree), "DATE": DAY}
    env = stub.env
    stub.env = lambda **more: env(**given, **more)
    buildkite.publish(tree, stub)


def on_cloud_build(tree: Path, stub: Stub) -> None:
    runs = Runs(tree, stub.folder.parent)
    runs.publish({"_BASE_IMAGES_CHANNEL": "edge", "_BASE_IMAGES_COMMIT": commit(tree)})


PROVIDERS = {"github": on_github, "gitlab": on_gitlab, "buildkite": on_buildkite, "cloud-build": on_cloud_build}


def references(plan: Plan, channel: str, tree: Path) -> dict:
    """{reference that a run of the channel puts, with any day in place of its own: the content it must equal}"""
    sha = commit(tree)
    holes = {"{commit.sha}": sha, "{commit.short}": sha[:7], "{date}": "DAY"}
    found = {}
    for spec in plan.specs:
        for reference in spec.get("channels", {}).get(channel, []):
            for hole, text in holes.items():
                reference = reference.replace(hole, text)
            found[reference] = spec["content_reference"]
    return found


def put(stub: Stub) -> dict:
    """{reference: digest} of all that is there, but contents and their platforms; a day is any day."""
    tags = {name: held["digest"] for name, held in stub.tags().items()}
    def day(name):
        head, _, tag = name.rpartition(":")
        return f"{head}:DAY" if len(tag) == 8 and tag.isdigit() else name
    return {day(name): digest for name, digest in tags.items() if ":content-" not in name}


def assert_edge(tree: Path, stub: Stub, before: dict | None = None) -> None:
    plan, tags = Plan(tree), stub.tags()
    wanted = references(plan, "edge", tree)
    assert len(wanted) == 8
    digests = {reference: tags[content]["digest"] for reference, content in wanted.items()}
    assert put(stub) == (before or {}) | digests


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_push_builds_and_tags_the_channel_alone(provider, tree, stub):
    PROVIDERS[provider](tree, stub)
    plan = Plan(tree)
    ids = {"core", "server/3.13"}
    legs = {leg for spec in plan.specs if spec["id"] in ids for leg in plan.legs(spec).items()}
    assert set(pushed(stub.journal())) == legs and max(pushed(stub.journal()).values()) == 1
    assert_edge(tree, stub)


def script(tree: Path, stub: Stub, shell: list, *words: str, **env: str) -> subprocess.CompletedProcess:
    env = stub.env(CHANNEL="edge", DATE=DAY, **env)
    return subprocess.run([*shell, "generated/ci/publish.sh", *words], cwd=tree, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def everything(tree: Path, stub: Stub, shell: list, **env: str) -> subprocess.CompletedProcess:
    probed = script(tree, stub, shell, "probe", **env)
    assert probed.returncode == 0, probed.stderr
    rows = sorted((line.split("\t") for line in probed.stdout.splitlines()), key=lambda row: row[-1])
    for row in sorted(rows, key=lambda row: (row[-1], row[0])):
        done = script(tree, stub, shell, *row[:-1], **env)
        assert done.returncode == 0, done.stderr
    return script(tree, stub, shell, "tags", **env)


@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"], ["bash"]], ids=" ".join)
def test_what_the_release_holds_is_of_no_account(shell, tree, stub):
    plan = Plan(tree)
    # A release that holds other content would stop a run of the release.
    (server,) = [spec for spec in plan.specs if spec["id"] == "server/3.13"]
    for reference in [*server["references"], *server["aliases"]]:
        stub.put(reference, {"org.basematrix.content": "sha256:" + "0" * 64})
    before = put(stub)
    stopped = run_release(tree, stub, shell)
    assert stopped.returncode == 1 and "the release did not" in stopped.stderr
    done = everything(tree, stub, shell)
    assert done.returncode == 0, done.stderr
    assert "tags: 8 put, 0 there already, 0 left alone" in done.stderr
    assert_edge(tree, stub, before)
    # Again, nothing is done; and what moved is moved.
    done = everything(tree, stub, shell)
    assert "tags: 0 put, 8 there already" in done.stderr
    edge = f"{server['references'][0].rsplit(':', 1)[0]}:edge"
    stub.put(edge, {"of": "a commit before"})
    done = everything(tree, stub, shell)
    assert "tags: 1 put, 7 there already" in done.stderr
    assert_edge(tree, stub, before)


def run_release(tree: Path, stub: Stub, shell: list) -> subprocess.CompletedProcess:
    return subprocess.run([*shell, "generated/ci/publish.sh", "probe"], cwd=tree, env=stub.env(), stdin=subprocess.DEVNULL, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"CHANNEL": "egde"}, "the plan has no channel `egde`: edge nightly"),
        ({"RELEASE_TAG": "v1.4.0"}, "channel `edge` is for what has no release"),
        ({"COMMIT": "v1.4.0; true"}, "COMMIT is no commit"),
        ({"DATE": "2026-11-30"}, "DATE is no day"),
    ],
)
def test_what_is_no_run_of_a_channel_stops(env, said, tree, stub):
    env = stub.env(**{"CHANNEL": "edge", "DATE": DAY} | env)
    done = subprocess.run(["sh", "generated/ci/publish.sh", "tags"], cwd=tree, env=env, capture_output=True, text=True)
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert not stub.journal()


def test_a_release_puts_no_tag_of_a_channel(tree, stub):
    Workflow(tree).publish(stub)
    assert set(put(stub)) - {name for name in put(stub) if "newest-release" in name} == set(Plan(tree).final_tags())


def test_what_is_called_at_the_end_is_for_releases(tmp_path):
    hooks = "".join(f'\n[[ci.github.then]]\njob = "{job}"\nuses = "$/.github/workflows/{job}.yml"\n' for job in ("first", "second"))
    (tmp_path / "matrix.toml").write_text(MATRIX.replace("[ci.github]\n", "[ci.github]\n" + hooks))
    (tmp_path / ".github/workflows").mkdir(parents=True)
    for job in ("first", "second"):
        (tmp_path / f".github/workflows/{job}.yml").write_text("on: workflow_call\n")
    run([os.environ["GEN_BIN"], "matrix"], tmp_path)
    jobs = read_yaml(tmp_path / ".github/workflows/base-images.yml")["jobs"]
    assert jobs["first"]["if"].endswith("&& needs.tags.result == 'success' && needs.tags.outputs.channel == '' }}")
    assert jobs["second"]["if"].endswith("&& needs.first.result == 'success' }}")
    assert jobs["tags"]["outputs"]["channel"] == "${{ steps.put.outputs.channel }}"
    assert 'echo "channel=$CHANNEL" >> "$GITHUB_OUTPUT"' in jobs["tags"]["steps"][-1]["run"]


@pytest.mark.parametrize("branch", [True, False], ids=["branch", "schedule"])
def test_a_change_without_a_bump_passes_where_a_branch_is_published(branch, tmp_path):
    matrix = MATRIX if branch else MATRIX.replace('branch = "main"', 'schedule = "1 1 * * *"')
    (tmp_path / "source").mkdir()
    (tmp_path / "source/matrix.toml").write_text(matrix)
    run([os.environ["GEN_BIN"], "matrix"], tmp_path / "source")
    tree = copy_tree(tmp_path / "source", tmp_path / "tree")
    run(["git", "tag", "v1.4.0"], tree)
    run(["git", "remote", "set-url", "origin", str(tree)], tree)
    (tree / "matrix.toml").write_text(matrix.replace('OTHER = "1"', 'OTHER = "2"'))
    done = subprocess.run([os.environ["GEN_BIN"], "matrix"], cwd=tree, capture_output=True, text=True)
    assert (done.returncode == 0) == branch, done.stderr
    assert ("note" if branch else "error") + "[tag-moved]" in done.stderr
    words = ["sh", "generated/ci/pull-request.sh", "released"]
    done = subprocess.run(words, cwd=tree, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert ("other-v1.4.0 is released with" in done.stderr) != branch, done.stderr
    assert done.returncode == (0 if branch else 1), done.stderr
    assert ("references that wait for the release after this one: 2" in done.stderr) == branch


def test_each_start_is_of_its_channel(tree):
    workflow = read_yaml(tree / ".github/workflows/base-images.yml")
    assert workflow["on"]["push"] == {"branches": ["main"]}
    assert workflow["on"]["schedule"] == [{"cron": "17 3 * * *"}]
    assert "release" in workflow["on"]
    rules = read_yaml(tree / pipeline_of(tree))["workflow"]["rules"]
    named = {rule["if"]: rule["variables"]["BASE_IMAGES_CHANNEL"] for rule in rules if "variables" in rule}
    assert set(named.values()) == {"edge"} and all("CI_COMMIT_BRANCH =~ /^main$/" in condition for condition in named)
    says = "--branch-pattern='^main$'", "_BASE_IMAGES_CHANNEL=edge,_BASE_IMAGES_COMMIT='$COMMIT_SHA'"
    assert all(text in (tree / "cloudbuild.yaml").read_text() for text in says)

    def of(**env: str) -> str:
        return run(["sh", "generated/ci/buildkite.sh", "channel"], tree, {"PATH": os.environ["PATH"], **env}).stdout.strip()

    pushed_to = {"BUILDKITE_SOURCE": "webhook", "BUILDKITE_BRANCH": "main"}
    assert of(**pushed_to) == "edge"
    assert of(**pushed_to | {"BUILDKITE_BRANCH": "next"}) == of(**pushed_to | {"BUILDKITE_SOURCE": "ui"}) == ""
    assert of(**pushed_to | {"BUILDKITE_TAG": "v1.4.0"}) == ""
    assert of(BUILDKITE_SOURCE="schedule", BUILDKITE_BRANCH="main", BASE_IMAGES_CHANNEL="nightly") == "nightly"
