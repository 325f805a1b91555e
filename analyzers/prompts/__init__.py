"""Patterns in what a model is told."""
