"""A chainlet that names its base image."""

IMAGE = "baseten/truss-server-base:3.10-gpu-v0.13.0"
