import os

__version__ = "1.2.0"
TAG = os.environ.get("TAG", "v1.2.0")
GPU = f"acme/app:{TAG}-cu128"
OWN = f"acme/app:v{__version__}"


def image(tag):
    return f"acme/app:{tag}"
