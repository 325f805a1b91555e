"""Tracing on, into a file of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from metabot_instrument.current import configure, settings
from tests.instrument.traces.written import Trace


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    """The settings are as before afterwards."""
    before = asdict(settings())
    configure(
        trace=True,
        trace_path=str(tmp_path / "trace.jsonl"),
        trace_level="info",
        service_name="desk",
        metrics_interval_seconds=0,
    )
    yield Trace(tmp_path / "trace.jsonl")
    configure(**before)
