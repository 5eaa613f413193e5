"""What was built and what people then pull, in words in which any two ways of publishing can be compared.

Read from the plan, or from what the docker stub remembers of a run.
"""

import collections
import json
from dataclasses import dataclass, field

from harness import MARKER, Plan, Stub, normal, pushes

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


def bare(reference: str) -> str:
    """Without the digest by which a lock holds it."""
    return normal(reference.split("@")[0])


def planned(plan: Plan, specs: list | None = None) -> Built:
    """What the plan says of these specs; of all by default."""
    specs = plan.specs if specs is None else specs
    built = Built()
    of_content: dict = {}
    for spec in plan.builders:
        if spec in specs:
            base = plan.by_id[spec["parent"]]["content_reference"] if spec["parent"] else spec["base"]
            images = [(platform, base and bare(base), arguments(spec["args"])) for platform in spec["platforms"]]
            built.builds.update((normal(spec["content_reference"]), *image) for image in images)
            of_content[spec["content_reference"]] = sorted(images, key=str)
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
    for call in pushes(stub.journal()):
        for leg in call["tags"]:
            reference = contents.get(leg, leg)
            stood_on = [source.split("@")[0] for source in call["from"]]
            # A Dockerfile may stand on more: of that the plan names this one. Where it is not there, say what is.
            base = base_of.get(reference)
            base = base if base is None or base in stood_on else str(stood_on)
            for platform in call["platforms"]:
                image = (platform, base, arguments(call["args"]))
                built.builds[(reference, *image)] += 1
                by_digest[call["digest"]] = image
    state = stub.state()

    def images(digest: str) -> list:
        manifest = json.loads(state["blobs"][digest])
        if "manifests" not in manifest:
            return [by_digest.get(digest, f"nobody built {digest}")]
        return [image for child in manifest["manifests"] for image in images(child["digest"])]

    for tag, digest in state["tags"].items():
        if tag not in contents and tag not in contents.values() and not tag.endswith(MARKER):
            built.tags[tag] = sorted(images(digest), key=str)
    return built
