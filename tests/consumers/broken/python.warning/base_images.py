"""Sound but for a comparison by identity, of which Python warns."""

RELEASE = "v1"
CURRENT = RELEASE is "v1"
