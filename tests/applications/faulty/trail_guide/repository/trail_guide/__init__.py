"""Answers visitors' questions about the trails of the park."""
