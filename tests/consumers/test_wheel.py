"""The wheel gives `gen` to people without Rust; the sdist holds what building takes, and nothing else."""

import re
import tarfile
import zipfile

import pytest
from packages import MATRIX, from_source, offline, repository, run, venv, version
from trees import ROOT


@pytest.mark.timeout(1200)
def test_the_wheel_installs_gen_into_a_fresh_venv(wheel, tmp_path):
    bin = venv(tmp_path / "venv")
    world = offline(tmp_path, wheel.parent)
    run([bin / "pip", "install", f"basematrix=={version()}"], tmp_path, **world)
    assert run([bin / "gen", "--version"], tmp_path) == f"gen {version()}\n"
    project = repository(tmp_path / "project", {"matrix.toml": MATRIX})
    run([bin / "gen", "matrix"], project)
    assert "no findings" in run([bin / "gen", "check"], project)
    # The negative control: pip finds this version and no other.
    said = run([bin / "pip", "install", "basematrix==0.0.0"], tmp_path, code=1, **world)
    assert "No matching distribution" in said


@pytest.mark.timeout(1200)
def test_the_wheel_is_any_pythons_and_holds_one_program(wheel):
    assert re.fullmatch(rf"basematrix-{re.escape(version())}-py3-none-\w+\.whl", wheel.name), wheel.name
    with zipfile.ZipFile(wheel) as archive:
        programs = [name for name in archive.namelist() if ".data/" in name]
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        stated = archive.read(metadata).decode()
    assert programs == [f"basematrix-{version()}.data/scripts/gen"]
    for line in ("Name: basematrix", f"Version: {version()}", "License-Expression: Apache-2.0", "Requires-Python: >=3.8"):
        assert f"\n{line}\n" in f"\n{stated}", line


def test_the_sdist_holds_what_building_takes(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    sources = run(["git", "ls-files", "src", "templates"], ROOT).splitlines()
    assert len(sources) > 100
    missing = [path for path in sources if path not in names]
    assert not missing, f"not in the sdist: {missing}"
    assert {"Cargo.toml", "Cargo.lock", "pyproject.toml", "README.md", "LICENSE"} <= names
    strays = [name for name in names if name.startswith(("tests/", "generated/", "docs/", ".tools/", "target/"))]
    assert not strays, f"in the sdist, and nothing to build with: {strays}"


@pytest.mark.timeout(1200)
def test_an_sdist_without_a_template_does_not_build(wheel, sdist, tmp_path):
    # The wheel was built of the whole one.
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    (root / "templates/docker/Dockerfile").unlink()
    with from_source() as building:
        said = run(["cargo", "build", "--locked", "--lib"], root, code=101, **building)
    assert "templates/docker/Dockerfile" in said
