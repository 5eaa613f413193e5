# <{ header | comment }>
# flake8: noqa
# fmt: off
<% block doc %>
"""The base images, found by what they are for.

`resolve()` takes values of the axes and gives the one image that has them: its
reference, a `str` that also knows the image's values, platforms, aliases and copies.
Values that no image has raise `NoSuchImage`, too few of them raise `AmbiguousImage`;
both say what to ask for instead.
"""
<% endblock %>

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal

__all__ = [
<% for name in exports %>
    <{ name }>,
<% endfor %>
]
<% if release %>

RELEASE: Final = <{ release.version }>
RELEASE_TAG: Final = <{ release.tag }>
<% endif %>
<% for list in lists %>

<{ list.type | ident }> = Literal[<{ list.values | literals }>]
<{ list.constant | ident }>: Final[tuple[<{ list.type | ident }>, ...]] = <{ list.values }>
<% endfor %>


class NoSuchImage(LookupError):
    """No image has the values asked for."""

    nearest: tuple[Image, ...] = ()
    """Images that differ in the fewest of these values, the closest for each way to differ."""
    reasons: tuple[str, ...] = ()
    """Why the matrix excludes the values asked for."""


class AmbiguousImage(LookupError):
    """Several images have the values asked for."""

    candidates: tuple[Image, ...] = ()
    """These images."""


@dataclass(frozen=True, eq=False, repr=False)
class Image(str):
    """The reference of an image, and what is known of that image.

    It is a `str`, and compares, hashes and prints as the reference.
    """

    reference: str
    """The reference as a plain `str`."""
    image: ImageName
    """The name of its family."""
    platforms: tuple[str, ...]
    """What it runs on, such as `linux/amd64`."""
    aliases: tuple[str, ...]
    """Moving references to the same image in the same registry."""
    _cell: tuple[tuple[str, str], ...]
    _copies: tuple[_Copy, ...]

    # `typing.Self` is younger than Python 3.9.
    def __new__(cls, reference: str, *_: object, **__: object) -> Image:  # noqa: PYI034
        return super().__new__(cls, reference)

    @property
    def cell(self) -> dict[str, str]:
        """Its values, by axis as `resolve()` takes them."""
        return dict(self._cell)

    @property
    def references(self) -> dict[str, str]:
        """Its references by registry, home first; empty when no registry is declared."""
        return {name: reference for name, reference, _ in self._copies if name}

    @property
    def meta(self) -> dict[str, str]:
        """Facts that the matrix states of it."""
        return dict(_META.get(self._copies[0][1], ()))

    def __repr__(self) -> str:
        return f"<Image {self.reference}: {_call(dict(_traits(self)))}>"
<% if described %>


class DescribedImage(str):
    """The reference of an image of others, and what the matrix states of it."""

    __slots__ = ()

    @property
    def meta(self) -> dict[str, str]:
        """Facts that the matrix states of it."""
        return dict(_META.get(self, ()))
<% endif %>


def resolve(
    *,
<% for axis in axes %>
    <{ axis.parameter | ident }>: <{ axis.type | ident }> | None = None,
<% endfor %>
    image: ImageName | None = None,
<% if registries %>
    registry: RegistryName | None = None,
<% endif %>
) -> Image:
    """The image with these values.

    An axis may be left out when the others leave one image only. `image` names a
    family, where several have the values.
<% if registries %>
    `registry` asks for the copy there instead of the one at home.
<% endif %>

    Raises `NoSuchImage` when no image has the values, and `AmbiguousImage` when
    several have.
    """
    _stated: dict[str, str | None] = {
        "image": image,
<% for axis in axes %>
        <{ axis.parameter }>: <{ axis.parameter | ident }>,
<% endfor %>
    }
<% if registries %>
    return _copy(_image_with(_stated), registry)
<% else %>
    return _image_with(_stated)
<% endif %>


def _image_with(asked: dict[str, str | None]) -> Image:
    stated = {axis: value for axis, value in asked.items() if value is not None}
    having = [_HAVING.get(trait, set()) for trait in stated.items()]
    places = sorted(set.intersection(*having)) if having else range(len(IMAGES))
    if not places:
        raise _no_such_image(stated)
    if len(places) > 1:
        raise _ambiguous(stated, tuple(IMAGES[place] for place in places))
    return IMAGES[places[0]]
<% if registries %>


def _copy(image: Image, registry: str | None) -> Image:
    if registry is None:
        return image
    for name, reference, aliases in image._copies:
        if name == registry:
            return Image(
                reference,
                image.image,
                image.platforms,
                aliases,
                image._cell,
                image._copies,
            )
    known = ", ".join(map(repr, image.references))
    fault = NoSuchImage(f"{image} is not in registry {registry!r}, it is in {known}")
    fault.nearest = (image,)
    raise fault
<% endif %>


def _ambiguous(stated: dict[str, str], candidates: tuple[Image, ...]) -> AmbiguousImage:
    having = {trait for image in candidates for trait in _traits(image)}
    choices = []
    for axis, values in _VALUES.items():
        left = [repr(value) for value in values if (axis, value) in having]
        if len(left) > 1:
            choices.append(f"{axis} ({', '.join(left)})")
    what = f"{_call(stated)} finds {len(candidates)} images"
    fault = AmbiguousImage(f"{what}: state {', '.join(choices)}")
    fault.candidates = candidates
    return fault


