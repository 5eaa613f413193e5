"""What Renovate finds in a matrix.toml by renovate/matrix.json, and what comes of its updates.

Renovate itself is a service; its custom manager is a list of regular expressions over the text of the file, and an
update is a replacement inside what they matched. Both are done here as its documentation says.
"""

import json
import re
import tomllib

import pytest
from packages import blocks, repository, run
from trees import ROOT

PRESET = ROOT / "renovate/matrix.json"
SHA = "0123456789abcdef0123456789abcdef01234567"


def managers() -> list[dict]:
    return json.loads(PRESET.read_text())["customManagers"]


def python_of(pattern: str) -> str:
    """The same expression as Python writes it: only named groups differ."""
    return re.sub(r"\(\?<(?=[a-zA-Z])", "(?P<", pattern)


def found(text: str, managers: list[dict]) -> list[dict]:
    """The dependencies of a file in its order: groups, over which templates are laid, and the text that matched."""
    dependencies = []
    for manager in managers:
        fixed = {key.removesuffix("Template"): value for key, value in manager.items() if key.endswith("Template")}
        for pattern in manager["matchStrings"]:
            for match in re.finditer(python_of(pattern), text):
                groups = {key: value for key, value in match.groupdict().items() if value is not None}
                laid = {
                    key: re.sub(r"\{\{\{(\w+)\}\}\}", lambda m: groups.get(m[1], m[0]), value)
                    for key, value in fixed.items()
                    if key != "autoReplaceString"
                }
                dependencies.append({**groups, **laid, "at": match.start(), "text": match[0]})
    return sorted(dependencies, key=lambda dependency: dependency["at"])


def summary(dependencies: list[dict]) -> list[tuple]:
    return [(d["datasource"], d["depName"], d["currentValue"], d.get("currentDigest")) for d in dependencies]


def sample() -> str:
    """The last matrix that docs/hooks.md shows."""
    return blocks("toml")[-1]


#: Where Renovate would look: the repository's own matrix, and the documented one.
OWN = (ROOT / "matrix.toml").read_text()


def test_every_cuda_release_of_this_repository_is_found():
    config = tomllib.loads(OWN)
    rows = [row for row in config["axis"]["cuda"] if isinstance(row, dict)]
    assert len(rows) >= 4
    dependencies = [dependency for dependency in found(OWN, managers()) if dependency["depType"] == "cuda"]
    print(*summary(dependencies), sep="\n")
    assert summary(dependencies) == [("docker", "nvidia/cuda", row["value"], None) for row in rows]
    for row, dependency in zip(rows, dependencies):
        version = python_of(dependency["extractVersion"])
        assert re.match(version, f"12.8.9-base-{row['os']}")["version"] == "12.8.9"
        assert not re.match(version, f"12.8.9-cudnn-devel-{row['os']}")
        assert not re.match(version, "12.8.9-base-rockylinux9")


def test_the_documented_matrix_is_found_whole():
    checkout = tomllib.loads(sample())["ci"]["github"]["actions"]["actions/checkout"]
    assert summary(found(sample(), managers())) == [
        ("docker", "nvidia/cuda", "12.8.1", None),
        ("docker", "nvidia/cuda", "13.0.1", None),
        ("github-releases", "krallin/tini", "v0.19.0", None),
        ("docker", "debian", "13.1-slim", None),
        ("docker", "docker", "28.5.2-cli", None),
        ("docker", "docker", "28.5.2-dind", None),
        ("github-tags", "actions/checkout", checkout["version"], checkout["sha"]),
    ]


@pytest.mark.parametrize(
    "entry",
    [
        f'[ci.github.actions]\n"a/b" = {{ sha = "{SHA}", version = "v1.2.3" }}',
        f'[ci.github.actions]\n"a/b" = {{version="v1.2.3",sha="{SHA}"}}',
        f'[ci.github.actions."a/b"] # held\nsha = "{SHA}" # until June\n\n# said\nversion = "v1.2.3"',
        f'[ci.github.actions."a/b"]\r\nversion = "v1.2.3"\r\nsha = "{SHA}"\r\n',
        f"[ci.github]\nactions.\"a/b\" = {{ sha = '{SHA}', version = 'v1.2.3' }}",
        f'[ci]\ngithub = {{ actions = {{ "a/b" = {{ sha = "{SHA}", version = "v1.2.3" }} }} }}',
    ],
)
def test_an_action_is_found_in_every_shape(entry):
    assert tomllib.loads(entry)["ci"]["github"]["actions"]["a/b"]["version"] == "v1.2.3"
    assert summary(found(entry, managers())) == [("github-tags", "a/b", "v1.2.3", SHA)]


