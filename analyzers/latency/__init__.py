"""Patterns that cost time."""
