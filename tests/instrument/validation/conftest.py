"""An event log of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from metabot_instrument.current import configure, settings


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[Path]:
    """The path that decisions are written to; the settings are as before afterwards."""
    before = asdict(settings())
    path = tmp_path / "logs" / "events.jsonl"
    configure(events_path=str(path), events_buffered=False, service_name="desk")
    yield path
    configure(**before)
