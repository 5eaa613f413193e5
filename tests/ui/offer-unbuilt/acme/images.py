PYTHONS = (
    "3.8",  # still
    "3.12",
    "3.13",
)
