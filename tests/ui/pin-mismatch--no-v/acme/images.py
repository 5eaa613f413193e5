BASE_TAG: Final = "0.9.0"
