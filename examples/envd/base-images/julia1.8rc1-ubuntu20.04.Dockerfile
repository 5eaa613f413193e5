# COPY --from takes no build arg, a stage does.
ARG ENVD_SSH_IMAGE
FROM ${ENVD_SSH_IMAGE} AS ssh

FROM ubuntu:20.04
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=ssh /usr/bin/envd-sshd /var/envd/bin/envd-sshd
ARG ENVD_VERSION
ENV ENVD_VERSION=${ENVD_VERSION}
USER 1000:1000
