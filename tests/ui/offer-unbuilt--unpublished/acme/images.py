IMAGES = ["server", "wheels"]
PYTHONS = ["3.12", "3.13", "3.14"]
