"""A tree whose images belong to the registry of the run, and its publish.sh, called as a pipeline would."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import lines
from engine import ROOT, Engine
from harness import missing

LINEAGE = Path(__file__).resolve().parent / "lineage"
#: What is not there at first.
LATE = "stand-in/late:1"


class World:
    """One generated tree. Its repositories are of its own name, so that tests do not meet in the registry."""

    def __init__(self, engine: Engine, source: Path, folder: Path, prefixes: dict[str, str], **env: str):
        self.engine, self.root, self.more = engine, folder / "tree", {"CALLS": str(folder / "calls"), **env}
        shutil.copytree(source, self.root, symlinks=True, ignore=shutil.ignore_patterns("target", ".git", ".tools", "node_modules"))
        matrix = self.root / "matrix.toml"
        text = matrix.read_text()
        for old, new in prefixes.items():
            assert old in text, f"{source}/matrix.toml holds no {old}"
            text = text.replace(old, new)
        matrix.write_text(text)
        subprocess.run([os.environ["GEN_BIN"], "-q", "matrix", "-C", self.root], check=True, stdin=subprocess.DEVNULL)
        self.plan = json.loads((self.root / "generated/plan.json").read_text())

    def only(self, *ids: str, platforms: list[str] | None = None) -> "World":
        """Leave these specs, and of them these platforms."""
        self.plan["specs"] = [spec for spec in self.plan["specs"] if spec["id"] in ids]
        assert [spec["id"] for spec in self.plan["specs"]] == list(ids)
        for spec in self.plan["specs"]:
            spec["platforms"] = [p for p in spec["platforms"] if platforms is None or p in platforms]
        self.save()
        return self

    def save(self) -> None:
        (self.root / "generated/plan.json").write_text(json.dumps(self.plan))
        lines.write(self.root / "generated", self.plan)

    def spec(self, id: str) -> dict:
        return next(spec for spec in self.plan["specs"] if spec["id"] == id)

    def call(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        """Run publish.sh. SCRIPT_PID lets the docker in between kill it; the calls are counted from one."""
        Path(self.more["CALLS"]).write_text("")
        return subprocess.run(
            ["sh", "-c", 'export SCRIPT_PID=$$; exec sh generated/ci/publish.sh "$@"', "sh", *words],
            cwd=self.root, env=self.engine.env(**{**self.more, **env}), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            start_new_session=True,
        )  # fmt: skip

    def ok(self, *words: str, **env: str) -> subprocess.CompletedProcess:
        done = self.call(*words, **env)
        assert done.returncode == 0, done.stderr[-6000:]
        return done

    def missing(self) -> dict:
        return missing(self.ok("probe").stdout)

    def publish(self, at_once: int = 1, **env: str) -> list[str]:
        """Everything, as a pipeline would, so many legs of a layer at once; what a failed leg leaves out, later layers and tags
        included, is told."""
        wanting, failed = self.missing(), []

        def step(what: str, *words: str) -> None:
            done = self.call(*words, **env)
            if done.returncode:
                # Shown where a test fails.
                print(f"{what}: exit {done.returncode}\n{done.stderr[-3000:]}")
                failed.append(what)

        def build(leg: dict) -> None:
            step(f"{leg['id']} {leg['platform']}", "build", leg["id"], leg["platform"])

        for layer in range(self.plan["layers"]):
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(build, [leg for leg in wanting["build"] if leg["layer"] == layer]))
            for merge in wanting["merge"]:
                if merge["layer"] == layer:
                    step(merge["id"], "merge", merge["id"])
        step("tags", "tags")
        return failed

    def digests(self) -> dict:
        """{every reference and alias of the plan: what it holds}"""
        tags = [tag for spec in self.plan["specs"] for tag in [*spec["references"], *spec["aliases"]]]
        return {tag: self.engine.digest(tag) for tag in tags}

    def assert_published(self) -> None:
        """Each tag, at home and in the copy, holds its content; each content has the platforms of the plan."""
        for spec in self.plan["specs"]:
            content = self.engine.digest(spec["content_reference"])
            assert content, f"{spec['id']} is not there"
            held = {tag: self.engine.digest(tag) for tag in [*spec["references"], *spec["aliases"]]}
            assert set(held.values()) == {content}, held
            if len(spec["platforms"]) > 1:
                assert self.engine.platforms(spec["content_reference"]) == sorted(spec["platforms"])


def lineage(engine: Engine, folder: Path, name: str, tables: str = "", **env: str) -> World:
    """The small lineage, with repositories below `name`. The image of the world outside that it lacks is its own, too.
    `tables` are added to its matrix."""
    late = f"stand-in/late-{name}:1"
    prefixes = {"HOST": f"{engine.host}/{name}", LATE: late, "[[alias]]": f"{tables}[[alias]]"}
    world = World(engine, LINEAGE, folder, prefixes, **env)
    world.late = late
    if engine.emulates:
        for spec in world.plan["specs"]:
            spec["platforms"] = ["linux/amd64"]
        world.save()
    return world


def own(engine: Engine, folder: Path, **env: str) -> World:
    """This repository's matrix."""
    tree = folder / "own"
    tree.mkdir()
    for name in ("matrix.toml", "Cargo.toml"):
        shutil.copy2(ROOT / name, tree / name)
    (tree / "docs").mkdir()
    shutil.copy2(ROOT / "docs/hooks.md", tree / "docs/hooks.md")
    prefixes = {"ghcr.io/basematrix\"": f"{engine.host}/own/one\"", "docker.io/basematrix": f"{engine.host}/own/two"}
    return World(engine, tree, folder, prefixes, **env)
