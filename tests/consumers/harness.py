"""What a pipeline must have done when it has run: read from the plan, held against the docker stub's memory.

A pipeline is really executed, in a copy of its tree that is a git repository, with the `docker` of stubs/ before all
others on PATH. Two runs of one pipeline share a stub as they would share a registry.

Trees come from the environment's TREES (paths, separated as in PATH); without it, from trees.py.
"""

import collections
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
STUBS = HERE / "stubs"

#: The marker by which publish.sh knows the newest release of a repository: no tag of the plan's.
MARKER = ":newest-release"


def trees_under_test() -> list:
    """Trees by TREES, or every tree that trees.py knows."""
    named = os.environ.get("TREES")
    if named is not None:
        return [Path(path) for path in named.split(os.pathsep) if path]
    from trees import trees

    return trees()


def tree_name(tree) -> str:
    return tree.name


def is_repository(tree) -> bool:
    """Whether this is the repository itself: by far the largest tree, so what holds of any tree is shown on the others."""
    return tree_name(tree) == "repository"


def root_of(tree, scratch: Path) -> Path:
    """The root of the generated tree."""
    if isinstance(tree, Path):
        return tree
    return tree.generate(Path(os.environ["GEN_BIN"]), scratch)


def outputs(root: Path) -> list[str]:
    """The generated files of a tree: by its own list, or what stands where pipelines do."""
    listed = root / "generated/.outputs"
    if listed.exists():
        return [line for line in listed.read_text().splitlines() if line and not line.startswith("#")]
    return [path.relative_to(root).as_posix() for place in (".", ".gitlab") for path in sorted((root / place).glob("*.y*ml"))]


def read_yaml(path: Path) -> dict:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = False
    return yaml.load(path.read_text())


