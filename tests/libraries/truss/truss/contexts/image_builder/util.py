"""Which base image a model is built on.

``TRUSS_BASE_IMAGE_VERSION_TAG`` names the release of the base images, as in ``v0.12.4``; it is not the
version of the library.
"""

from __future__ import annotations

import sys
from typing import Final

from truss.constants import SUPPORTED_PYTHON_VERSIONS

# [IMPORTANT] Move it by `gen bump`: TRUSS_BASE_IMAGE_VERSION_TAG = "v0.0.0" would name images that are not there.
TRUSS_BASE_IMAGE_VERSION_TAG: Final[str] = "v0.12.4"  # see docs/base-images.md
TRUSS_BASE_IMAGE_NAME: Final = "baseten/truss-server-base"


def base_image(python: str | None = None, *, use_gpu: bool = False) -> str:
    """The reference of the base image, for instance ``baseten/truss-server-base:3.13-gpu-v0.12.4``."""
    python = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    if python not in SUPPORTED_PYTHON_VERSIONS:
        python = SUPPORTED_PYTHON_VERSIONS[-1]
    gpu = "-gpu" if use_gpu else ""
    return f"{TRUSS_BASE_IMAGE_NAME}:{python}{gpu}-{TRUSS_BASE_IMAGE_VERSION_TAG}"
