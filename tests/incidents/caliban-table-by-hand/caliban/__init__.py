"""Caliban."""
