"""No text of matrix.toml breaks out of its place: it is refused with a finding, or every consumer reads it back unchanged.

The texts are drawn at random, others in each run; `MATRIX_SEED`, which is in the tests' ids, draws them again. What
parsers read back is compared with a matrix that holds a plain word in the same places. What a pipeline does with a text
is shown by executing it.
"""

import contextlib
import json
import random
import re
import shlex
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from buildkite import interpolated
from cloud_build import message, substituted
from google.protobuf import json_format
from harness import Plan, Stub, copy_tree, pushes
from hostile import LINES, OWN, PLACES, PLAIN, draw, draw_text, matrix
from judges import printed as bake_print
from judges import read_yaml
from pipelines import PROVIDERS
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from random_matrix import printed, seed_of_this_run, toml
from trees import ROOT, kind_of, owned

SEED = seed_of_this_run()
COUNT = 60

by_seed = pytest.mark.parametrize("seed", [SEED], scope="module")

#: Every code that a finding may have, from the document that is generated from their registry.
CODES = set(re.findall(r"^#+ `?([a-z0-9-]+)`?$", (ROOT / "docs/findings.md").read_text(), re.MULTILINE))


@dataclass
class Case:
    """A matrix, and what became of it."""

    places: set[str]
    text: str
    root: Path
    plain: Path
    done: subprocess.CompletedProcess | None = None

    def __str__(self) -> str:
        return f"{self.text!r} in {', '.join(sorted(self.places))}"

    @property
    def taken(self) -> bool:
        return (self.root / "generated/plan.json").exists()


def write(root: Path, text: str, files: dict[str, str]) -> Path:
    for path, content in {"matrix.toml": text, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, newline="")
    return root


def generate(gen: Path, root: Path) -> subprocess.CompletedProcess:
    ask = [gen, "matrix", "-C", root, "--format", "json"]
    return subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def cases(seed, gen, tmp_path_factory) -> list[Case]:
    folder = tmp_path_factory.mktemp("hostile")
    cases = []
    for number, (places, text) in enumerate(draw(seed, COUNT)):
        case = Case(places, text, folder / f"{number}", folder / f"{number}-plain")
        write(case.root, matrix(places, text), OWN)
        write(case.plain, matrix(places, PLAIN), OWN)
        cases.append(case)

    def run(case: Case) -> None:
        case.done = generate(gen, case.root)
        if all(PLACES[name].open for name in case.places):
            generate(gen, case.plain)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(run, cases))
    return cases


@by_seed
def test_a_text_is_taken_or_refused_with_a_finding(cases):
    for case in cases:
        said = f"{case}: exit {case.done.returncode}\n{case.done.stdout}\n{case.done.stderr}"
        assert "panicked" not in case.done.stderr, said
        assert case.done.returncode in (0, 1, 2), said
        findings = json.loads(case.done.stdout)
        assert {finding["code"] for finding in findings} <= CODES, said
        errors = [finding for finding in findings if finding["severity"] == "error"]
        assert bool(errors) == (case.done.returncode != 0), said
        if not case.taken:
            assert errors, said
    assert any(case.taken for case in cases) and not all(case.taken for case in cases)


# What the consumers read. Each returns, by file, what stands in each place.


def flat(value, place: str = "") -> dict:
    if isinstance(value, dict):
        return {at: leaf for key, child in value.items() for at, leaf in flat(child, f"{place}/{key}").items()}
    if isinstance(value, list):
        return {at: leaf for index, child in enumerate(value) for at, leaf in flat(child, f"{place}/{index}").items()}
    return {place: value}


def read_github(files: list[Path]) -> list[dict]:
    """By GitHub's own parser, which also says what an expression comes to."""
    ask = ["node", ROOT / ".tools/npm/github-parser.mjs", "--values", *files]
    done = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout).values())


def read_gitlab(files: list[Path]) -> list[dict]:
    """GitLab reads `$$` as a dollar, outside of scripts."""
    def meant(place: str, leaf):
        script = re.search(r"/(?:before_|after_)?script/", place)
        return leaf.replace("$$", "$") if isinstance(leaf, str) and not script else leaf

    return [{place: meant(place, leaf) for place, leaf in flat(read_yaml(file)).items()} for file in files]


