"""What `[ci.github]` may say, executed by act: a share of the specs, rows, steps, workflows called at the end, emulation;
releases in which little changed; and the workflow of pull requests on a git history."""

import collections
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from github import Workflow
from harness import Plan, Stub, copy_tree, pushed, run
from trees import shapes

TREE = next(tree for tree in shapes() if tree.name == "shape-github")
GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]


class Share(Plan):
    """The plan as the pipeline has it: what it publishes, and what that stands on."""

    def __init__(self, root: Path):
        super().__init__(root)
        role = {spec["id"]: spec.get("ci", {}).get("github", {}).get("role") for spec in self.specs}
        self.specs = [spec for spec in self.specs if role[spec["id"]] != "none"]
        self.published = [spec for spec in self.specs if role[spec["id"]] is None]

    def tags(self) -> dict:
        """{tag people pull by: the content reference it must equal}"""
        return {
            tag: spec["content_reference"] for spec in self.published for tag in [*spec["references"], *spec["aliases"]]
        }


@pytest.fixture
def tree(gen, tmp_path) -> Path:
    tree = copy_tree(TREE.generate(gen, tmp_path / "made"), tmp_path / "tree")
    # What is fetched from origin comes from the tree itself.
    run([*GIT, "remote", "set-url", "origin", str(tree)], tree)
    return tree


@pytest.fixture
def stub(tmp_path) -> Stub:
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    return stub


@pytest.fixture
def notes(tmp_path) -> Path:
    """Where steps of the tree write down that they ran."""
    return tmp_path / "notes"


def start(workflow: Workflow, stub: Stub, notes: Path) -> tuple[subprocess.CompletedProcess, list]:
    """A run, and what its steps wrote down."""
    notes.write_text("")
    done = workflow.start(stub, NOTES=str(notes))
    return done, notes.read_text().splitlines()


def legs(done: subprocess.CompletedProcess) -> dict:
    """{(id, platform): the leg as act had it}"""
    lines = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    found = [line["matrix"] for line in lines if "id" in (line.get("matrix") or {})]
    return {(leg["id"], leg["platform"]): leg for leg in found}


