"""All providers build the same, and that is the plan: over this repository, the fixtures and a matrix drawn at random.

What a pipeline builds is known by executing it, what a bake file would build by asking buildx. The random matrix is another in each run; its seed is in the test's id,
and `MATRIX_SEED` draws it again.
"""

import collections
import tomllib
from pathlib import Path

import pytest
import test_cloud_build_truth
import test_github_truth
import test_gitlab_truth
from built import Built, baked, planned, published
from harness import Plan, Stub, copy_tree, normal, tree_name
from judges import printed
from random_matrix import random_tree
from trees import outputs, trees

TREES = [*trees(), random_tree()]

#: How the pipeline of a provider is run, by its table in matrix.toml.
PROVIDERS = {
    "github": test_github_truth.publish,
    "gitlab": test_gitlab_truth.publish,
    "cloud-build": test_cloud_build_truth.publish,
}


class Generated:
    """A generated tree, and what each provider's pipeline does with it."""

    def __init__(self, tree, root: Path):
        self.name, self.root, self.plan = tree_name(tree), root, Plan(root)
        self.tables = tomllib.loads((root / "matrix.toml").read_text())["ci"]

    def share(self, provider: str) -> list:
        """The specs that the provider builds: those of which, and of whose lineage, every platform is declared there."""
        here = self.tables[provider].get("platforms")
        share, contents = [], set()
        for spec in sorted(self.plan.specs, key=lambda spec: spec["layer"]):
            if (here is None or set(spec["platforms"]) <= set(here)) and self.plan.lineage(spec) <= contents:
                share.append(spec)
                contents.add(spec["content_reference"])
        return share

    def expected(self, provider: str) -> Built:
        """A provider that does not build all puts no tags: that waits until another has built the rest."""
        share = self.share(provider)
        built = planned(self.plan, share)
        if len(share) < len(self.plan.specs):
            built.tags = {}
        return built

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
        if len(self.share(provider)) == len(self.plan.specs):
            PROVIDERS[provider](tree, stub)
        else:
            with pytest.raises((AssertionError, test_cloud_build_truth.Failed), match="not published yet"):
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
    shares = [{normal(spec["content_reference"]) for spec in generated.share(provider)} for provider in PROVIDERS]
    everywhere = set.intersection(*shares)
    found = {}
    for provider in PROVIDERS:
        built = generated.built(provider, first_runs, tmp_path)
        found[provider] = Built(collections.Counter({b: n for b, n in built.builds.items() if b[0] in everywhere}), built.tags)
    whole = [provider for provider in PROVIDERS if found[provider].tags]
    assert whole, "no provider builds all"
    first = found[whole[0]]
    found["bake"] = Built(first.builds, generated.baked(tmp_path).tags)
    for provider, built in found.items():
        other = built if built.tags else Built(built.builds, first.tags)
        assert other == first, f"{generated.name}: {provider} is not like {whole[0]}\n{difference(first, other)}"
