"""Readers: from a telemetry file's bytes to normalized records, and from model spans to model calls."""
