try:
    BASE_TAG = "v0.9.0"
except ImportError:
    BASE_TAG = "v0.8.0"
