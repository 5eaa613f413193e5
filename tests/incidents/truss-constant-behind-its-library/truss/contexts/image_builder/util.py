# This needs to be updated whenever we want to update the base images.
TRUSS_BASE_IMAGE_VERSION_TAG = "v0.9.0"
