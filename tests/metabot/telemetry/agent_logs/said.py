"""Lines as agents write them: metabot-instrument's, and those of earlier systems."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
ROOT: Final = "00f067aa0ba902b7"
STEP: Final = "eee19b7ec3c1b174"
NOON: Final = 1_768_305_600  # 2026-01-13 12:00:00 UTC


def event(
    name: str = "evidence_added", second: int = 0, payload: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """As metabot-instrument writes it."""
    at = f"2026-01-13T12:00:{second:02d}.000000+00:00"
    return {
        "event": name, "timestamp": at, "unix_time": NOON + second, "service": "desk", "payload": payload or {},
        "writer": "9f2c01aa", "seq": second, **more,
    }  # fmt: skip


def ledger(name: str = "eval", second: int = 0, **more: Any) -> dict[str, Any]:
    """As an earlier system does: the payload beside the names, the exact time under `ts`."""
    return {"ts": f"2026-01-13T12:00:{second:02d}+00:00", "timestamp": NOON + second + 0.5, "event_type": name, **more}


def line(own: str, parent: str | None = None, second: float = 0.0, ms: float | None = 5, **more: Any) -> dict[str, Any]:
    """As an earlier system does: local time without a zone, four random digits."""
    at = datetime(2026, 1, 13, 12) + timedelta(seconds=second)  # noqa: DTZ001
    return {
        "trace_id": own, "parent_id": parent, "timestamp": at.isoformat(), "hrm_layer": "altitude",
        "operation": "transition", "component": "altitude.py", "input_summary": "L3→L2", "output_summary": "success",
        "duration_ms": ms, "status": "success", "metadata": {}, **more,
    }  # fmt: skip


def ours(own: str = ROOT, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """As metabot-instrument writes it."""
    found = line(f"alt_{NOON}_{own}", f"foc_{NOON}_{parent}" if parent else None, ms=5.25)
    found["timestamp"] += ".000250+00:00"
    return {**found, "service": "desk", "otel_trace_id": TRACE, "otel_span_id": own, **more}
