DEFAULT_IMAGE = "acme/app:v1.2.0"
APP_NAME = "acme-runtime"
