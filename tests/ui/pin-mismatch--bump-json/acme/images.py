"""Images."""

BASE_TAG = "v0.9.1"
