"""Validators' decisions as observations: each validator's is an action of its own that took its latency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from metabot_instrument.monitoring.observation import Observation

KIND: Final = "validator"
_LET_PASS: Final = ("approved", "modified")


def observations(event: Mapping[str, Any]) -> Iterator[Observation]:
    """Of one `validator_decision`; one that let the action pass is no error, another is one by its reason."""
    payload = event["payload"]
    for step in payload["decisions"]:
        latency_ms = step.get("latency_ms")
        yield Observation(
            kind=KIND,
            name=step["validator"],
            started=event["unix_time"] - (payload.get("latency_ms") or 0.0) / 1_000,
            duration_ms=latency_ms,
            error=None if step["decision"] in _LET_PASS else f"{step['decision']}: {step.get('reason') or 'no reason'}",
            session=event.get("session_id"),
        )
