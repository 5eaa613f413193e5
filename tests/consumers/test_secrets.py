"""What builds are handed: secrets reach the builds that mount them, in every provider's pipeline, and nobody else; a change is
given none; one that is missing is told before a build."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import cloud_build
import pytest
from github import Workflow, messages
from harness import Plan, Stub, copy_tree, outputs, read_yaml
from judges import printed
from pipelines import PROVIDERS
from trees import outputs as of_kind
from trees import shapes

TREE = next(tree for tree in shapes() if tree.name == "shape-secrets")
SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
VARIABLES = {"PIP_INDEX_URL": "https://joe:hunter2@pypi.acme.example/simple", "HF_TOKEN": "hf_0123456789"}
WITHHELD = {"server/server", "server/training", "top", "models"}


@pytest.fixture
def tree(gen, tmp_path) -> Path:
    return copy_tree(TREE.generate(gen, tmp_path / "made"), tmp_path / "tree")


@pytest.fixture
def stub(tmp_path) -> Stub:
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    return stub


def pushed(stub: Stub) -> dict:
    """{reference: the secrets that its build was handed}"""
    return {tag: call["secrets"] for call in stub.journal() if call["verb"] == "build" and call["push"] for tag in call["tags"]}


def planned(tree: Path, value) -> dict:
    """The same by the plan; `value` says what a variable holds."""
    return {
        leg: {name: value(variable) for name, variable in spec.get("secrets", {}).items()}
        for spec in Plan(tree).specs for leg in spec["pushed"].values()
    }  # fmt: skip


def test_the_plan_names_what_is_mounted_and_what_a_change_lacks(tree):
    plan = Plan(tree)
    assert {spec["id"]: spec.get("secrets", {}) for spec in plan.specs} == {
        "core": {},
        "server/server": {"pip-index": "PIP_INDEX_URL"},
        "server/training": {"pip-index": "PIP_INDEX_URL"},
        "top": {},
        "models": {"model-hub": "HF_TOKEN"},
    }
    assert {spec["id"] for spec in plan.specs if "withheld" in spec} == WITHHELD
    groups = json.loads((tree / "generated/plan.json").read_text())["pipelines"][0]["groups"]
    assert [group["builds"] for group in groups] == [["core"], ["core"]]
    for path in outputs(tree):
        text = (tree / path).read_text()
        assert not any(value in text for value in VARIABLES.values()), path


@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_build_is_handed_what_it_mounts(tree, stub, provider, monkeypatch):
    value = {
        "github": lambda variable: f"value-of-{variable}",
        "gitlab": lambda variable: f"secret-of-{variable.lower()}",
        "cloud-build": lambda variable: f"secret of projects/the-project_id/secrets/{variable}/versions/latest",
        "buildkite": VARIABLES.get,
    }[provider]
    if provider == "buildkite":
        # One is in the environment of the agent, the other stored.
        env = stub.env
        stored = json.dumps({"HF_TOKEN": VARIABLES["HF_TOKEN"], "PIP_INDEX_URL": "another"})
        own = {"PIP_INDEX_URL": VARIABLES["PIP_INDEX_URL"], "BUILDKITE_STORED": stored}
        monkeypatch.setattr(stub, "env", lambda **more: env(**own, **more))
    PROVIDERS[provider](tree, stub)
    assert {leg: {name: resolved(text) for name, text in of.items()} for leg, of in pushed(stub).items()} == planned(tree, value)
    taken = [call["taken"] for call in stub.journal() if call["verb"] == "build"]
    assert taken and all(names == ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"] for names in taken)
    # Nothing but the builder reads one: no other call was given it.
    others = [call for call in stub.journal() if not (call["verb"] == "build" and call["push"])]
    for variable in VARIABLES:
        assert value(variable) not in json.dumps(others), provider


def resolved(text: str) -> str:
    return text.replace("$PROJECT_ID", "the-project_id")


def test_on_github_only_the_step_that_builds_reads_them(tree):
    workflow = Workflow(tree)
    where = {}
    for name, job in workflow.jobs.items():
        for step in job.get("steps", []):
            for secret in re.findall(r"secrets\.(\w+)", json.dumps(step)):
                where.setdefault(secret, set()).add((re.sub(r"-\d+$", "", name), step["name"]))
    build = "Build, test and push"
    # Layer 0 has the models, layer 1 what installs from the index.
    assert where["HF_TOKEN"] == {("build-0", build)}
    assert where["PIP_INDEX_URL"] == {("build-1", build)}
    called = read_yaml(workflow.file)["on"]["workflow_call"]["secrets"]
    assert set(called) == {"DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN", *VARIABLES}


def test_on_cloud_build_only_the_steps_of_such_images_read_them(tree):
    wanted = {}
    for build in cloud_build.configs(tree).values():
        for step in build.steps:
            for name in set(step.secret_env) & set(VARIABLES):
                wanted.setdefault(name, set()).add(step.id)
            assert not (cloud_build.is_change(build) and step.secret_env)
    assert wanted == {"PIP_INDEX_URL": {"image-server-server", "image-server-training"}, "HF_TOKEN": {"image-models"}}


def test_a_plain_call_of_docker_is_handed_them(gen, tmp_path):
    """The classic shape of Cloud Build: by options of the call, whose variables are the step's alone."""
    source = copy_tree(TREE.source, tmp_path / "classic")
    matrix = (source / "matrix.toml").read_text().replace('arch = ["amd64", "arm64"]\n', "").replace("sbom = true", "")
    table = matrix[: matrix.index("[ci]")] + '[ci.cloud-build]\nshape = "classic"\n'
    (source / "matrix.toml").write_text(table)
    subprocess.run([gen, "-q", "matrix", "-C", source], check=True, stdin=subprocess.DEVNULL)
    runs = cloud_build.Runs(source, tmp_path)
    runs.publish()
    handed = {call["file"]: call["secrets"] for call in runs.stub.journal() if call["verb"] == "build"}
    of_manager = "secret of projects/$PROJECT_ID/secrets/{}/versions/latest"
    assert {file: secrets for file, secrets in handed.items() if secrets} == {
        "docker/Dockerfile": {"model-hub": of_manager.format("HF_TOKEN")},
        "generated/docker/server/server/Dockerfile": {"pip-index": of_manager.format("PIP_INDEX_URL")},
        "generated/docker/server/training/Dockerfile": {"pip-index": of_manager.format("PIP_INDEX_URL")},
    }
    build = cloud_build.main_config(source)
    assert {step.id: list(step.secret_env) for step in build.steps if step.secret_env and step.id != "prepare"} == {
        "image-models": ["HF_TOKEN"],
        "image-server-server": ["PIP_INDEX_URL"],
        "image-server-training": ["PIP_INDEX_URL"],
    }


