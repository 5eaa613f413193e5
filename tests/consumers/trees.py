"""The trees whose outputs are judged: this repository, and every fixture that is a matrix."""

import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

#: The images that pipelines run, by the names that facts have for them.
MACHINERY = {row["name"]: row["image"] for row in tomllib.loads((ROOT / "src/facts/machinery.toml").read_text())["machinery"]}

#: The tables under `[ci]` in matrix.toml, each of which turns on the kind of output that is called like it.
PROVIDERS = ["github", "gitlab", "cloud-build", "buildkite"]

#: Keys of `[output.catalog]` and the kinds of output that they place.
CATALOG = {"python": "module", "json": "catalog"}

#: Outputs that no outside tool reads, with the reason.
UNJUDGED = {
    ".outputs": "the list of owned paths itself",
    ".gitattributes": "git takes any line",
    "Dockerfile.dockerignore": "acceptance/test_contexts.py asks BuildKit what it sends",
}

#: Endings of outputs of one's own that other tests judge.
OWN = {
    ".md": "test_outputs.py reads the tables",
    ".html": "test_page.py opens the page",
}


def kind_of(path: str) -> str | None:
    """What kind of output an owned path is, judged by its name and folder; None when unknown."""
    pure = PurePosixPath(path)
    yaml = pure.suffix in {".yml", ".yaml"}
    if pure.name in UNJUDGED or pure.suffix in OWN:
        return "unjudged"
    if pure.name == "Dockerfile":
        return "dockerfile"
    if yaml and (".buildkite" in pure.parts or "buildkite" in pure.parts):
        return "buildkite"
    if pure.name.endswith((".gitlab-ci.yml", ".gitlab-ci.yaml")):
        return "gitlab"
    if yaml and pure.stem.endswith(("-jobs", "-rules")):
        return "gitlab-templates"
    if (yaml or pure.suffix == ".json") and pure.name.startswith("cloudbuild"):
        return "cloud-build"
    if yaml and (".github/workflows" in path or "github" in pure.parts[:-1]):
        return "github"
    if pure.suffix == ".sh":
        return "script"
    if pure.name == "plan.json":
        return "plan"
    if pure.name == "plan.lines":
        return "lines"
    if pure.name.endswith("bake.json"):
        return "bake"
    if pure.name == "matrix.schema.json":
        return "schema"
    if pure.suffix == ".py":
        return "module"
    if pure.suffix == ".json" and pure.stem.replace("-", "_") == "base_images":
        return "catalog"
    return None


@dataclass(frozen=True)
class Tree:
    """One matrix.toml and what surrounds it."""

    name: str
    source: Path

    def config(self) -> dict:
        """The matrix as written; empty where it is missing, so that the tests fail and not the collection."""
        file = self.source / "matrix.toml"
        return tomllib.loads(file.read_text()) if file.is_file() else {}

    def expected_kinds(self) -> set[str]:
        """The kinds of output that this matrix must have, read from it without the product."""
        config = self.config()
        kinds = {"plan"}
        images = config.get("image", {}).values()
        if "dockerfile" not in config.get("defaults", {}) and any("dockerfile" not in i for i in images):
            kinds.add("dockerfile")
        pipelines = {key: table for key, table in config.get("ci", {}).items() if key in PROVIDERS}
        if pipelines:
            kinds |= {*pipelines, "script"}
        # What proposed changes are built by.
        if any(table.get("pull-request", True) is not False for table in pipelines.values()):
            kinds.add("bake")
        if "schema" in config.get("output", {}):
            kinds.add("schema")
        if "bake" in config.get("output", {}):
            kinds.add("bake")
        catalog = config.get("output", {}).get("catalog")
        if catalog is not None:
            # A table that states no path writes both.
            stated = {kind for key, kind in CATALOG.items() if key in catalog}
            kinds |= stated or set(CATALOG.values())
        return kinds

    def generate(self, gen: Path, scratch: Path) -> Path:
        """The root of the generated tree: the repository as committed, a fixture freshly made."""
        if self.source == ROOT:
            return ROOT
        root = scratch / self.name
        shutil.copytree(self.source, root, symlinks=True)
        done = subprocess.run(
            [gen, "matrix", "-C", root], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"gen matrix on fixture {self.name}: {done.returncode}\n{done.stderr}"
        return root


def trees() -> list[Tree]:
    """The repository first, then the fixtures by name."""
    fixtures = sorted((ROOT / "tests/fixtures").glob("*/matrix.toml"))
    return [Tree("repository", ROOT)] + [Tree(f.parent.name, f.parent) for f in fixtures]


def unpublished() -> Tree:
    """What is never published, as a parent and as a leaf."""
    return next(tree for tree in shapes() if tree.name == "shape-unpublished")


def owned(root: Path) -> list[str]:
    """Paths of the generated files, from the list that the product keeps."""
    lines = (root / "generated/.outputs").read_text().splitlines()
    # Behind a tab stands the hash of what bears no header.
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


def outputs(root: Path, kind: str) -> list[str]:
    """The owned paths of one kind."""
    return [path for path in owned(root) if kind_of(path) == kind]


def shapes() -> list[Tree]:
    """Trees that are there for their outputs alone: each uses every option of one provider."""
    return [Tree(f"shape-{f.parent.name}", f.parent) for f in sorted((ROOT / "tests/consumers/shapes").glob("*/matrix.toml"))]
