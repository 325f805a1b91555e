"""Signals: what the parts of a running agent tell one another in the process."""
