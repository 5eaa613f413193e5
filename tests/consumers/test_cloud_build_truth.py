"""The Cloud Build steps, read through the API's own message and executed: what they build and tag is exactly the plan.

The API's message checks neither step ids nor substitutions; that is done here, by the rules of the service.
"""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions
from google.protobuf import json_format
from harness import (
    Plan, Stub, assert_truth, copy_tree, is_repository, outputs, read_yaml, root_of, tree_name, trees_under_test,
)  # fmt: skip

STEPS = 300
ENV_PER_STEP = 100
TIMEOUT_SECONDS = 86_400

#: A build that runs as somebody of the user's is refused with any other, unless it names a bucket.
LOGS_WITHOUT_BUCKET = {BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY, BuildOptions.LoggingMode.NONE}

#: What Cloud Build itself substitutes, in every build.
BUILT_IN = {"PROJECT_ID", "BUILD_ID", "PROJECT_NUMBER", "LOCATION", "SERVICE_ACCOUNT", "SERVICE_ACCOUNT_EMAIL"}


def config_of(root: Path) -> Path:
    found = [root / path for path in outputs(root) if Path(path).name.startswith("cloudbuild")]
    if not found:
        pytest.skip("this tree has no Cloud Build config")
    return found[0]


@pytest.fixture(scope="module", params=trees_under_test(), ids=tree_name)
def tree(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    return copy_tree(root_of(request.param, folder / "made"), folder / tree_name(request.param))


def message(tree: Path):
    return json_format.ParseDict(read_yaml(config_of(tree)), Build.pb(Build()))


def substituted(text: str, values: dict, used: set) -> str:
    """The text as a step sees it: `$NAME` and `${NAME}` replaced, `$$` a dollar."""

    def one(match):
        if match[0] == "$$":
            return "$"
        name = match[1] or match[2]
        assert name in values, f"the substitution `{name}` in {text!r} is unknown"
        used.add(name)
        return values[name]

    result = re.sub(r"\$(?:\$|\{(\w+)\}|([A-Z_][A-Z0-9_]*))", one, text)
    rest = re.sub(r"\$\$|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*", "", text)
    assert "$" not in rest, f"a dollar stands alone in {text!r}"
    return result


def strings(value) -> list:
    """Every string of the document in which Cloud Build substitutes: all but scripts."""
    if isinstance(value, dict):
        return [text for key, child in value.items() if key not in ("script", "substitutions") for text in strings(child)]
    if isinstance(value, list):
        return [text for child in value for text in strings(child)]
    return [value] if isinstance(value, str) else []


class Service:
    """What Cloud Build does with a build config, one step at a time."""

    def __init__(self, build, tree: Path, stub: Stub, home: Path):
        self.build, self.tree, self.stub, self.home = build, tree, stub, home
        self.values = {name: f"the-{name.lower()}" for name in BUILT_IN} | dict(build.substitutions)
        self.secrets = {secret.env: f"secret of {secret.version_name}" for secret in build.available_secrets.secret_manager}

    def ready(self, done: list) -> list:
        """The steps that may start now. Without `waitFor` a step waits for all before it."""
        ready = []
        for place, step in enumerate(self.build.steps):
            waits = set(step.wait_for) or {before.id for before in self.build.steps[:place]}
            if step.id not in done and waits - {"-"} <= set(done):
                ready.append(step)
        return ready

    def run(self) -> None:
        """All steps. Of those that are ready the last of the file goes first: only `waitFor` keeps the order."""
        done = []
        while len(done) < len(self.build.steps):
            ready = self.ready(done)
            assert ready, f"nothing can start after {done}"
            self.step(ready[-1])
            done.append(ready[-1].id)

    def step(self, step) -> None:
        assert not step.args and not step.entrypoint, "a script excludes both"
        given = [substituted(entry, self.values, set()) for entry in [*self.build.options.env, *step.env]]
        env = dict(entry.split("=", 1) for entry in given)
        env |= {name: self.secrets[name] for name in step.secret_env}
        file = self.home / "script"
        file.write_text(step.script if step.script.startswith("#!") else "#!/bin/sh\n" + step.script)
        done = subprocess.run(
            ["sh", file], cwd=self.tree, env=self.stub.env(HOME=str(self.home), **env), stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"step {step.id}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"


def publish(tree: Path, stub: Stub) -> None:
    """Runs the build. What its steps leave at home does not outlive it."""
    with tempfile.TemporaryDirectory() as home:
        Service(message(tree), tree, stub, Path(home)).run()


@pytest.mark.timeout(1800)
def test_the_steps_publish_exactly_the_plan(tree, tmp_path, runs):
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    runs.first(tree_name(tree), "cloud-build", stub, lambda stub: publish(tree, stub))
    assert_truth(Plan(tree), stub, lambda: publish(tree, stub), and_heals=not is_repository(tree))


def test_steps_name_only_steps_before_them(tree):
    build, seen = message(tree), []
    assert build.steps[0].wait_for == ["-"]
    for step in build.steps:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", step.id), step.id
        assert step.id not in seen, f"two steps are called {step.id}"
        assert set(step.wait_for) - {"-"} <= set(seen), f"{step.id} waits for {set(step.wait_for) - set(seen)}"
        seen.append(step.id)
    assert list(build.steps[-1].wait_for) == [], "the tags wait for everything"


def test_steps_wait_for_their_lineage_and_nothing_else(tree):
    plan, build = Plan(tree), message(tree)
    spec_of = {step.id: dict(entry.split("=", 1) for entry in step.env)["SPEC"] for step in build.steps
               if any(entry.startswith("SPEC=") for entry in step.env)}  # fmt: skip
    content_of = {id: plan.by_id[spec]["content_reference"] for id, spec in spec_of.items()}
    assert sorted(content_of.values()) == sorted(spec["content_reference"] for spec in plan.builders)
    for step in build.steps:
        if step.id in spec_of:
            waits = {content_of.get(id, id) for id in step.wait_for}
            assert waits == {"probe"} | plan.lineage(plan.by_id[spec_of[step.id]]), step.id


def test_substitutions_are_known_and_used(tree):
    build, used = message(tree), set()
    known = {name: name for name in BUILT_IN} | dict(build.substitutions)
    for text in strings(read_yaml(config_of(tree))):
        substituted(text, known, used)
    assert set(build.substitutions) <= used
    assert all(re.fullmatch(r"_[A-Z0-9_]+", name) for name in build.substitutions)


def test_secrets_are_known_and_used(tree):
    build = message(tree)
    available = [secret.env for secret in build.available_secrets.secret_manager]
    wanted = {name for step in build.steps for name in step.secret_env}
    assert len(available) == len(set(available))
    assert set(available) == wanted
    plain = {entry.split("=", 1)[0] for step in build.steps for entry in [*step.env, *build.options.env]}
    assert not plain & wanted


def test_limits(tree):
    build = message(tree)
    assert len(build.steps) <= STEPS
    assert max(len(step.env) for step in build.steps) <= ENV_PER_STEP
    assert build.timeout.seconds <= TIMEOUT_SECONDS
    assert not (build.options.machine_type and build.options.pool.name), "a pool brings its own machines"
    if build.service_account:
        assert Build.wrap(build).options.logging in LOGS_WITHOUT_BUCKET
