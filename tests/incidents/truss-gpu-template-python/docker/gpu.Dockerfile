ARG CUDA_VERSION
FROM nvidia/cuda:${CUDA_VERSION}-base-ubuntu18.04
RUN apt-get update && apt-get install -y python3.9 python3.9-venv
