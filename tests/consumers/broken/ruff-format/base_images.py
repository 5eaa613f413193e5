"""Sound but for quotes that a formatter would change."""

RELEASE = 'v1'
