"""What the library supports."""

# Sorted: the last one is the default.
SUPPORTED_PYTHON_VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

TRUSS_BASE_IMAGE_NAME = "baseten/truss-server-base"
