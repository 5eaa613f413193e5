TARGETS = ["3.12", "3.13"]
NONE = []