def test_a_secret_that_nobody_stored_fails_the_job_by_its_name(tree, stub):
    workflow = Workflow(tree)
    words = workflow.words()
    kept = [word for word in words if not word.startswith("HF_TOKEN=")]
    # Without its value the option goes, too.
    at = kept.index("--secret", words.index("HF_TOKEN=value-of-HF_TOKEN") - 1)
    del kept[at]
    workflow.words = lambda: kept
    done = workflow.start(stub)
    assert done.returncode != 0
    said = messages(done)
    told = r"Build (\S+ \S+)-\d+ *: publish: stopped before anything is built: the secret `model-hub` is not here, HF_TOKEN is not set"
    assert set(re.findall(told, said)) == {"models linux/amd64", "models linux/arm64"}, said
    assert "trying again" not in said
    assert not any("models" in leg for leg in pushed(stub))


def script(tree: Path, stub: Stub, shell: list, *words: str, name: str = "publish.sh", **env: str) -> subprocess.CompletedProcess:
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} on this machine")
    return subprocess.run(
        [*shell, f"generated/ci/{name}", *words], cwd=tree, env=stub.env(**env), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


@in_every_shell
@pytest.mark.parametrize("given", [{}, {"HF_TOKEN": ""}, {"HF_TOKEN": "hf", "PIP_INDEX_URL": ""}], ids=str)
def test_a_missing_one_is_told_before_a_build_and_not_tried_again(tree, stub, shell, given):
    done = script(tree, stub, shell, "build", "models", "linux/amd64", **given)
    if given.get("HF_TOKEN"):
        # That of another image is nobody's affair here.
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 1
    assert "stopped before anything is built: the secret `model-hub` is not here, HF_TOKEN is not set" in done.stderr
    assert not [call for call in stub.journal() if call["verb"] in ("build", "bake")] and "trying again" not in done.stderr


@in_every_shell
@pytest.mark.parametrize("place", ["buildkit", "engine"])
def test_its_tests_are_built_with_it_and_no_word_shows_it(tree, stub, shell, place):
    for id in ("core", "server/server"):
        for verb in (["build", id, "linux/amd64"], ["build", id, "linux/arm64"], ["merge", id]):
            done = script(tree, stub, shell, *verb, TEST_IN=place, **VARIABLES)
            assert done.returncode == 0, done.stderr
            assert not any(value in done.stdout + done.stderr for value in VARIABLES.values())
    builds = [call for call in stub.journal() if call["verb"] == "build" and any("server" in tag for tag in call["tags"])]
    assert all(call["secrets"] == {"pip-index": VARIABLES["PIP_INDEX_URL"]} for call in builds)
    assert len(builds) == (2 if place == "buildkit" else 4)
    subjects = [call["targets"]["subject"] for call in stub.journal() if call.get("place") == "buildkit"]
    assert len(subjects) == (2 if place == "buildkit" else 0)
    for subject in subjects:
        assert subject["secret"] == ["type=env,id=pip-index,env=PIP_INDEX_URL"]
        assert subject["args"]["http_proxy"] == "${http_proxy}"


def test_what_the_script_says_of_a_test_is_read_by_buildx(tree, stub):
    """The real one prints what it would build: proxies where they are set, and secrets by name."""
    (stub.folder / "real-bake").touch()
    for id in ("core", "server/server"):
        for platform in ("linux/amd64", "linux/arm64"):
            done = script(tree, stub, ["sh"], "build", id, platform, HTTPS_PROXY="http://proxy:3128", **VARIABLES)
            assert done.returncode == 0, done.stderr
        script(tree, stub, ["sh"], "merge", id)


@in_every_shell
def test_a_change_lists_what_it_does_not_build(tree, stub, tmp_path, shell):
    done = script(tree, stub, shell, "changed", name="pull-request.sh")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "linux/amd64\tcore\nlinux/arm64\tcore\n"
    told = {line.split()[4].rstrip(","): line for line in done.stderr.splitlines() if "not built: " in line}
    assert set(told) == WITHHELD, done.stderr
    assert told["top"].endswith("it takes pip-index")
    # What the base has is no affair of the change.
    base = (tree / "generated/plan.lines").read_text()
    models = next(spec for spec in Plan(tree).specs if spec["id"] == "models")
    (tmp_path / "base").write_text(base.replace(models["content"], "sha256:" + "0" * 64))
    done = script(tree, stub, shell, "changed", str(tmp_path / "base"), name="pull-request.sh")
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "not built: " in line] == [
        "pull request: not built: models, for a change is given no secret, and it takes model-hub"
    ]
    done = script(tree, stub, shell, "build", "linux/amd64", "core", "top", name="pull-request.sh", **VARIABLES)
    assert done.returncode == 1 and "`top` takes a secret, itself or by what it stands on" in done.stderr
    assert not stub.journal()


