"""Outputs of one's own: the example of examples/outputs, and what its files are to those who read them.

Everything there is made by `gen matrix` in a copy, and judged by the shape of Elyra's runtime images, esbuild and node, and
where they are installed by gofmt and tsc. Compose, make, Dependabot and CSV are judged in test_examples.py.
"""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from packages import repository, run
from trees import ROOT

EXAMPLE = ROOT / "examples/outputs"

#: Of elyra/metadata/schemas/runtime-image.json: what is required, and what values may be.
RUNTIME_IMAGE = {
    "type": "object",
    "required": ["schema_name", "display_name", "metadata"],
    "additionalProperties": False,
    "properties": {
        "schema_name": {"const": "runtime-image"},
        "display_name": {"type": "string", "minLength": 1},
        "metadata": {
            "type": "object",
            "required": ["image_name"],
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string"},
                "image_name": {"type": "string", "pattern": "[^/ ]+/[^/ ]+$"},
                "pull_policy": {"enum": ["Always", "IfNotPresent", "Never"]},
                "pull_secret": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def example(gen, tmp_path_factory):
    root = tmp_path_factory.mktemp("outputs") / "project"
    shutil.copytree(EXAMPLE, root)
    repository(root, {})
    run([gen, "matrix"], root)
    run(["git", "add", "-A"], root)
    assert "no findings" in run([gen, "check"], root)
    return root


@pytest.fixture(scope="module")
def listed(gen, example):
    rows = json.loads(run([gen, "-q", "list", "--format", "json"], example))
    return {row["image"]: row["reference"] for row in rows}


def test_the_table_stands_between_its_markers(example, listed):
    readme = (example / "README.md").read_text()
    before, rest = readme.split("<!-- gen:images -->\n")
    table, after = rest.split("<!-- /gen:images -->\n")
    assert before == "# Core images\n\n" and after == "\nAsk us for others.\n"
    rows = [re.split(r"\s*\|\s*", line.strip("|\n ")) for line in table.splitlines()]
    assert rows[0][:3] == ["Reference", "Tag", "Base image"] and set(map(len, rows)) == {7}
    assert [row[0] for row in rows[2:]] == list(listed)


def test_the_documents_of_this_repository_are_what_is_listed(gen):
    rows = json.loads(run([gen, "-q", "list", "--format", "json"], ROOT))
    table = (ROOT / "generated/images.md").read_text()
    tags = re.findall(r"^\|(?:[^|]*\|){3} `([^`]*)` \|", table, re.MULTILINE)
    assert sorted(tags) == sorted(row["reference"].rpartition(":")[2] for row in rows)
    links = re.findall(r"\]\(([^)]*)\)", table)
    assert len(links) == len(rows) and all((ROOT / "generated" / link).is_file() for link in links)
    graph = (ROOT / "generated/lineage.md").read_text()
    names = dict(re.findall(r'^  (i\d+)\["([^ "]*)', graph, re.MULTILINE))
    edges = {(names[a], names[b]) for a, b in re.findall(r"^  (\w+) --> (\w+)$", graph, re.MULTILINE) if a in names}
    family = {row["id"]: row["image"] for row in rows}
    assert edges == {(family[row["parent"]], row["image"]) for row in rows if "parent" in row} and edges


def test_elyra_reads_what_is_built_and_what_is_described(example, listed, tmp_path):
    schema = tmp_path / "runtime-image.json"
    schema.write_text(json.dumps(RUNTIME_IMAGE))
    files = sorted((example / "generated/runtime-images").iterdir())
    run(["check-jsonschema", "--schemafile", schema, *files], example)
    found = {file.stem: json.loads(file.read_text())["metadata"]["image_name"] for file in files}
    assert found == {
        **listed,
        "tensorflow": "docker.io/tensorflow/tensorflow:2.18.0-gpu",
        "pandas": "docker.io/amancevice/pandas:2.2.3",
    }
    broken = tmp_path / "broken.json"
    broken.write_text(files[0].read_text().replace("image_name", "image"))
    run(["check-jsonschema", "--schemafile", schema, broken], example, code=1)


def test_constants_of_typescript_are_what_is_listed(example, listed, tmp_path):
    script = tmp_path / "images.mjs"
    run(["esbuild", "images.ts", "--format=esm", f"--outfile={script}", "--log-level=error"], example)
    asked = f"import {{ IMAGES, RELEASE_TAG }} from {json.dumps(str(script))}; console.log(JSON.stringify([IMAGES, RELEASE_TAG]))"
    images, tag = json.loads(run(["node", "--input-type=module", "-e", asked], example))
    assert images == listed and tag == "v26.11.0"


@pytest.mark.skipif(not shutil.which("tsc"), reason="tsc is not installed")
def test_typescript_is_of_its_types(example):
    run(["tsc", "--noEmit", "--strict", "images.ts"], example)


def test_constants_of_go_are_what_is_listed(example, listed):
    text = (example / "images.go").read_text()
    rows = re.findall(r'^\t\{("(?:[^"\\]|\\.)*"), ("(?:[^"\\]|\\.)*")\},$', text, re.MULTILINE)
    assert {json.loads(name): json.loads(reference) for name, reference in rows} == listed
    assert "\npackage images\n" in text and 'const ReleaseTag = "v26.11.0"\n' in text


@pytest.mark.skipif(not shutil.which("gofmt"), reason="gofmt is not installed")
def test_go_compiles(example):
    assert run(["gofmt", "-l", "-e", "images.go"], example) == ""


def test_a_bump_moves_all_of_it(gen, example, tmp_path):
    root = tmp_path / "bumped"
    shutil.copytree(example, root, symlinks=True)
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"], root)
    run([gen, "bump", "26.12.0"], root)
    assert "no findings" in run([gen, "check"], root)
    changed = set(run(["git", "diff", "--name-only"], root).split())
    assert {"README.md", "images.go", "images.ts", "matrix.toml"} <= changed
    assert "v26.11.0" not in subprocess.run(["git", "grep", "-h", "v26.11.0"], cwd=root, capture_output=True, text=True).stdout


def test_what_is_printed_stays_a_value(gen, tmp_path):
    """A fact that would be markup, a command or another key, in every kind of file."""
    evil = "\\\"'`$(id)|</script><img src=x onerror=alert(1)># ${{ github.token }} [a](javascript:x) {{ y }} *b* _c_"
    kinds = ["md", "html", "json", "yml", "toml", "csv", "txt", "sh", "py", "go", "ts", "mmd"]
    matrix = f"""
[axis]
python = ["3.14"]

[image.base]
tag = "1"
from = "debian:13"
meta = {{ note = {json.dumps("{% raw %}" + evil + "{% endraw %}")} }}
""" + "".join(f'[[output.file]]\npath = "out/a.{kind}"\ntemplate = "a.{kind}"\n' for kind in kinds)
    note = "<{ specs[0].meta.note }>"
    texts = {
        "md": f"{note}\n", "html": f'<p title="{note}">{note}</p>\n', "json": f"{{\"a\": {note}}}\n", "yml": f"a: {note}\n",
        "toml": f"a = {note}\n", "csv": f"{note},b\n", "txt": f"{note}\n", "sh": f"printf %s {note}\n", "py": f"a = {note}\n",
        "go": f"package a\n\nconst a = {note}\n", "ts": f"console.log(JSON.stringify({note}))\n", "mmd": f"flowchart LR\n  a[{note}]\n",
    }
    root = repository(tmp_path / "evil", {"matrix.toml": matrix, **{f"templates/a.{kind}": text for kind, text in texts.items()}})
    run([gen, "matrix"], root)
    out = {kind: (root / f"out/a.{kind}").read_text() for kind in kinds}
    import csv
    import html.parser
    import tomllib

    assert json.loads(out["json"])["a"] == evil
    assert yaml.safe_load(out["yml"])["a"] == evil
    assert tomllib.loads(out["toml"])["a"] == evil
    assert next(csv.reader([out["csv"].splitlines()[0]])) == [evil, "b"]
    assert evil in out["txt"].splitlines()
    assert run(["sh", "out/a.sh"], root) == evil
    names: dict = {}
    exec(out["py"], names)
    assert names["a"] == evil
    assert json.loads(out["go"].split("const a = ")[1]) == evil
    compiled = run(["esbuild", "out/a.ts"], root)
    assert json.loads(run(["node", "-e", compiled], root)) == evil
    seen = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            seen.append((tag, dict(attrs)))

        def handle_data(self, data):
            seen.append(data)

    Reader().feed(out["html"])
    assert ("p", {"title": evil}) in seen and evil in "".join(part for part in seen if isinstance(part, str))
    label = re.search(r'\["(.*)"\]', out["mmd"])[1]
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label) == evil and not set('"<>`') & set(label)
    # What CommonMark takes for text: every sign that could mean something has a backslash.
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*<\[\]|$]", out["md"].split("\n\n", 1)[1].replace("\\\\", ""))
