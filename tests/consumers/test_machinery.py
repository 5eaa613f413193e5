"""What pipelines run besides images: each of it known by facts and stated whole, and nothing is installed while a job runs."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from judges import read_yaml
from trees import MACHINERY as SHIPPED
from trees import ROOT, Tree, kind_of, owned, shapes, trees

PIPELINES = {"github", "gitlab", "gitlab-templates", "cloud-build", "buildkite", "script"}
#: Ways to install at run time. Commands of the user's may.
INSTALLS = re.compile(
    r"\b(apk (--\S+ )*add|apt(-get)? (-\S+ )*install|(dnf|yum|microdnf|zypper) (-\S+ )*install|(pip|pipx|uv|npm|cargo|gem|go) (\S+ )?install|uvx|npx)\b"
)


def texts_of(config) -> list[str]:
    """Every text of a matrix: what the user says is no machinery."""
    if isinstance(config, str):
        return [config]
    values = config.values() if isinstance(config, dict) else config if isinstance(config, list) else []
    return [text for value in values for text in texts_of(value)]


@pytest.mark.parametrize("tree", trees() + shapes(), ids=lambda tree: tree.name)
def test_no_job_installs(tree: Tree, gen, tmp_path):
    root = tree.generate(gen, tmp_path)
    given = [line.strip() for text in texts_of(tree.config()) for line in text.splitlines()]
    looked = [path for path in owned(root) if kind_of(path) in PIPELINES]
    lines = [(path, line.strip().removeprefix("- ").strip("\"'")) for path in looked for line in (root / path).read_text().splitlines()]
    found = [(path, line) for path, line in lines if INSTALLS.search(line) and not any(line in text or text in line for text in given)]
    assert found == []


def test_what_installs_is_seen():
    seen = ["apk add jq", "apk --no-cache add jq", "apt-get -y install x", "pip install x", "uv pip install x", "uvx x", "npm install"]
    assert [line for line in seen if not INSTALLS.search(line)] == []
    assert not INSTALLS.search("# what is installed") and not INSTALLS.search("docker run --privileged --rm x --install arm64")


def images_of(node, key="") -> list[str]:
    """Every image that a pipeline's file states, wherever it stands."""
    if isinstance(node, dict):
        return [image for name, value in node.items() for image in images_of(value, name)]
    if isinstance(node, list):
        return [image for value in node for image in images_of(value, key)]
    stated = isinstance(node, str) and key in ("image", "name", "env", "driver-opts", "command", "script", "run", "variables", "EMULATOR")
    return re.findall(r"(?<![\w/.:-])((?:[\w.-]+(?::\d+)?/)*[\w.-]+:[\w][\w.-]*@sha256:[0-9a-f]{64})", node) if stated else []