class Names(dict):
    """Every name has a value that says it."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"

    def __contains__(self, name: object) -> bool:
        return True


def read_cloud_build(files: list[Path]) -> list[dict]:
    """By the API's message, after its substitutions."""
    def read(file: Path) -> dict:
        leaves = flat(json_format.MessageToDict(message(file), preserving_proto_field_name=True))
        return {place: substituted(leaf, Names(), set()) if isinstance(leaf, str) and not place.endswith("/script") else leaf
                for place, leaf in leaves.items()}  # fmt: skip

    return [read(file) for file in files]


def read_buildkite(files: list[Path]) -> list[dict]:
    """As its agent reads them."""
    return [flat(interpolated(read_yaml(file), Names())) for file in files]


def read_json(files: list[Path]) -> list[dict]:
    """By jq."""
    done = subprocess.run(["jq", "-c", ".", *files], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [flat(json.loads(line)) for line in done.stdout.split("\n")[:-1]]


def read_bake(files: list[Path]) -> list[dict]:
    """By buildx, which prints a text so that it could read it again."""
    def read(file: Path) -> dict:
        with tempfile.TemporaryDirectory() as scratch:
            leaves = flat(bake_print(file.parent, file.name, Path(scratch))["target"])
        return {without_hashes(place): leaf.replace("$${", "${").replace("%%{", "%{") if isinstance(leaf, str) else leaf
                for place, leaf in leaves.items()}  # fmt: skip

    with ThreadPoolExecutor(4) as workers:
        return list(workers.map(read, files))


def read_lines(files: list[Path]) -> list[dict]:
    """Record by record, as docs/plan.md says; of a step its command."""
    def read(file: Path) -> dict:
        fields = [line.split("\t") for line in file.read_text().split("\n")[1:-1]]
        plain = ["".join({"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}.get(part, part) for part in re.split(r"(\\.)", field))
                 for record in fields for field in record]  # fmt: skip
        steps = [json.loads(text.removeprefix("RUN "))[2] if text.startswith('RUN ["/bin/sh"') else text for text in plain]
        return {str(place): text for place, text in enumerate(steps)}

    return [read(file) for file in files]


READERS = {"lines": read_lines, "github": read_github, "gitlab": read_gitlab, "gitlab-templates": read_gitlab, "cloud-build": read_cloud_build,
           "buildkite": read_buildkite,
           "bake": read_bake, "plan": read_json, "catalog": read_json}  # fmt: skip


def without_hashes(leaf):
    """What is hashed differs where the text does; here only the rest is looked at."""
    return re.sub(r"sha256:[0-9a-f]{64}|content-[0-9a-f]{12}", "HASH", leaf) if isinstance(leaf, str) else leaf


def stands(wanted, got, text: str) -> bool:
    """Whether `got` is `wanted` with the text for the plain word. JSON in it is looked at by what it holds and not how it
    is spelled, a script by its words, and what is a script itself to the last that is not blank."""
    if not isinstance(wanted, str) or PLAIN not in wanted:
        return wanted == got
    if wanted.replace(PLAIN, text).rstrip() == got.rstrip():
        return True
    with contextlib.suppress(ValueError):
        if [word.replace(PLAIN, text) for word in shlex.split(wanted)] == shlex.split(got):
            return True
    try:
        inner, found = flat(json.loads(wanted)), flat(json.loads(got))
    except ValueError:
        return False
    return inner.keys() == found.keys() and all(
        value == found[place] or value.replace(PLAIN, text) == found[place] for place, value in inner.items()
    )


@by_seed
@pytest.mark.parametrize("kind", READERS)
def test_what_is_taken_is_read_back_unchanged(cases, kind):
    taken = [case for case in cases if case.taken and all(PLACES[name].open for name in case.places)]
    pairs = [(case, path) for case in taken for path in owned(case.plain) if kind_of(path) == kind]
    if not pairs:
        pytest.skip("there is no output of this kind")
    files = [root / path for case, path in pairs for root in (case.plain, case.root)]
    read = iter(READERS[kind](files))
    seen = 0
    for case, path in pairs:
        wanted, got = next(read), next(read)
        assert wanted.keys() == got.keys(), f"{case}: {path} has other places: {sorted(wanted.keys() ^ got.keys())}"
        for place, leaf in wanted.items():
            leaf, there = without_hashes(leaf), without_hashes(got[place])
            assert stands(leaf, there, case.text), f"{case}: {path} at {place}: {there!r}, plain it is {leaf!r}"
            seen += isinstance(leaf, str) and PLAIN in leaf
    assert seen or kind in ("catalog", "gitlab"), f"{kind}: nothing hostile was looked at"


@by_seed
def test_consumers_take_what_is_taken(cases):
    """Those that look at whole files, by their errors: what they say of style is no matter here."""
    taken = [case for case in cases if case.taken]
    dockerfiles = [case.root / path for case in taken for path in owned(case.root) if kind_of(path) == "dockerfile"]
    ask = ["hadolint", "--no-color", "--failure-threshold", "error", "--ignore", "DL3002", *dockerfiles]
    done = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert "DL1000" not in done.stdout, done.stdout
    workflows = [case.root / path for case in taken for path in owned(case.root) if kind_of(path) == "github"]
    ask = ["node", ROOT / ".tools/npm/github-parser.mjs", *workflows]
    done = subprocess.run(ask, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


#: Words that YAML 1.1 or 1.2 reads as something else than text where they stand bare.
OTHER_THAN_TEXT = [
    "2026-11-28", "2001-12-14t21:59:43.10-05:00", "2001-1-1", "12:30:45", "190:20:30", "1_000", "0o7", "012", "0b101", "0x1F",
    "-0x1F", "+1", "1e3", "12e03", "3.10", ".5", ".inf", "-.INF", ".nan", "~", "null", "Null", "yes", "No", "on", "OFF", "y", "N",
    "true", "<<", "=", "-", "---", "...", "?", "!x", "&a", "*a",
]  # fmt: skip


def read_as(version: tuple[int, int], text: str):
    """By a parser of that version of YAML; a tag of the provider's own is read as what it marks."""
    class Values(SafeConstructor):
        pass

    Values.add_multi_constructor("!", lambda loader, _, node: loader.construct_sequence(node, deep=True))
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor, yaml.version, yaml.allow_duplicate_keys = Values, version, False
    return yaml.load(text)


def test_what_looks_like_a_date_or_a_number_stays_text(gen, tmp_path):
    """Two parsers, of both versions of YAML, read the same; and the words are where the plain one would be."""
    assert read_as((1, 1), "a: 2026-11-28\nb: 12:30:45\nc: 0o7") != read_as((1, 2), "a: 2026-11-28\nb: 12:30:45\nc: 0o7")
    opened = {place.name for place in PLACES.values() if place.open and place.name != "own-target"}
    write(tmp_path / "plain", matrix(opened, PLAIN), OWN)
    generate(gen, tmp_path / "plain")
    for number, word in enumerate(OTHER_THAN_TEXT):
        root = write(tmp_path / str(number), matrix(opened, word), OWN)
        done = generate(gen, root)
        assert (root / "generated/plan.json").exists(), f"{word}: {done.stdout}"
        for path in owned(root):
            if not path.endswith((".yml", ".yaml")):
                continue
            text = (root / path).read_text()
            # `on:` of a workflow is a word of YAML 1.1; GitHub's parser is of 1.2.
            older, newer = (flat(read_as(version, re.sub(r"(?m)^on:", '"on":', text))) for version in ((1, 1), (1, 2)))
            assert older == newer, f"{word}: {path}"
            plain = flat(read_as((1, 2), re.sub(r"(?m)^on:", '"on":', (tmp_path / "plain" / path).read_text())))
            assert plain.keys() == newer.keys(), f"{word}: {path}"
            for place, leaf in plain.items():
                if isinstance(leaf, str) and leaf == PLAIN:
                    assert newer[place] == word, f"{word}: {path} at {place}"


# Executed.

IMAGES, TESTS, STEPS = 3, 12, 8

#: Where the steps log in, which no registry of the matrix is.
HOST = "steps.example.com"

#: What a step says as a document in its own text, with words in both kinds of quotes, a comment, tabs and blank lines.
SAID = "it's \"a\" `b` $(c) ${D} \\ $$ % <{ x }> <% y %>"
RUN = f"""# it's "a" $comment
user=$(cat <<'EOF'
{SAID}
EOF
)

if true; then
\tdocker login --username "$user" --password-stdin {HOST} </dev/null
fi
"""


@dataclass
class Executed:
    """A matrix whose args, tests, tags, labels and steps are hostile, and the words that are meant."""

    root: Path
    args: dict[str, dict[str, str]]
    tests: dict[str, list[str]]
    #: What the user's own steps log in as, each at HOST.
    steps: set[str]


@pytest.fixture(scope="module")
def executed(seed, gen, tmp_path_factory) -> Executed:
    dice = random.Random(seed)
    rows = dice.sample(LINES, len(LINES)) + [draw_text(dice, LINES, 4) for _ in range(12)]
    steps = dice.sample(LINES, STEPS)
    made = Executed(tmp_path_factory.mktemp("executed"), {}, {}, {*steps, SAID})
    lines = ["[release]", 'version = "1.2.0"', "", "[registry.hub]", 'prefix = "docker.io/acme"']
    files = {}
    share = -(-len(rows) // IMAGES)
    for number in range(IMAGES):
        name, texts = f"own{number}", rows[number * share : (number + 1) * share]
        made.args[name] = {f"A{index}": text for index, text in enumerate(texts)} | {"LINES": "two\n\tlines\\n and\n\n"}
        made.tests[name] = [f"echo {text}" for text in texts[:TESTS]]
        files[f"docker/{name}/Dockerfile"] = "FROM debian:13\n" + "".join(f"ARG {arg}\n" for arg in made.args[name])
        keys = {
            "tag": f"{'t' * 127}{number}",
            "from": "debian:13",
            "dockerfile": f"docker/{name}/Dockerfile",
            "args": {arg: printed(text) for arg, text in made.args[name].items()},
            "test": [printed(test) for test in made.tests[name]],
        }
        lines += ["", f"[image.{name}]", *(f"{key} = {toml(value)}" for key, value in keys.items())]
    label = "it's a \"large\" `one`, 50% $(id) \\ é"
    runners = {"amd64": {"group": label, "labels": [label, "gpu"]}}
    lines += ["", "[ci.github]", f"runner = {toml(runners)}", f"control-runner = {toml([label, 'x'])}", f"environment = {toml(label)}"]
    lines += ["", "[ci.gitlab]", f"runner = {toml({'amd64': [label]})}", "", "[ci.cloud-build]"]
    login = f'docker login --username "$V" --password-stdin {HOST} </dev/null'
    names = [text for text in steps if text.strip()]  # a blank name is refused
    for provider in PROVIDERS:
        for number, text in enumerate(steps):
            keys = {"at": "before-build", "name": dice.choice(names), "run": login, "env": {"V": text, "AFTER": "x"}}
            lines += ["", f"[ci.{provider}.step.s{number}]", *(f"{key} = {toml(value)}" for key, value in keys.items())]
        lines += ["", f"[ci.{provider}.step.document]", 'at = "before-probe"', f"run = {toml(RUN)}"]
    write(made.root, "\n".join(lines) + "\n", files)
    done = generate(gen, made.root)
    assert done.returncode == 0, f"seed {seed}: {done.stdout}\n{done.stderr}"
    return made


@by_seed
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_builder_receives_exactly_the_words_that_are_meant(executed, provider, tmp_path):
    stub = Stub(tmp_path / "stub")
    stub.folder.mkdir()
    tree = copy_tree(executed.root, tmp_path / "tree")
    PROVIDERS[provider](tree, stub)
    plan, journal = Plan(executed.root), stub.journal()
    leg_of = {leg: spec["image"] for spec in plan.specs for leg in plan.legs(spec)}
    received = {leg_of[call["tags"][0]]: call["args"] for call in pushes(journal)}
    assert received == executed.args
    tested = {name: [call["command"][-1] for call in journal if call["verb"] == "run" and leg_of.get(call["ref"]) == name]
              for name in executed.tests}  # fmt: skip
    assert tested == executed.tests
    assert {call["username"] for call in journal if call["verb"] == "login" and call["host"] == HOST} == executed.steps
    assert set(plan.final_tags()) <= set(stub.tags())
