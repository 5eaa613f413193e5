"""docs/ci.md's refresh on GitLab and on Cloud Build: what it shows is read by their judges, and really run, with gen asking a
registry and a git server that wants the token."""

import re
from pathlib import Path

import pytest
from cloud_build import Failed, Service, message
from git_server import GitServer
from gitlab import gitlab_ci_local
from harness import HERE, Stub, run
from judges import JUDGES
from refreshing import GIT, Upstream, repository

BRANCH = "base-images-refresh"
FILES = {"gitlab": ".gitlab-ci.yml", "cloud-build": "cloudbuild-refresh.yaml"}
#: What each provider has in the variable.
TOKENS = {"gitlab": "glpat-of-the-project", "cloud-build": "secret of projects/$PROJECT_ID/secrets/REFRESH_TOKEN/versions/latest"}


def documented(provider: str) -> str:
    page = (HERE.parents[1] / "docs/ci.md").read_text()
    section = page[page.index("\n## Refreshing\n") : page.index("\n## How images are packed\n")]
    begins = {"gitlab": "refresh:", "cloud-build": "steps:"}[provider]
    (block,) = [block for block in re.findall(r"^```yaml\n(.*?)^```$", section, re.M | re.S) if block.startswith(begins)]
    return block


@pytest.mark.parametrize("provider", FILES)
def test_the_judges_take_what_is_shown(provider, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / FILES[provider]).write_text(documented(provider))
    # gitlab-ci-local is asked on other occasions than a schedule; below it runs the job.
    asked = [judge for judge in JUDGES if provider in judge.kinds and judge.name != "gitlab-ci-local"]
    assert asked
    for judge in asked:
        assert judge.ask(tree, [FILES[provider]], tmp_path) == 1


class Project:
    """The repository as it stands at the git server, with a pipeline that refreshes."""

    def __init__(self, gen: Path, provider: str, folder: Path):
        self.provider, self.folder, self.upstream = provider, folder, Upstream()
        root = repository(gen, self.upstream, folder / "made", f"[ci.{provider}]\n")
        (root / FILES[provider]).write_text(documented(provider))
        run([*GIT, "add", "-A"], root)
        run([*GIT, "commit", "-q", "--amend", "--no-edit"], root)
        self.server = GitServer(folder / "server", TOKENS[provider], root)
        self.runs = 0

    def close(self) -> None:
        self.server.close()
        self.upstream.close()

    def refresh(self, token: str | None = None) -> None:
        """What the schedule starts, in a clone as pipelines have it: one commit, and no branch."""
        self.runs += 1
        tree = self.folder / f"clone-{self.runs}"
        run(["git", "clone", "-q", "--depth=1", f"file://{self.server.repository}", str(tree)], self.folder)
        run(["git", "checkout", "-q", "--detach"], tree)
        token = token or TOKENS[self.provider]
        stub = Stub(self.folder / f"stub-{self.runs}")
        if self.provider == "gitlab":
            run(["git", "remote", "set-url", "origin", f"{self.server.url}.git"], tree)
            given = {"CI_PROJECT_URL": self.server.url, "CI_PIPELINE_SOURCE": "schedule", "REFRESH_TOKEN": token}
            words = [word for name, value in given.items() for word in ("--variable", f"{name}={value}")]
            gitlab_ci_local(tree, stub, FILES["gitlab"], *words)
        else:
            shown = documented("cloud-build")
            url = "https://github.com/acme/library.git"
            assert shown.count(url) == 1
            file = self.folder / FILES["cloud-build"]
            file.write_text(shown.replace(url, f"{self.server.url}.git"))
            build = Service(message(file), tree, stub.env(), self.folder / f"home-{self.runs}")
            build.secrets = {"REFRESH_TOKEN": token}
            build.run()

    def commits(self) -> list[str]:
        return run(["git", "log", "--format=%s", BRANCH], self.server.repository).stdout.splitlines()

    def proposed(self, path: str) -> str:
        return run(["git", "show", f"{BRANCH}:{path}"], self.server.repository).stdout


@pytest.fixture(params=FILES)
def project(request, gen, tmp_path):
    made = Project(gen, request.param, tmp_path)
    yield made
    made.close()


def test_what_moved_is_pushed_once_and_renewed(project):
    project.refresh()
    assert project.server.pushes() == [], "nothing moved"
    options = {"gitlab": ["merge_request.create", "merge_request.title=Refresh base images"], "cloud-build": []}[project.provider]
    one = ["refresh", f"refs/heads/{BRANCH}", *options]
    project.upstream.push("2")
    project.refresh()
    assert project.server.pushes() == [one]
    assert project.upstream.digest in project.proposed("matrix.lock")
    assert 'version = "1.4.1"' in project.proposed("matrix.toml")
    assert project.commits() == ["Refresh base images", "as released"]
    # What moves while that is open takes its place: one commit on what is released.
    project.upstream.push("3")
    project.refresh()
    assert project.server.pushes() == [one, one]
    assert project.upstream.digest in project.proposed("matrix.lock")
    assert project.commits() == ["Refresh base images", "as released"]


def test_without_the_token_it_fails(project):
    project.upstream.push("2")
    with pytest.raises((AssertionError, Failed), match="Authentication failed|could not read|401"):
        project.refresh("another")
    assert project.server.pushes() == []


def test_a_registry_that_does_not_answer_fails_it(project):
    project.upstream.bytes = {}
    with pytest.raises((AssertionError, Failed), match="lock --refresh=bases. failed"):
        project.refresh()
    assert project.server.pushes() == []
