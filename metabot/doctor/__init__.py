"""Looks whether everything that a pass needs is in place, and says what to do where it is not."""
