"""The GitHub workflow, really executed by act: what it builds and tags is exactly the plan, whatever goes wrong.

Jobs run on this machine; the actions are the stand-ins of stubs/actions, `docker` is the stub.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from harness import STUBS, Plan, Stub, assert_idle, assert_order, assert_published, assert_truth, copy_tree, is_repository, pushed
from harness import pushes, read_yaml, root_of, run, tree_name, trees_under_test
from judges import for_act

#: GitHub's own limits, as shipped in facts/provider_limits.toml.
LEGS_PER_MATRIX = 256
FILE_BYTES = 512_000
EXPRESSION_CHARS = 21_000


class Workflow:
    """The publishing workflow of a tree, made fit for act in place."""

    def __init__(self, root: Path):
        found = [
            path
            for place in (".github/workflows", "generated/github", "generated/ci")
            for path in sorted((root / place).glob("*.yml"))
            if "publish.sh" in path.read_text() and "runs-on" in path.read_text()
        ]
        if not found:
            pytest.skip("this tree has no GitHub workflow")
        self.root, self.text = root, found[0].read_text()
        self.file = root / ".github/workflows/for-act.yml"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(for_act(self.text))
        self.jobs = read_yaml(self.file)["jobs"]
        ask = next(step for step in self.jobs["probe"]["steps"] if step.get("id") == "missing")
        self.runners = json.loads(ask["env"]["RUNNERS"])

    def words(self) -> list[str]:
        """act's command line: every runner is this machine, every action its stand-in, every secret has a value."""
        labels = {job["runs-on"] for job in self.jobs.values() if "${{" not in job["runs-on"]} | set(self.runners.values())
        actions = {step["uses"] for job in self.jobs.values() for step in job["steps"] if "uses" in step}
        words = ["act", "release", "--workflows", str(self.file), "--no-cache-server", "--json"]
        for label in sorted(labels):
            words += ["--platform", f"{label}=-self-hosted"]
        for action in sorted(actions):
            stand_in = STUBS / "actions" / action.split("@")[0]
            assert stand_in.is_dir(), f"no stand-in for {action}"
            words += ["--local-repository", f"{action}={stand_in}"]
        for secret in sorted({"GITHUB_TOKEN", *re.findall(r"\bsecrets\.(\w+)", self.text)}):
            words += ["--secret", f"{secret}=value-of-{secret}"]
        return words

    def start(self, stub: Stub) -> subprocess.CompletedProcess:
        home = stub.folder.parent / "home"
        home.mkdir(exist_ok=True)
        env = stub.env(HOME=str(home), XDG_CACHE_HOME=str(home), ACTIONS_RUNTIME_URL="")
        return subprocess.run(
            self.words(), cwd=self.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )

    def publish(self, stub: Stub) -> None:
        done = self.start(stub)
        assert done.returncode == 0, messages(done)

    def fail(self, stub: Stub) -> str:
        done = self.start(stub)
        assert done.returncode != 0, messages(done)
        return messages(done)


def messages(done: subprocess.CompletedProcess) -> str:
    lines = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return "\n".join(f"{line.get('job', '')}: {line['msg'].rstrip()}" for line in lines if line.get("msg")) + done.stderr


# What holds of any tree is shown on the small ones: the repository's own takes minutes to execute.
SMALL = [tree for tree in trees_under_test() if not is_repository(tree)]
on_small_trees = pytest.mark.parametrize("tree", SMALL, ids=tree_name, indirect=True)


@pytest.fixture(params=trees_under_test(), ids=tree_name)
def tree(request, tmp_path) -> Path:
    return copy_tree(root_of(request.param, tmp_path / "made"), tmp_path / "tree")


@pytest.fixture
def workflow(tree) -> Workflow:
    return Workflow(tree)


@pytest.fixture
def plan(tree) -> Plan:
    return Plan(tree)


@pytest.fixture
def stub(tmp_path) -> Stub:
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    return stub


def strike(stub: Stub, **fault) -> None:
    (stub.folder / "faults.json").write_text(json.dumps([fault]))


def heal(stub: Stub) -> None:
    (stub.folder / "faults.json").unlink()


def moved(plan: Plan, stub: Stub) -> set:
    """The tags people pull by that are there."""
    return set(plan.final_tags()) & set(stub.tags())


def publish(tree: Path, stub: Stub) -> None:
    """Runs the workflow."""
    Workflow(tree).publish(stub)


@pytest.mark.timeout(1800)
def test_the_workflow_publishes_exactly_the_plan(request, workflow, plan, stub, first_runs):
    name = request.node.callspec.id
    first_runs.leave(name, "github", stub, workflow.publish)
    assert_truth(plan, stub, lambda: workflow.publish(stub), and_heals=name != "repository")


@on_small_trees
def test_a_job_is_logged_in_wherever_it_goes_and_nowhere_else(workflow, plan, stub):
    workflow.publish(stub)
    logged_in, used = {}, {}
    for call in stub.journal():
        hosts = logged_in.setdefault(call["job"], set())
        if call["verb"] == "login":
            hosts.add(call["host"])
            continue
        references = [*call.get("tags", []), *call.get("sources", []), *([call["ref"]] if "ref" in call else [])]
        # What a build stands on is fetched with the same login; the world outside needs none.
        references += [reference for reference in call.get("from", []) if ":content-" in reference]
        going = {reference.split("/")[0] for reference in references}
        assert going <= hosts, f"{call['job']} is not logged in at {going - hosts}: {call}"
        used.setdefault(call["job"], set()).update(going)
    assert used == logged_in


