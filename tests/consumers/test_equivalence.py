"""All providers build the same, and that is the plan: over this repository, the fixtures, what is not
published and a matrix drawn at random.

What a pipeline builds is known by executing it, what a bake file would build by asking buildx. The random matrix is
another in each run; its seed is in the test's id, and `MATRIX_SEED` draws it again.
"""

import collections
import itertools
import tomllib
from pathlib import Path

import pytest
from built import Built, baked, planned, published
from cloud_build import Failed
from harness import Plan, Stub, copy_tree, tree_name
from judges import printed
from pipelines import PROVIDERS
from random_matrix import random_tree
from trees import outputs, trees, unpublished

TREES = [*trees(), unpublished(), random_tree()]


class Generated:
    """A generated tree, and what each provider's pipeline does with it."""

    def __init__(self, tree, root: Path):
        self.name, self.root, self.plan = tree_name(tree), root, Plan(root)
        self.tables = tomllib.loads((root / "matrix.toml").read_text())["ci"]

    def wanted(self, provider: str, *roles: str | None) -> list:
        """The specs that have one of these roles in the provider's pipeline; None is the usual one, to be published."""
        return [spec for spec in self.plan.specs if spec.get("ci", {}).get(provider, {}).get("role") in roles]

    def share(self, provider: str) -> list:
        """The specs that the provider builds: those of which, and of whose lineage, every platform is declared there."""
        here = self.tables[provider].get("platforms")
        share, contents = [], set()
        for spec in sorted(self.wanted(provider, None, "build"), key=lambda spec: spec["layer"]):
            if (here is None or set(spec["platforms"]) <= set(here)) and self.plan.lineage(spec) <= contents:
                share.append(spec)
                contents.add(spec["content_reference"])
        return share

    def builds_all(self, provider: str) -> bool:
        """Else it puts no tags: that waits until another has built the rest."""
        return len(self.share(provider)) == len(self.wanted(provider, None, "build"))

    def expected(self, provider: str) -> Built:
        tagged = self.wanted(provider, None) if self.builds_all(provider) else []
        return Built(planned(self.plan, self.share(provider)).builds, planned(self.plan, tagged).tags)

    def built(self, provider: str, first_runs, scratch: Path) -> Built:
        stub = Stub(scratch / provider / "stub")
        stub.folder.mkdir(parents=True)
        first_runs.leave(self.name, provider, stub, lambda stub: self.publish(provider, stub, scratch / provider))
        return published(self.plan, stub)

    def baked(self, scratch: Path) -> Built:
        (path,) = outputs(self.root, "bake")
        return baked(self.plan, printed(self.root, path, scratch)["target"], self.root)

    def publish(self, provider: str, stub: Stub, scratch: Path) -> None:
        tree = copy_tree(self.root, scratch / self.name)
        if self.builds_all(provider):
            PROVIDERS[provider](tree, stub)
        else:
            with pytest.raises(Failed, match="not published yet"):
                PROVIDERS[provider](tree, stub)


@pytest.fixture(scope="module", params=TREES, ids=tree_name)
def generated(request, gen, tmp_path_factory) -> Generated:
    return Generated(request.param, request.param.generate(gen, tmp_path_factory.mktemp("made")))


def difference(left: Built, right: Built) -> str:
    """What is in one and not in the other, by lines."""
    def items(built: Built) -> collections.Counter:
        tagged = ((tag, *image) for tag, images in built.tags.items() for image in images)
        return built.builds + collections.Counter(("tag", *item) for item in tagged)

    lines = [f"- {item} × {count}" for item, count in (items(left) - items(right)).items()]
    return "\n".join(lines + [f"+ {item} × {count}" for item, count in (items(right) - items(left)).items()])


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_builds_and_tags_what_the_plan_says(generated, provider, first_runs, tmp_path):
    built, expected = generated.built(provider, first_runs, tmp_path), generated.expected(provider)
    assert built == expected, f"{generated.name}: not the plan\n{difference(expected, built)}"


def test_a_bake_builds_what_the_plan_says(generated, tmp_path):
    """It pushes nothing by content, so the tags are compared."""
    built, expected = generated.baked(tmp_path), Built(tags=planned(generated.plan).tags)
    assert built == expected, f"{generated.name}: not the plan\n{difference(expected, built)}"


@pytest.mark.timeout(1800)
def test_all_providers_build_the_same(generated, first_runs, tmp_path):
    """Of what any two both build, and of the tags that both put."""
    found = {provider: generated.built(provider, first_runs, tmp_path) for provider in PROVIDERS}
    found["bake"] = generated.baked(tmp_path)
    for (one, left), (other, right) in itertools.combinations(found.items(), 2):
        contents = {build[0] for build in left.builds} & {build[0] for build in right.builds}
        tags = left.tags.keys() & right.tags.keys()
        left, right = left.only(contents, tags), right.only(contents, tags)
        assert left == right, f"{generated.name}: {other} is not like {one}\n{difference(left, right)}"
    assert set().union(*(built.tags for built in found.values())) == set(planned(generated.plan).tags)
