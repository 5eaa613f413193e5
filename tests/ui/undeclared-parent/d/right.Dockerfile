FROM acme/core:v1.4.0
COPY --from=acme/tools:v1.4.0 /a /a
