PYTHONS = {"py312": 1, "py314": 2}
