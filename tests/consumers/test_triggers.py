"""What starts a pipeline: patterns of the matrix mean the same to every provider, and paths are those that count."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from harness import read_yaml, run

MATRIX = """
[release]
version = "1.4.0"
{pin}
[registry.ghcr]
prefix = "ghcr.io/acme"

[image.server]
from = "debian:13-slim"
context = "images/server"

[image.tool]
from = "debian:13-slim"
context = "images/a tool"

[ci.github]
trigger = {trigger}

[ci.gitlab]
trigger = {trigger}

[ci.buildkite]
trigger = {trigger}

[ci.cloud-build]
trigger = {trigger}
"""
PIN = """
[[release.pin]]
file = "docs/version.json"
key = "version"
"""
TRIGGER = '{ tags = ["v[0-9]*", "images-1.4+*", "nightly"], branches = ["main", "release/*", "hotfix/**"], paths = PATHS }'
TAGS = {
    "v1.4.0": True, "v1": True, "v": False, "vx": False, "av1": False, "v1/x": False, "images-1.4+cu12": True,
    "images-1x4+cu12": False, "images-1.44": False, "nightly": True, "nightlyx": False, "1.4.0": False,
}  # fmt: skip
BRANCHES = {
    "main": True, "mainx": False, "xmain": False, "release/1": True, "release/1/x": False, "release": False, "hotfix/a/b": True,
}  # fmt: skip


def made(root: Path, trigger: str, pin: str = "") -> Path:
    """A repository with that trigger, generated."""
    for folder in ("images/server", "images/a tool", "docs"):
        (root / folder).mkdir(parents=True)
    (root / "images/server/x").write_text("x")
    (root / "images/a tool/x").write_text("x")
    (root / "docs/version.json").write_text('{"version": "v1.4.0"}')
    (root / "matrix.toml").write_text(MATRIX.format(trigger=trigger, pin=pin))
    run(["git", "init", "-q", "."], root)
    run([os.environ["GEN_BIN"], "matrix"], root)
    return root


@pytest.fixture
def tree(tmp_path) -> Path:
    return made(tmp_path, TRIGGER.replace("PATHS", "true"), PIN)


def glob(pattern: str) -> re.Pattern:
    """A filter of GitHub as its documents describe it: `*` holds no `/`, `+` and `?` repeat what stands before, `\\` takes a
    character by the letter."""
    words = {"**": ".*", "*": "[^/]*", "+": "+", "?": "?"}
    tokens = re.findall(r"\*\*|\*|\\.|\[[^]]*\]|.", pattern)
    return re.compile("".join(words.get(t, t if t[0] in "[\\" else re.escape(t)) for t in tokens))


def only(pattern: str, text: str) -> str:
    found = re.findall(pattern, text, re.MULTILINE)
    assert len(found) == 1, (pattern, found)
    return found[0]


def regexes(root: Path) -> dict:
    """{provider: (regex of tags, regex of branches)} of those that have regular expressions."""
    gitlab = (root / ".gitlab/base-images.gitlab-ci.yml").read_text()
    rules = [rule["if"] for rule in read_yaml(root / ".gitlab/base-images.gitlab-ci.yml")["workflow"]["rules"]]
    called = [rule["if"] for rule in read_yaml(root / ".gitlab/base-images-rules.yml")[".base-images"]["rules"]]
    assert rules[-2:] == called and gitlab.count("CI_COMMIT_BRANCH") == 1
    buildkite = (root / ".buildkite/base-images.yml").read_text()
    cloud = (root / "cloudbuild.yaml").read_text()
    return {
        "gitlab": [only(rf"{name} =~ /(.*)/$", rule) for name, rule in zip(("CI_COMMIT_TAG", "CI_COMMIT_BRANCH"), rules[-2:], strict=True)],
        "buildkite": [only(rf"build\.{name} =~ /(.*?[^\\])/(?: |$)", buildkite) for name in ("tag", "branch")],
        "cloud-build": [only(rf"--{name}-pattern=(\S*)", cloud).strip("'") for name in ("tag", "branch")],
    }  # fmt: skip


def test_patterns_mean_the_same_to_all(tree):
    on = read_yaml(tree / ".github/workflows/base-images.yml")["on"]
    assert set(on) == {"push", "workflow_dispatch", "workflow_call"}
    globs = [[glob(pattern) for pattern in on["push"][key]] for key in ("tags", "branches")]
    for names, place in ((TAGS, 0), (BRANCHES, 1)):
        for name, starts in names.items():
            assert any(pattern.fullmatch(name) for pattern in globs[place]) == starts, ("github", name)
            for provider, regex in regexes(tree).items():
                assert bool(re.search(regex[place], name)) == starts, (provider, name)


def paths(root: Path) -> dict:
    """{provider: paths of its pipeline of a change}"""
    github = read_yaml(root / ".github/workflows/base-images-pull-request.yml")["on"]["pull_request"]
    gitlab = read_yaml(root / ".gitlab/base-images-rules.yml")[".base-images-check"]["rules"]
    steps = read_yaml(root / ".buildkite/base-images-pull-request.yml")["steps"]
    cloud = (root / "cloudbuild-pull-request.yaml").read_text()
    return {
        "github": github["paths"],
        "gitlab": gitlab[0]["changes"],
        "buildkite": only(r"^\{(.*)\}$", steps[0]["if_changed"]).split(","),
        "cloud-build": only(r"--included-files='(.*)'", cloud).split(","),
    }


def test_what_images_are_made_of_and_what_is_compared_starts_the_check(tree):
    common = {"matrix.toml", "matrix.lock", "generated/**", "templates/**", "docs/version.json"}
    # What one of the providers would read otherwise is widened, and takes what is beside it along.
    own = {
        "github": {".github/workflows/base-images.yml", ".github/workflows/base-images-pull-request.yml"},
        "gitlab": {f".gitlab/base-images{end}" for end in ("-jobs.yml", "-rules.yml", ".gitlab-ci.yml", "-merge-request.gitlab-ci.yml")},
        "buildkite": {f".buildkite/base-images{end}.yml" for end in ("", "-jobs*", "-pull-request")},
        "cloud-build": {"cloudbuild.yaml", "cloudbuild-pull-request.yaml"},
    }
    for provider, found in paths(tree).items():
        found = {path.replace("**/*", "**") for path in found}
        assert found == common | own[provider] | {"images/**"}, provider
    # A push to a branch is asked the same.
    push = read_yaml(tree / ".github/workflows/base-images.yml")["on"]["push"]
    assert push["paths"] == paths(tree)["github"]
    for job in read_yaml(tree / ".buildkite/base-images-pull-request.yml")["steps"]:
        assert job["if_changed"].startswith("{")


def test_stated_paths_stand_for_those_of_the_images(tmp_path):
    tree = made(tmp_path, '{ paths = ["images/server/**", "docs/*.md"] }', PIN)
    for provider, found in paths(tree).items():
        found = {path.replace("**/*", "**") for path in found}
        assert {"images/server/**", "docs/*.md", "generated/**", "matrix.toml"} <= found, provider
        assert not {"images/**", "docs/version.json"} & found, provider
    # What publishes starts as ever.
    assert "release" in read_yaml(tree / ".github/workflows/base-images.yml")["on"]
    assert regexes_of_tags(tree) == ["^v?[0-9]"]


def regexes_of_tags(root: Path) -> list:
    rules = read_yaml(root / ".gitlab/base-images-rules.yml")[".base-images"]["rules"]
    return [only(r"=~ /(.*)/$", rule["if"]) for rule in rules]


def test_no_tags_leave_the_start_to_others(tmp_path):
    tree = made(tmp_path, "{ tags = [] }")
    assert set(read_yaml(tree / ".github/workflows/base-images.yml")["on"]) == {"workflow_dispatch", "workflow_call"}
    assert read_yaml(tree / ".gitlab/base-images-rules.yml")[".base-images"]["rules"] == [{"when": "never"}]
    sources = [rule["if"] for rule in read_yaml(tree / ".gitlab/base-images.gitlab-ci.yml")["workflow"]["rules"]]
    assert not [rule for rule in sources if "push" in rule]
    assert "--tag-pattern" not in (tree / "cloudbuild.yaml").read_text()


def test_gitlab_is_told_no_more_paths_than_it_takes(tmp_path):
    listed = ", ".join(f'"{part}/images/{n}/**"' for part in ("a", "b") for n in range(40))
    tree = made(tmp_path, f"{{ paths = [{listed}] }}")
    found = paths(tree)
    assert len(found["github"]) > 80 and len(found["gitlab"]) <= 50
    kept = {path for path in found["gitlab"] if path.startswith(("a/", "b/"))}
    assert all(any(path.startswith(wide.removesuffix("**/*")) for wide in kept) for path in found["github"] if "images/" in path)


def test_actionlint_and_git_accept_it(tree):
    workflows = sorted(map(str, (tree / ".github/workflows").glob("*.yml")))
    done = subprocess.run(["actionlint", *workflows], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
