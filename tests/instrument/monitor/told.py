"""What signals are stamped with, and what a monitor counts of them."""

from __future__ import annotations

from typing import Final

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor

T0: Final = 1768312800_000  # ms since 1970


def tools(monitor: PerformanceMonitor) -> dict[str, tuple[int, int]]:
    """Of each: how many calls, and how many failed."""
    return {name: (tool["calls"], tool["errors"]) for name, tool in monitor.metrics()["tools"].items()}
