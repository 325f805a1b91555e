"""A browser agent's monitor of an earlier system, in the words of ours.

It has no moment of export: that is `session.startTime` and the `uptime` after it, else the last moment that it names.
Its memory is the heap of the page, its latencies a list.

https://github.com/clocksmith/reploid/blob/7a01a181a46d81765ad3b6195772d186500b3889/upgrades/performance-monitor.js
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from metabot.telemetry.agent_logs.exported import figure, instant
from metabot.telemetry.attributes import Attributes, items, text

_STATS: Final = {"totalTime": "total_ms"}
_SAMPLE: Final = {"usedJSHeapSize": "heap_bytes"}
_NS_PER_MS: Final = 1_000_000


def is_earlier(value: Attributes) -> bool:
    session = value.get("session")
    return isinstance(session, dict) and "startTime" in session and "tools" in value and "llm" in value


def as_ours(value: Attributes) -> dict[str, object]:
    """The same export as our monitor would write it; what is of another shape than expected is handed on as it is."""
    session, llm, memory = _object(value.get("session")), _object(value.get("llm")), value.get("memory")
    return {
        "service": text(value.get("service")),
        "session_id": text(session.get("id")) or text(value.get("sessionId")),
        "started_at": session.get("startTime"),
        "exported_at": _exported_at(value, session, llm),
        "uptime_seconds": None if (uptime := figure(session.get("uptime"))) is None else uptime / 1_000,
        "tools": _each(value.get("tools")),
        "states": _each(value.get("states")),
        "llm": {**llm, "latency_ms": _quantiles(llm.get("latency"))},
        "memory": _memory(memory) if isinstance(memory, list) else memory,
        "session": session,
    }


def _object(value: object) -> Attributes:
    return value if isinstance(value, dict) else {}


def _each(told: object) -> object:
    if not isinstance(told, dict):
        return told
    return {name: _renamed(of_it, _STATS) if isinstance(of_it, dict) else of_it for name, of_it in told.items()}


def _renamed(told: Attributes, names: dict[str, str]) -> dict[str, object]:
    return {names.get(name, name): value for name, value in told.items()}


def _memory(samples: list[object]) -> dict[str, object]:
    limits = [limit for one in samples if (limit := figure(_object(one).get("jsHeapSizeLimit"))) is not None]
    renamed = [_renamed(one, _SAMPLE) if isinstance(one, dict) else one for one in samples]
    return {"limit_bytes": limits[-1] if limits else None, "samples": renamed}


def _quantiles(latencies: object) -> dict[str, float]:
    known = sorted(ms for one in items(latencies) if (ms := figure(one)) is not None)
    if not known:
        return {}
    return {name: known[min(int(len(known) * share), len(known) - 1)] for name, share in (("p50", 0.5), ("p95", 0.95))}


def _exported_at(value: Attributes, session: Attributes, llm: Attributes) -> object:
    started, uptime = instant(session.get("startTime")), figure(session.get("uptime"))
    if started is not None and uptime is not None:
        return started / _NS_PER_MS + uptime
    named = [one for one in (started, *map(instant, _moments(value, llm))) if one is not None]
    return max(named) / _NS_PER_MS if named else None


def _moments(value: Attributes, llm: Attributes) -> Iterator[object]:
    yield llm.get("lastCall")
    yield from (_object(one).get("timestamp") for one in items(value.get("memory")))
    for name, last in (("tools", "lastCall"), ("states", "lastEntry")):
        yield from (_object(one).get(last) for one in _object(value.get(name)).values())
