"""What gen reads in Dockerfiles against what a real builder does: whether it takes them, their targets, the bases that are
resolved, and the args it outlines (`--call` looks at the platform of the builder alone). Known to differ, each with its reason: dockerfiles/differs.toml."""

import json
import os
import re
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dockerfile_cases
import pytest
from engine import INSTALLED

FULL = bool(os.environ.get("ACCEPTANCE_FULL"))
DRAWN = 4000 if FULL else 100
BUILDX = INSTALLED / "root/usr/libexec/docker/cli-plugins/docker-buildx"
DIFFERS = tomllib.loads((Path(__file__).parent / "dockerfiles/differs.toml").read_text())
#: What a builder says where it understood a Dockerfile, and could not have an image of it.
NOT_THERE = ("failed to resolve source metadata", "not found", "failed to do request", "no match for platform", "pull access denied")


pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="session")
def reader() -> Path:
    """The program that says how gen reads: examples/dockerfile.rs."""
    return Path(os.environ["READERS"]) / "dockerfile"


@pytest.fixture(scope="session")
def images(engine):
    """Every image that the cases name on purpose is there."""
    small = f"{engine.host}/library/debian:trixie-slim"
    for name in dockerfile_cases.IMAGES:
        engine.crane("copy", small, f"{engine.host}/{name}")
    return engine


def ask_reader(reader, folder: Path, cases) -> list[dict]:
    asked = [
        json.dumps({"file": str(folder / f"{n}.Dockerfile"), "platform": "linux/amd64", "args": case.args, "target": case.target})
        for n, case in enumerate(cases)
    ]  # fmt: skip
    done = subprocess.run([reader], input="\n".join(asked) + "\n", text=True, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(engine, *words) -> tuple[int, str, str]:
    """Exit code, stdout and stderr. Some Dockerfiles keep a builder busy for ever: that is an answer, too."""
    try:
        done = subprocess.run(words, env=engine.env(), stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return 1, "", "ERROR: no answer"
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def ask_builder(engine, folder: Path, n: int, case) -> dict:
    words = [BUILDX, "build", "--progress=rawjson", "--file", folder / f"{n}.Dockerfile"]
    words += [word for name, value in case.args.items() for word in ("--build-arg", f"{name}={value}")]
    words += ["--target", case.target] if case.target else []
    code, out, said = run(engine, *words, "--call=outline,format=json", folder / "empty")
    bases = set()
    for line in said.splitlines():
        try:
            vertexes = json.loads(line).get("vertexes") or []
        except (ValueError, AttributeError):
            continue
        bases |= {v["name"].split("load metadata for ")[1] for v in vertexes if "load metadata for " in v["name"]}
    fault = next((line for line in reversed(said.splitlines()) if line.startswith("ERROR")), said[-300:])
    answer = {"bases": bases, "fault": fault, "refused": code != 0, "absent": code != 0 and any(w in fault for w in NOT_THERE)}
    if code == 0:
        answer["args"] = {a["name"]: a.get("value", "") for a in json.loads(out).get("args") or []}
        # What is refused is compared no further.
        code, out, said = run(engine, *words, "--call=targets,format=json", folder / "empty")
        assert code == 0, said
        listed = json.loads(out)["targets"] or []
        answer["targets"] = [[t.get("name") or None, t["base"], t.get("platform") or None] for t in listed]
    return answer


def compare(ours: dict, theirs: dict) -> str:
    """How the two differ; empty where they agree."""
    if theirs["absent"]:
        # Words are expanded only once all images are there.
        if "refused" in ours and not ours.get("unread"):
            return ""
        if "refused" in ours:
            return f"we refuse ({ours['refused']}), the builder wants {sorted(theirs['bases'])}"
        return "" if theirs["bases"] <= set(ours["bases"]) else f"bases {ours['bases']} / {sorted(theirs['bases'])}"
    if theirs["refused"] != ("refused" in ours):
        return f"we: {ours.get('refused', 'taken')}; the builder: {theirs['fault'] if theirs['refused'] else 'taken'}"
    if theirs["refused"]:
        # What lists no targets cannot be read, whatever is to be built.
        return ""
    if ours["targets"] != theirs["targets"]:
        return f"targets {ours['targets']} / {theirs['targets']}"
    if set(ours["bases"]) != theirs["bases"]:
        return f"bases {ours['bases']} / {sorted(theirs['bases'])}"
    if set(ours["args"]) != set(theirs["args"]):
        return f"args {sorted(ours['args'])} / {sorted(theirs['args'])}"
    for name, value in theirs["args"].items():
        if not {value, None} & set(ours["args"][name]):
            return f"arg {name} {ours['args'][name]} / {value!r}"
    return ""


def differences(engine, reader, folder: Path, cases) -> dict[int, str]:
    (folder / "empty").mkdir()
    for n, case in enumerate(cases):
        (folder / f"{n}.Dockerfile").write_bytes(case.text)
    ours = ask_reader(reader, folder, cases)
    assert len(ours) == len(cases)
    with ThreadPoolExecutor(4) as pool:
        theirs = list(pool.map(lambda n: ask_builder(engine, folder, n, cases[n]), range(len(cases))))
    found = {n: compare(ours[n], theirs[n]) for n in range(len(cases))}
    refused = sum(t["refused"] for t in theirs)
    print(f"{len(cases)} cases, {refused} refused by the builder, {sum(map(bool, found.values()))} differ")
    return {n: how for n, how in found.items() if how}


def told(cases, found: dict[int, str]) -> str:
    return "\n\n".join(f"{cases[n].text!r} {cases[n].args} {cases[n].target}\n  {how}" for n, how in found.items())


def test_written_cases_agree(images, reader, tmp_path):
    """Hard ones, one by one: each agrees, or is listed with its reason."""
    cases = dockerfile_cases.written()
    listed = {row["dockerfile"] for row in DIFFERS["written"]}
    found = differences(images, reader, tmp_path, cases)
    differ = {cases[n].text.decode(errors="surrogateescape"): n for n in found}
    assert not (unlisted := {n: found[n] for text, n in differ.items() if text not in listed}), told(cases, unlisted)
    assert not (gone := listed - set(differ)), f"these agree by now, or are no cases: {gone}"


def test_drawn_cases_agree(images, reader, tmp_path):
    """At least 99 of 100 that are drawn, whatever the kinds of difference that are known; all others would be listed."""
    cases = dockerfile_cases.drawn(DRAWN, seed=8)
    found = differences(images, reader, tmp_path, cases)
    known = [re.compile(row["pattern"], re.S) for row in DIFFERS["drawn"]]
    new = {n: how for n, how in found.items() if not any(p.search(cases[n].text.decode(errors="replace")) for p in known)}
    assert not new, told(cases, new)
    assert len(found) <= len(cases) / 100, told(cases, found)


def test_the_comparison_would_tell(images, reader, tmp_path):
    """Another Dockerfile under each name than the one that was read: it must not look alike."""
    case = dockerfile_cases.Case(b"FROM debian:12 AS a\nARG X=1\n")
    other = dockerfile_cases.Case(b"FROM debian:bookworm\nFROM a\nARG Y=2\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "0.Dockerfile").write_bytes(case.text)
    (ours,) = ask_reader(reader, tmp_path, [case])
    theirs = ask_builder(images, tmp_path, 0, case)
    assert compare(ours, theirs) == ""
    (tmp_path / "0.Dockerfile").write_bytes(other.text)
    assert compare(ours, ask_builder(images, tmp_path, 0, other)) != ""
    assert compare(ours, ask_builder(images, tmp_path, 0, case)) != ""
