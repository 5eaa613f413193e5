"""The lines of jq in docs/import.md, over matrices of the shapes that they are for."""

import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GEN = os.environ.get("GEN_BIN", str(ROOT / "target/release/gen"))

CALIBAN = {
    "gpu_versions": {"100": ["CUDA=10.0"]},
    "cpu_versions": {"py37": ["PYTHON_VERSION=3.7", "MINICONDA_VERSION=py37_4.8.2"], "py38": ["PYTHON_VERSION=3.8"]},
    "images": [{"cpu": "py37"}, {"cpu": "py38", "gpu": "100"}],
}
RAPIDS = {
    "CUDA_VER": ["12.2.2", "13.0.3"],
    "PYTHON_VER": ["3.11"],
    "LINUX_VER": ["ubuntu22.04", "rockylinux8"],
    "CI_IMAGE_CONFIG": [
        {"IMAGE_REPO": "ci-conda", "dockerfile": "ci-conda.Dockerfile"},
        {"IMAGE_REPO": "ci-wheel", "dockerfile": "ci-wheel.Dockerfile"},
    ],
    "exclude": [{"CUDA_VER": "12.2.2", "IMAGE_REPO": "ci-wheel"}, {"LINUX_VER": "ubuntu22.04", "IMAGE_REPO": "ci-wheel"}],
}
VERSIONS = {
    "3.10": {"version": "3.10.4", "variants": ["bullseye", "windows/ltsc"]},
    "3.11-rc": {"version": "3.11.0b1", "variants": ["bullseye", "alpine3.15"]},
}
GITLAB = {
    "build": {
        "parallel": {"matrix": [{"PYTHON": ["3.12", "3.13"], "CUDA": ["12.8"]}, {"PYTHON": "3.13", "CUDA": "13.0"}]},
    }
}
CASES = {
    "cloudbuild_config.json": (CALIBAN, {"gcr.io/acme/blueshift:cpu-py37", "gcr.io/acme/blueshift:gpu-cuda100-py38"}),
    "matrix.json": (
        RAPIDS,
        {
            f"docker.io/rapidsai/{name}:cuda{cuda}-{linux}-py3.11"
            for name, cuda, linux in [
                ("ci-conda", "12.2.2", "ubuntu22.04"),
                ("ci-conda", "12.2.2", "rockylinux8"),
                ("ci-conda", "13.0.3", "ubuntu22.04"),
                ("ci-conda", "13.0.3", "rockylinux8"),
                ("ci-wheel", "13.0.3", "rockylinux8"),
            ]
        },
    ),
    "versions.json": (
        VERSIONS,
        {f"docker.io/library/python:{tag}" for tag in ["3.10.4-bullseye", "3.11.0b1-bullseye", "3.11.0b1-alpine3.15"]},
    ),
    "gitlab-ci.json": (
        GITLAB,
        {f"registry.gitlab.com/acme/base:py{tag}" for tag in ["3.12-cu12.8", "3.13-cu12.8", "3.13-cu13.0"]},
    ),
}


def lines():
    """The blocks of the document that call jq, by the file that they read."""
    text = (ROOT / "docs/import.md").read_text()
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", text, re.S) if block.startswith("jq ")]
    return {re.search(r"' (\S+) \|", block).group(1).rsplit("/", 1)[-1]: block for block in blocks}


def test_every_line_is_tried():
    assert set(lines()) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_line_of_jq_brings_it_in(name, tmp_path):
    given, expected = CASES[name]
    block = lines()[name]
    path = tmp_path / re.search(r"' (\S+) \|", block).group(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(given))
    (tmp_path / "gen").symlink_to(GEN)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", block], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run([GEN, "-C", tmp_path, "list", "--format", "lines"], capture_output=True, text=True)
    assert set(listed.stdout.split()) == expected, (tmp_path / "matrix.toml").read_text()
