# COPY --from takes no build arg, a stage does.
ARG ENVD_SSH_IMAGE
FROM ${ENVD_SSH_IMAGE} AS ssh

FROM docker.io/nvidia/cuda:11.6.2-runtime-ubuntu20.04
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libcudnn8 python3.9 python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=ssh /usr/bin/envd-sshd /var/envd/bin/envd-sshd
ARG ENVD_VERSION
ENV ENVD_VERSION=${ENVD_VERSION}
USER 1000:1000