def copy_tree(root: Path, to: Path) -> Path:
    """What pipelines read of a tree, as a fresh repository: of this repository its matrix and outputs as committed, of
    any other tree everything."""
    if (root / ".git").exists():
        listed = run(["git", "ls-files", "-z", "--", "matrix.toml", "generated", ".github"], root).stdout.split("\0")
        for path in filter(None, listed):
            target = to / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / path, target, follow_symlinks=False)
    else:
        shutil.copytree(root, to, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitlab-ci-local"))
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
    run([*git, "init", "-q", "-b", "main", "--template="], to)
    run([*git, "add", "-A", "-f"], to)
    run([*git, "commit", "-q", "-m", "tree"], to)
    # gitlab-ci-local copies the whole folder for every job: few files are fast.
    run([*git, "repack", "-a", "-d", "-q"], to)
    run([*git, "remote", "add", "origin", "git@gitlab.example.com:acme/images.git"], to)
    run([*git, "update-ref", "refs/remotes/origin/main", "HEAD"], to)
    run([*git, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"], to)
    return to


def run(command: list, cwd: Path, env: dict | None = None) -> subprocess.CompletedProcess:
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[:4]}: exit {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done


def missing(said: str) -> dict:
    """What `publish.sh probe` says is missing."""
    records = [line.split("\t") for line in said.splitlines()]
    return {
        "build": [{"id": id, "platform": on, "layer": int(layer)} for kind, id, on, *layers in records if kind == "build" for layer in layers],
        "merge": [{"id": id, "layer": int(layer)} for kind, id, layer, *_ in records if kind == "merge"],
    }


def everything_missing(specs: list) -> str:
    """What the probe says of these where nothing is there yet: layer by layer."""
    said = ""
    for spec in sorted(specs, key=lambda spec: spec["layer"]):
        if is_joined(spec):
            said += f"merge\t{spec['id']}\t{spec['layer']}\n"
        said += "".join(f"build\t{spec['id']}\t{platform}\t{spec['layer']}\n" for platform in spec["platforms"])
    return said


def legs(said: str) -> list:
    """What `pull-request.sh changed` says is to be built, group by group."""
    records = [line.split("\t") for line in said.splitlines()]
    return [{"platform": platform, "targets": ids.split(" ")} for platform, ids in records]


def is_joined(spec: dict) -> bool:
    """Whether its platforms are pushed apart: one alone is the content, but where a pipeline builds what is there."""
    alone = next(iter(spec.get("pushed", {}).values()), spec["content_reference"])
    return len(spec["platforms"]) > 1 or alone.endswith("-" + "-".join(spec["platforms"][0].split("/")[1:]))


def legs_of(spec: dict) -> list:
    """Where each platform of a spec is pushed."""
    if not is_joined(spec):
        return [spec["content_reference"]]
    return [f"{spec['content_reference']}-{on.split('/', 1)[1].replace('/', '-')}" for on in spec["platforms"]]


class Plan:
    """plan.json, with the questions the proofs ask."""

    def __init__(self, root: Path):
        self.plan = json.loads((root / "generated/plan.json").read_text())
        self.specs = self.plan["specs"]
        self.by_id = {spec["id"]: spec for spec in self.specs}

    @cached_property
    def builders(self) -> list:
        """The first spec of each content: what is really built."""
        first = {}
        for spec in self.specs:
            first.setdefault(spec["content_reference"], spec)
        return list(first.values())

    def legs(self, spec: dict) -> dict:
        """{reference of one platform's image: platform}"""
        return dict(zip(legs_of(spec), spec["platforms"]))

    def lineage(self, spec: dict) -> set:
        """The content references a spec stands on."""
        ids = ([spec["parent"]] if spec["parent"] else []) + spec["needs"]
        return {self.by_id[id]["content_reference"] for id in ids} - {spec["content_reference"]}

    def stands_on(self, spec: dict) -> str | None:
        """The reference behind its FROM, where the plan knows it: of the parent by content, or of the upstream image."""
        base = self.by_id[spec["parent"]]["content_reference"] if spec["parent"] else spec["base"]
        return base and bare(base)

    def pushes(self) -> collections.Counter:
        """Every (reference, platform) that has to be pushed, once each."""
        return collections.Counter(leg for spec in self.builders for leg in self.legs(spec).items())

    def final_tags(self) -> dict:
        """{tag people pull by: the content reference it must equal}"""
        return {
            tag: spec["content_reference"] for spec in self.specs for tag in [*spec["references"], *spec["aliases"]]
        }


@functools.cache
def stub_server() -> str:
    """The port of a docker stub that answers for all folders, for as long as this process lives."""
    command = [sys.executable, "-ESs", STUBS / "docker_server.py"]
    # It ends when its stdin does, so the pipe must live as long as this process.
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stub_server.process = server
    return server.stdout.readline().strip()


@dataclass
class Stub:
    """One world of registries, and what was asked of it."""

    folder: Path

    def env(self, **more: str) -> dict:
        """An environment in which `docker` is the stub; nothing of the caller's but what programs need to start."""
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR", "TZ") if name in os.environ}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "server").write_text(f"{stub_server()}\n")
        path = os.pathsep.join([str(STUBS), os.environ["PATH"]])
        return {**kept, "PATH": path, "DOCKER_STUB": str(self.folder), "PUBLISH_DELAY": "0", "FETCH_DELAY": "0", **more}

    def journal(self) -> list:
        fault = self.folder / "fault"
        assert not fault.exists(), fault.read_text()
        file = self.folder / "journal.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def forget(self) -> None:
        """Drop the journal: what follows is a new run on the same registries."""
        (self.folder / "journal.jsonl").unlink(missing_ok=True)

    def state(self) -> dict:
        """What the registries hold."""
        file = self.folder / "state.json"
        return json.loads(file.read_text()) if file.exists() else {"tags": {}, "blobs": {}}

    def tags(self) -> dict:
        return json.loads(run([STUBS / "docker", "stub", "tags"], self.folder, self.env()).stdout)

    def put(self, reference: str, annotations: dict) -> None:
        """Let a reference hold something of its own, annotated so."""
        env = self.env(STUB_ANNOTATIONS=json.dumps(annotations))
        (self.folder / "server").unlink()
        run([STUBS / "docker", "stub", "put", reference], self.folder, env)

    def restart(self) -> None:
        """Let the machine with the engine be another: its own images are gone."""
        file = self.folder / "state.json"
        if file.exists():
            file.write_text(json.dumps(json.loads(file.read_text()) | {"local": {}}))

    def drop(self, *references: str) -> None:
        """Let the registries lose these references."""
        state = self.state()
        for reference in references:
            state["tags"].pop(reference, None)
        (self.folder / "state.json").write_text(json.dumps(state))


def normal(reference: str) -> str:
    """As the stub names things: host and folder are always there."""
    host, slash, _ = reference.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return reference
    return "docker.io/" + ("" if slash else "library/") + reference


def bare(reference: str) -> str:
    """The same without the digest by which it may be held."""
    return normal(reference.split("@")[0])


def pushes(journal: list) -> list:
    return [call for call in journal if call["verb"] == "build" and call["ok"] and call["push"]]


def pushed(journal: list) -> collections.Counter:
    """Every (reference, platform) that was pushed, as often as it was."""
    return collections.Counter(
        (tag, platform) for call in pushes(journal) for tag in call["tags"] for platform in call["platforms"]
    )


def assert_published(plan: Plan, stub: Stub) -> None:
    """A first run built exactly the plan, from what the plan says, and put exactly the plan's tags."""
    journal = stub.journal()
    failed = [call for call in journal if not call["ok"] and call["verb"] != "inspect"]
    assert not failed, failed
    assert pushed(journal) == plan.pushes()

    spec_of = {leg: spec for spec in plan.builders for leg in plan.legs(spec)}
    for call in pushes(journal):
        spec = spec_of[call["tags"][0]]
        asked = {key: call[key] for key in ("file", "context", "target", "args", "contexts")}
        assert asked == {key: spec[{"file": "dockerfile"}.get(key, key)] for key in asked}
        assert call["labels"] == spec.get("labels", {})
        assert re.fullmatch(r"mode=min(,builder-id=\S+)?", call["provenance"])
        if base := plan.stands_on(spec):
            stood_on = [bare(reference) for reference in call["from"]]
            assert base in stood_on, f"{spec['id']} was built on {stood_on}, not on {base}"

    tags = stub.tags()
    legs = {leg for spec in plan.builders for leg in plan.legs(spec)}
    contents = {spec["content_reference"]: sorted(spec["platforms"]) for spec in plan.builders}
    assert {tag: tags[tag]["platforms"] for tag in contents} == contents
    final = plan.final_tags()
    assert {tag for tag in tags if MARKER not in tag} == legs | set(contents) | set(final)
    wrong = {tag: content for tag, content in final.items() if tags[tag]["digest"] != tags[content]["digest"]}
    assert not wrong, f"tags that hold another image than their content: {wrong}"


def assert_order(plan: Plan, stub: Stub) -> None:
    """Tests before the push; everything a spec stands on there before it is built; tags when all is there."""
    journal = stub.journal()
    merged, tested, contents = {}, collections.defaultdict(list), {spec["content_reference"] for spec in plan.builders}
    spec_of = {leg: spec for spec in plan.builders for leg in plan.legs(spec)}
    for call in journal:
        if call["verb"] == "run" and call["ok"] and call["ref"] in spec_of:
            tested[call["ref"]].append(call["command"][-1])
        if call["verb"] == "build" and call["ok"]:
            for leg in call["tags"]:
                waits = plan.lineage(spec_of[leg]) - set(merged)
                assert not waits, f"{leg} was built before {waits} was merged"
                if call["push"]:
                    if leg in contents:
                        merged[leg] = True
                    assert tested[leg] == commands(spec_of[leg]), f"{leg} was pushed with these tests run: {tested[leg]}"
        if call["verb"] == "build" and not call["ok"]:
            # Trying again begins with the tests.
            for leg in call["tags"]:
                tested.pop(leg, None)
        if call["verb"] == "create" and call["ok"]:
            for tag in call["tags"]:
                if tag in contents:
                    merged[tag] = True
                else:
                    assert contents <= set(merged), f"{tag} was put before everything was merged"


def assert_idle(stub: Stub) -> None:
    """A run that found everything published."""
    looks = {"inspect", "login"}
    emulators = ["--install"]
    busy = [call for call in stub.journal() if call["verb"] not in looks]
    busy = [call for call in busy if not (call["verb"] == "run" and call["command"][:1] == emulators)]
    assert not busy, f"there was nothing to do, yet: {busy}"


def commands(spec: dict) -> list:
    """What its tests run, for one platform where a test is not for all."""
    return [test if isinstance(test, str) else test["run"] for test in spec["tests"]]


def a_leaf(plan: Plan) -> dict:
    """The last builder that nothing stands on."""
    stood_on = set().union(*(plan.lineage(spec) for spec in plan.specs))
    return [spec for spec in plan.builders if spec["content_reference"] not in stood_on][-1]


def lose(plan: Plan, stub: Stub, spec: dict, legs: bool = True) -> None:
    """Let the registries lose a content, its platforms if so asked, and the tags by which it would be found again."""
    alike = [other for other in plan.specs if other["content_reference"] == spec["content_reference"]]
    fixed = [reference for other in alike if other["immutable"] for reference in other["references"]]
    stub.drop(spec["content_reference"], *(plan.legs(spec) if legs else []), *fixed)


def assert_truth(plan: Plan, stub: Stub, publish, and_heals: bool = True) -> None:
    """Runs of a pipeline: on empty registries, unless `stub` remembers that one, again, and, if `and_heals`, when one leaf
    has been lost. `publish()` runs it."""
    if not stub.journal():
        publish()
    assert_published(plan, stub)
    assert_order(plan, stub)
    complete = stub.tags()

    stub.forget()
    publish()
    assert_idle(stub)
    assert stub.tags() == complete

    if not and_heals:
        return
    leaf = a_leaf(plan)
    lose(plan, stub, leaf)
    stub.forget()
    publish()
    assert pushed(stub.journal()) == collections.Counter(plan.legs(leaf).items())
    assert stub.tags() == complete
