FROM scratch
ARG TARGETARCH
COPY dist/${TARGETARCH}/envd-sshd /usr/bin/envd-sshd
ENTRYPOINT ["/usr/bin/envd-sshd"]
