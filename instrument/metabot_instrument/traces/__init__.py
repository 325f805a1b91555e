"""Spans of an agent's own steps: OpenTelemetry underneath, written as lines, printed as a tree, exported over OTLP."""
