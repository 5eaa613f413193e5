# COPY --from takes no build arg, a stage does.
ARG ENVD_SSH_IMAGE
FROM ${ENVD_SSH_IMAGE} AS ssh

FROM r-base:4.2.0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libcurl4-openssl-dev \
    && rm -rf /var/lib/apt/lists/*
COPY --from=ssh /usr/bin/envd-sshd /var/envd/bin/envd-sshd
ARG ENVD_VERSION
ENV ENVD_VERSION=${ENVD_VERSION}
USER 1000:1000
