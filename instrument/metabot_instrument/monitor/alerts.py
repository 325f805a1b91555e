"""Alerts: raised once, and told again when they are resolved."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from metabot_instrument.monitor.figures import iso, rounded

_KEPT: Final = 100


class Told(NamedTuple):
    """A signal that the monitor is to emit."""

    name: str
    data: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Alert:
    name: str  # tool_slow, tool_failing, tokens or memory
    subject: str  # the tool; else as the name
    message: str
    value: float
    limit: float
    raised_at: float  # unix seconds
    resolved_at: float | None = None

    def figures(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "subject": self.subject,
            "severity": "warning",
            "message": self.message,
            "value": rounded(self.value),
            "limit": self.limit,
            "raised_at": iso(self.raised_at),
            "resolved_at": iso(self.resolved_at),
        }


class Alerts:
    def __init__(self) -> None:
        self.kept: deque[Alert] = deque(maxlen=_KEPT)
        self._active: dict[tuple[str, str], Alert] = {}

    def raised(self, name: str, subject: str, message: str, *, value: float, limit: float, at: float) -> list[Told]:
        if (name, subject) in self._active:
            return []
        alert = Alert(name=name, subject=subject, message=message, value=value, limit=limit, raised_at=at)
        self._active[name, subject] = alert
        self.kept.append(alert)
        return [Told("alert:raised", alert.figures())]

    def resolved(self, name: str, subject: str, at: float) -> list[Told]:
        alert = self._active.pop((name, subject), None)
        if alert is None:
            return []
        alert.resolved_at = at
        lasted = round((at - alert.raised_at) * 1000, 3)
        return [Told("alert:resolved", {**alert.figures(), "duration_ms": lasted})]

    def begin_anew(self, at: float) -> list[Told]:
        """Resolves what is raised, and forgets it."""
        told = [one for key in list(self._active) for one in self.resolved(*key, at)]
        self.kept.clear()
        return told

    def figures(self) -> list[dict[str, Any]]:
        return [alert.figures() for alert in self.kept]