@pytest.mark.parametrize("provider", ["github", "gitlab", "cloud-build", "buildkite"])
def test_a_row_of_the_user_stands_for_the_shipped(provider, gen, tmp_path):
    """All of it, in every provider: what the files name is what the facts do, of which nothing shipped is left."""
    own = {name: f"registry.example.com:5000/own/{name}:1.2.3@sha256:{n:064x}" for n, name in enumerate(SHIPPED)}
    rows = "".join(f'[[machinery]]\nname = "{name}"\nimage = "{image}"\n' for name, image in own.items())
    (tmp_path / "facts.toml").write_text(rows)
    emulates = {"github": 'emulate = ["arm64"]', "gitlab": 'emulate = ["arm64"]', "cloud-build": 'platforms = ["linux/amd64", "linux/arm64"]'}
    runners = {"buildkite": 'runner = { arm64 = "arm64" }'}
    (tmp_path / "matrix.toml").write_text(f"""
[facts]
file = "facts.toml"
[registry.ecr]
prefix = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme"
[axis]
arch = ["amd64", "arm64"]
python = ["3.13"]
[image.base]
tag = "{{{{ python }}}}"
from = "debian:13-slim"
[ci.{provider}]
{emulates.get(provider, runners.get(provider, ""))}
""")
    made = subprocess.run([gen, "matrix", "-C", tmp_path], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    texts = {path: (tmp_path / path).read_text() for path in owned(tmp_path) if kind_of(path) in PIPELINES | {"dockerfile"}}
    left = [(path, image) for path, text in texts.items() for image in SHIPPED.values() if image in text or image.split("@")[0] in text]
    assert left == []
    used = {name for name, image in own.items() if any(image in text for text in texts.values())}
    expected = {
        "github": {"binfmt", "buildkit"},
        "gitlab": {"aws-cli", "binfmt", "buildkit", "curl", "docker-cli", "docker-dind"},
        "cloud-build": {"aws-cli", "binfmt", "buildkit", "curl", "docker-cli"},
        "buildkite": {"buildkit"},
    }
    assert used == expected[provider] | {"uv"}


def test_every_image_of_this_repository_is_stated_with_what_is_known_of_it():
    paths = [path for path in owned(ROOT) if kind_of(path) in PIPELINES - {"script"}]
    found = {image for path in paths for image in images_of(read_yaml(ROOT / path))}
    assert found <= set(SHIPPED.values()) and len(found) >= 4, found


def test_an_image_of_the_users_that_lacks_a_command_is_refused_by_name(gen, tmp_path):
    """In the first line of the job, before anything is asked or built."""
    tree = next(tree for tree in shapes() if tree.name == "shape-gitlab")
    root = tree.generate(gen, tmp_path)
    files = [read_yaml(root / path) for path in owned(root) if kind_of(path) == "gitlab-templates"]
    (lines,) = [file[".publish"]["before_script"] for file in files if ".publish" in file]
    check = next(line for line in lines if isinstance(line, str))
    bare = tmp_path / "bin"
    bare.mkdir()
    for has, lacks in [([], "aws"), (["aws"], "curl"), (["aws", "curl"], None)]:
        for name in has:
            (bare / name).write_text("#!/bin/sh\n")
            (bare / name).chmod(0o755)
        done = subprocess.run(["/bin/sh", "-ec", check], env={"PATH": str(bare)}, capture_output=True, text=True, timeout=20)
        said = f"this job's image has no {lacks}: state one that has it, as image in [ci.gitlab]\n" if lacks else ""
        assert (done.returncode, done.stderr) == (1 if lacks else 0, said)


def test_sources_of_git_lfs_are_fetched_where_git_lfs_is(gen, tmp_path):
    (tmp_path / "ctx").mkdir()
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 3\n"
    (tmp_path / "ctx/a.bin").write_text(pointer)
    (tmp_path / "ctx/Dockerfile").write_text("FROM debian:13-slim\nCOPY a.bin /\n")
    (tmp_path / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (tmp_path / "matrix.toml").write_text(
        '[registry.hub]\nprefix = "docker.io/acme"\n[image.base]\ntag = "1"\ndockerfile = "ctx/Dockerfile"\n[ci.cloud-build]\n'
    )
    for words in (["init", "-q"], ["-c", "filter.lfs.clean=", "-c", "filter.lfs.required=false", "add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    made = subprocess.run([gen, "matrix", "-C", tmp_path], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert made.returncode in (0, 1), made.stderr
    steps = {step["id"]: step for step in read_yaml(tmp_path / "cloudbuild.yaml")["steps"]}
    assert steps["sources"]["name"] == SHIPPED["git-lfs"] and "git lfs pull" in steps["sources"]["script"]


def registry(tmp_path: Path, answers: dict) -> dict:
    """A `crane` that knows some digests, before all else on PATH."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    crane = tmp_path / "bin/crane"
    crane.write_text(
        f"#!/usr/bin/env python3\nimport json, sys\nknown = json.load(open({str(tmp_path / 'answers.json')!r}))\n"
        "assert sys.argv[1] == 'digest'\nprint(known[sys.argv[2]]) if sys.argv[2] in known else sys.exit('no answer')\n"
    )
    crane.chmod(0o755)
    return os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def test_digests_are_filled_in_where_a_registry_answers(tmp_path):
    digest = {n: f"sha256:{n:064x}" for n in range(3)}
    file = tmp_path / "facts.toml"
    text = (
        f'[[machinery]]\nname = "curl"\nimage = "a/curl:1@{digest[0]}" # kept\n\n'
        'machinery_like = [ { name = "uv", image = "b/uv:2", source = "x" } ]\n'
        f'[[machinery]]\nname = "binfmt"\nimage = "c/binfmt:3@{digest[0]}"\n[[machinery]]\nname = "git-lfs"\nimage = "d/git:4"\n'
    )
    file.write_text(text)
    world = registry(tmp_path, {"a/curl:1": digest[1], "b/uv:2": digest[2]})

    def asked(*words):
        return subprocess.run([ROOT / "scripts/machinery", *words, file], env=world, capture_output=True, text=True, timeout=60)

    before = asked("--check")
    assert before.returncode == 1 and file.read_text() == text
    done = asked()
    assert done.returncode == 0, done.stderr
    assert file.read_text() == text.replace(f"curl:1@{digest[0]}", f"curl:1@{digest[1]}").replace("uv:2", f"uv:2@{digest[2]}")
    assert done.stdout.splitlines() == [
        f"curl: a/curl:1: {digest[0]} -> {digest[1]}", f"uv: b/uv:2: no digest -> {digest[2]}",
        "binfmt: c/binfmt:3: no registry answered", "git-lfs: d/git:4: no registry answered, its digest is not known",
    ]  # fmt: skip
    assert asked("--check").returncode == 0
