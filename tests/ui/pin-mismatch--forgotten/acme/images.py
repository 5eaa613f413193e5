BASE_TAG = "v0.8.3"
