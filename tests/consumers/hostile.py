"""Matrices whose texts want to break out: the pieces and places of tests/properties, shared with the properties there."""

import json
import random
import re
from dataclasses import dataclass

from random_matrix import printed, toml
from trees import PROVIDERS, ROOT

PROPERTIES = ROOT / "tests/properties"
SHARED = json.loads((PROPERTIES / "hostile.json").read_text())
PIECES = SHARED["pieces"]

#: What stands in a place when nothing hostile does.
PLAIN = "zq7q7z"

#: The Dockerfile that image `own` of the matrix names.
OWN = {"docker/Dockerfile": "FROM debian:13 AS base\nARG V\nFROM base AS final\n"}


@dataclass(frozen=True)
class Place:
    """A place of matrix.toml that takes a text."""

    name: str
    #: Whether the text is a template, in which `{{` begins something.
    templated: bool
    #: Whether it takes any line of text; the others take what their grammar allows.
    open: bool
    #: The text of the right form that holds PLAIN.
    plain: str

    def holding(self, text: str) -> str:
        return self.plain.replace(PLAIN, text) if PLAIN in self.plain else text

    def quiet(self) -> str:
        """What stands there when another place is looked at: each name another, where names must differ."""
        if self.name in ("tag", "name", "alias", "from"):
            return self.name
        if self.name == "own-target":
            return "final"
        return self.name.replace("-", "") if self.name.endswith("-key") else self.plain.replace(PLAIN, "plain")


#: What is shell text where it stands, or a part of it: looked at by words.
SHELL = {"check", *(f"{provider}-step-{what}" for provider in PROVIDERS for what in ("name", "run", "env"))}
STEPS = "\n[ci]\ncheck = @check\n\n[ci.buildkite]\nrunner = { arm64 = \"arm\" }\n" + "".join(
    f"""
[ci.{provider}.step.own]
at = "before-build"
name = @{provider}-step-name
run = @{provider}-step-run
env = {{ V = @{provider}-step-env }}
"""
    for provider in PROVIDERS
)

PLACES = {place["name"]: Place(**place) for place in SHARED["places"]}
PLACES |= {name: Place(name, False, True, PLAIN) for name in sorted(SHELL)}
TEMPLATE = (PROPERTIES / "hostile.template").read_text() + STEPS


def matrix(places: set[str], text: str) -> str:
    """The matrix in which these places hold the text, and all others what is quiet there."""

    def stands(match: re.Match) -> str:
        place = PLACES[match[1]]
        held = place.holding(text) if place.name in places else place.quiet()
        return toml(printed(held) if place.templated else held)

    return re.sub(r"@([a-z-]+)", stands, TEMPLATE)


#: Pieces that every place takes which takes any line: no control character, nor what some readers take for a line's end.
LINES = [piece for piece in PIECES if not re.search("[\0-\x1f\x7f-\x9f\u2028\ufeff]", piece)]


def draw_text(dice: random.Random, pieces: list[str], most: int) -> str:
    """A few pieces, and now and then any other character between them."""
    others = [chr(point) for point in (*range(0x20, 0x7F), 0xE4, 0x3B1, 0x4E2D, 0x1F600)]
    return "".join(dice.choice(pieces if dice.random() < 0.75 else others) for _ in range(dice.randint(1, most)))


def draw(seed: int, count: int) -> list[tuple[set[str], str]]:
    """Cases: the places that hold a text, and the text. One line in all places that take any, so that each run has most
    pieces in each of them; anything in some of these; anything in one of the others."""
    dice = random.Random(seed)
    opened = [place.name for place in PLACES.values() if place.open and PLAIN in place.plain and place.name != "own-target"]
    closed = [place.name for place in PLACES.values() if not place.open]
    cases = []
    for _ in range(count // 3):
        cases.append((set(opened), draw_text(dice, LINES, 12)))
        cases.append((set(dice.sample(opened, dice.randint(1, 6))), draw_text(dice, PIECES, 4)))
        cases.append(({dice.choice(closed)}, draw_text(dice, PIECES, 4)))
    return cases