@on_small_trees
def test_a_dead_registry_is_not_an_empty_one(workflow, plan, stub):
    strike(stub, verb="inspect", error="refused")
    assert "cannot tell whether" in workflow.fail(stub)
    assert not [call for call in stub.journal() if call["verb"] in ("build", "create")]
    heal(stub)
    workflow.publish(stub)
    assert pushed(stub.journal()) == plan.pushes()


@on_small_trees
def test_a_published_release_is_never_overwritten(workflow, plan, stub):
    fixed = [tag for spec in plan.specs if spec["immutable"] for tag in spec["references"]]
    if not fixed:
        pytest.skip("no tag of this plan renders the release")
    run([STUBS / "docker", "stub", "put", fixed[-1]], stub.folder, stub.env())
    there = stub.tags()[fixed[-1]]
    assert f"refused: {fixed[-1]}" in workflow.fail(stub)
    assert moved(plan, stub) == {fixed[-1]}
    assert stub.tags()[fixed[-1]] == there


@on_small_trees
def test_a_failed_leg_stops_what_stands_on_it(workflow, plan, stub):
    root = next(spec for spec in plan.builders if spec["layer"] == 0)
    leg = next(iter(plan.legs(root)))
    strike(stub, verb="build", ref=leg, error="failed")
    workflow.fail(stub)
    layers = {spec["id"]: spec["layer"] for spec in plan.builders}
    rest = {leg for spec in plan.builders if layers[spec["id"]] == 0 for leg in plan.legs(spec)} - {leg}
    first = pushed(stub.journal())
    assert set(first) == {(name, platform) for name, platform in plan.pushes() if name in rest}
    assert not set(stub.tags()) - rest

    heal(stub)
    workflow.publish(stub)
    assert pushed(stub.journal()) == plan.pushes(), "the second run built something again"
    assert_order(plan, stub)
    assert moved(plan, stub) == set(plan.final_tags())


@on_small_trees
@pytest.mark.parametrize("after", ["build", "merge"])
def test_a_run_cut_short_is_finished_by_the_next(workflow, plan, stub, after):
    content = plan.builders[-1]["content_reference"]
    strike(stub, verb="create", ref=content if after == "build" else plan.specs[0]["references"][0], error="server-error")
    workflow.fail(stub)
    assert not moved(plan, stub)
    built = pushes(stub.journal())
    heal(stub)
    workflow.publish(stub)
    again = pushes(stub.journal())[len(built):]
    assert pushed(stub.journal()) == plan.pushes(), f"built again: {again}"
    assert moved(plan, stub) == set(plan.final_tags())
    stub.forget()
    workflow.publish(stub)
    assert_idle(stub)


@on_small_trees
def test_a_push_is_tried_again(workflow, plan, stub):
    strike(stub, verb="push", error="timeout", times=2)
    workflow.publish(stub)
    (stub.folder / "faults.json").unlink()
    assert pushed(stub.journal()) == plan.pushes()


def test_every_leg_has_a_place(workflow, plan):
    """Every builder's leg is in one static chunk of its layer, and no job waits for one that comes later."""
    for layer in range(plan.plan["layers"]):
        builders = [spec for spec in plan.builders if spec["layer"] == layer]
        legs = sum(len(spec["platforms"]) for spec in builders)
        builds = [name for name in workflow.jobs if name.startswith(f"build-{layer}-")]
        merges = [name for name in workflow.jobs if name.startswith(f"merge-{layer}-")]
        assert len(builds) == -(-legs // LEGS_PER_MATRIX)
        assert len(merges) == -(-len(builders) // 1000)
        earlier = {name for name in workflow.jobs if re.fullmatch(r"(?:build|merge)-(\d+)-\d+", name)
                   and int(name.split("-")[1]) < layer} | {"probe"}  # fmt: skip
        for name in builds:
            assert set(workflow.jobs[name]["needs"]) == earlier
        for name in merges:
            assert set(workflow.jobs[name]["needs"]) == earlier | set(builds)
    assert set(workflow.jobs["tags"]["needs"]) == set(workflow.jobs) - {"tags"}
    assert {platform for spec in plan.builders for platform in spec["platforms"]} <= set(workflow.runners)


def test_rights_and_limits(workflow):
    document = read_yaml(workflow.file)
    assert document["permissions"] == {}
    assert len(workflow.text.encode()) <= FILE_BYTES
    for name, job in workflow.jobs.items():
        scalars = [step[key] for step in job["steps"] for key in ("run", "if") if key in step]
        assert max(map(len, [*scalars, job.get("if", "")])) < EXPRESSION_CHARS
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), f"{name}: a value in the text of a command"
    assert set(workflow.jobs["probe"]["permissions"].items()) <= {
        ("contents", "read"), ("packages", "read"), ("id-token", "write")
    }  # fmt: skip
