FROM acme/core:v1.4.0
COPY --from=acme/core:v1.3.0 /a /a
