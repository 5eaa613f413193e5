PY = "3.12"
TAG = f"{PY}-v1.4.0"
IMAGE = f"acme/server:{TAG}"


def image(py, tag):
    added = "acme/server:" + py + "-v1.4.0"
    return f"acme/server:{py}-v1.4.0", f"acme/server:{py}-{tag}", added, "acme/server:%s-v1.4.0" % py
