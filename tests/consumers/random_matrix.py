"""Matrices drawn at random, valid by construction: what `gen` refuses here is a fault of `gen`.

    python tests/consumers/random_matrix.py SEED DIR     write the matrix of a seed, and what stands beside it

One seed is one matrix, on every machine. A run of the tests draws one of its own (`seed_of_this_run`), small enough that
every provider's pipeline can be executed; `MATRIX_SEED` brings a matrix back.
"""

import hashlib
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from trees import PROVIDERS, Tree

#: Texts that stand for themselves in every file between matrix.toml and the builder.
TEXTS = ["", "plain", "two words", "it's", 'a "b"', "$HOME", "$$", "${{ x }}", "$(id)", "`id`", "a\\b", "50%", "#x", "3.10",
         "no", "é日", "!tag", "a=b", "--flag", "a\tb"]  # fmt: skip

#: Texts that may stand in a Dockerfile's string too, which has no control characters.
LINES = [text for text in TEXTS if "\t" not in text]

RELEASES = [("semver", "1.4.0"), ("semver", "2.0.0-rc.1"), ("pep440", "0.9.1"), ("pep440", "0.9.1rc1"), ("calver", "26.11.0")]

REGISTRIES = {
    "ghcr": {"prefix": "ghcr.io/acme"},
    "hub": {"prefix": "docker.io/acme", "username": "HUB_USER", "password": "HUB_TOKEN"},
    "quay": {"prefix": "quay.io/acme/images"},
    "own": {"prefix": "registry.example.com:5000/acme"},
    "gitlab": {"prefix": "registry.gitlab.com/acme/images"},
    "google": {"prefix": "europe-docker.pkg.dev/acme/images"},
    "keyless": {
        "prefix": "us-docker.pkg.dev/acme/images",
        "workload-identity-provider": "projects/1/locations/global/workloadIdentityPools/a/providers/b",
        "service-account": "images@acme.iam.gserviceaccount.com",
    },
    "ecr": {"prefix": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme"},
    "ecr-role": {
        "prefix": "210987654321.dkr.ecr.us-east-2.amazonaws.com/acme",
        "role": "arn:aws:iam::210987654321:role/images",
    },
    "ecr-public": {"prefix": "public.ecr.aws/acme"},
}

#: Cells of the largest image.
CELLS = 6

CUDA = {"12.6.3": "ubuntu22.04", "12.8.1": "ubuntu24.04", "13.0.2": "ubuntu24.04"}
AMD64, ARM64, ARMV7 = "amd64", "arm64", "armv7"

TOOLS = """ARG NOTE
FROM debian:trixie-slim
ARG NOTE
ARG GREETING
USER 1000:1000
"""

SERVE = """ARG BASE_IMAGE
ARG TOOLS
FROM ${TOOLS} AS tools

FROM ${BASE_IMAGE} AS production
ARG NOTE
COPY --from=tools /usr/share/doc /opt/doc

FROM production AS development
CMD ["sleep", "infinity"]
"""


def seed_of_this_run() -> int:
    """The seed by MATRIX_SEED; else one of this run, the same in all its workers."""
    named = os.environ.get("MATRIX_SEED")
    if named:
        return int(named)
    run = os.environ.setdefault("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()} {time.time_ns()}")
    return int.from_bytes(hashlib.sha256(run.encode()).digest()[:4], "big")


def toml(value) -> str:
    """A value in one line of TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml(key)} = {toml(child)}" for key, child in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def printed(text: str) -> str:
    """A template that prints exactly this text."""
    return "{{ " + json.dumps(text, ensure_ascii=False) + " }}" if "{" in text else text


@dataclass
class Draw:
    """One matrix being drawn."""

    seed: int
    dice: random.Random = field(init=False)
    lines: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.dice = random.Random(self.seed)
        self.release = self.one([None, *RELEASES])
        self.registries = self.some(list(REGISTRIES), 1, 3)
        self.pythons = sorted(self.some(["3.11", "3.12", "3.13"], 1, 2))
        self.cudas = sorted(self.some(list(CUDA), 1, 2))
        self.jobs = self.some(["server", "training", "dev"], 1, 2)
        while len(self.pythons) * (1 + len(self.cudas)) * len(self.jobs) > CELLS:
            longest = max(self.pythons, self.cudas, self.jobs, key=len)
            longest.pop()
        # None: there is no axis, and everything is for one platform.
        self.arches = self.one([None, [AMD64], [AMD64, ARM64], [AMD64, ARM64], [ARM64, AMD64, ARMV7]])
        self.has_tools = self.perhaps()
        # What others stand on need not be published.
        self.hides_gpu = self.dice.random() < 0.25
        # Nor what nothing stands on: it is built to be tested.
        self.has_probe = self.dice.random() < 0.25

    def one(self, choices: list):
        return self.dice.choice(choices)

    def some(self, choices: list, least: int, most: int) -> list:
        return self.dice.sample(choices, self.dice.randint(least, most))

    def perhaps(self) -> bool:
        return self.dice.random() < 0.5

    def table(self, head: str, **keys) -> None:
        """A table; `_` in a key is `-`, and a key without a value is left out."""
        self.lines += ["", head]
        self.lines += [f"{key.replace('_', '-')} = {toml(value)}" for key, value in keys.items() if value not in (None, {})]

    def texts(self, pool: list[str], *names: str) -> dict[str, str]:
        return {name: printed(self.one(pool)) for name in names}

    def tests(self) -> list[str] | None:
        return self.one([None, ["true"], ["python --version", printed(f"echo {self.one(LINES)} end")]])

    def tag(self, *parts: str) -> str:
        """A tag; where there is a release, most carry it."""
        if self.release and self.dice.random() < 0.8:
            parts = (*parts, "{{ release.tag }}")
        return "-".join(parts)

    def registry(self) -> list[str] | None:
        """All, or a part of them in any order."""
        return self.some(self.registries, 1, len(self.registries)) if self.perhaps() else None

    def draw(self) -> "Draw":
        if self.release:
            scheme, version = self.release
            self.table("[release]", version=version, scheme=scheme, tag=self.one([None, "{{ version }}", "r{{ version }}"]))
        for name in self.registries:
            self.table(f"[registry.{name}]", **REGISTRIES[name])
        self.axes()
        self.defaults()
        self.gpu()
        if self.has_tools:
            self.tools()
        self.base()
        if self.perhaps():
            self.serve()
            if self.has_probe:
                self.probe()
        else:
            # Without a child, a part of the cells may be missing.
            self.exclude()
        self.aliases()
        self.described()
        self.pipelines()
        return self

    def axes(self) -> None:
        arch = self.arches and [a if a != ARMV7 else {"value": a, "platform": "linux/arm/v7"} for a in self.arches]
        cuda = ["none", *({"value": value, "os": CUDA[value]} for value in self.cudas)]
        self.table("[axis]", python=self.pythons, cuda=cuda, job=self.jobs, arch=arch)
        self.table(
            "[set]", gpu=self.one([{"cuda": "!none"}, {"cuda.os": "ubuntu*"}, "!@cpu", "cuda.os=ubuntu*"]), cpu={"cuda": "none"},
            served={"set": "@gpu", "job": self.one(self.jobs)},
        )  # fmt: skip

    def defaults(self) -> None:
        """Shared by those they can serve; rows pass by who lacks an axis."""
        self.table("[defaults]", env={"SHARED": "all", "GONE": "all"}, meta={"owner": "{{ image }}"})
        if self.perhaps():
            self.table("[[defaults.when]]", match={"job": self.one(self.jobs)}, env=self.texts(LINES, "SHARED"), apt=["git"])

    def gpu(self) -> None:
        self.table(
            "[image.gpu]", axes=["cuda"], match="@gpu", name="gpu/{{ cuda.compact }}",
            tag=None if self.hides_gpu else self.tag("{{ cuda }}"), publish=False if self.hides_gpu else None,
            **{"from": "mirror.example.com/cuda:{{ cuda }}-base-{{ cuda.os }}"}, registry=self.registry(),
            apt=self.one([None, ["curl"]]), env=self.texts(LINES, "NOTE"), test=self.tests(),
        )  # fmt: skip

    def tools(self) -> None:
        self.files["docker/tools/Dockerfile"] = TOOLS
        self.table(
            "[image.tools]", axes=[], tag=self.tag("tools"), dockerfile="docker/{{ image }}/Dockerfile",
            context=self.one([None, "docker"]), args=self.texts(TEXTS, "NOTE", "GREETING"), labels=self.texts(TEXTS, "org.acme.note"),
            test=self.tests(),
        )  # fmt: skip

    def base(self) -> None:
        axes = self.some(["python", "cuda", "job"], 3, 3)
        self.table(
            "[image.base]", axes=axes, name=self.one([None, "ml/base"]), registry=self.registry(), parent="gpu",
            tag=self.tag("{{ python }}", "{{ 'cu' ~ cuda.compact if cuda else 'cpu' }}", "{{ job }}"),
            labels={"org.opencontainers.image.title": printed(self.one(LINES))}, env={"JOB": "{{ job }}", "GONE": False},
            meta={"text": printed(self.one(LINES)), "for": "{{ job }}"},
            args=self.texts(LINES, "NOTE"), test=self.tests(),
        )  # fmt: skip
        self.table("[[image.base.when]]", match={"cuda": "none"}, **{"from": "python:{{ python }}-slim-trixie"})
        if self.perhaps():
            self.table("[[image.base.when]]", match={"job": self.one(self.jobs)}, apt=["git"], env=self.texts(LINES, "MORE"))

    def serve(self) -> None:
        """On one CUDA release and one job of the base, with a Dockerfile of its own."""
        self.files["docker/serve.Dockerfile"] = SERVE if self.has_tools else SERVE.replace("${TOOLS}", "debian:trixie")
        args = {"BASE_IMAGE": "{{ from }}", "TOOLS": "{{ needs.tools }}" if self.has_tools else None}
        self.table(
            "[image.serve]", axes=["python"], tag=self.tag("{{ python }}"), registry=self.registry(),
            parent={"image": "base", "cuda": self.one(["none", *self.cudas]), "job": self.one(self.jobs)},
            needs=["tools"] if self.has_tools else None, dockerfile="docker/serve.Dockerfile", context="docker",
            target=self.one([None, "production"]), test=self.tests(),
            args={name: value for name, value in args.items() if value} | self.texts(TEXTS, "NOTE"),
        )  # fmt: skip
        arches = self.arches or []
        if len(arches) > 1 and self.perhaps():
            self.table("[[exclude]]", match={"image": "serve", "arch": self.one(arches)}, reason="nobody asked for it")

    def probe(self) -> None:
        self.table(
            "[image.probe]", axes=["python"], publish=False, env=self.texts(LINES, "NOTE"), test=["true"],
            parent={"image": "base", "cuda": "none", "job": self.one(self.jobs)},
        )  # fmt: skip

    def exclude(self) -> None:
        if len(self.pythons) > 1:
            cell = {"image": "base", "python": self.one(self.pythons), "cuda": self.one(["none", *self.cudas])}
            self.table("[[exclude]]", match=cell, reason="there are no wheels for it")

    def aliases(self) -> None:
        if self.perhaps():
            self.table(
                "[[alias]]", match={"image": "base", "job": self.one(self.jobs), "python": self.one(self.pythons)},
                tags=["{{ 'gpu' if cuda else 'cpu' }}-latest", "latest"], newest=["cuda"],
            )  # fmt: skip
        if self.perhaps():
            axes = [("python", ""), ("job", ""), ("cuda", ".compact")]
            printed = (f"{{{{ '-' ~ {axis}{part} if {axis} is defined and {axis} }}}}" for axis, part in axes)
            self.table("[[alias]]", tags=["any" + "".join(printed)])

    def described(self) -> None:
        if self.perhaps():
            self.table("[described.theirs]", reference="quay.io/them/theirs:1", meta=self.one([None, {"text": "theirs"}]))

    def pipelines(self) -> None:
        """All providers; one may publish a part, and one may build for some platforms only."""
        more = {ARMV7: "arm-v7"} if ARMV7 in (self.arches or []) else {}
        parts = dict.fromkeys(PROVIDERS)
        if self.perhaps():
            shares = ["@gpu", {"image": "base"}, {"set": "!@gpu"}, {"cuda.os": "ubuntu*"}, "image=base,set=!@served"]
            parts[self.one(list(parts))] = self.one(shares + [{"image": "gpu"}] * (not self.hides_gpu))
        self.table("[ci.github]", match=parts["github"], runner=more)
        self.table("[ci.gitlab]", match=parts["gitlab"], runner={name: [label] for name, label in more.items()})
        self.table("[ci.cloud-build]", match=parts["cloud-build"], platforms=self.one([None, None, ["linux/amd64"]]))
        queues = {name: name for name in (self.arches or []) if name != "amd64"}
        self.table("[ci.buildkite]", match=parts["buildkite"], runner=queues)
        if self.perhaps():
            provider = self.one(list(parts))
            image = "gpu" if parts[provider] == {"image": "gpu"} else "base"
            self.table(f"[[ci.{provider}.when]]", match={"image": image}, timeout_minutes=90)

    def text(self) -> str:
        return "\n".join(self.lines).lstrip() + "\n"


@dataclass(frozen=True)
class RandomTree(Tree):
    """The tree of a seed: its source is made where it is generated."""

    seed: int

    def write(self, folder: Path) -> Path:
        drawn = Draw(self.seed).draw()
        for path, text in {"matrix.toml": drawn.text(), **drawn.files}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return folder

    def generate(self, gen: Path, scratch: Path) -> Path:
        return type(self)(self.name, self.write(scratch / "drawn" / self.name), self.seed).made(gen, scratch)

    def made(self, gen: Path, scratch: Path) -> Path:
        return super().generate(gen, scratch)


def random_tree(seed: int | None = None) -> RandomTree:
    """The tree of a seed, or of this run; its name tells the seed."""
    seed = seed_of_this_run() if seed is None else seed
    return RandomTree(f"random-{seed}", Path(), seed)


if __name__ == "__main__":
    random_tree(int(sys.argv[1])).write(Path(sys.argv[2]))
