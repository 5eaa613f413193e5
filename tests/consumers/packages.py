"""The wheel and the sdist, built offline, and what a user does with them: pip and pre-commit, out of reach of a network."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path

from trees import ROOT

#: Wheels that pip needs for builds of its own; scripts/tools fetches them.
BUILD_WHEELS = ROOT / ".tools/wheels"

#: The dependencies there are those of the tests, all but a few.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")

MATRIX = """\
[registry.ghcr]
prefix = "ghcr.io/acme"

[image.server]
tag = "1"
from = "debian:13-slim"

[ci.github]
"""


def run(command: list, cwd: Path, code: int | None = 0, **more: str | None) -> str:
    """Runs a program and gives back all that it said; fails with that when the exit code is another (None: any but 0). Of what
    is more in its environment, None is left out."""
    env = {name: value for name, value in {**os.environ, **more}.items() if value is not None}
    done = subprocess.run(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    expected = done.returncode != 0 if code is None else done.returncode == code
    assert expected, f"{command}: exit {done.returncode}\n{said[-8000:]}"
    return said


def version() -> str:
    """The version that Cargo.toml states."""
    return re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]


@contextmanager
def alone(lock: Path):
    """One process of the test run at a time."""
    with open(lock, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build_sdist(folder: Path) -> Path:
    """The source distribution, made once in a run of the tests."""
    with alone(folder.parent / f"{folder.name}.lock"):
        if not list(folder.glob("*.tar.gz")):
            run(["maturin", "sdist", "--out", folder], ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def build_wheel(folder: Path, sdist: Path) -> Path:
    """The wheel, of the source distribution alone and of a binary that is not optimised: one that is takes minutes and is
    packed the same."""
    with alone(folder.parent / f"{folder.name}.lock"):
        if not list(folder.glob("*.whl")):
            with from_source() as building:
                world = {**offline(folder.parent, BUILD_WHEELS), **building}
                run(["pip", "wheel", "--no-deps", "--wheel-dir", folder, unpacked(sdist, folder.parent)], folder.parent, **world)
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpacked(sdist: Path, folder: Path) -> Path:
    """What a source distribution holds, as of now: its files are of a day long ago, and cargo, to which all roots of a package
    are one, would take what it built of others for theirs."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (root,) = (folder / "unpacked").iterdir()
    for path in root.rglob("*"):
        os.utime(path)
    return root


def offline(scratch: Path, *links: Path) -> dict[str, str]:
    """An environment in which pip and pre-commit know these folders of wheels, and nothing else in the world."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": " ".join(str(link) for link in links),
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PRE_COMMIT_HOME": str(scratch / "pre-commit"),
    }


@contextmanager
def from_source():
    """What lets a build from source take seconds instead of minutes: no optimisation of our own code, and dependencies as
    they were built for the tests. One build at a time: maturin moves the program that it built out of the target's folder."""
    TARGET.mkdir(parents=True, exist_ok=True)
    ours, kept = TARGET / "debug/gen", TARGET / "gen.kept"
    with alone(TARGET / "packages.lock"):
        if ours.exists():
            shutil.copy2(ours, kept)
        try:
            yield {
                "MATURIN_PEP517_ARGS": "--profile dev",
                "CARGO_TARGET_DIR": str(TARGET),
                "CARGO_PROFILE_DEV_OPT_LEVEL": "0",
                "CARGO_PROFILE_DEV_DEBUG": "0",
                # What is written in C would be built again with every other day.
                "SOURCE_DATE_EPOCH": None,
                "CARGO_INCREMENTAL": "0",
            }
        finally:
            # It may be what tests that are started by hand judge.
            if kept.exists():
                os.replace(kept, ours)


def venv(folder: Path) -> Path:
    """A fresh virtual environment; its folder of programs."""
    run([sys.executable, "-m", "venv", folder], folder.parent)
    return folder / "bin"


def repository(folder: Path, files: dict[str, str]) -> Path:
    """A git repository with these files, committed."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    run(["git", "init", "-q", "-b", "main", "--template="], folder)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    run(["git", "add", "-A", "-f"], folder)
    run(["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "tree"], folder)


def blocks(language: str) -> list[str]:
    """The blocks of one language in docs/hooks.md."""
    text = (ROOT / "docs/hooks.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
