"""Where the tests find `gen` and the consumers, and an environment that cannot sway them.

`scripts/test` starts pytest with everything in place; started by hand
(`.tools/venv/bin/pytest tests/consumers`), this file finds the same places.
"""

import os
from pathlib import Path

import judges
import left
import pytest
from first_runs import FirstRuns
from packages import build_sdist, build_wheel

ROOT = Path(__file__).resolve().parents[2]

# Consumers behave differently inside CI, so they must not know that they are.
for name in list(os.environ):
    if name in {"CI", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"} or name.startswith(
        ("GITHUB_", "GITLAB_", "CI_", "ACT_", "ZIZMOR_", "HADOLINT_", "SHELLCHECK_", "GH_")
    ):
        del os.environ[name]
os.environ["TZ"] = "UTC"
os.environ["SOURCE_DATE_EPOCH"] = "1795219200"  # findings about dates are as on 2026-11-21
os.environ["LC_ALL"] = "C.UTF-8"
os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
os.environ["GIT_CONFIG_GLOBAL"] = os.devnull

_tools = ROOT / ".tools"
os.environ["PATH"] = os.pathsep.join(
    [str(_tools / "bin"), str(_tools / "venv/bin"), str(_tools / "npm/node_modules/.bin"), os.environ["PATH"]]
)
os.environ["GEN_BIN"] = str(Path(os.environ.get("GEN_BIN") or ROOT / "target/debug/gen").absolute())


def pytest_collection_modifyitems(config, items):
    files = {item.nodeid.split("::")[0].rsplit("/", 1)[-1] for item in items}
    # A case that is named here and is nowhere would be run by nobody, and nobody would know.
    if len(files) > len({begin.split("::")[0] for begin in left.LEFT}) and (gone := left.unknown(items)):
        raise pytest.UsageError(f"left.py names what is no case: {gone}")
    items[:], others = left.part(items)
    if others:
        config.hook.pytest_deselected(items=others)


@pytest.fixture(scope="session")
def gen() -> Path:
    """The binary under test."""
    binary = Path(os.environ["GEN_BIN"])
    if not binary.is_file():
        pytest.fail(f"no binary at {binary}: run scripts/test, or set GEN_BIN", pytrace=False)
    return binary


@pytest.fixture(scope="session")
def shared(tmp_path_factory, worker_id) -> Path:
    """A folder that all workers of a run of the tests have in common."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session", autouse=True)
def passed(shared):
    """What the consumers of single files have passed in this run, so that each reads the same file once."""
    folder = shared / "passed"
    folder.mkdir(exist_ok=True)
    judges.PASSED = folder


@pytest.fixture(scope="session")
def sdist(shared) -> Path:
    """The source distribution, made once in a run of the tests."""
    return build_sdist(shared / "sdist")


@pytest.fixture(scope="session")
def wheel(shared, sdist) -> Path:
    """The wheel of the source distribution, built once in a run of the tests."""
    return build_wheel(shared / "wheel", sdist)


@pytest.fixture(scope="session")
def first_runs(shared) -> FirstRuns:
    """What pipelines did on empty registries, each executed once in a run of the tests."""
    folder = shared / "runs"
    folder.mkdir(exist_ok=True)
    return FirstRuns(folder)
