import os

TAG = os.environ.get("TAG", "3.12-v1.1.0")
