"""The GitHub workflow, really executed by act: what it builds and tags is exactly the plan, whatever goes wrong.

Jobs run on this machine; the actions are the stand-ins of stubs/actions, `docker` is the stub.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from github import Workflow, broke_down, messages, watched
from harness import STUBS, Plan, Stub, assert_idle, assert_order, assert_published, assert_truth, copy_tree, is_joined, is_repository, pushed
from harness import pushes, read_yaml, root_of, run, tree_name, trees_under_test
from trees import unpublished

#: GitHub's own limits, as shipped in facts/provider_limits.toml.
LEGS_PER_MATRIX = 256
FILE_BYTES = 512_000
EXPRESSION_CHARS = 21_000


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


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("tree", [*trees_under_test(), unpublished()], ids=tree_name, indirect=True)
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
    # At home it is told before a build, in a copy before a tag.
    homes = {spec["content_reference"].rsplit(":", 1)[0] for spec in plan.specs}
    is_home = fixed[-1].rsplit(":", 1)[0] in homes
    wanted = f"{fixed[-1]} is published and states no content" if is_home else f"refused: {fixed[-1]}"
    assert wanted in workflow.fail(stub)
    assert bool(pushed(stub.journal())) != is_home
    assert moved(plan, stub) == {fixed[-1]}
    assert stub.tags()[fixed[-1]] == there


@on_small_trees
def test_a_failed_leg_stops_what_stands_on_it(workflow, plan, stub):
    root = next(spec for spec in plan.builders if spec["layer"] == 0)
    leg = next(iter(plan.legs(root)))
    strike(stub, verb="build", ref=leg, error="failed")
    workflow.fail(stub)
    lost = {root["content_reference"]}
    for spec in sorted(plan.builders, key=lambda spec: spec["layer"]):
        if plan.lineage(spec) & lost:
            lost.add(spec["content_reference"])
    contents = {spec["content_reference"] for spec in plan.builders} - lost
    rest = {leg for spec in plan.builders if spec["content_reference"] in contents for leg in plan.legs(spec)}
    rest |= set(plan.legs(root)) - {leg}
    first = pushed(stub.journal())
    assert set(first) == {(name, platform) for name, platform in plan.pushes() if name in rest}
    assert set(stub.tags()) == rest | contents, "what does not stand on it is whole, and no tag is put"

    heal(stub)
    workflow.publish(stub)
    assert pushed(stub.journal()) == plan.pushes(), "the second run built something again"
    assert_order(plan, stub)
    assert moved(plan, stub) == set(plan.final_tags())


@on_small_trees
@pytest.mark.parametrize("after", ["build", "merge"])
def test_a_run_cut_short_is_finished_by_the_next(workflow, plan, stub, after):
    content, reference = plan.builders[-1]["content_reference"], plan.specs[0]["references"][0]
    struck = content if after == "build" else reference
    by_push = after == "build" and not is_joined(plan.builders[-1])
    strike(stub, verb="push" if by_push else "create", ref=struck, error="server-error")
    workflow.fail(stub)
    # Tags are put beside each other, and aliases after all of them: what is there is right.
    there, tags = moved(plan, stub), stub.tags()
    assert struck not in tags and (after == "merge" or not there)
    assert not there & {alias for spec in plan.specs for alias in spec["aliases"]}
    for spec in plan.specs:
        for reference in there & set(spec["references"]):
            assert tags[reference]["digest"] == tags[spec["content_reference"]]["digest"]
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
    """Every builder is in one build job and one merge job of its layer, and no job waits for one that comes later."""
    probes = [name for name in workflow.jobs if name.startswith("probe")]
    parts = workflow.parts()
    for name in probes:
        assert set(workflow.jobs[name]["outputs"]) == {job for job, (probe, *_) in parts.items() if probe == name}
    earlier = set(probes)
    for layer in range(plan.plan["layers"]):
        builders = [spec["id"] for spec in plan.builders if spec["layer"] == layer]
        legs = {spec["id"]: len(spec["platforms"]) for spec in plan.builders}
        joined = {spec["id"]: is_joined(spec) for spec in plan.builders}
        jobs = {kind: [name for name in parts if name.startswith(f"{kind}-{layer}-")] for kind in ("build", "merge")}
        for kind, names in jobs.items():
            shares = [builders[first : first + size] for _, of_layer, first, size in map(parts.get, names) if of_layer == layer]
            # A job that would join nothing is none.
            wanted = builders if kind == "build" or any(joined[id] for id in builders) else []
            assert [id for share in shares for id in share] == wanted
        for name in jobs["build"]:
            _, _, first, size = parts[name]
            assert sum(legs[id] for id in builders[first : first + size]) <= LEGS_PER_MATRIX
            assert set(workflow.jobs[name]["needs"]) == earlier
        for name in jobs["merge"]:
            assert set(workflow.jobs[name]["needs"]) == earlier | set(jobs["build"])
        for name in jobs["build"] + jobs["merge"]:
            assert f"needs.{parts[name][0]}.outputs.{name} " in workflow.jobs[name]["if"]
        earlier |= {*jobs["build"], *jobs["merge"]}
    assert set(workflow.jobs["tags"]["needs"]) == earlier == set(workflow.jobs) - {"tags"}
    assert {platform for spec in plan.builders for platform in spec["platforms"]} <= set(workflow.runners())


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


def test_only_a_breakdown_of_act_itself_is_forgiven(tmp_path, monkeypatch):
    def ended(code: int, said: str) -> bool:
        return broke_down(subprocess.CompletedProcess([], code, "", said))

    crashed = "level=info\nfatal error: concurrent map iteration and map write\n\ngoroutine 812 [running]:\n"
    assert ended(2, crashed)
    assert not ended(0, crashed)
    assert not ended(1, "the step said: fatal error: concurrent map writes")
    monkeypatch.setattr("github.SILENCE", 1)
    silent = watched(["sh", "-c", "echo begun; sleep 60"], tmp_path, dict(os.environ))
    assert silent.stdout == "begun\n" and broke_down(silent)
    talks = watched(["sh", "-c", "for i in 1 2 3; do echo; sleep 0.6; done; exit 3"], tmp_path, dict(os.environ))
    assert talks.returncode == 3 and not broke_down(talks)


def test_a_log_begins_with_what_went_wrong():
    said = [
        {"job": "a", "msg": "fine", "level": "info"},
        {"job": "b", "msg": "no such image", "level": "info", "raw_output": True, "stepID": ["2"]},
        {"job": "b", "msg": "Failure - Main Build", "level": "error", "stepResult": "failure", "stepID": ["2"]},
    ]
    done = subprocess.CompletedProcess([], 1, "\n".join(map(json.dumps, said)), "Error: exit status 1\n")
    shown = messages(done)
    places = [shown.index(word) for word in ("Failure - Main Build", "no such image", "Error: exit status 1", "fine")]
    assert places == sorted(places)
