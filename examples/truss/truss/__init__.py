"""Packages models together with all that they need."""
