"""Cloud Build, as far as it takes: a config read through the API's own message, and its steps run.

The message checks neither step ids nor substitutions; the tests do, by the rules of the service.
"""

import functools
import json
import re
import socketserver
import subprocess
import threading
from pathlib import Path

from google.cloud.devtools.cloudbuild_v1.types import Build
from google.protobuf import json_format
from harness import Stub, outputs, read_yaml

#: What Cloud Build itself substitutes, in every build; what only a trigger on a tag knows is empty elsewhere.
BUILT_IN = {name: f"the-{name.lower()}" for name in ("PROJECT_ID", "BUILD_ID", "PROJECT_NUMBER", "LOCATION", "SERVICE_ACCOUNT", "SERVICE_ACCOUNT_EMAIL")}
BUILT_IN["TAG_NAME"] = ""


class Failed(AssertionError):
    """A step that ended otherwise than with 0."""


@functools.cache
def service() -> int:
    """The port of a service that runs the builds of the stub of gcloud, for as long as this process lives."""

    class Asked(socketserver.StreamRequestHandler):
        def handle(self):
            asked = json.loads(self.rfile.readline())
            folder = Path(asked["folder"])
            try:
                Service(message(folder / asked["config"]), folder, asked["env"], Path(asked["home"]), asked["substitutions"]).run()
            except Exception as fault:
                self.wfile.write(str(fault or repr(fault)).encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Asked)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def message(file: Path):
    return json_format.ParseDict(read_yaml(file), Build.pb(Build()))


def configs(root: Path) -> dict:
    """{path: message} of every config of a tree."""
    paths = [path for path in outputs(root) if Path(path).name.startswith("cloudbuild") and path.endswith(".yaml")]
    return {path: message(root / path) for path in paths}


def is_change(build) -> bool:
    """Whether it is the config of a change."""
    return any(step.id == "changed" for step in build.steps)


def is_driver(build) -> bool:
    """Whether it submits others."""
    return any(step.id == "submit" for step in build.steps)


def main_config(root: Path):
    """What people and triggers start: of a build that is split, what submits its parts. None without one."""
    publishing = {path: build for path, build in configs(root).items() if not is_change(build)}
    whole = [build for path, build in publishing.items() if not path.startswith("generated/ci/")]
    assert len(whole) <= 1, list(publishing)
    return whole[0] if whole else None


def substituted(text: str, values: dict, used: set) -> str:
    """The text as a step sees it: `$NAME` and `${NAME}` replaced, `$$` a dollar."""

    def one(match):
        if match[0] == "$$":
            return "$"
        name = match[1] or match[2]
        assert name in values, f"the substitution `{name}` in {text!r} is unknown"
        used.add(name)
        return values[name]

    result = re.sub(r"\$(?:\$|\{(\w+)\}|([A-Z_][A-Z0-9_]*))", one, text)
    rest = re.sub(r"\$\$|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*", "", text)
    assert "$" not in rest, f"a dollar stands alone in {text!r}"
    return result


class Service:
    """What Cloud Build does with a build config, one step at a time."""

    def __init__(self, build, tree: Path, env: dict, home: Path, substitutions: dict | None = None):
        unknown = set(substitutions or {}) - set(build.substitutions)
        assert not unknown, f"no such substitution: {unknown}"
        self.build, self.tree, self.env, self.home = build, tree, env, home
        self.values = BUILT_IN | dict(build.substitutions) | (substitutions or {})
        self.secrets = {secret.env: f"secret of {secret.version_name}" for secret in build.available_secrets.secret_manager}
        self.ran = []
        self.said = ""

    def ready(self) -> list:
        """The steps that may start now. Without `waitFor` a step waits for all before it."""
        ready = []
        for place, step in enumerate(self.build.steps):
            waits = set(step.wait_for) or {before.id for before in self.build.steps[:place]}
            if step.id not in self.ran and waits - {"-"} <= set(self.ran):
                ready.append(step)
        return ready

    def run(self) -> "Service":
        """All steps. Of those that are ready the last of the file goes first: only `waitFor` keeps the order."""
        self.home.mkdir(parents=True, exist_ok=True)
        while len(self.ran) < len(self.build.steps):
            ready = self.ready()
            assert ready, f"nothing can start after {self.ran}"
            self.step(ready[-1])
            self.ran.append(ready[-1].id)
        return self

    def step(self, step) -> None:
        given = [substituted(entry, self.values, set()) for entry in [*self.build.options.env, *step.env]]
        env = dict(entry.split("=", 1) for entry in given)
        env |= {name: self.secrets[name] for name in step.secret_env}
        if step.script:
            assert not step.args and not step.entrypoint, "a script excludes both"
            file = self.home / f"script-{len(self.ran)}"
            file.write_text(step.script if step.script.startswith("#!") else "#!/bin/sh\n" + step.script)
            command = ["sh", file]
        else:
            assert not step.entrypoint, "the image's own is Docker"
            command = ["docker", *(substituted(arg, self.values, set()) for arg in step.args)]
        done = subprocess.run(
            command, cwd=self.tree, env={**self.env, "HOME": str(self.home), **env}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        if done.returncode != 0:
            raise Failed(f"step {step.id}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")


class Runs:
    """Builds of one tree, each with a home of its own: what steps leave there does not outlive the build."""

    def __init__(self, tree: Path, folder: Path):
        self.tree, self.folder, self.stub = tree, folder, Stub(folder / "stub")
        self.gcloud = folder / "gcloud"
        self.gcloud.mkdir(exist_ok=True)
        self.env = self.stub.env(GCLOUD_STUB=str(self.gcloud), GCLOUD_SERVICE=str(service()), SUBMIT_DELAY="0")

    def publish(self, substitutions: dict | None = None) -> Service:
        homes = self.folder / "homes"
        home = homes / str(len(list(homes.glob("*"))))
        # Nor does what Docker has on the machine.
        self.stub.restart()
        return Service(main_config(self.tree), self.tree, self.env, home, substitutions).run()

    def submitted(self) -> list:
        """What was asked of gcloud since the last time, as words."""
        file = self.gcloud / "journal"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line.split() for line in lines]
