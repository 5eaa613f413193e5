"""pull-request.sh `fetch` and `released`, in clones as pipelines have them: what is released is seen where a change is
proposed, and not on the day of the release."""

import os
import subprocess
from pathlib import Path

import pytest
from harness import run

SHELLS = [["dash"], ["busybox", "sh"], ["bash"]]
in_every_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)

GIT = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
MATRIX = """
[release]
version = "1.2.0"

[registry.hub]
prefix = "docker.io/acme"

[image.alpha]
from = "debian:trixie-slim"
apt = ["curl"]

[image.omega]
from = "debian:trixie-slim"
apt = ["curl"]

[ci.github]
"""


class History:
    """A repository with a release, and clones of it."""

    def __init__(self, gen: Path, folder: Path, shell: list[str]):
        self.gen, self.folder, self.shell = gen, folder, shell
        self.origin = folder / "origin"
        self.origin.mkdir()
        run([*GIT, "init", "-q", "-b", "main", "--template="], self.origin)
        (self.origin / "matrix.toml").write_text(MATRIX)
        self.commit("1.2.0")
        self.git("tag", "v1.2.0")

    def git(self, *words: str) -> str:
        return run([*GIT, *words], self.origin).stdout.strip()

    def commit(self, version: str) -> None:
        bump = ["--amend"] if version == "1.2.0" else [version]
        self.regenerate()
        run([self.gen, "bump", *bump, "--quiet"], self.origin)
        self.git("add", "-A")
        self.git("commit", "-qm", version)

    def regenerate(self) -> None:
        """Whatever it says of a release that stands with other content: that is what is shown here."""
        done = subprocess.run([self.gen, "matrix", "--quiet"], cwd=self.origin, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr

    def edit(self, old: str, new: str) -> None:
        file = self.origin / "matrix.toml"
        text = file.read_text()
        assert text.count(old) == 1
        file.write_text(text.replace(old, new))

    def two_branches_bump(self) -> None:
        """To one version, each with an image of its own changed; one is merged and released, the other merged on top."""
        for branch in ("alpha", "omega"):
            self.git("switch", "-q", "-c", branch, "v1.2.0")
            self.edit(f'[image.{branch}]\nfrom = "debian:trixie-slim"\napt = ["curl"]',
                      f'[image.{branch}]\nfrom = "debian:trixie-slim"\napt = ["curl", "git"]')  # fmt: skip
            self.commit("1.3.0")
        self.git("switch", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", "first", "alpha")
        self.git("tag", "v1.3.0")
        self.git("merge", "-q", "--no-ff", "-m", "second", "omega")
        self.regenerate()

    def clone(self, *words: str) -> Path:
        to = self.folder / "clone"
        run([*GIT, "clone", "-q", *words, f"file://{self.origin}", to], self.folder)
        return to

    def script(self, clone: Path, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*self.shell, "generated/ci/pull-request.sh", *words], cwd=clone, env={**os.environ, "FETCH_DELAY": "0"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip

    def check(self, clone: Path) -> subprocess.CompletedProcess:
        return subprocess.run([self.gen, "check", "--format", "concise"], cwd=clone, capture_output=True, text=True)


@pytest.fixture
def shell() -> list[str]:
    return ["sh"]


@pytest.fixture
def history(gen, tmp_path, shell) -> History:
    return History(gen, tmp_path, shell)


#: As providers check out: two commits and no tags, one, everything.
CLONES = {"github": ("--depth", "2", "--no-tags"), "shallow": ("--depth", "1", "--no-tags"), "whole": ()}
in_every_clone = pytest.mark.parametrize("how", CLONES)


@in_every_shell
@in_every_clone
def test_two_branches_that_bump_to_one_version(history, how):
    history.two_branches_bump()
    clone = history.clone(*CLONES[how])
    done = history.script(clone, "released")
    assert done.returncode == 1
    assert "docker.io/acme/omega:v1.3.0 is released with sha256:" in done.stderr
    assert "alpha:v1.3.0" not in done.stderr
    assert "stopped: `v1.3.0` is released, with other content than this change has for it: run `gen bump`" in done.stderr


@in_every_shell
def test_the_command_that_checks_sees_the_release(history):
    history.two_branches_bump()
    clone = history.clone(*CLONES["github"])
    assert "error[tag-moved]" not in history.check(clone).stderr, "else this test shows nothing"
    done = history.script(clone, "fetch", "HEAD^1")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "error[tag-moved]: a reference of release `1.3.0`" in history.check(clone).stderr


@in_every_shell
@in_every_clone
def test_what_was_released_and_did_not_change_passes(history, how):
    clone = history.clone(*CLONES[how])
    done = history.script(clone, "released")
    assert (done.returncode, done.stderr) == (0, "pull request: what `v1.2.0` has released is the same here\n")


WAITS = '\n[check.severity]\nunreleased-change = "note"\n'


@in_every_shell
def test_a_change_that_may_wait_is_told_and_stops_nothing(history):
    history.edit('[image.omega]\nfrom = "debian:trixie-slim"', '[image.omega]\nfrom = "debian:bookworm-slim"')
    history.edit("\n[ci.github]\n", f"\n[ci.github]\n{WAITS}")
    history.regenerate()
    history.git("commit", "-qam", "omega")
    clone = history.clone(*CLONES["github"])
    done = history.script(clone, "released")
    said = [
        "references that wait for the release after this one: 1",
        "what `v1.2.0` has released is the same here, but for what waits",
    ]
    assert (done.returncode, done.stderr.splitlines()) == (0, [f"pull request: {line}" for line in said])
    done = history.script(clone, "fetch", "HEAD^1")
    assert done.returncode == 0 and history.check(clone).returncode == 0
    # A release made of it waits for nothing.
    assert subprocess.run([history.gen, "bump", "--check"], cwd=clone, capture_output=True).returncode == 1
    run([history.gen, "bump", "minor", "--quiet"], clone)
    done = history.script(clone, "released")
    assert done.stderr == "pull request: origin has no tag `v1.3.0`: nothing is released under it yet\n"
    run([history.gen, "bump", "--check"], clone)


@in_every_shell
def test_what_a_bump_has_recorded_does_not_wait(history):
    """Two branches that bump to one version contradict each other, whatever may wait."""
    history.edit("\n[ci.github]\n", f"\n[ci.github]\n{WAITS}")
    history.regenerate()
    history.git("commit", "-qam", "may wait")
    history.git("tag", "--force", "v1.2.0")
    history.two_branches_bump()
    done = history.script(history.clone(), "released")
    assert done.returncode == 1
    assert "docker.io/acme/omega:v1.3.0 is released with sha256:" in done.stderr and "wait" not in done.stderr


@in_every_shell
def test_a_release_that_nobody_tagged_is_said(history):
    history.edit('version = "1.2.0"', 'version = "1.3.0"')
    history.edit('[image.omega]\nfrom = "debian:trixie-slim"', '[image.omega]\nfrom = "debian:bookworm-slim"')
    history.regenerate()
    run([history.gen, "bump", "--amend", "--quiet"], history.origin)
    history.git("commit", "-qam", "1.3.0")
    clone = history.clone(*CLONES["github"])
    done = history.script(clone, "released")
    assert (done.returncode, done.stderr) == (0, "pull request: origin has no tag `v1.3.0`: nothing is released under it yet\n")
    done = history.script(clone, "fetch", "HEAD^1")
    assert (done.returncode, done.stderr) == (0, "pull request: origin has no tag `v1.3.0` (yet)\n")
    # The one before is there, by which gen knows that this one may still be amended.
    run(["git", "rev-parse", "--verify", "refs/tags/v1.2.0^{commit}"], clone)
    assert history.check(clone).returncode == 0


@in_every_shell
def test_an_origin_that_does_not_answer_is_no_origin_without_the_tag(history):
    clone = history.clone()
    history.origin.rename(history.folder / "gone")
    for words in (("released",), ("fetch", "HEAD")):
        done = history.script(clone, *words)
        assert done.returncode == 1
        assert "stopped: origin cannot be asked whether there is a tag `v1.2.0`" in done.stderr


@in_every_shell
def test_a_tag_from_before_there_was_a_plan_is_said(history):
    history.git("switch", "-q", "--orphan", "old")
    history.git("commit", "-q", "--allow-empty", "-m", "old")
    history.git("tag", "--force", "v1.2.0")
    history.git("switch", "-q", "main")
    done = history.script(history.clone(), "released")
    said = "pull request: not compared with the release: there is no plan for scripts at the tag `v1.2.0`\n"
    assert (done.returncode, done.stderr) == (0, said)


def test_a_moved_tag_here_is_as_origin_has_it(history):
    """Runners keep clones, and a tag in them stays where it was."""
    clone = history.clone()
    history.edit('[image.omega]\nfrom = "debian:trixie-slim"', '[image.omega]\nfrom = "debian:bookworm-slim"')
    history.regenerate()
    history.git("commit", "-qam", "other")
    history.git("tag", "--force", "v1.2.0")
    done = history.script(clone, "released")
    assert done.returncode == 1
    assert "docker.io/acme/omega:v1.2.0 is released with" in done.stderr


def test_a_whole_clone_stays_whole(history):
    clone = history.clone()
    for words in (("released",), ("fetch", "HEAD")):
        assert history.script(clone, *words).returncode == 0
    assert run(["git", "rev-parse", "--is-shallow-repository"], clone).stdout == "false\n"


def test_the_branch_of_origin_stays_where_it_is(history):
    history.edit('[image.omega]\nfrom = "debian:trixie-slim"', '[image.omega]\nfrom = "debian:bookworm-slim"')
    history.git("commit", "-qam", "more")
    clone = history.clone()
    before = run(["git", "rev-parse", "refs/remotes/origin/main"], clone).stdout
    assert history.script(clone, "fetch", "HEAD^1").returncode == 0
    assert run(["git", "rev-parse", "refs/remotes/origin/main"], clone).stdout == before
    head, base = (run(["git", "rev-parse", name], clone).stdout for name in ("refs/remotes/origin/HEAD", "HEAD^1"))
    assert head == base


def test_a_base_that_is_not_here_stops(history):
    done = history.script(history.clone(*CLONES["shallow"]), "fetch", "HEAD^1")
    assert (done.returncode, "the base `HEAD^1` is not here" in done.stderr) == (1, True)


def test_without_git_it_is_said(history, tmp_path):
    """The image of the check is the user's, and may have none."""
    bin = tmp_path / "bin"
    bin.mkdir()
    for tool in ("sh", "mktemp", "rm", "sed", "sort", "cat", "awk"):
        (bin / tool).symlink_to(Path("/usr/bin") / tool)
    clone = history.clone()
    done = subprocess.run(
        [bin / "sh", "generated/ci/pull-request.sh", "fetch", "HEAD"], cwd=clone, env={"PATH": str(bin)},
        capture_output=True, text=True,
    )  # fmt: skip
    said = "pull request: there is no git here, so nothing is compared with the base or a release\n"
    assert (done.returncode, done.stderr) == (0, said)
