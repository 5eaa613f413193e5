"""Where a job runs, if nothing is said."""

DEFAULT_CPU_IMAGE = "gcr.io/blueshift-playground/blueshift:cpu-ubuntu1804-py37"
DEFAULT_GPU_IMAGE = "gcr.io/blueshift-playground/blueshift:gpu-ubuntu1804-py37-cuda110"
