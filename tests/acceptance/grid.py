"""The images on which it is tried that a rendered image is one to stand on, as data: one a row.

The whole grid is each base, alone and on a parent, with each kind of user, for each architecture; `scripts/acceptance --full`
builds all of it. What is installed goes round, so that no two values of any dimension fail to meet. Every run builds the rows
with a mark, for amd64 alone: in these, too, each value meets each value of every other dimension but the architecture.
Programs for arm64 run under an emulator, and a package takes minutes there to install.
"""

import itertools
import os
from dataclasses import astuple, dataclass

DIMENSIONS = {
    # Debian stands in for the official Python, for CUDA's Ubuntu 24.04, where user 1000 is called `ubuntu`, and for itself.
    "base": ("python", "cuda", "debian"),
    # A parent is the row of its base that is alone and the default user's.
    "parent": ("alone", "child"),
    "user": ("app", "named", "arbitrary", "root"),
    "packages": ("list", "requirements", "uv-lock"),
    # `dev`: Debian's packages, and an init.
    "system": ("plain", "dev"),
}
FULL = bool(os.environ.get("ACCEPTANCE_FULL"))
ARCHITECTURES = ["amd64", "arm64"] if FULL else ["amd64"]
TABLE = """
python  alone  app        list          plain  *
python  alone  named      uv-lock       plain
python  alone  arbitrary  requirements  dev    *
python  alone  root       requirements  plain  *
python  child  app        requirements  plain
python  child  named      uv-lock       plain  *
python  child  arbitrary  list          plain
python  child  root       list          plain
cuda    alone  app        requirements  plain  *
cuda    alone  named      list          plain  *
cuda    alone  arbitrary  uv-lock       plain
cuda    alone  root       list          dev    *
cuda    child  app        uv-lock       dev    *
cuda    child  named      requirements  plain
cuda    child  arbitrary  uv-lock       plain  *
cuda    child  root       requirements  plain
debian  alone  app        uv-lock       plain  *
debian  alone  named      list          plain
debian  alone  arbitrary  requirements  plain
debian  alone  root       uv-lock       plain
debian  child  app        list          plain
debian  child  named      requirements  dev    *
debian  child  arbitrary  list          plain  *
debian  child  root       uv-lock       plain  *
"""

FROM = {"python": "python:3.13-slim-trixie", "cuda": "nvidia/cuda:12.8.1-base-ubuntu24.04", "debian": "debian:trixie"}
USER = {
    "app": "",
    "named": 'user = "70:71"\nuser-name = "model"\n',
    "arbitrary": "arbitrary-user = true\n",
    "root": 'user = "0:0"\n',
}
PACKAGES = {
    "list": 'pip = ["six"]\n',
    "requirements": 'pip = { requirements = "requirements.lock" }\n',
    "uv-lock": 'pip = { uv-lock = "project/uv.lock" }\n',
}
SYSTEM = {"plain": "", "dev": 'apt = ["git", "openssh-client"]\ninit = true\ncmd = ["sleep", "60"]\n'}

#: The default user of an image: name, numbers and home.
WHO = {
    "app": ("app", "1000", "1000", "/home/app"),
    "named": ("model", "70", "71", "/home/model"),
    "arbitrary": ("app", "1000", "0", "/home/app"),
    "root": ("root", "0", "0", "/root"),
}
#: What is imported by what is installed.
IMPORTED = {"list": "six", "requirements": "tabulate", "uv-lock": "pyflakes"}


@dataclass(frozen=True)
class Case:
    base: str
    parent: str
    user: str
    packages: str
    system: str

    @property
    def name(self) -> str:
        return f"{self.base}-{self.parent}-{self.user}"

    @property
    def below(self) -> "Case | None":
        """The row that it stands on."""
        return next(row for row in ROWS if row.name == f"{self.base}-alone-app") if self.parent == "child" else None

    def table(self) -> str:
        stands = f'from = "{FROM[self.base]}"\n' if not self.below else f'parent = "{self.below.name}"\n'
        return f"[image.{self.name}]\n{stands}{USER[self.user]}{PACKAGES[self.packages]}{SYSTEM[self.system]}"


def read(line: str) -> tuple[Case, bool]:
    words = line.split()
    return Case(*words[:5]), words[5:] == ["*"]


MARKED = dict(read(line) for line in TABLE.strip().splitlines())
ROWS = list(MARKED)


def cases(full: bool = FULL) -> list[Case]:
    return [row for row, every_run in MARKED.items() if full or every_run]


def tables(full: bool = FULL) -> str:
    """The images of the rows, and one more: the same user by another number than in what it stands on, and all kinds of lists
    at once."""
    pip = 'pip = ["packaging", { requirements = "requirements.lock" }, { uv-lock = "project/uv.lock" }]'
    other = f'[image.other]\nparent = "cuda-alone-app"\nuser = "2000:2001"\n{pip}\n'
    return "\n".join([*(row.table() for row in cases(full)), other])


def unmet(rows: list[Case]) -> list[str]:
    """The values of two dimensions that meet in no row."""
    met = {frozenset(pair) for row in rows for pair in itertools.combinations(zip(DIMENSIONS, astuple(row), strict=True), 2)}
    return [
        f"{a} {x}, {b} {y}"
        for (a, xs), (b, ys) in itertools.combinations(DIMENSIONS.items(), 2)
        for x, y in itertools.product(xs, ys)
        if frozenset([(a, x), (b, y)]) not in met
    ]
