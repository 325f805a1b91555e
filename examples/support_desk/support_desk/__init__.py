"""Triage of the support desk's tickets by a language model with three tools."""

__version__ = "1.4.0"
