"""Compares what was measured with the thresholds, and switches off a tool that became slow or failing."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from metabot_instrument.monitor.alerts import Alerts, Told
from metabot_instrument.monitor.figures import iso
from metabot_instrument.monitor.thresholds import Thresholds, ToolLimits
from metabot_instrument.monitor.tools import Finished


class Outcome(NamedTuple):
    ms: float | None
    failed: bool


class SwitchedOff(NamedTuple):
    why: str
    since: float  # unix seconds


class Watch:
    """What changed is given as signals to emit; the caller holds the lock."""

    def __init__(self, thresholds: Thresholds, alerts: Alerts) -> None:
        self.switched_off: dict[str, SwitchedOff] = {}  # by tool
        self._thresholds = thresholds
        self._alerts = alerts
        self._recent: dict[str, deque[Outcome]] = {}

    def tool(self, finished: Finished, at: float) -> list[Told]:
        limits = self._thresholds.of(finished.tool)
        recent = self._recent.setdefault(finished.tool, deque(maxlen=limits.window))
        if finished.late and recent:
            recent[-1] = Outcome(recent[-1].ms, True)
        else:
            recent.append(Outcome(finished.ms, finished.failed))
        return [*self._slow(finished, limits, recent, at), *self._failing(finished.tool, limits, recent, at)]

    def memory(self, percent: float, at: float) -> list[Told]:
        limit = self._thresholds.memory_percent
        if limit is None:
            return []
        if percent <= limit:
            return self._alerts.resolved("memory", "memory", at)
        message = f"memory is at {percent:.0f} % of what this process may hold"
        return self._alerts.raised("memory", "memory", message, value=percent, limit=limit, at=at)

    def tokens(self, total: int, at: float) -> list[Told]:
        limit = self._thresholds.tokens
        if limit is None or total <= limit:
            return []
        return self._alerts.raised(
            "tokens", "tokens", f"{total} tokens in this session", value=total, limit=limit, at=at
        )

    def switch_on(self, tool: str, at: float) -> list[Told]:
        """Its recent calls are forgotten."""
        self._recent.pop(tool, None)
        off = self.switched_off.pop(tool, None)
        if off is None:
            return []
        return [Told("tool:switched_on", {"tool_name": tool, "duration_ms": round((at - off.since) * 1000, 3)})]

    def figures(self) -> list[dict[str, Any]]:
        return [{"tool": tool, "why": off.why, "since": iso(off.since)} for tool, off in self.switched_off.items()]

    def begin_anew(self) -> None:
        """What is switched off stays so."""
        self._recent.clear()

    def _slow(self, finished: Finished, limits: ToolLimits, recent: deque[Outcome], at: float) -> list[Told]:
        most, tool, ms = limits.max_ms, finished.tool, finished.ms
        if most is None or ms is None:
            return []
        slow = [one.ms is not None and one.ms > most for one in recent]
        if ms <= most:
            return [] if any(slow[-limits.calls :]) else self._alerts.resolved("tool_slow", tool, at)
        told = self._alerts.raised(
            "tool_slow", tool, f"{tool} took {ms:.0f} ms, over {most:g}", value=ms, limit=most, at=at
        )
        if len(slow) >= limits.calls and sum(slow) * 2 > len(slow):
            why = f"slow: {sum(slow)} of the last {len(slow)} calls took over {most:g} ms"
            return [*told, *self._off(tool, why, at)]
        return told

    def _failing(self, tool: str, limits: ToolLimits, recent: deque[Outcome], at: float) -> list[Told]:
        most = limits.error_share
        if most is None or len(recent) < limits.calls:
            return []
        failed = [one.failed for one in recent].count(True)  # for every call of a tool: quicker than a sum
        if failed <= most * len(recent):  # between the half of it and the whole it stays as it is
            return self._alerts.resolved("tool_failing", tool, at) if failed <= most * len(recent) / 2 else []
        said = f"{failed} of the last {len(recent)} calls failed"
        raised = self._alerts.raised(
            "tool_failing", tool, f"{tool}: {said}", value=failed / len(recent), limit=most, at=at
        )
        return [*raised, *self._off(tool, f"failing: {said}", at)]

    def _off(self, tool: str, why: str, at: float) -> list[Told]:
        if tool in self.switched_off:
            return []
        self.switched_off[tool] = SwitchedOff(why, at)
        return [Told("tool:switched_off", {"tool_name": tool, "why": why})]
