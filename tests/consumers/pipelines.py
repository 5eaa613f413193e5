"""How each provider's pipeline of a generated tree is run: on a docker stub, by a tool that is not ours."""

from pathlib import Path

import buildkite as of_buildkite
import test_cloud_build_truth
import test_gitlab_truth
from github import Workflow
from harness import Stub


def github(tree: Path, stub: Stub) -> None:
    Workflow(tree).publish(stub)


def gitlab(tree: Path, stub: Stub) -> None:
    test_gitlab_truth.publish(tree, stub)


def cloud_build(tree: Path, stub: Stub) -> None:
    test_cloud_build_truth.Runs(tree, stub.folder.parent).publish()


def buildkite(tree: Path, stub: Stub) -> None:
    of_buildkite.publish(tree, stub)


#: By the provider's table in matrix.toml: runs the pipeline of a tree, and raises where it fails.
PROVIDERS = {"github": github, "gitlab": gitlab, "cloud-build": cloud_build, "buildkite": buildkite}
