"""GitHub workflows of a tree, really executed by act on this machine.

Actions are the stand-ins of stubs/actions, `docker` is the stub, and jobs run beside each other as they would.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness import STUBS, Stub, read_yaml
from judges import for_act

#: What Go says when two threads use one map at once. act does that now and then when many legs of a matrix run, and ends
#: (nektos/act, issue 2199). It says nothing about the workflow, which is run once more on the same registries.
ACT_RACES = re.compile(r"^fatal error: concurrent map ", re.MULTILINE)


#: Seconds without a word after which act stands still: it was seen to wait for nothing, its jobs long ended.
SILENCE = 150
STOOD_STILL = f"act said nothing for {SILENCE} seconds\n"


def machine(fields: list):
    """A runner as `runs-on` takes it, of the fields by which scripts are told: a group stands behind an empty one."""
    if fields[0] == "":
        return {"group": fields[1]} | ({"labels": fields[2:]} if fields[2:] else {})
    return fields[0] if len(fields) == 1 else fields


def labels_of(machine) -> list:
    """The labels of a runner."""
    labels = machine.get("labels", []) if isinstance(machine, dict) else machine
    return [labels] if isinstance(labels, str) else labels


@dataclass
class Workflow:
    """One workflow of a tree, made fit for act in place: the one that publishes, or the one that calls `script`."""

    root: Path
    script: str = "publish.sh"
    event: str = "release"
    #: More words for act, such as the payload of the event.
    more: list[str] = field(default_factory=list)

    def __post_init__(self):
        found = [
            path
            for place in (".github/workflows", "generated/github", "generated/ci")
            for path in sorted((self.root / place).glob("*.yml"))
            if f"generated/ci/{self.script}" in path.read_text() and "runs-on" in path.read_text()
        ]
        found = [path for path in found if path.name != "for-act.yml"]
        if not found:
            pytest.skip("this tree has no such workflow")
        self.text = found[0].read_text()
        self.file = self.root / ".github/workflows/for-act.yml"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(for_act(self.text))
        self.jobs = read_yaml(self.file)["jobs"]

    def runners(self) -> dict:
        """{platform: runner}, as the job that hands out work knows them."""
        asked = [step["env"]["RUNNERS"] for job in self.own() for step in job["steps"] if "RUNNERS" in step.get("env", {})]
        # A workflow that builds nothing hands out none.
        lines = [line.split("\t") for text in asked[:1] for line in text.splitlines()]
        return {platform: machine(fields) for platform, *fields in lines}

    def parts(self) -> dict:
        """{job: (probe, layer, first, size)}, as the script hands them out."""
        table = (self.root / "generated/ci/github.sh").read_text().splitlines()
        rows = [line.split("\t") for line in table if line.startswith("job\t")]
        return {job: (probe, *map(int, part)) for _, probe, job, *part in rows}

    def own(self) -> list[dict]:
        """The jobs that have steps: the others call workflows."""
        return [job for job in self.jobs.values() if "steps" in job]

    def words(self) -> list[str]:
        """act's command line: every runner is this machine, every action its stand-in, every secret has a value."""
        called = [self.root / job["uses"] for job in self.jobs.values() if job.get("uses", "").startswith("./")]
        jobs = self.own() + [job for file in called for job in read_yaml(file)["jobs"].values()]
        plan = json.loads((self.root / "generated/plan.json").read_text())
        legs = [leg for spec in plan["specs"] for leg in spec.get("ci", {}).get("github", {}).get("legs", {}).values()]
        machines = [job["runs-on"] for job in jobs if "matrix.runner" not in job["runs-on"]]
        machines += [*self.runners().values(), *(leg["runner"] for leg in legs if "runner" in leg)]
        labels = {label for machine in machines for label in labels_of(machine)}
        actions = {step["uses"] for job in jobs for step in job["steps"] if "uses" in step}
        words = ["act", self.event, "--workflows", str(self.file), "--no-cache-server", "--json", *self.more]
        for label in sorted(labels):
            words += ["--platform", f"{label}=-self-hosted"]
        for action in sorted(action for action in actions if not action.startswith("./")):
            stand_in = STUBS / "actions" / action.split("@")[0]
            assert stand_in.is_dir(), f"no stand-in for {action}"
            words += ["--local-repository", f"{action}={stand_in}"]
        for secret in sorted({"GITHUB_TOKEN", *re.findall(r"\bsecrets\.(\w+)", self.text)}):
            words += ["--secret", f"{secret}=value-of-{secret}"]
        return words

    def start(self, stub: Stub, **env: str) -> subprocess.CompletedProcess:
        """Runs it, once more where act broke down by a fault of its own."""
        home = stub.folder.parent / "home"
        home.mkdir(exist_ok=True)
        env = stub.env(HOME=str(home), XDG_CACHE_HOME=str(home), ACTIONS_RUNTIME_URL="", **env)
        done = watched(self.words(), self.root, env)
        return watched(self.words(), self.root, env) if broke_down(done) else done

    def publish(self, stub: Stub, **env: str) -> None:
        done = self.start(stub, **env)
        assert done.returncode == 0, messages(done)

    def fail(self, stub: Stub, **env: str) -> str:
        done = self.start(stub, **env)
        assert done.returncode != 0, messages(done)
        return messages(done)


def watched(words: list[str], cwd: Path, env: dict) -> subprocess.CompletedProcess:
    """Runs act on one processor, where its threads do not meet by chance; ends it when it stands still."""
    cpus = sorted(os.sched_getaffinity(0))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    cpu = {cpus[worker % len(cpus)]}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        act = subprocess.Popen(
            words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            start_new_session=True, preexec_fn=lambda: os.sched_setaffinity(0, cpu),
        )  # fmt: skip
        said, since, still = 0, time.monotonic(), False
        while act.poll() is None and not still:
            time.sleep(0.05)
            size = os.fstat(out.fileno()).st_size
            said, since = (size, time.monotonic()) if size != said else (said, since)
            still = time.monotonic() - since > SILENCE
        if still:
            os.killpg(act.pid, signal.SIGKILL)
            act.wait()
        out.seek(0), err.seek(0)
        done = subprocess.CompletedProcess(words, act.returncode, out.read(), err.read())
    if still:
        done.stderr += STOOD_STILL
    return done


def broke_down(done: subprocess.CompletedProcess) -> bool:
    """Whether it was act that failed, and not the workflow."""
    return done.returncode != 0 and bool(ACT_RACES.search(done.stderr) or done.stderr.endswith(STOOD_STILL))


def messages(done: subprocess.CompletedProcess) -> str:
    """What a run said: what went wrong before all else, since a log is cut where it is long."""
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    lines = [line for line in lines if line.get("msg")]
    wrong = [line for line in lines if line.get("level") in ("error", "fatal") or line.get("stepResult") == "failure"]
    failed = {(line.get("job"), str(line.get("stepID"))) for line in wrong if line.get("stepID")}
    said = [line for line in lines if line.get("raw_output") and (line.get("job"), str(line.get("stepID"))) in failed]
    show = lambda lines: "\n".join(f"{line.get('job', '')}: {line['msg'].rstrip()}" for line in lines)  # noqa: E731
    # What is no JSON is Go's own, when act itself breaks down.
    stray = [line for line in done.stdout.splitlines() if not line.startswith("{")]
    return "\n\n".join(
        [
            f"act ended with {done.returncode}",
            show(wrong),
            show(said),
            "\n".join([*done.stderr.splitlines(), *stray])[:8000],
            "All it said:\n" + show(lines),
        ]
    )