@pytest.mark.parametrize(
    "row, expected",
    [
        ('image = "registry.example.com:5000/docker:28.5.2-cli"', ("registry.example.com:5000/docker", "28.5.2-cli", None)),
        (f'name = "curl"\nimage = "curlimages/curl:8.17.0@sha256:{SHA}{SHA[:24]}"', ("curlimages/curl", "8.17.0", f"sha256:{SHA}{SHA[:24]}")),
        ('submit-image = "gcr.io/a/b/google-cloud-cli:525.0.0-slim"', ("gcr.io/a/b/google-cloud-cli", "525.0.0-slim", None)),
    ],
)
def test_machinery_is_found_in_the_matrix_and_in_facts(row, expected):
    assert summary(found(row, managers())) == [("docker", *expected)]


def test_the_shipped_machinery_is_found():
    """By the row that `[facts]` takes, which is that of the shipped file."""
    shipped = (ROOT / "src/facts/machinery.toml").read_text()
    images = [row["image"].partition("@")[0] for row in tomllib.loads(shipped)["machinery"]]
    assert [f"{d['depName']}:{d['currentValue']}" for d in found(shipped, managers())] == images and len(images) > 8


@pytest.mark.parametrize(
    "line",
    [
        'match = { image = "base", job = "dev" }',
        'image = "{{ image }}:{{ tag }}"',
        'from = "python:{{ python }}-slim"',
        'from = "nvidia/cuda:{{ cuda }}-base-{{ cuda.os }}"',
        'from = "debian"',
        'from = "localhost:5000/a/b"',
        'parent = "gpu-base"',
        'python = ["3.11", "3.12"]',
        'version = "1.2.3"',
        '{ value = "12.8.1", driver = "570" }',
        '# renovate: datasource=docker depName=x\nfrom = "python:{{ python }}"',
        '"a/b" = { sha = "v1", version = "v1" }',
    ],
)
def test_what_is_no_version_of_anything_is_left_alone(line):
    assert found(line, managers()) == []


def test_a_broken_expression_finds_nothing():
    for index, word in [(0, "sha"), (1, "value"), (2, "from"), (3, "service"), (4, "renovate")]:
        broken = managers()
        strings = broken[index]["matchStrings"]
        broken[index]["matchStrings"] = [string.replace(word, f"{word}x", 1) for string in strings]
        assert len(found(sample(), broken)) < len(found(sample(), managers())), word


def outside_re2(pattern: str) -> list[str]:
    """What RE2, in which Renovate runs these, does not know: assertions, references back, possessive and atomic groups."""
    return re.findall(r"\(\?(?:[=!>]|<[=!])|\\[1-9]|\\k<|[*+?}]\+", pattern)


def test_the_expressions_are_those_of_re2():
    assert outside_re2(r"(?=a)(?<!b)\1a*+(?>c)") == ["(?=", "(?<!", r"\1", "*+", "(?>"]
    for manager in managers():
        for pattern in manager["matchStrings"]:
            assert outside_re2(pattern) == [], pattern
        for file in manager["managerFilePatterns"]:
            file = file.removeprefix("/").removesuffix("/")
            assert re.search(file, "matrix.toml") and re.search(file, "images/matrix.toml")
            assert bool(re.search(file, "facts.toml")) == (manager.get("depTypeTemplate") == "machinery")
            assert not re.search(file, "generated/matrix.schema.json") and not re.search(file, "my-matrix.toml")


def updated(text: str, dependency: dict, value: str, digest: str | None = None) -> str:
    """The file after an update: the new version, and commit, in place of the old ones inside what was matched."""
    new = dependency["text"].replace(dependency["currentValue"], value)
    if digest:
        new = new.replace(dependency["currentDigest"], digest)
    return text.replace(dependency["text"], new)


def test_updates_of_the_matrix_are_what_gen_builds(gen, tmp_path):
    root = repository(tmp_path / "project", {"matrix.toml": sample()})
    run([gen, "matrix"], root)
    text = sample()
    updates = {"12.8.1": "12.8.2", "v0.19.0": "v0.20.0", "13.1-slim": "13.2-slim"}
    for dependency in found(sample(), managers()):
        if dependency["currentValue"] in updates:
            text = updated(text, dependency, updates[dependency["currentValue"]])
    (root / "matrix.toml").write_text(text)
    run([gen, "check"], root, code=1)
    run([gen, "matrix"], root)
    built = "".join(path.read_text() for path in sorted(root.glob("generated/docker/**/Dockerfile")))
    assert "FROM nvidia/cuda:12.8.2-base-ubuntu24.04" in built and "FROM debian:13.2-slim" in built