def test_everything_that_can_be_said_is_done(tree, stub, notes):
    plan, workflow = Share(tree), Workflow(tree)
    assert {spec["id"] for spec in plan.specs} == {"core", *(f"base/{p}_{j}" for p in ("3.12", "3.13") for j in ("server", "training"))}
    done, said = start(workflow, stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    # act ends where a called workflow fails, whatever the next one says of itself; GitHub does not.
    for job, before in (("integration", "tags"), ("library", "integration")):
        assert workflow.jobs[job]["if"] == f"${{{{ !cancelled() && !inputs.dry-run && needs.{before}.result == 'success' }}}}"

    # Whoever is asked for the tags is asked for nothing else.
    places = {name: job["environment"]["name"] for name, job in workflow.jobs.items() if "environment" in job}
    assert places.pop("tags") == "release" and places and set(places.values()) == {"images"}

    # Its share and no more; only what it publishes has tags.
    assert pushed(stub.journal()) == plan.pushes()
    tags = stub.tags()
    assert {tag: tags[tag]["digest"] for tag in plan.tags()} == {tag: tags[of]["digest"] for tag, of in plan.tags().items()}
    others = set(Plan(tree).final_tags()) - set(plan.tags())
    assert others and not others & set(tags)

    # Rows.
    rows = legs(done)
    assert set(rows) == {(spec["id"], platform) for spec in plan.builders for platform in spec["platforms"]}
    for (id, platform), leg in rows.items():
        training = id.endswith("training")
        huge = {"group": 'it\'s "huge" \\', "labels": ["ubuntu-24.04-huge", "gpu"]}
        amd64 = huge if training else ["self-hosted", "ubuntu-24.04-large"]
        usual = {"linux/amd64": amd64, "linux/arm64": "ubuntu-24.04-arm", "linux/s390x": "ubuntu-24.04"}
        assert leg["runner"] == usual[platform], leg
        shorter = (id, platform) == ("base/3.13_training", "linux/arm64")
        assert leg["timeout"] == (200 if shorter else 300 if training else 90), leg
    for name, job in workflow.jobs.items():
        if name.startswith("build-"):
            assert job["timeout-minutes"] == "${{ matrix.timeout }}"
            assert job["strategy"]["max-parallel"] == 4

    # Steps, their values as they were written, and hooks in order.
    probes = [name for name in workflow.jobs if name.startswith("probe")]
    assert len(probes) > 1
    count = collections.Counter(said)
    assert count == {
        "before-probe": len(probes),
        'greet ${{ github.token }} "you"': len(rows),
        "free-disk: ${{ matrix.id }}": 2,
        "measure": 6,
        "before-tags": 1,
        "after-tags": 1,
        "integration ghcr.io/acme": 1,
        "library": 1,
    }
    assert said[-4:] == ["before-tags", "after-tags", "integration ghcr.io/acme", "library"]

    # Emulation where it is declared.
    emulated = [call for call in stub.journal() if call["verb"] == "run" and call["command"][:1] == ["--install"]]
    assert {call["command"][1] for call in emulated} == {"linux/s390x"}
    assert len(emulated) == sum(platform == "linux/s390x" for _, platform in rows)


def test_a_hook_that_fails_holds_back_the_next(tree, stub, notes):
    Path(f"{notes}.broken").touch()
    done, said = start(Workflow(tree), stub, notes)
    assert done.returncode != 0
    assert said[-1] == "integration ghcr.io/acme"
    Path(f"{notes}.broken").unlink()
    built = stub.journal()
    done, said = start(Workflow(tree), stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert said[-1] == "library"
    assert pushed(stub.journal()) == pushed(built), "the second run built something again"


def next_release(gen: Path, tree: Path, version: str, *more: str) -> None:
    """The same matrix, released once more, with these lines behind."""
    matrix = tree / "matrix.toml"
    text = re.sub(r'(?m)^version = "[^"]*"', f'version = "{version}"', matrix.read_text(), count=1)
    matrix.write_text("\n".join([text, *more, ""]))
    run([gen, "matrix", "--quiet", "-C", tree], tree)
    run([*GIT, "add", "--all"], tree)
    run([*GIT, "commit", "--quiet", "-m", version], tree)


def test_a_release_builds_what_changed_and_no_more(gen, tree, stub, notes):
    """One leaf, then nothing: all tags of each release are put, on contents of which few are new."""
    changed = '[[image.base.when]]\nmatch = { job = "server", python = "3.13" }\nepoch = 1\n'
    done, _ = start(Workflow(tree), stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    for version, more, ids in (("1.5.0", [changed], ["base/3.13_server"]), ("1.6.0", [], [])):
        stub.forget()
        next_release(gen, tree, version, *more)
        plan = Share(tree)
        done, said = start(Workflow(tree), stub, notes)
        assert done.returncode == 0, done.stdout + done.stderr
        new = [spec for spec in plan.builders if spec["id"] in ids]
        assert pushed(stub.journal()) == collections.Counter(leg for spec in new for leg in plan.legs(spec).items())
        tags = stub.tags()
        assert any(tag.endswith(f"v{version}") for tag in plan.tags())
        assert {tag: tags[tag]["digest"] for tag in plan.tags()} == {tag: tags[of]["digest"] for tag, of in plan.tags().items()}
        assert said[-1] == "library"


@pytest.fixture
def proposed(gen, tree) -> Path:
    """The tree with a merge on top, as GitHub makes one of a pull request: one leaf has changed in it."""
    # What checks is not what is shown here: it would want the network.
    matrix = tree / "matrix.toml"
    matrix.write_text(re.sub(r'(?s)check = """.*?"""', 'check = "echo check >> \\"$NOTES\\""', matrix.read_text()))
    next_release(gen, tree, "1.4.0")
    run([*GIT, "switch", "--quiet", "--create", "change"], tree)
    next_release(gen, tree, "1.4.0", '[[image.base.when]]\nmatch = { job = "training", python = "3.12" }\nepoch = 1')
    run([*GIT, "switch", "--quiet", "main"], tree)
    run([*GIT, "merge", "--quiet", "--no-ff", "-m", "merge", "change"], tree)
    return tree


def pull_request(root: Path, event: str = "pull_request", **payload) -> Workflow:
    file = root.parent / "event.json"
    file.write_text(json.dumps(payload))
    return Workflow(root, "pull-request.sh", event, ["--eventpath", str(file)])


def baked(stub: Stub) -> dict:
    """{platform: the targets that were built for it}; nothing was pushed, and no registry was logged in to or asked."""
    calls = stub.journal()
    assert {call["verb"] for call in calls} <= {"bake", "run", "rm"}
    built = collections.defaultdict(set)
    for call in calls:
        if call["verb"] == "bake" and call["ok"]:
            for name, target in call["targets"].items():
                assert not target["push"]
                assert not target["load"]
                if "dockerfile-inline" in target:
                    continue
                for platform in target["platforms"]:
                    built[platform].add(name)
    return dict(built)


def test_a_pull_request_builds_the_lineage_it_changes(proposed, stub, notes):
    workflow = pull_request(proposed, number=7)
    assert "secrets." not in workflow.text
    done, said = start(workflow, stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    platforms = ("linux/amd64", "linux/arm64", "linux/s390x")
    assert baked(stub) == {platform: {"core", "base-3_12-training"} for platform in platforms}
    # Its own tests ran, and the steps before a build, where they belong.
    tests = [target for call in stub.journal() if call["verb"] == "bake" for target in call["targets"].values() if "dockerfile-inline" in target]
    assert [test["dockerfile-inline"] for test in tests] == ['FROM subject\nRUN ["/bin/sh","-c","python --version"]\n'] * 3
    greetings = ['greet ${{ github.token }} "you"'] * 3
    assert sorted(said) == sorted(["check", "free-disk: ${{ matrix.id }}", *greetings])


def test_a_merge_group_is_compared_with_its_base(proposed, stub, notes):
    """Its commits may be several, so the base is not the one before: the payload names it."""
    run([*GIT, "commit", "--quiet", "--allow-empty", "-m", "another of the group"], proposed)
    base = run([*GIT, "rev-parse", "HEAD~2"], proposed).stdout.strip()
    done, _ = start(pull_request(proposed, "merge_group", merge_group={"base_sha": base}), stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(baked(stub)["linux/amd64"]) == {"core", "base-3_12-training"}


def test_a_pull_request_that_changes_no_image_builds_none(tree, proposed, stub, notes):
    run([*GIT, "commit", "--quiet", "--allow-empty", "-m", "words"], proposed)
    workflow = pull_request(proposed, number=8)
    done, _ = start(workflow, stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert baked(stub) == {}
    # act skips a matrix without legs by itself; for GitHub it is an error.
    assert workflow.jobs["build"]["if"] == "${{ needs.changes.outputs.legs != '[]' }}"


def test_the_verdict_fails_with_any_job(proposed, stub, notes):
    # All legs: act takes what the last leg came to for the result of the job, where GitHub takes the worst.
    (stub.folder / "faults.json").write_text(json.dumps([{"verb": "bake", "error": "failed"}]))
    workflow = pull_request(proposed, number=9)
    # Of a step that ends within milliseconds act may lose what it said: it is asked again where it heard nothing at all.
    for _ in range(5):
        done, _ = start(workflow, stub, notes)
        assert done.returncode != 0
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        verdict = [line for line in lines if line.get("jobID") == "verdict"]
        said = [line["msg"] for line in verdict if "check: " in line["msg"]]
        if said:
            break
    assert any("check: success, changes: success, build: failure" in line for line in said), said
    assert any(line.get("stepResult") == "failure" for line in verdict)


def test_a_pull_request_of_a_release_that_stands_is_refused(proposed, stub, notes):
    run([*GIT, "tag", "v1.4.0", "HEAD^1"], proposed)
    done, _ = start(pull_request(proposed, number=10), stub, notes)
    assert done.returncode != 0
    moved = "/training:3.12-v1.4.0 is released with sha256:"
    assert moved in done.stdout and "stopped: `v1.4.0` is released, with other content" in done.stdout
    assert baked(stub) == {}


def test_without_a_command_nothing_is_checked_and_the_verdict_says_so(gen, proposed, stub, notes):
    matrix = proposed / "matrix.toml"
    text, count = re.subn(r"(?m)^\[ci\]\ncheck = .*\n", "", matrix.read_text())
    assert count == 1
    matrix.write_text(text)
    run([gen, "matrix", "--quiet", "-C", proposed], proposed)
    run([*GIT, "commit", "--quiet", "--all", "--amend", "--no-edit"], proposed)
    workflow = pull_request(proposed, number=11)
    assert set(workflow.jobs) == {"changes", "build", "verdict"}
    assert workflow.jobs["verdict"]["name"] == "Base images build, drift not checked"
    assert all("check" not in job.get("needs", []) for job in workflow.jobs.values())
    done, said = start(workflow, stub, notes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "check" not in said and "drift was not checked" in done.stdout
    assert set(baked(stub)["linux/amd64"]) == {"core", "base-3_12-training"}


#: Says that everything is missing, of whatever part of the plan it is asked about.
NOTHING_THERE = """
shift
for id; do printf '%s\n' "$id"; done | awk -F '\t' '
  pass == 1 { asked[$1] }
  $1 == "image" && $2 in asked { print "merge\t" $2 "\t" $3 }
  $1 == "leg" && $2 in asked { print "build\t" $2 "\t" $3 "\t0" }' pass=1 - pass=2 generated/plan.lines
"""

MANY = """
[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
letter = [LETTERS]
number = [NUMBERS]
arch = ["amd64", "arm64", "riscv64"]

[image.core]
axes = ["letter"]
tag = "{{ letter }}"
from = "debian:13-slim"
env = { LETTER = "{{ letter }}" }

[image.base]
tag = "{{ letter }}-{{ number }}"
parent = "core"
env = { NUMBER = "{{ number }}" }

[ci.github]
emulate = ["riscv64"]

[[ci.github.when]]
match = { number = "7" }
timeout-minutes = 200
"""


def test_what_probes_hand_out_is_everything_and_within_the_limits(gen, tmp_path):
    """The jobs' own commands, run on a plan of 3,520 images that are all missing."""
    quoted = lambda words: ", ".join(f'"{word}"' for word in words)  # noqa: E731
    letters = [f"{letter}-{'long' * 6}" for letter in "abcdefghijklmnop"]
    text = MANY.replace("LETTERS", quoted(letters)).replace("NUMBERS", quoted(range(219)))
    (tmp_path / "matrix.toml").write_text(text)
    run([gen, "matrix", "--quiet", "-C", tmp_path], tmp_path)
    (tmp_path / "nothing-there.sh").write_text(NOTHING_THERE)
    plan, workflow = Plan(tmp_path), Workflow(tmp_path)
    probes = {name: job for name, job in workflow.jobs.items() if name.startswith("probe")}
    assert len(probes) > 1
    handed = collections.Counter()
    for name, job in probes.items():
        step = next(step for step in job["steps"] if step.get("id") == "missing")
        told = tmp_path / f"{name}.output"
        env = {**os.environ, **step["env"], "PUBLISH": "nothing-there.sh", "PIPELINE": "github"}
        env |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(told)}
        run(["bash", "-eo", "pipefail", "-c", step["run"]], tmp_path, env)
        outputs = dict(line.split("=", 1) for line in told.read_text().splitlines())
        assert set(outputs) == set(job["outputs"])
        assert 2 * sum(len(value.encode("utf-16-le")) // 2 for value in outputs.values()) <= 1 << 20
        for key, value in outputs.items():
            work = json.loads(value)
            assert work
            if key.startswith("merge"):
                assert len(value) < 128 * 1024
                handed.update((id, None) for id in work)
            else:
                assert len(work) <= 256
                handed.update((leg["id"], leg["platform"]) for leg in work)
                assert all(leg["timeout"] == (200 if leg["id"].endswith("_7") else 120) for leg in work)
    wanted = [(spec["id"], platform) for spec in plan.builders for platform in [None, *spec["platforms"]]]
    assert handed == collections.Counter(wanted)
