"""Sound but for an annotation that Python 3.9 cannot evaluate."""

RELEASE: str | None = None
