"""The five systems of examples/, each a repository of its own: what `gen matrix` writes there is given to those who read it.

That nothing is found in them, and that references, parents and args are those of the systems, is held by tests/examples.rs.
"""

import csv
import json
import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml
from cloud_build import Service, message, substituted
from github import Workflow
from harness import Stub, copy_tree
from judges import JUDGES, Refused
from packages import commit, repository, run
from pipelines import PROVIDERS
from test_outputs import RUNTIME_IMAGE
from test_refresh import upstream  # noqa: F401
from trees import ROOT, kind_of

EXAMPLES = ["caliban", "core-images", "elyra", "envd", "truss"]

#: Judges that are asked of every tree already, and take long or find nothing there that others do not.
SLOW = {"act", "gitlab-ci-local"}

#: What reads the files that are an example's own, by path; by name the tests below.
OWN = {
    "docker/docker-compose.*.yaml": "vendor.compose-spec",
    ".github/dependabot.yml": "vendor.dependabot",
    "etc/runtime-images/*.json": "test_elyra_reads_the_metadata",
    "docker/images.mk": "test_make_has_every_target_of_every_image",
    "docs/explore/base_images.csv": "test_the_table_of_the_documentation_has_every_image",
    "pkg/images/images.go": "test_the_tool_knows_what_was_built_for_it",
}


@pytest.fixture(scope="session")
def example(gen, tmp_path_factory):
    """The root of an example as somebody has it who has cloned it and run `gen matrix`, by name."""
    made: dict[str, Path] = {}

    def root_of(name: str) -> Path:
        if name not in made:
            root = tmp_path_factory.mktemp("examples") / name
            shutil.copytree(ROOT / "examples" / name, root)
            repository(root, {})
            run([gen, "-q", "matrix"], root)
            commit(root)
            made[name] = root
        return made[name]

    return root_of


@pytest.fixture
def mine(example, tmp_path):
    """The same to be changed, by name."""

    def root_of(name: str) -> Path:
        shutil.copytree(example(name), tmp_path / name, symlinks=True)
        return tmp_path / name

    return root_of


def owned(root: Path) -> list[str]:
    """Paths of all outputs, of matrices that are listed too."""
    lists = [root / "generated/.outputs", *root.glob("generated/*/.outputs")]
    lines = [line for file in lists for line in file.read_text().splitlines()]
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


def own(path: str) -> str | None:
    return next((reader for glob, reader in OWN.items() if Path(path).match(glob)), None)


def plan(root: Path) -> list[dict]:
    return json.loads((root / "generated/plan.json").read_text())["specs"]


def trials_of(spec: dict) -> list[dict]:
    """Its tests, of which one that says no more than its command is a text in the plan."""
    return [test if isinstance(test, dict) else {"run": test} for test in spec["tests"]]


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file}: no {old!r}"
    file.write_text(text.replace(old, new))


# All of them


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_output_has_a_reader(example, name):
    unknown = [path for path in owned(example(name)) if kind_of(path) is None and own(path) is None]
    assert not unknown, f"nobody reads these: {unknown}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_readers_take_them(example, name, tmp_path):
    root = example(name)
    paths = [path for path in owned(root) if own(path) is None]
    asked = set()
    for judge in JUDGES:
        given = [path for path in paths if kind_of(path) in judge.kinds]
        if judge.name in SLOW or not given:
            continue
        scratch = tmp_path / judge.name
        scratch.mkdir()
        try:
            read = judge.ask(root, given, scratch)
        except Refused as refusal:
            pytest.fail(str(refusal), pytrace=False)
        assert read == len(given), f"{judge.name} read {read} of {len(given)} files"
        asked.add(judge.name)
    assert {"bake", "shellcheck", "json-keys", "second-writer", "matrix-file"} <= asked
    schemas = [(path, own(path)) for path in owned(root) if (own(path) or "").startswith("vendor.")]
    for path, schema in schemas:
        run(["check-jsonschema", "--builtin-schema", schema, path], root)
        # Negative control: a key at the top that its reader does not know.
        broken = tmp_path / Path(path).name
        broken.write_text((root / path).read_text() + "\nsurvices: {}\n")
        run(["check-jsonschema", "--builtin-schema", schema, broken], root, code=1)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_output_is_committed_here(name):
    """What is in the repository is what somebody writes; the two commands of the README make the rest."""
    tracked = run(["git", "ls-files", "--", f"examples/{name}"], ROOT).splitlines()
    assert not [path for path in tracked if "/generated/" in path or "Generated by gen matrix" in (ROOT / path).read_text()]
    readme = (ROOT / f"examples/{name}/README.md").read_text()
    assert "\ngen matrix " in readme and "\ngen check " in readme and f"docs/migrate/{name}.md" in readme


