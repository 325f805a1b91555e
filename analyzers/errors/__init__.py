"""Patterns that end work."""
