def tag():
    TAG = "v1.2.0"
    return TAG


IMAGE = ":".join(["acme/app", "v1.2.0"])
