TAG = "3.11-v1.2.0"
ALIAS = "latest"
IMAGE = "acme/app:newest"
OTHER = "redis:7"