def test_an_action_moved_in_matrix_and_workflows_alike_is_complete(gen, tmp_path):
    root = repository(tmp_path / "project", {"matrix.toml": sample()})
    run([gen, "matrix"], root)
    (action,) = (d for d in found(sample(), managers()) if d["datasource"] == "github-tags")
    pin = f'@{action["currentDigest"]}" # {action["currentValue"]}'
    workflows = sorted((root / ".github/workflows").iterdir())
    assert [workflow.name for workflow in workflows] == ["base-images-pull-request.yml", "base-images.yml"]
    for workflow in workflows:
        assert pin in workflow.read_text()
        workflow.write_text(workflow.read_text().replace(pin, f'@{SHA}" # v7.4.0'))
    # Moved there alone it is an edit that wants to be adopted.
    assert "action-edited" in run([gen, "check"], root, code=1)
    (root / "matrix.toml").write_text(updated(sample(), action, "v7.4.0", SHA))
    assert "no findings" in run([gen, "check"], root)


def left_alone(preset: dict, path: str) -> bool:
    """Whether a rule keeps Renovate off a file. Of its globs these presets use `**` at the end, and `*` in a name."""
    globs = [glob for rule in preset["packageRules"] if rule.get("enabled") is False for glob in rule.get("matchFileNames", [])]
    patterns = [re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", "[^/]*") for glob in globs]
    return any(re.fullmatch(pattern, path) for pattern in patterns)


def test_the_shipped_preset_knows_every_default_place(gen, tmp_path):
    """Of every provider, of pipelines that are split, and of a matrix that another lists."""
    providers = "[ci]\ngen = 'gen'\n[output.bake]\n" + "".join(
        f"[ci.{key}]\n" for key in ("gitlab", "buildkite", "cloud-build", "github")
    )
    images = """
[registry.hub]
prefix = "docker.io/acme"

[image.base]
tag = "1"
from = "debian:13-slim"

"""
    listed = images.replace("base", "builder") + providers
    files = {"matrix.toml": "matrices = ['docker/builder.toml']\n" + images + providers, "docker/builder.toml": listed}
    root = repository(tmp_path / "project", files)
    run([gen, "matrix"], root)
    owned = [
        line.split("\t")[0] for list in root.glob("generated/**/.outputs") for line in list.read_text().splitlines()[1:]
    ]
    outside = [path for path in owned if not path.startswith("generated/")]
    assert len(outside) > 15 and any("docker-builder" in path for path in outside), outside
    shipped = json.loads(PRESET.read_text())
    for path in owned:
        assert left_alone(shipped, path) != path.startswith(".github/workflows/"), path
    assert not left_alone(shipped, "docker-compose.yml") and not left_alone(shipped, ".gitlab/deploy.yml")


def test_no_generated_file_is_a_bots_wherever_it_is(gen, tmp_path):
    """By the shipped preset, and by the one that is generated for what it cannot know of."""
    own = """
[[output.file]]
path = "deploy/compose.yml"
template = "compose.yml"

[[output.file]]
path = "generated/renovate.json"
template = "renovate/generated.json"

[ci.buildkite]
file = ".buildkite/images.yml"

[ci.cloud-build]
"""
    compose = "services:\n<% for spec in specs %>\n  s<{ loop.index }>:\n    image: <{ spec.reference or spec.id }>\n<% endfor %>\n"
    root = repository(tmp_path / "project", {"matrix.toml": sample() + own, "templates/compose.yml": compose})
    run([gen, "matrix"], root)
    generated = json.loads((root / "generated/renovate.json").read_text())
    owned = [line.split("\t")[0] for line in (root / "generated/.outputs").read_text().splitlines()[1:]]
    assert "deploy/compose.yml" in owned and ".buildkite/images.yml" in owned
    shipped = json.loads(PRESET.read_text())
    for path in owned:
        workflow = path.startswith(".github/workflows/")
        assert left_alone(generated, path) != workflow, path
    # What a matrix names itself, the shipped one cannot know.
    assert not left_alone(shipped, "deploy/compose.yml") and not left_alone(shipped, ".buildkite/images.yml")
    file = tmp_path / "renovate.json"
    file.write_text(json.dumps({key: value for key, value in generated.items() if key != "generated"}))
    run(["check-jsonschema", "--builtin-schema", "vendor.renovate", file], tmp_path)


def test_the_configurations_are_valid(tmp_path):
    def judged(schema: str, text: str, suffix: str, code: int = 0) -> str:
        file = tmp_path / f"config{suffix}"
        file.write_text(text)
        return run(["check-jsonschema", "--builtin-schema", f"vendor.{schema}", file], tmp_path, code)

    configurations = [PRESET.read_text(), *blocks("json")]
    assert len(configurations) == 3
    for text in configurations:
        judged("renovate", text, ".json")
    (dependabot,) = (block for block in blocks("yaml") if "package-ecosystem" in block)
    judged("dependabot", dependabot, ".yml")
    # Negative controls.
    assert "regexp" in judged("renovate", PRESET.read_text().replace('"regex"', '"regexp"', 1), ".json", 1)
    judged("dependabot", dependabot.replace("exclude-paths", "exclude-path"), ".yml", 1)
