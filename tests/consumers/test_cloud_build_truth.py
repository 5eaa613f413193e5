"""The Cloud Build steps, read through the API's own message and executed: what they build and tag is exactly the plan.

The API's message checks neither step ids nor substitutions; that is done here, by the rules of the service.
"""

import re
from pathlib import Path

import pytest
from cloud_build import (
    BUILT_IN, Runs, configs, is_change, main_config, substituted,
)  # fmt: skip
from google.cloud.devtools.cloudbuild_v1.types import Build, BuildOptions
from harness import (
    Plan, Stub, assert_truth, copy_tree, is_repository, read_yaml, root_of, tree_name, trees_under_test,
)  # fmt: skip
from trees import shapes

STEPS = 300
ENV_PER_STEP = 100
TIMEOUT_SECONDS = 86_400

#: A build that runs as somebody of the user's is refused with any other, unless it names a bucket.
LOGS_WITHOUT_BUCKET = {BuildOptions.LoggingMode.CLOUD_LOGGING_ONLY, BuildOptions.LoggingMode.NONE}


def cloud_build_shapes() -> list:
    """Matrices that say everything there is to say of Cloud Build, with no other provider; and what is never published."""
    return [tree for tree in shapes() if "cloud-build" in tree.config()["ci"]]


@pytest.fixture(scope="module", params=[*trees_under_test(), *cloud_build_shapes()], ids=tree_name)
def tree(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    root = copy_tree(root_of(request.param, folder / "made"), folder / tree_name(request.param))
    if not configs(root):
        pytest.skip("this tree has no Cloud Build config")
    return root


def publishing(tree: Path) -> dict:
    return {path: build for path, build in configs(tree).items() if not is_change(build)}


def is_classic(build) -> bool:
    return any(step.args for step in build.steps)


def strings(value) -> list:
    """Every string of the document in which Cloud Build substitutes: all but scripts."""
    if isinstance(value, dict):
        return [text for key, child in value.items() if key not in ("script", "substitutions") for text in strings(child)]
    if isinstance(value, list):
        return [text for child in value for text in strings(child)]
    return [value] if isinstance(value, str) else []


class Share(Plan):
    """What Cloud Build makes of a plan: the specs that it publishes, and those that they stand on."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.role = {spec["id"]: spec.get("ci", {}).get("cloud-build", {}).get("role") for spec in self.specs}
        self.specs = [spec for spec in self.specs if self.role[spec["id"]] != "none"]
        self.by_id = {spec["id"]: spec for spec in self.specs}

    def final_tags(self) -> dict:
        published = [spec for spec in self.specs if self.role[spec["id"]] is None]
        return {tag: spec["content_reference"] for spec in published for tag in [*spec["references"], *spec["aliases"]]}


@pytest.fixture
def runs(tree, tmp_path) -> Runs:
    return Runs(tree, tmp_path)


@pytest.mark.timeout(1800)
def test_the_steps_publish_exactly_the_plan(tree, runs, first_runs):
    if is_classic(main_config(tree)):
        pytest.skip("the classic shape builds everything each time: it has tests of its own")
    first_runs.leave(tree_name(tree), "cloud-build", runs.stub, lambda _: runs.publish())
    assert_truth(Share(tree), runs.stub, runs.publish, and_heals=not is_repository(tree))


def test_steps_name_only_steps_before_them(tree):
    for path, build in configs(tree).items():
        seen = []
        for place, step in enumerate(build.steps):
            assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", step.id), (path, step.id)
            assert step.id not in seen, f"{path}: two steps are called {step.id}"
            assert set(step.wait_for) - {"-"} <= set(seen), f"{path}: {step.id} waits for {set(step.wait_for) - set(seen)}"
            assert place > 0 or not set(step.wait_for) - {"-"}
            seen.append(step.id)
        for step in build.steps:
            assert step.id != "tags" or list(step.wait_for) == [], "the tags wait for everything"


def spec_of(step) -> str | None:
    return dict(entry.split("=", 1) for entry in step.env).get("IMAGE_ID")


def waits_for(build) -> dict:
    """{step: every step that is over when it starts}"""
    over = {}
    for place, step in enumerate(build.steps):
        waits = [before.id for before in build.steps[:place]] if not step.wait_for else [id for id in step.wait_for if id != "-"]
        over[step.id] = set(waits).union(*(over[id] for id in waits))
    return over


def test_steps_wait_for_their_lineage_and_nothing_else(tree):
    plan, built = Share(tree), []
    for path, build in publishing(tree).items():
        if is_classic(build):
            continue
        over = waits_for(build)
        spec_steps = {step.id: spec_of(step) for step in build.steps if spec_of(step)}
        built += {spec for spec in spec_steps.values()}
        here = {plan.by_id[spec]["content_reference"] for spec in spec_steps.values()}
        for step, spec in spec_steps.items():
            below, open_ = set(), [plan.by_id[spec]]
            while open_:
                lineage = plan.lineage(open_.pop()) - below
                below |= lineage
                open_ += [s for s in plan.builders if s["content_reference"] in lineage]
            waited = {plan.by_id[spec_steps[id]]["content_reference"] for id in over[step] if id in spec_steps}
            own = plan.by_id[spec]["content_reference"]
            assert waited - {own} == below & here, (path, step)
    if built:
        assert sorted(built) == sorted({spec["id"] for spec in plan.builders})


def test_substitutions_are_known_and_used(tree):
    for path, build in configs(tree).items():
        used = set()
        known = {name: name for name in BUILT_IN} | dict(build.substitutions)
        for text in strings(read_yaml(tree / path)):
            substituted(text, known, used)
        assert set(build.substitutions) <= used, path
        assert all(re.fullmatch(r"_[A-Z0-9_]+", name) for name in build.substitutions)


def test_secrets_are_known_and_used(tree):
    for path, build in configs(tree).items():
        available = [secret.env for secret in build.available_secrets.secret_manager]
        wanted = {name for step in build.steps for name in step.secret_env}
        assert len(available) == len(set(available)), path
        assert set(available) == wanted, path
        plain = {entry.split("=", 1)[0] for step in build.steps for entry in [*step.env, *build.options.env]}
        assert not plain & wanted, path


def test_limits(tree):
    for path, build in configs(tree).items():
        assert 0 < len(build.steps) <= STEPS, path
        assert max(len(step.env) for step in build.steps) <= ENV_PER_STEP
        assert all(len(step.args) <= 100 and max(map(len, step.args), default=0) <= 10_000 for step in build.steps)
        assert build.timeout.seconds <= TIMEOUT_SECONDS
        assert all(step.timeout.seconds <= build.timeout.seconds for step in build.steps)
        assert not (build.options.machine_type and build.options.pool.name), "a pool brings its own machines"
        if build.service_account and not build.logs_bucket:
            assert Build.wrap(build).options.logging in LOGS_WITHOUT_BUCKET


def test_the_config_of_a_change_knows_no_secret_and_no_registry(tree):
    for path, build in configs(tree).items():
        if is_change(build):
            assert not build.available_secrets.secret_manager, path
            text = (tree / path).read_text()
            assert "docker login" not in text and "publish.sh" not in text


def test_own_steps_run_where_they_say_and_with_what_they_are_given(gen, tmp_path):
    (shape,) = (tree for tree in shapes() if tree.name == "shape-cloud-build-options")
    tree = copy_tree(shape.generate(gen, tmp_path / "made"), tmp_path / "tree")
    share, runs = Share(tree), Runs(tree, tmp_path)
    service = runs.publish()
    said = (service.home / "own").read_text().splitlines()
    assert said[0] == 'before-probe europe-west1 a, "b" | c: #d'
    assert said[-2:] == ["before-tags", "after-tags europe-west1"]
    training = [spec["id"] for spec in share.builders if spec["id"].endswith("_training")]
    before = [line for line in said if line.startswith("before-build")]
    assert sorted(before) == sorted(f"before-build {id} linux/amd64 linux/arm64" for id in training)
    after = [line for line in said if line.startswith("after-build")]
    assert sorted(after) == sorted(f"after-build {spec['id']} $5 ${{HOME}} $$" for spec in share.builders)
    for id in training:
        assert said.index(f"before-build {id} linux/amd64 linux/arm64") < said.index(f"after-build {id} $5 ${{HOME}} $$")

    seconds = {spec_of(step): step.timeout.seconds for step in service.build.steps if step.timeout.seconds}
    assert seconds == {"app/3.13_training": 2 * 300 * 60, "app/3.14_training": 2 * 30 * 60}
    assert all(not tag.startswith("docker.io/acme/tool") for tag in runs.stub.tags())

    # The second time there is nothing for the steps of images to do.
    again = (runs.publish().home / "own").read_text().splitlines()
    assert again == [said[0], "before-tags", "after-tags europe-west1"]