def _no_such_image(stated: dict[str, str]) -> NoSuchImage:
    families = [
        name
        for name, axes in _AXES.items()
        if stated.get("image", name) == name and {"image", *axes} >= stated.keys()
    ]
    reasons = [
        reason
        for reason, names, terms in _EXCLUDED
        if any(name in names for name in families)
        and all(stated.get(axis) in values for axis, values in terms)
    ]
    nearest = _nearest(stated)
    lines = [f"{_call(stated)} finds no image"]
    lines += [f"excluded: {reason}" for reason in dict.fromkeys(reasons)]
    lines += [f"nearest: {_call(dict(_traits(image)))}" for image in nearest]
    fault = NoSuchImage("\n  ".join(lines))
    fault.reasons = tuple(dict.fromkeys(reasons))
    fault.nearest = nearest
    return fault


def _nearest(stated: dict[str, str]) -> tuple[Image, ...]:
    family = [image for image in IMAGES if image.image == stated.get("image")]
    known: dict[tuple[str, str | None], tuple[float, ...]] = {}
    closest: dict[tuple[str, ...], tuple[list[tuple[float, ...]], Image]] = {}
    for image in family or IMAGES:
        traits = dict(_traits(image))
        apart = tuple(axis for axis in stated if traits.get(axis) != stated[axis])
        far = []
        for axis in apart:
            value = traits.get(axis)
            if (axis, value) not in known:
                known[axis, value] = _distance(axis, stated[axis], value)
            far.append(known[axis, value])
        if apart not in closest or far < closest[apart][0]:
            closest[apart] = (far, image)
    fewest = min(map(len, closest))
    return tuple(image for apart, (_, image) in closest.items() if len(apart) == fewest)


def _distance(axis: str, asked: str, value: str | None) -> tuple[float, ...]:
    """By number where both are words with the same beginning, else by spelling."""
    if value is None:
        return (2,)
    left, right = _numbers(axis, asked), _numbers(axis, value)
    if left[0] == right[0] and left[1] and right[1]:
        pairs = zip_longest(left[1], right[1], fillvalue=0)
        return (0, *(abs(a - b) for a, b in pairs))
    return (1, 1 - SequenceMatcher(None, str(asked), value).ratio())


def _numbers(axis: str, value: str) -> tuple[str, list[int]]:
    version = _VERSIONS.get((axis, value), str(value))
    word = re.split(r"\d", version, maxsplit=1)[0]
    return word, [int(digits) for digits in re.findall(r"\d{1,18}", version)]


def _traits(image: Image) -> tuple[tuple[str, str], ...]:
    return (("image", image.image), *image._cell)


def _call(values: dict[str, str]) -> str:
    stated = (f"{axis}={value!r}" for axis, value in values.items())
    return f"resolve({', '.join(stated)})"


#: A registry's name, the reference there, and the aliases there.
<% if registries %>
_Copy = tuple[RegistryName, str, tuple[str, ...]]
<% else %>
_Copy = tuple[None, str, tuple[str, ...]]
<% endif %>
#: A family, its values, the platforms, and the copies, home first.
_Row = tuple[ImageName, tuple[str, ...], tuple[str, ...], tuple[_Copy, ...]]
#: An axis and values of it.
_Term = tuple[str, tuple[str, ...]]

#: All values of each axis.
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "image": IMAGE_NAMES,
<% for axis in axes %>
    <{ axis.parameter }>: <{ axis.constant | ident }>,
<% endfor %>
}

#: The axes of each family.
_AXES: Final[dict[str, tuple[str, ...]]] = {
<% for family in families %>
    <{ family.name }>: <{ family.axes }>,
<% endfor %>
}

#: What values compare as, where they are no versions themselves.
_VERSIONS: Final[dict[tuple[str, str], str]] = {
<% for version in versions %>
    (<{ version.axis }>, <{ version.value }>): <{ version.version }>,
<% endfor %>
}

#: What does not exist: the reason, the families it is for, and what holds for the cells.
_EXCLUDED: Final[tuple[tuple[str, tuple[str, ...], tuple[_Term, ...]], ...]] = (
<% for rule in excluded %>
    (<{ rule.reason }>, <{ rule.images }>, <{ rule.terms }>),
<% endfor %>
)

#: Facts by name, of images by their reference at home, and of images of others.
_META: Final[dict[str, tuple[tuple[str, str], ...]]] = {
<% for one in meta %>
    <{ one[0] }>: <{ one[1] }>,
<% endfor %>
}

#: What exists.
_ROWS: Final[tuple[_Row, ...]] = (
<% for row in rows %>
    (<{ row.image }>, <{ row.values }>, <{ row.platforms }>, <{ row.copies }>),
<% endfor %>
)


def _image(row: _Row) -> Image:
    name, values, platforms, copies = row
    _, reference, aliases = copies[0]
    cell = tuple(zip(_AXES[name], values))
    return Image(reference, name, platforms, aliases, cell, copies)


def _by_trait(images: tuple[Image, ...]) -> dict[tuple[str, str], set[int]]:
    places: dict[tuple[str, str], set[int]] = {}
    for place, image in enumerate(images):
        for trait in _traits(image):
            places.setdefault(trait, set()).add(place)
    return places


IMAGES: Final = tuple(map(_image, _ROWS))
"""All images, in the order of the matrix."""

_HAVING: Final = _by_trait(IMAGES)
<% if described %>

DESCRIBED_IMAGES: Final[dict[str, DescribedImage]] = {
<% for one in described %>
    <{ one[0] }>: DescribedImage(<{ one[1] }>),
<% endfor %>
}
"""Images of others that the matrix describes, by name; they are not built from it."""
<% endif %>
<% block extra %>
<% endblock %>
