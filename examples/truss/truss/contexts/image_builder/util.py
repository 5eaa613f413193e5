"""Which base image a model is built on."""

from truss.base.constants import TRUSS_BASE_IMAGE_NAME

# Moved by `gen bump` alone.
TRUSS_BASE_IMAGE_VERSION_TAG = "v0.13.0"


def base_image(python_version: str, use_gpu: bool) -> str:
    """The reference of the image for that Python."""
    return f"{TRUSS_BASE_IMAGE_NAME}:{python_version}{'-gpu' if use_gpu else ''}-{TRUSS_BASE_IMAGE_VERSION_TAG}"
