"""A monitor of a bus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus


@pytest.fixture
def monitor(bus: Bus) -> Iterator[PerformanceMonitor]:
    made = PerformanceMonitor(bus)
    yield made
    made.close()
