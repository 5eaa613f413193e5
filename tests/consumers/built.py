"""What was built and what people then pull, in words in which any two ways of publishing can be compared.

Read from the plan, from what the docker stub remembers of a run, or from what buildx says of a bake file.
"""

import collections
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness import MARKER, STUBS, Plan, Stub, bare, normal, pushes

sys.path.append(str(STUBS))
from docker_stub import parents  # noqa: E402

#: One platform of one image: the reference it is pushed to, platform, what it stands on, build args.
Build = tuple[str, str, str | None, tuple]


def arguments(args: dict) -> tuple:
    return tuple(sorted(args.items()))


@dataclass
class Built:
    """Two that are equal have built the same images, as often, and put the same tags on them."""

    builds: collections.Counter = field(default_factory=collections.Counter)
    #: By tag: platform, base and args of each image that it leads to, sorted.
    tags: dict = field(default_factory=dict)

    def only(self, contents: set, tags: set) -> "Built":
        """A part of it: what was pushed to these references, and these tags."""
        builds = {build: count for build, count in self.builds.items() if build[0] in contents}
        return Built(collections.Counter(builds), {tag: images for tag, images in self.tags.items() if tag in tags})


def planned(plan: Plan, specs: list | None = None) -> Built:
    """What the plan says of these specs; of all by default."""
    specs = plan.specs if specs is None else specs
    built = Built()
    of_content = {}
    for spec in plan.builders:
        images = [(platform, plan.stands_on(spec), arguments(spec["args"])) for platform in spec["platforms"]]
        of_content[spec["content_reference"]] = sorted(images, key=str)
    for content in {spec["content_reference"] for spec in specs}:
        built.builds.update((normal(content), *image) for image in of_content[content])
    for spec in specs:
        for tag in [*spec["references"], *spec["aliases"]]:
            built.tags[normal(tag)] = of_content[spec["content_reference"]]
    return built


def published(plan: Plan, stub: Stub) -> Built:
    """What a run has pushed, and which of it each tag leads to by its digest."""
    base_of = {build[0]: build[2] for build in planned(plan).builds}
    contents = {f"{normal(content)}-{platform.split('/', 1)[1].replace('/', '-')}": normal(content)
                for spec in plan.specs for content in [spec["content_reference"]] for platform in spec["platforms"]}  # fmt: skip
    built, by_digest = Built(), {}
    blobs = stub.state()["blobs"]

    def children(digest: str) -> list:
        """The images of an index, without what is attested of them; none of what is none."""
        rows = json.loads(blobs[digest]).get("manifests", [])
        return [row["digest"] for row in rows if "attestation-manifest" not in row.get("annotations", {}).values()]

    for call in pushes(stub.journal()):
        for leg in call["tags"]:
            reference = contents.get(leg, leg)
            stood_on = [bare(source) for source in call["from"]]
            # A Dockerfile may stand on more: of that the plan names this one. Where it is not there, say what is.
            base = base_of.get(reference)
            base = base if base is None or base in stood_on else str(stood_on)
            for platform in call["platforms"]:
                image = (platform, base, arguments(call["args"]))
                built.builds[(reference, *image)] += 1
                by_digest |= dict.fromkeys([call["digest"], *children(call["digest"])], image)
    state = stub.state()

    def images(digest: str) -> list:
        if "manifests" not in json.loads(blobs[digest]):
            return [by_digest.get(digest, f"nobody built {digest}")]
        return [image for child in children(digest) for image in images(child)]

    for tag, digest in state["tags"].items():
        if tag not in contents and tag not in contents.values() and MARKER not in tag:
            built.tags[tag] = sorted(images(digest), key=str)
    return built


def baked(plan: Plan, targets: dict, root: Path) -> Built:
    """What the targets of a bake file would build, as `bake --print` has them; it pushes nothing by content."""
    built = Built()

    def content(target: dict) -> str:
        return normal(plan.by_id[target["description"]]["content_reference"])

    for target in targets.values():
        spec = plan.by_id[target["description"]]
        # bake prints texts so that it could read them again.
        args = {name: text.replace("$${", "${").replace("%%{", "%{") for name, text in target.get("args", {}).items()}
        leads = {normal(name): content(targets[to.removeprefix("target:")]) for name, to in target.get("contexts", {}).items()}
        dockerfile = (root / target["context"] / target["dockerfile"]).read_text()
        # A content that no context leads to would be pulled.
        stood_on = [leads.get(bare(name), f"{name} from afar" if ":content-" in name else bare(name))
                    for name in parents(dockerfile, args)]  # fmt: skip
        wanted = plan.stands_on(spec)
        base = wanted if wanted is None or wanted in stood_on else str(stood_on)
        images = sorted(((platform, base, arguments(args)) for platform in target["platforms"]), key=str)
        # What is not published has none.
        for tag in target.get("tags", []):
            assert normal(tag) not in built.tags, f"two targets are tagged {tag}"
            built.tags[normal(tag)] = images
    return built
