PYTHONS = ["3.12", "3.13"]
PYTHONS.remove("3.12")
