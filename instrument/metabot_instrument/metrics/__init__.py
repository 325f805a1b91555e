"""Metrics: each defined once, counted in some microseconds, shown to Prometheus and pushed over OTLP."""
