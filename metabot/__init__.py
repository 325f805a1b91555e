"""Telemetry of an LLM application in, proved pull requests out; a person merges."""

__version__ = "0.1.0"
