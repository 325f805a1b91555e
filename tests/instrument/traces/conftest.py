"""Tracing on, into a file of its own, for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from metabot_instrument.current import configure
from tests.instrument.traces.written import Trace


@pytest.fixture
def trace(tmp_path: Path, settings_kept: None) -> Trace:
    configure(
        trace=True,
        trace_path=str(tmp_path / "trace.jsonl"),
        trace_level="info",
        service_name="desk",
        metrics_interval_seconds=0,
    )
    return Trace(tmp_path / "trace.jsonl")
