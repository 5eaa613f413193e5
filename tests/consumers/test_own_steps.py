"""Steps of one's own, as docs/ci.md shows them, really run on every provider: they know their image, what a gate refuses has no
tag, and what a job may do because of a step, that job alone may."""

import json
import re
import subprocess
from pathlib import Path

import cloud_build
import pytest
from github import Workflow
from harness import Plan, Stub, copy_tree, outputs
from judges import JUDGES, read_yaml
from pipelines import PROVIDERS
from trees import kind_of

ROOT = Path(__file__).resolve().parents[2]

MATRIX = """
[release]
version = "1.4.0"

[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
arch = ["amd64", "arm64"]

[image.base]
axes = []
from = "python:3.13-slim-trixie"

[image.top]
axes = []
parent = "base"
"""


def documented(provider: str) -> str:
    """What the document shows for a provider."""
    text = (ROOT / "docs/ci.md").read_text()
    section = text[text.index("\n## Steps of your own\n") : text.index("\n## GitHub Actions\n")]
    (block,) = [block for block in re.findall(r"```toml\n(.*?)```", section, re.DOTALL) if f"[ci.{provider}" in block]
    return block


@pytest.fixture(scope="module", params=PROVIDERS)
def made(request, gen, tmp_path_factory) -> tuple[str, Path]:
    root = tmp_path_factory.mktemp("made") / request.param
    (root / "scripts").mkdir(parents=True)
    block = documented(request.param)
    # Machines of the second platform, where they are not a provider's own.
    machines = {"cloud-build": 'platforms = ["linux/amd64", "linux/arm64"]\n', "buildkite": 'runner = { arm64 = "arm" }\n'}
    table = f"[ci.{request.param}]\n"
    block = table + machines.get(request.param, "") + block.replace(table, "")
    # A script that the example names.
    (root / "scripts/inventory").write_text('cat > "$DOCKER_STUB/inventory"\n')
    (root / "matrix.toml").write_text(MATRIX + block)
    done = subprocess.run([gen, "-q", "matrix", "-C", root], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return request.param, root


@pytest.fixture
def tree(made, tmp_path) -> Path:
    return copy_tree(made[1], tmp_path / "tree")


@pytest.fixture
def provider(made) -> str:
    return made[0]


@pytest.fixture
def stub(tmp_path, provider, monkeypatch) -> Stub:
    stub = Stub(tmp_path / "stub")
    (stub.folder / "artifacts").mkdir(parents=True)
    env = Stub.env
    own = {"BUILDKITE_ARTIFACTS": str(stub.folder / "artifacts")}
    monkeypatch.setattr(Stub, "env", lambda self, **more: env(self, **own, **more))
    return stub


def calls(stub: Stub, tool: str) -> list[dict]:
    file = stub.folder / "scans.jsonl"
    told = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [call for call in told if call["tool"] == tool]


def expected(plan: Plan, stub: Stub, provider: str) -> list[tuple]:
    """The id, platform, reference and digest of each build: on Cloud Build of an image whole, elsewhere of a platform."""
    tags = stub.tags()
    if provider == "cloud-build":
        builds = [(spec, " ".join(spec["platforms"]), spec["content_reference"]) for spec in plan.builders]
    else:
        builds = [(spec, platform, leg) for spec in plan.builders for leg, platform in plan.legs(spec).items()]
    named = [(spec["id"], platform, tags[ref]["digest"], ref.rsplit(":", 1)[0]) for spec, platform, ref in builds]
    return sorted((id, platform, f"{name}@{digest}", digest) for id, platform, digest, name in named)


@pytest.mark.timeout(900)
def test_the_documented_steps_know_their_image(tree, stub, provider):
    plan = Plan(tree)
    PROVIDERS[provider](tree, stub)
    wanted, tags = expected(plan, stub, provider), stub.tags()
    told = {tuple(call[f"IMAGE_{key}"] for key in ("ID", "PLATFORM", "REFERENCE", "DIGEST")) for call in calls(stub, "syft")}
    assert sorted(told) == wanted
    # And it is what they look at, each platform once.
    looked = [(call["words"][-1], option(call, "--platform")) for call in calls(stub, "syft")]
    on = [(f"registry:{reference}", platform) for _, platforms, reference, _ in wanted for platform in platforms.split()]
    assert sorted(looked) == sorted(on) if provider != "github" else sorted(ref for ref, _ in looked) == sorted(ref for ref, _ in on)
    uploaded = {path.name for path in (stub.folder / "artifacts").iterdir()}
    match provider:
        case "github":
            attested = (stub.folder / "attested").read_text().split()
            assert sorted(attested) == sorted(f"ghcr.io/acme/base@{digest}" for *_, digest in wanted)
        case "buildkite":
            assert uploaded == {f"sbom-{id}-{platform}.spdx.json".replace("/", "-") for id, platform, *_ in wanted}
        case _:
            attached = [call["words"][-2] for call in calls(stub, "oras")]
            assert sorted(attached) == sorted(ref.removeprefix("registry:") for ref, _ in on)
    if provider == "gitlab":
        rows = [line.split("\t") for line in (stub.folder / "inventory").read_text().splitlines()]
        assert rows == [[spec["id"], by_digest(spec, tags), " ".join(spec["platforms"])] for spec in plan.specs]
    # The gate looked at each platform of all that has a tag now.
    assert scanned(stub) == [(f"registry:{by_digest(spec, tags)}", on) for spec in plan.specs for on in spec["platforms"]]
    assert set(plan.final_tags()) <= set(tags)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("bad", ["base", "top"])
def test_what_the_gate_refuses_has_no_tag(tree, stub, provider, bad):
    plan = Plan(tree)
    (stub.folder / "vulnerable.json").write_text(json.dumps([f"ghcr.io/acme/{bad}@"]))
    # Nor in the run after that, which finds all images there and builds none.
    for run in ("first", "second"):
        with pytest.raises(AssertionError):
            PROVIDERS[provider](tree, Stub(stub.folder))
        assert not set(plan.final_tags()) & set(stub.tags()), f"a tag of the release, in the {run} run"
        assert any(f"/{bad}@" in reference for reference, _ in scanned(stub))
        assert {spec["content_reference"] for spec in plan.specs} <= set(stub.tags())
    (stub.folder / "vulnerable.json").unlink()
    PROVIDERS[provider](tree, Stub(stub.folder))
    assert set(plan.final_tags()) <= set(stub.tags())


def option(call: dict, name: str) -> str | None:
    words = call["words"]
    return words[words.index(name) + 1] if name in words else None


def by_digest(spec: dict, tags: dict) -> str:
    content = spec["content_reference"]
    return f"{content.rsplit(':', 1)[0]}@{tags[content]['digest']}"


def scanned(stub: Stub) -> list[tuple]:
    """What the gate looked at, by the command or by an image of it, and for which platform."""
    ran = [call["command"] for call in stub.journal() if call["verb"] == "run" and "anchore/grype" in call["ref"]]
    told = [call["words"] for call in calls(stub, "grype")] + ran
    return [(words[-1], words[words.index("--platform") + 1]) for words in told]


def test_the_judges_take_what_is_documented(tree, provider, tmp_path):
    kinds = {kind_of(path) for path in outputs(tree)} & {"github", "gitlab", "gitlab-templates", "cloud-build", "buildkite", "script"}
    for judge in JUDGES:
        paths = [path for path in outputs(tree) if kind_of(path) in kinds and kind_of(path) in judge.kinds]
        if paths:
            folder = tmp_path / judge.name
            folder.mkdir()
            assert judge.ask(tree, paths, folder) == len(paths)


def test_rights_are_those_of_the_jobs_with_the_step(gen, tmp_path):
    root = tmp_path / "rights"
    root.mkdir()
    steps = """
[ci.github]
[ci.github.step.attest]
at = "after-build"
match = { image = "top" }
run = "true"
permissions = { attestations = "write", id-token = "write", packages = "read", contents = "none" }
[ci.github.step.issue]
at = "after-tags"
run = "true"
permissions = { issues = "write", contents = "write" }
[ci.github.step.look]
at = "before-probe"
run = "true"
permissions = { actions = "read" }
[ci.gitlab]
[ci.gitlab.step.vault]
at = "before-build"
run = "true"
id-tokens = { VAULT_ID_TOKEN = "https://vault.acme.example" }
[ci.gitlab.step.tell]
at = "after-tags"
run = "true"
id-tokens = { TELL_ID_TOKEN = "https://tell.acme.example" }
"""
    (root / "matrix.toml").write_text(MATRIX + steps)
    subprocess.run([gen, "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    workflow = read_yaml(root / ".github/workflows/base-images.yml")
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    build = {"contents": "read", "packages": "write"}
    assert rights == {
        "probe": {"contents": "read", "packages": "read", "actions": "read"},
        "build-0-0": build,
        "build-1-0": {**build, "attestations": "write", "id-token": "write"},
        "merge-0-0": build,
        "merge-1-0": build,
        "tags": {"contents": "write", "packages": "write", "issues": "write"},
    }
    # A caller grants the most of each.
    head = (root / ".github/workflows/base-images.yml").read_text().split("name:")[0]
    granted = dict(re.findall(r"^#         ([a-z-]+): (\w+)$", head, re.MULTILINE))
    assert granted == {
        "contents": "write", "packages": "write", "attestations": "write", "id-token": "write", "issues": "write", "actions": "read",
    }  # fmt: skip
    change = read_yaml(root / ".github/workflows/base-images-pull-request.yml")
    assert all(set(job["permissions"]) <= {"contents"} for job in change["jobs"].values())
    jobs, pipeline = read_yaml(root / ".gitlab/base-images-jobs.yml"), read_yaml(root / ".gitlab/base-images.gitlab-ci.yml")
    asked = {name: job["id_tokens"] for name, job in {**jobs, **pipeline}.items() if isinstance(job, dict) and "id_tokens" in job}
    assert asked == {
        ".build": {"VAULT_ID_TOKEN": {"aud": "https://vault.acme.example"}},
        "tags": {"TELL_ID_TOKEN": {"aud": "https://tell.acme.example"}},
    }


def test_the_permissions_that_are_known_are_githubs():
    """By the schema of GitHub's own parser."""
    (schema,) = (ROOT / ".tools").glob("npm/node_modules/@actions/workflow-parser/dist/workflow-v1.0*.json")
    known = json.loads(schema.read_text())["definitions"]["permissions-mapping"]["mapping"]["properties"]
    kinds = {"permission-level-any": "ANY", "permission-level-write-or-no-access": "WRITE", "permission-level-read-or-no-access": "READ"}
    source = (ROOT / "src/emit/github/permissions.rs").read_text()
    assert dict(re.findall(r'^    \("([a-z-]+)", (\w+)\),$', source, re.MULTILINE)) == {name: kinds[of["type"]] for name, of in known.items()}


def test_on_the_classic_shape_a_step_knows_what_docker_pushed(gen, tmp_path):
    root = tmp_path / "classic"
    root.mkdir()
    table = '[ci.cloud-build]\nshape = "classic"\n[ci.cloud-build.step.scan]\nat = "after-build"\nrun = \'grype "registry:$IMAGE_REFERENCE"\'\n'
    matrix = MATRIX.replace('arch = ["amd64", "arm64"]', 'arch = ["amd64"]')
    (root / "matrix.toml").write_text(matrix + table)
    subprocess.run([gen, "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    runs = cloud_build.Runs(copy_tree(root, tmp_path / "tree"), tmp_path)
    runs.publish({"_BASE_URL": "gcr.io/test/mine"})
    tags = runs.stub.tags()
    told = {call["IMAGE_ID"]: call for call in calls(runs.stub, "grype")}
    assert set(told) == {"base", "top"}
    for spec in Plan(root).specs:
        leg = next(iter(spec["pushed"].values())).replace("ghcr.io/acme", "gcr.io/test/mine")
        call = told[spec["id"]]
        assert (call["IMAGE_PLATFORM"], call["IMAGE_DIGEST"]) == ("linux/amd64", tags[leg]["digest"])
        assert call["IMAGE_REFERENCE"] == f"{leg.rsplit(':', 1)[0]}@{tags[leg]['digest']}"


@pytest.mark.timeout(900)
def test_in_a_dry_run_nothing_of_it_runs(gen, tmp_path):
    """On GitHub: neither steps around the tags nor workflows that are called behind them."""
    root = tmp_path / "made"
    (root / ".github/workflows").mkdir(parents=True)
    steps = "".join(f'[ci.github.step.{at}]\nat = "{at}"\nrun = \'echo {at} >> "$DOCKER_STUB/ran"\'\n' for at in ("before-probe", "before-build", "after-build", "before-tags", "after-tags"))  # fmt: skip
    then = '[[ci.github.then]]\njob = "library"\nuses = "./.github/workflows/library.yml"\n'
    called = {"on": {"workflow_call": None}, "jobs": {"tell": {"runs-on": "ubuntu-24.04", "steps": [{"run": 'echo then >> "$DOCKER_STUB/ran"'}]}}}
    (root / ".github/workflows/library.yml").write_text(json.dumps(called))
    (root / "matrix.toml").write_text(MATRIX + "[ci.github]\n" + steps + then)
    subprocess.run([gen, "-q", "matrix", "-C", root], check=True, stdin=subprocess.DEVNULL)
    stub = Stub(tmp_path / "stub")
    tree = copy_tree(root, tmp_path / "tree")
    workflow = Workflow(tree, event="workflow_dispatch", more=["--input", "dry-run=true"])
    workflow.publish(stub)
    assert (stub.folder / "ran").read_text().split() == ["before-probe"]
    assert not stub.tags() and not [call for call in stub.journal() if call["verb"] in ("build", "create")]
    (stub.folder / "ran").unlink()
    Workflow(tree, event="workflow_dispatch").publish(stub)
    ran = (stub.folder / "ran").read_text().split()
    assert sorted(set(ran)) == ["after-build", "after-tags", "before-build", "before-probe", "before-tags", "then"]
