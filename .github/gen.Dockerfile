# gen in an image, for pipelines that run their jobs in one. The context holds the static program for each platform, by the
# name of its architecture; git answers what is tracked and which tags there are.
FROM alpine:3.22
ARG TARGETARCH
RUN apk add --no-cache git
COPY --chmod=0755 ${TARGETARCH}/gen /usr/local/bin/gen
# A mounted repository belongs to whoever cloned it.
RUN git config --system --add safe.directory '*'
WORKDIR /work
USER 1000:1000
CMD ["gen", "check"]
