"""What a monitor knows at one moment, as JSON for the widget and for other readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from metabot_instrument.boundary import contained
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor

FORMAT: Final = "metabot-monitor-snapshot"
VERSION: Final = 1
_SAMPLES: Final = 150  # of the memory: five minutes, where one is taken every two seconds
_RECENT: Final = 20  # model calls
_ALERTS: Final = 50


@contained("serving", None)
def as_snapshot(monitor: PerformanceMonitor) -> str:
    """The status and, of the export, everything but older samples, model calls and alerts.

    None where the monitor cannot be read, which is counted as `serving`.
    """
    kept = dict(monitor.export())
    kept["memory"] = _latest(kept["memory"], "samples", _SAMPLES)
    kept["llm"] = _latest(kept["llm"], "recent", _RECENT)
    kept = _latest(kept, "alerts", _ALERTS)
    return as_json({**kept, "format": FORMAT, "version": VERSION, "status": monitor.status()})


@contained("serving", None)
def as_export(monitor: PerformanceMonitor) -> str:
    """The whole export; None where the monitor cannot be read, which is counted as `serving`."""
    return as_json(monitor.export())


@contained("serving", False)
def start_anew(monitor: PerformanceMonitor) -> bool:
    """Resets the monitor; False where it cannot be, which is counted as `serving`."""
    monitor.reset()
    return True


def as_json(value: Any) -> str:
    """In ASCII, so that half a surrogate pair in a tool's name does no harm; infinite numbers are null."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(json.loads(json.dumps(value), parse_constant=lambda _: None))


def _latest(part: Mapping[str, Any], name: str, number: int) -> dict[str, Any]:
    return {**part, name: list(part[name])[-number:]}
