import os

IMAGE = os.environ.get("IMG", "ghcr.io/acme/app:3.12-v1.2.0")
