"""What the library supports, in one place."""

# Must be sorted ascendingly: the last one is the default.
SUPPORTED_PYTHON_VERSIONS = [
    "3.11",
    "3.12",
    "3.13",
]

CONFIG_FILE = "config.yaml"