def published(root: Path, publish, folder: Path, scripts: dict[str, str]) -> set[str]:
    """What its pipeline puts on registries of a stub, when it is really run; with these in the place of scripts."""
    bare = shutil.copytree(root, folder / "bare", ignore=shutil.ignore_patterns(".git"))
    for path, text in scripts.items():
        (bare / path).write_text(text)
    # As pipelines find it, with a remote.
    tree, stub = copy_tree(bare, folder / "tree"), Stub(folder / "stub")
    publish(tree, stub)
    return set(stub.tags())


# Caliban

#: The images of its last cloudbuild.json, in its order: tag, Dockerfile, build args, the image that it waits for.
CALIBAN = [
    ("gpu-base-ubuntu1804-cuda100", "Dockerfile.gpu", ["CUDA=10.0", "UBUNTU_VERSION=18.04"], None),
    ("gpu-base-ubuntu1804-cuda101", "Dockerfile.gpu", ["CUDA=10.1", "UBUNTU_VERSION=18.04"], None),
    ("cpu-ubuntu1804-py37", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2", "BASE_IMAGE=ubuntu:18.04"], None),
    ("cpu-ubuntu1804-py38", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2", "BASE_IMAGE=ubuntu:18.04"], None),
    ("gpu-ubuntu1804-py37-cuda100", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], "gpu-base-ubuntu1804-cuda100"),
    ("gpu-ubuntu1804-py37-cuda101", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], "gpu-base-ubuntu1804-cuda101"),
    ("gpu-ubuntu1804-py38-cuda100", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2"], "gpu-base-ubuntu1804-cuda100"),
    ("gpu-ubuntu1804-py38-cuda101", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2"], "gpu-base-ubuntu1804-cuda101"),
    ("cpu-ubuntu2004-py37", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2", "BASE_IMAGE=ubuntu:20.04"], None),
    ("cpu-ubuntu2004-py38", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2", "BASE_IMAGE=ubuntu:20.04"], None),
]

#: Those of its first, of June 2020, whose tags had no operating system; there BASE_IMAGE came first.
CALIBAN_2020 = [
    ("gpu-base-cuda100", "Dockerfile.gpu", ["CUDA=10.0"], None),
    ("gpu-base-cuda101", "Dockerfile.gpu", ["CUDA=10.1"], None),
    ("cpu-py37", "Dockerfile", ["BASE_IMAGE=ubuntu:18.04", "PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], None),
    ("cpu-py38", "Dockerfile", ["BASE_IMAGE=ubuntu:18.04", "PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2"], None),
    ("gpu-cuda100-py37", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], "gpu-base-cuda100"),
    ("gpu-cuda101-py37", "Dockerfile", ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], "gpu-base-cuda101"),
    ("gpu-cuda100-py38", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2"], "gpu-base-cuda100"),
    ("gpu-cuda101-py38", "Dockerfile", ["PYTHON_VERSION=3.8", "MINICONDA_VERSION=py38_4.8.2"], "gpu-base-cuda101"),
]

#: What declares them.
MATRIX_2020 = """
[registry.gcr]
prefix = "gcr.io/blueshift-playground"

[axis]
hardware = ["cpu", "gpu"]
python = [{ value = "py37", version = "3.7" }, { value = "py38", version = "3.8" }]
cuda = ["none", { value = "cuda100", version = "10.0" }, { value = "cuda101", version = "10.1" }]

[defaults]
name = "blueshift"
context = "."

[image.gpu-base]
axes = ["cuda"]
match = { cuda = "!none" }
tag = "gpu-base-{{ cuda }}"
dockerfile = "dockerfiles/Dockerfile.gpu"
args = { CUDA = "{{ cuda.version }}" }

[image.blueshift]
match = [{ hardware = "cpu", cuda = "none" }, { hardware = "gpu", cuda = "!none" }]
tag = "{{ hardware }}{{ '-' ~ cuda if cuda }}-{{ python }}"
from = "ubuntu:18.04"
dockerfile = "dockerfiles/Dockerfile"
args = { BASE_IMAGE = "{{ from }}", PYTHON_VERSION = "{{ python.version }}", MINICONDA_VERSION = "{{ python }}_4.8.2" }

[[image.blueshift.when]]
match = { hardware = "gpu" }
parent = "gpu-base"

[[output.file]]
path = "cloudbuild.json"
template = "cloudbuild.json"
with = { base = "gcr.io/blueshift-playground/blueshift", timeout = "86400s" }
"""


def steps(images: list, root: str, base_first: bool = False) -> list[dict]:
    """The steps that its script wrote for these."""
    written = []
    for tag, dockerfile, args, waits in images:
        image, base = f"{root}:{tag}", [f"BASE_IMAGE={root}:{waits}"] if waits else []
        args = [*base, *args] if base_first else [*args, *base]
        build = ["build", "-t", image, "-f", f"dockerfiles/{dockerfile}", *(w for arg in args for w in ("--build-arg", arg)), "."]
        docker = "gcr.io/cloud-builders/docker"
        written.append({"id": image, "name": docker, "args": build, "waitFor": [f"{root}:{waits}" if waits else "-"]})
        written.append({"id": f"{image}-push", "name": docker, "args": ["push", image], "waitFor": [image]})
    return written


def as_built(config: dict, **values: str) -> list[dict]:
    """The steps as the service reads them."""
    assert set(values) <= set(config["substitutions"])
    values = {**config["substitutions"], **values}
    return [{**step, "args": [substituted(arg, values, set()) for arg in step["args"]]} for step in config["steps"]]


HOME = "gcr.io/blueshift-playground/blueshift"


def test_all_twenty_steps_are_those_of_old(example):
    config = json.loads((example("caliban") / "cloudbuild.json").read_text())
    assert as_built(config) == steps(CALIBAN, HOME) and len(config["steps"]) == 20
    assert config["timeout"] == "86400s" and set(config) == {"steps", "substitutions", "timeout"}
    assert [list(step) for step in config["steps"]] == [["id", "name", "args", "waitFor"]] * 20


def test_all_sixteen_steps_of_its_first_are_those_of_old(gen, mine):
    root = mine("caliban")
    for path in owned(root):
        (root / path).unlink()
    (root / "matrix.toml").write_text(MATRIX_2020)
    edit(root / "dockerfiles/Dockerfile.gpu", "ARG UBUNTU_VERSION=18.04\n", "")
    edit(root / "dockerfiles/Dockerfile.gpu", "ubuntu${UBUNTU_VERSION}", "ubuntu18.04")
    run([gen, "-q", "matrix"], root)
    config = json.loads((root / "cloudbuild.json").read_text())
    assert as_built(config) == steps(CALIBAN_2020, HOME, base_first=True) and len(config["steps"]) == 16


def test_another_base_url_needs_no_other_file(example, tmp_path):
    """`--base_url`: what is built, stood on and pushed is below it, and nothing at home."""
    root, elsewhere = example("caliban"), "gcr.io/mine/test"
    config = json.loads((root / "cloudbuild.json").read_text())
    args = [step["args"] for step in steps(CALIBAN, elsewhere)]
    assert [step["args"] for step in as_built(config, _BASE_URL=elsewhere)] == args
    # And as the service runs it.
    stub = Stub(tmp_path / "stub")
    Service(message(root / "cloudbuild.json"), root, stub.env(), tmp_path / "home", {"_BASE_URL": elsewhere}).run()
    assert set(stub.tags()) == {f"{elsewhere}:{tag}" for tag, *_ in CALIBAN}


def test_the_other_configuration_publishes_the_same(example, tmp_path):
    """`cloudbuild.yaml`, which builds what is missing alone, and tests each before it is pushed."""
    assert {f"{HOME}:{tag}" for tag, *_ in CALIBAN} <= published(example("caliban"), PROVIDERS["cloud-build"], tmp_path, {})


def test_the_trigger_names_all_that_images_are_made_of(example, tmp_path):
    root, called = example("caliban"), tmp_path / "called"
    (tmp_path / "gcloud").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{called}\n')
    (tmp_path / "gcloud").chmod(0o755)
    run(["sh", "scripts/triggers.sh"], root, PATH=f"{tmp_path}:{os.environ['PATH']}")
    words = called.read_text().splitlines()
    assert words[:4] == ["builds", "triggers", "create", "github"]
    included = set(words[words.index("--included-files") + 1].split(","))
    copied = {path for spec in plan(root) for path in re.findall(r"^COPY (\S+)", (root / spec["dockerfile"]).read_text(), re.MULTILINE)}
    # The configuration is in what is built: with args that are others, the file is another.
    assert included == {spec["dockerfile"] for spec in plan(root)} | copied | {"cloudbuild.json"}
    assert all((root / path).is_file() for path in included)


def test_the_other_trigger_looks_at_the_same_files(example):
    """That of `cloudbuild.yaml`, whose commands stand at its head."""
    head = (example("caliban") / "cloudbuild.yaml").read_text().split("\nsteps:")[0]
    assert head.count("gcloud builds triggers create github") == 1 and "--branch-pattern='^main$'" in head
    included = set(re.search(r"--included-files='([^']*)'", head)[1].split(","))
    assert {"dockerfiles/**", "scripts/bashrc", "matrix.toml", "generated/**"} <= included


def test_the_table_of_the_documentation_has_every_image(example):
    rows = list(csv.reader((example("caliban") / "docs/explore/base_images.csv").read_text().splitlines()))
    assert rows[0] == ["CUDA", "Python 3.7", "Python 3.8"] and {len(row) for row in rows} == {3}
    assert {tag for row in rows[1:] for tag in row[1:]} == {tag for tag, *_ in CALIBAN if "base" not in tag}
    assert rows[2] == ["CUDA 10.0 on Ubuntu 18.04", "gpu-ubuntu1804-py37-cuda100", "gpu-ubuntu1804-py38-cuda100"]


@pytest.mark.parametrize("constant", ["DEFAULT_GPU_TAG", "DEFAULT_CPU_TAG"])
def test_default_tags_are_held(gen, mine, constant):
    root = mine("caliban")
    edit(root / "caliban/docker/build.py", f'{constant} = "', f'{constant} = "x')
    said = run([gen, "check", "--format", "concise"], root, code=1)
    assert "caliban/docker/build.py" in said and "error[mention-unknown]" in said and "1 error" in said


def test_images_are_kept_up_to_date_by_a_change(gen, mine, upstream):  # noqa: F811
    """`refresh.sh` without a release: what upstream images are today is a commit, and the steps follow."""
    root = mine("caliban")
    for file, image in [("matrix.toml", "nvidia/cuda"), ("dockerfiles/Dockerfile.gpu", "nvidia/cuda"), ("matrix.toml", '"ubuntu')]:
        quote, name = ('"' if image[0] == '"' else ""), image.strip('"')
        edit(root / file, f"{image}:", f"{quote}{upstream.host}/{name}:")
    run([gen, "-q", "lock"], root)
    commit(root)
    asked = {"GEN": str(gen), "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
    assert run(["sh", "generated/ci/refresh.sh", "bases"], root, **asked).count("Refresh base images") == 0
    upstream.push("2")
    assert "Refresh base images" in run(["sh", "generated/ci/refresh.sh", "bases"], root, **asked)
    assert run(["git", "log", "-1", "--format=%s"], root) == "Refresh base images\n"
    steps = json.loads((root / "cloudbuild.json").read_text())["steps"]
    assert f"BASE_IMAGE={upstream.host}/ubuntu:20.04@{upstream.digest}" in steps[-2]["args"]
    run([gen, "check"], root)


# Truss


def test_images_then_tests_then_library(example):
    root = example("truss")
    workflow = yaml.safe_load((root / ".github/workflows/base-images.yml").read_text())
    # `on` is a truth value of YAML 1.1.
    assert workflow[True]["push"] == {"branches": ["release"]} and "release" not in workflow[True]
    jobs = workflow["jobs"]
    for job, before in [("integration-tests", "tags"), ("library", "integration-tests")]:
        assert jobs[job]["needs"] == [before] and f"needs.{before}.result == 'success'" in jobs[job]["if"]
        # A called workflow may do no more than the job that calls it, or GitHub starts none of them.
        called = yaml.safe_load((root / jobs[job]["uses"].removeprefix("$/")).read_text())["jobs"].values()
        assert all(one["permissions"].items() <= jobs[job]["permissions"].items() for one in called)


def test_the_tests_find_the_images_and_the_library_comes_last(example, tmp_path):
    root, said = example("truss"), tmp_path / "said"
    references = {reference for spec in plan(root) for reference in spec["references"]}
    look = f"for image in {' '.join(sorted(references))}; do docker buildx imagetools inspect \"$image\" >/dev/null || exit 1; done\n"
    scripts = {
        "scripts/integration-tests": f"#!/bin/sh\n{look}echo tests >>{said}\n",
        "scripts/publish-library": f"#!/bin/sh\necho library >>{said}\n",
    }
    pushed = lambda tree, stub: Workflow(tree, event="push").publish(stub)  # noqa: E731
    assert references <= published(root, pushed, tmp_path, scripts) and len(references) == 12
    assert said.read_text() == "tests\nlibrary\n"


def test_a_release_candidate_moves_the_constant_and_no_text(gen, mine):
    root = mine("truss")
    run([gen, "bump", "--amend"], root)
    edit(root / "truss/templates/server/requirements.txt", "msgpack==1.1.0", "msgpack==1.1.1")
    run([gen, "bump", "pre"], root)
    assert 'TRUSS_BASE_IMAGE_VERSION_TAG = "v0.18.26rc1"' in (root / "truss/contexts/image_builder/util.py").read_text()
    assert 'version = "0.18.26rc1"' in (root / "pyproject.toml").read_text()
    assert "3.13-gpu-v0.13.0" in (root / "docs/contribute/base-images.md").read_text()
    run([gen, "bump", "release"], root)
    assert "v0.18.26" in (root / "truss-chains/examples/transcription/whisper_chainlet.py").read_text()


def test_the_library_alone_is_released_without_images(gen, mine):
    """The change of 0.18.26 is of the library: its image follows, the base images stay."""
    root = mine("truss")
    run([gen, "bump", "--amend"], root)
    run([gen, "bump", "--amend", "--config", "docker/context-builder.toml"], root)
    edit(root / "truss/__init__.py", "Packages models", "Packages and serves models")
    run([gen, "bump", "patch", "--config", "docker/context-builder.toml"], root)
    assert "no findings" in run([gen, "check"], root)
    assert tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"] == "0.18.26"
    assert tomllib.loads((root / "matrix.toml").read_text())["release"]["version"] == "0.13.0"


def test_what_is_offered_is_built(gen, mine):
    root = mine("truss")
    edit(root / "truss/base/constants.py", '"3.14"]', '"3.14", "3.15"]')
    said = run([gen, "check", "--format", "concise"], root, code=1)
    assert "error[offer-unbuilt]: `3.15` is offered" in said


# Elyra


def test_elyra_reads_the_metadata(example, tmp_path):
    root = example("elyra")
    schema = tmp_path / "runtime-image.json"
    schema.write_text(json.dumps(RUNTIME_IMAGE))
    files = sorted((root / "etc/runtime-images").iterdir())
    run(["check-jsonschema", "--schemafile", schema, *files], root)
    named = {file.stem: json.loads(file.read_text())["metadata"]["image_name"] for file in files}
    # Each that is offered is held to the contract, by the image that is built on it.
    assert named == {spec["cell"]["runtime"]: spec["base"] for spec in plan(root) if spec["image"] == "contract"} and len(named) == 3
    for tests in (trials_of(spec) for spec in plan(root) if spec["image"] == "contract"):
        assert any("papermill" in test["run"] and test.get("files") for test in tests), "no notebook is run"


def test_a_locked_digest_is_part_of_what_is_offered(gen, mine):
    """For sites without a way out; and it cannot be taken back unseen."""
    root, digest = mine("elyra"), f"sha256:{'5' * 64}"
    base = f'\n[[base]]\nreference = "docker.io/amancevice/pandas:2.2.3"\ndigest = "{digest}"\n'
    (root / "matrix.lock").write_text(f"version = 1\ncontent-format = 2\n{base}")
    run([gen, "-q", "matrix"], root)
    file = root / "etc/runtime-images/pandas.json"
    assert json.loads(file.read_text())["metadata"]["image_name"] == f"docker.io/amancevice/pandas:2.2.3@{digest}"
    edit(file, f"@{digest}", "")
    assert "error[stale-output]" in run([gen, "check"], root, code=1)


def test_products_are_built_of_the_wheel_of_their_release(example):
    root = example("elyra")
    jobs = yaml.safe_load((root / ".github/workflows/base-images.yml").read_text())["jobs"]
    names = [step.get("name") for step in jobs["build-0-0"]["steps"]]
    assert names.index("Build the wheel") < names.index("Build, test and push")
    lines = [line.split("\t") for line in (root / "generated/plan.lines").read_text().splitlines()]
    wanted = {line[1] for line in lines if line[0] == "artifact"}
    assert wanted == {"elyra", "kf-notebook"}, "a build of these stops where the wheel is not there"


# envd


def test_a_base_of_the_house_keeps_its_contract(gen, mine):
    root = mine("envd")
    edit(root / "custom/Dockerfile", "FROM ubuntu:22.04", "FROM debian:13-slim")
    said = run([gen, "check", "--format", "concise"], root, code=1)
    assert "error[parent-ignored]" in said
    tests = next(trials_of(spec) for spec in plan(root) if spec["image"] == "custom")
    assert any("pip --version" in test["run"] for test in tests) and any("ID=ubuntu" in test["run"] for test in tests)


@pytest.mark.parametrize(("old", "new", "tag"), [
    ('{ value = "12.8.1", cudnn = "cudnn" }', '{ value = "12.8.1", cudnn = "cudnn8" }', "12.8.1-cudnn8-devel"),
    ('{ value = "12.3.2", cudnn = "cudnn9" }', '{ value = "12.3.2", cudnn = "cudnn8" }', "12.3.2-cudnn8-devel"),
    ('{ value = "11.8.0", cudnn = "cudnn8" }', '{ value = "11.8", version = "11.8.0", cudnn = "cudnn8" }', "11.8-cudnn8-devel"),
])  # fmt: skip
def test_a_form_of_cudnn_that_is_not_there_is_told(gen, mine, old, new, tag):
    root = mine("envd")
    edit(root / "matrix.toml", old, new)
    if "11.8" in tag:
        edit(root / "pkg/app/init.go", '"11.8.0"', '"11.8"')
    run([gen, "-q", "matrix"], root, code=None)
    said = run([gen, "check", "--format", "concise"], root, code=1)
    assert f"[base-missing]: `docker.io/nvidia/cuda:{tag}-ubuntu22.04`" in said


def test_what_is_for_serving_has_no_server_for_people(example):
    text = {name: (example("envd") / f"generated/docker/environment/{name}/Dockerfile").read_text() for name in ("dev", "serving")}
    for word in ("envd-sshd", "jupyterlab", "openssh-client"):
        assert word in text["dev"] and word not in text["serving"]


def test_the_tool_knows_what_was_built_for_it(example):
    root = example("envd")
    text = (root / "pkg/images/images.go").read_text()
    rows = re.findall(r'^\t\{("(?:[^"\\]|\\.)*"), ("(?:[^"\\]|\\.)*")\},$', text, re.MULTILINE)
    built = {spec["cell"]["cuda"]: spec["references"][0] for spec in plan(root) if spec["image"] == "python-cache"}
    assert {json.loads(cuda): json.loads(reference) for cuda, reference in rows} == built and len(built) == 4
    offered = set(re.findall(r'"([\d.]+)"', (root / "pkg/app/init.go").read_text()))
    assert offered == set(built) - {"none"}


@pytest.mark.skipif(not shutil.which("gofmt"), reason="gofmt is not installed")
def test_the_constants_compile(example):
    assert run(["gofmt", "-l", "-e", "pkg/images/images.go"], example("envd")) == ""


# Core images


def test_make_has_every_target_of_every_image(example):
    root = example("core-images")
    for spec in plan(root):
        for verb in ["lock", "build", "deploy", "start", "stop", "validate"]:
            run(["make", "-n", f"docker.{verb}/{spec['image']}", "ENVIRONMENT=ci"], root)
    regions = run(["make", "-n", "docker.login"], root)
    assert regions.count("docker login") == 2 and "us-east-1" in regions and "us-east-2" in regions
    run(["make", "-n", "docker.build/ghost"], root, code=2)


def test_make_builds_and_validates_by_compose(example, tmp_path):
    root, called = example("core-images"), tmp_path / "called"
    (tmp_path / "docker").write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    (tmp_path / "docker").chmod(0o755)
    for target in ["docker.build-all", "docker.validate/gpu-train", "docker.validate/python-base"]:
        run(["make", target], root, PATH=f"{tmp_path}:{os.environ['PATH']}")
    compose = "compose --file docker/docker-compose.dev.yaml"
    assert called.read_text().splitlines() == [
        *(f"{compose} build {spec['image']}" for spec in plan(root)),
        f"{compose} run --rm gpu-train-tests",
    ]


@pytest.mark.parametrize("environment", ["dev", "ci"])
def test_compose_has_a_service_for_each_image_and_each_validation(example, environment):
    root = example("core-images")
    services = yaml.safe_load((root / f"docker/docker-compose.{environment}.yaml").read_text())["services"]
    specs = {spec["image"]: spec for spec in plan(root)}
    assert set(services) == {*specs, *(f"{image}-tests" for image, spec in specs.items() if spec["tests"])}
    for image, spec in specs.items():
        build = services[image]["build"]
        assert build["target"] == {"dev": "development", "ci": "production"}[environment]
        assert (root / "docker" / build["context"] / "Dockerfile").is_file()
        if spec["parent"]:
            # The parent is the service that builds it, under the name that FROM comes to.
            above = specs[spec["parent"]]["references"][0]
            assert build["additional_contexts"][above] == f"service:{spec['parent']}"
    assert services["gpu-base-tests"]["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]
    after = services["neuron-inference-tests"]
    assert after["devices"] == ["/dev/neuron0:/dev/neuron0"]
    assert after["depends_on"] == {"neuron-compile-tests": {"condition": "service_completed_successfully"}}


def test_hardware_is_tried_in_development_and_production_is_published(example):
    specs = {spec["image"]: spec for spec in plan(example("core-images"))}
    assert {spec["target"] for spec in specs.values()} == {"production"}
    for image, option in [("gpu-train", "--gpus=all"), ("neuron-compile", "--device=/dev/neuron0"), ("neuron-inference", "--device=/dev/neuron0")]:
        (test,) = (test for test in trials_of(specs[image]) if test.get("options"))
        assert (test["options"], test["target"]) == ([option], "development"), image


def test_dependabot_updates_every_folder_with_requirements(example):
    root = example("core-images")
    updates = yaml.safe_load((root / ".github/dependabot.yml").read_text())["updates"]
    folders = sorted(update["directory"] for update in updates if update["package-ecosystem"] == "pip")
    assert folders == sorted(f"/{file.parent.relative_to(root)}" for file in root.glob("docker/*/requirements.txt"))
    (actions,) = (update for update in updates if update["package-ecosystem"] == "github-actions")
    assert actions["exclude-paths"] == [path for path in sorted(owned(root)) if path.startswith(".github/workflows/")]


def test_the_table_is_that_of_the_images(example):
    text = (example("core-images") / "README.md").read_text()
    rows = [re.split(r" \| ", line.strip("| ")) for line in text.splitlines() if line.startswith("| ")]
    table = {row[0]: row for row in rows[1:]}
    assert list(table) == [spec["image"] for spec in plan(example("core-images"))]
    assert table["kubeflow-torch-gpu"][2:6] == ["`gpu-base`", "Kubeflow image for torch (GPU available)", "gpu", "east-2"]
