"""Alerts: raised once, and told again when they are resolved."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from metabot_instrument.monitor.figures import iso, rounded

_KEPT: Final = 100  # of a session


class Told(NamedTuple):
    """A signal that the monitor is to emit."""

    name: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    name: str  # tool_slow, tool_failing, tokens or memory
    subject: str  # the tool; else as the name
    message: str
    value: float
    limit: float
    raised: float  # unix seconds

    def figures(self) -> dict[str, Any]:
        return {
            "kind": "raised",
            "name": self.name,
            "subject": self.subject,
            "severity": "warning",
            "message": self.message,
            "value": rounded(self.value),
            "limit": self.limit,
            "timestamp": iso(self.raised),
        }

    def resolved(self, at: float) -> dict[str, Any]:
        return {
            **self.figures(),
            "kind": "resolved",
            "severity": "info",
            "message": f"over: {self.message}",
            "timestamp": iso(at),
            "duration_ms": round((at - self.raised) * 1000, 3),
        }


class Alerts:
    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=_KEPT)  # both when raised and when resolved
        self._active: dict[tuple[str, str], Alert] = {}

    def raised(self, name: str, subject: str, message: str, *, value: float, limit: float, at: float) -> list[Told]:
        if (name, subject) in self._active:
            return []
        alert = Alert(name=name, subject=subject, message=message, value=value, limit=limit, raised=at)
        self._active[name, subject] = alert
        return [self._keep("alert:raised", alert.figures())]

    def resolved(self, name: str, subject: str, at: float) -> list[Told]:
        alert = self._active.pop((name, subject), None)
        return [] if alert is None else [self._keep("alert:resolved", alert.resolved(at))]

    def begin_anew(self, at: float) -> list[Told]:
        """Resolves what is raised, and forgets all."""
        told = [one for key in list(self._active) for one in self.resolved(*key, at)]
        self._kept.clear()
        return told

    def figures(self) -> list[dict[str, Any]]:
        return [dict(alert) for alert in self._kept]

    def _keep(self, signal: str, data: dict[str, Any]) -> Told:
        self._kept.append(data)
        return Told(signal, data)
