"""The script and the workflow that propose what images stand on today: really run, by gen and by act, against a registry
and a repository on this machine."""

import os
import subprocess
from pathlib import Path

import pytest
from github import Workflow
from harness import Stub, run
from refreshing import GIT, Upstream, repository

GITHUB = """
[ci.github]
refresh = "17 4 * * 1"
refresh-packages = "17 4 1 * *"
refresh-token = "REFRESH_TOKEN"
"""

#: GitHub's own client, as far as the workflow asks it: what is open it holds in a file.
GH = """\
#!/bin/sh
printf '%s\n' "$*" >>"$GH_CALLS"
[ "$GH_TOKEN" = value-of-REFRESH_TOKEN ] || exit 9
case "$1 $2" in
  "pr list") if [ -e "$GH_CALLS.open" ]; then echo 1; else echo 0; fi ;;
  "pr create") : >"$GH_CALLS.open" ;;
esac
for word; do last=$word; done
case "$1 $2" in "pr create" | "pr edit") cat "$last" >"$GH_CALLS.body" ;; esac
"""


@pytest.fixture
def upstream():
    made = Upstream()
    yield made
    made.close()


@pytest.fixture
def tree(gen, upstream, tmp_path) -> Path:
    return repository(gen, upstream, tmp_path / "tree", GITHUB)


def refresh(tree: Path, *words: str, shell: str = "sh", **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [shell, "generated/ci/refresh.sh", *words], cwd=tree, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env={**{name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}, **env},
    )  # fmt: skip


def log(tree: Path) -> list[str]:
    return run(["git", "log", "--format=%s"], tree).stdout.splitlines()


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_what_moved_becomes_a_commit_with_a_release(gen, tree, upstream, shell):
    done = refresh(tree, "bases", shell=shell)
    assert (done.returncode, done.stdout, log(tree)) == (0, "", ["as released"]), done.stderr
    upstream.push("2")
    done = refresh(tree, "bases", shell=shell)
    assert done.returncode == 0, done.stderr
    assert log(tree) == ["Refresh base images", "as released"]
    assert f"{upstream.host}/lib/debian:13" in done.stdout and "release 1.4.0 → 1.4.1" in done.stdout
    assert done.stdout.strip() == run(["git", "log", "-1", "--format=%B"], tree).stdout.strip()
    assert run(["git", "status", "--porcelain"], tree).stdout == ""
    assert upstream.digest in (tree / "generated/docker/server/Dockerfile").read_text()
    run([gen, "check", "--deny-warnings"], tree)
    # Again on the same day nothing moved.
    assert refresh(tree, "bases", shell=shell).stdout == ""


def test_packages_move_without_a_digest(gen, tree):
    done = refresh(tree, "packages")
    assert done.returncode == 0, done.stderr
    assert "packages are not older than 2026-11-21" in done.stdout
    assert "upgrade -y" in (tree / "generated/docker/server/Dockerfile").read_text()
    run([gen, "check", "--deny-warnings"], tree)


def test_nothing_is_committed_beside_work_that_is_not_or_after_a_failure(tree, upstream):
    assert refresh(tree, "everything").returncode == 2
    (tree / "notes").write_text("mine")
    upstream.push("2")
    done = refresh(tree, "bases")
    assert done.returncode == 1 and "the checkout is not clean" in done.stderr
    (tree / "notes").unlink()
    done = refresh(tree, "bases", GEN="false")
    assert done.returncode == 1 and "refresh: `gen lock --refresh=bases` failed" in done.stderr
    assert "::error" not in done.stderr
    # Where the log is GitHub's it is told beside that, too.
    done = refresh(tree, "bases", GEN="false", GITHUB_ACTIONS="true")
    assert "::error title=refresh.sh bases::`gen lock --refresh=bases` failed" in done.stderr.splitlines()
    assert log(tree) == ["as released"]


def test_the_workflow_proposes_it_once_and_renews_it(tree, upstream, tmp_path):
    # What act calls a repository without a remote.
    origin, calls = tmp_path / "nektos/act", tmp_path / "calls"
    run(["git", "init", "-q", "--bare", "--template=", str(origin)], tmp_path)
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    world = {
        "GH_CALLS": str(calls), "GITHUB_SERVER_URL": f"file://{tmp_path}",
        "SOURCE_DATE_EPOCH": os.environ["SOURCE_DATE_EPOCH"],
    }  # fmt: skip
    path = f"{tmp_path}/bin{os.pathsep}{stub.env()['PATH']}"

    def start() -> None:
        workflow = Workflow(tree, "refresh.sh", "workflow_dispatch")
        run([*GIT, "add", "-A"], tree)
        run([*GIT, "commit", "-q", "--allow-empty", "-m", "for act"], tree)
        workflow.more = [word for name, value in world.items() for word in ("--env", f"{name}={value}")]
        done = workflow.start(stub, PATH=path)
        assert done.returncode == 0, done.stdout + done.stderr

    start()
    assert not calls.exists()
    upstream.push("2")
    start()
    verbs = [line.split(" ")[:2] for line in calls.read_text().splitlines()]
    assert verbs == [["auth", "setup-git"], ["pr", "list"], ["pr", "create"]]
    assert f"{upstream.host}/lib/debian:13" in Path(f"{calls}.body").read_text()
    pushed = run(["git", "log", "-1", "--format=%s", "base-images-refresh"], origin).stdout
    assert pushed == "Refresh base images\n"
    # While that is open, what moves next takes its place.
    upstream.push("3")
    start()
    assert [line.split(" ")[:3] for line in calls.read_text().splitlines()][-1] == ["pr", "edit", "base-images-refresh"]
    assert upstream.digest in run(["git", "show", "base-images-refresh:matrix.lock"], origin).stdout
