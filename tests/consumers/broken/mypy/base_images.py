"""Sound but for an annotation that is missing."""


def resolve(*, python: str):
    return python
