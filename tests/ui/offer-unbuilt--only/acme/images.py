TARGETS = ["docs", "lint", "py311", "py312"]
