ARG CUDA_VERSION
FROM nvidia/cuda:${CUDA_VERSION}-base-ubuntu18.04
ARG PYTHON_VERSION
RUN apt-get update && apt-get install -y python${PYTHON_VERSION} python${PYTHON_VERSION}-venv
