"""Telemetry at rest: one DuckDB file, loaded once per span, read as the frames that analyzers declare."""
