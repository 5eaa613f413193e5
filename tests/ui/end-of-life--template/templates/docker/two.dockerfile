# {{ header | comment }}
FROM python:3.8-slim-trixie AS build
RUN true
FROM {{ from }}
COPY --from=build /x /x
