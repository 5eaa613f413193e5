"""Buildkite's pipelines, run by a stand-in: files are read as its agent reads them, and jobs run as its documents say.

The agent puts variables into every text of an uploaded file (buildkite/interpolate, parser.go). Of conditions there are the
literals alone. A dependency on a job that its condition excludes is ignored, one on a job that there is not fails the build;
what depends on a job depends on all that this uploads ("Managing step dependencies", buildkite.com/docs).
"""

import json
import re
from pathlib import Path

from harness import Stub, outputs, read_yaml, run

#: What the agent reads in a text, by its grammar: two backslashes, a dollar that is escaped, one of a shell's own, a variable
#: with a default, a variable.
SIGNS = re.compile(r"\\\\|\\\$|\$\$|\$\(|\$\{(?P<braced>[A-Za-z]\w*)(?::-(?P<default>[^}]*))?\}|\$(?P<bare>[A-Za-z]\w*)|\$(?!$)")

#: Jobs that one upload may have.
ROOM = 500


def interpolated(value, env: dict):
    """A file's contents with the variables put in."""

    def sign(match: re.Match) -> str:
        name = match["braced"] or match["bare"]
        if name:
            return env.get(name) or match["default"] or ""
        assert match[0] != "$", f"the agent refuses {value!r}"
        return {"\\\\": "\\\\", "$(": "$("}.get(match[0], "$")

    match value:
        case str():
            return SIGNS.sub(sign, value)
        case list():
            return [interpolated(item, env) for item in value]
        case dict():
            return {interpolated(key, env): interpolated(item, env) for key, item in value.items()}
    return value


def pipeline_of(root: Path) -> str:
    """The file that publishes: the one that has the tags."""
    (found,) = [path for path in outputs(root) if is_pipeline(root, path)]
    return found


def is_pipeline(root: Path, path: str) -> bool:
    return "buildkite" in path and path.endswith((".yml", ".yaml")) and "ci/publish.sh tags" in (root / path).read_text()


class Build:
    """One build: its jobs by key, with what they depend on."""

    def __init__(self, tree: Path, stub: Stub):
        self.tree, self.stub = tree, stub
        self.jobs: dict[str, dict] = {}
        self.excluded: set[str] = set()
        #: By the key of a job, the keys of those that it uploaded.
        self.uploaded: dict[str, list[str]] = {}
        self.done: list[str] = []

    def upload(self, file: str, env: dict) -> list[str]:
        steps = interpolated(read_yaml(self.tree / file), env)["steps"]
        assert len(steps) <= ROOM, f"{file} has {len(steps)} jobs"
        for step in steps:
            key = step["key"]
            assert key not in self.jobs and key not in self.excluded, f"two jobs are called {key}"
            condition = step.get("if", "true")
            assert condition in ("true", "false"), condition
            if condition == "false":
                self.excluded.add(key)
            else:
                self.jobs[key] = step
        return [step["key"] for step in steps]

    def depends_on(self, key: str) -> set[str]:
        stated = self.jobs[key].get("depends_on", [])
        stated = [stated] if isinstance(stated, str) else stated
        for other in stated:
            assert other in self.jobs or other in self.excluded, f"{key} depends on {other}, which there is not"
        there = {other for other in stated if other in self.jobs}
        return there | {job for other in there for job in self.uploaded.get(other, []) if job in self.jobs}

    def run(self) -> None:
        while waiting := [key for key in self.jobs if key not in self.done]:
            ready = [key for key in waiting if self.depends_on(key) <= set(self.done)]
            assert ready, f"{waiting} wait for each other"
            self.run_job(ready[0])

    def run_job(self, key: str) -> None:
        step = self.jobs[key]
        uploads = self.stub.folder.parent / "uploads.jsonl"
        uploads.unlink(missing_ok=True)
        env = self.stub.env(BUILDKITE_UPLOADS=str(uploads), **{name: str(text) for name, text in step.get("env", {}).items()})
        # The agent runs all commands of a job as one script.
        run(["bash", "-e", "-c", "\n".join(step["command"])], self.tree, env)
        self.done.append(key)
        if uploads.exists():
            taken = [json.loads(line) for line in uploads.read_text().splitlines()]
            self.uploaded[key] = [new for upload in taken for new in self.upload(upload["file"], upload["env"])]


def publish(tree: Path, stub: Stub) -> Build:
    """Runs the pipeline that publishes, to its end."""
    build = Build(tree, stub)
    build.upload(pipeline_of(tree), {})
    build.run()
    return build
