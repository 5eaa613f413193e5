FROM scratch
ARG TARGETARCH
COPY dist/${TARGETARCH}/envd /usr/bin/envd
ENTRYPOINT ["/usr/bin/envd"]