def test_bake_knows_names_alone(tree, tmp_path):
    (path,) = of_kind(tree, "bake")
    targets = {target["description"]: target for target in printed(tree, path, tmp_path)["target"].values()}
    assert {id: target.get("secret") for id, target in targets.items()} == {
        "core": None,
        "server/server": [{"id": "pip-index", "env": "PIP_INDEX_URL"}],
        "server/training": [{"id": "pip-index", "env": "PIP_INDEX_URL"}],
        "top": None,
        "models": [{"id": "model-hub", "env": "HF_TOKEN"}],
    }
    assert all("args" not in target for target in targets.values()), "no proxy is set here"


def test_bake_takes_the_proxies_that_are_set(tree, tmp_path, monkeypatch):
    (path,) = of_kind(tree, "bake")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    targets = printed(tree, path, tmp_path)["target"].values()
    assert all(target["args"] == {"HTTPS_PROXY": "http://proxy:3128"} for target in targets)


def test_gen_build_tells_of_a_missing_one_before_the_engine_is_asked(gen, tree, stub):
    def build(*words: str, **env: str) -> subprocess.CompletedProcess:
        return subprocess.run([gen, "build", *words], cwd=tree, env=stub.env(**env), capture_output=True, text=True)

    done = build("image=top")
    assert done.returncode == 2
    assert "PIP_INDEX_URL is not set, which holds the secret `pip-index` of server/server" in done.stderr
    assert not stub.journal()
    # What is not built wants nothing, and the command can be seen without.
    assert build("image=core").returncode == 0
    assert build("--dry-run", "image=top").returncode == 0
    done = build("image=top", PIP_INDEX_URL=VARIABLES["PIP_INDEX_URL"], https_proxy="http://proxy:3128")
    assert done.returncode == 0, done.stderr
    call = stub.journal()[-1]
    assert VARIABLES["PIP_INDEX_URL"] not in json.dumps(call["words"])
