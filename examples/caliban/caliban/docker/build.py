"""Which base image a job runs in, where its configuration names none."""

DEV_CONTAINER_ROOT = "gcr.io/blueshift-playground/blueshift"
DEFAULT_GPU_TAG = "gpu-ubuntu1804-py37-cuda101"
DEFAULT_CPU_TAG = "cpu-ubuntu1804-py37"


def base_image(gpu: bool) -> str:
    """The reference of the image that jobs begin with."""
    return f"{DEV_CONTAINER_ROOT}:{DEFAULT_GPU_TAG if gpu else DEFAULT_CPU_TAG}"
