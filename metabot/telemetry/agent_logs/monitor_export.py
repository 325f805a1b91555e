"""What a performance monitor wrote about its own process: samples, each of the moment of its export.

One export is an object; a file holds one, one a line (a history), or a list. The calls that it counts may have been
traced as well, so none of it becomes a span or a model call. Two exports of one monitor are two samples of the same
series, and the last one holds all that the earlier ones counted. An export that is read twice is the same samples.

Every sample has the labels `session`, `persona` and `started` (when the monitor began, which tells two monitors of one
session apart) as far as the export says them, and its service.

| sample | kind | labels beside these |
|---|---|---|
| `monitor.tool.calls`, `.errors`, `.duration_ms` (the sum of them) | counter | `tool` |
| `monitor.tool.p95_ms`, `.longest_ms` | gauge | `tool` |
| `monitor.state.entries`, `.duration_ms` (the sum of them) | counter | `state` |
| `monitor.state.longest_ms` | gauge | `state` |
| `monitor.state.changes` | counter | `from`, `to` |
| `monitor.llm.calls`, `.errors`, `.input_tokens`, `.output_tokens` | counter | `model` where known; they add up |
| `monitor.llm.cached_tokens` | counter | |
| `monitor.llm.p50_ms`, `.p95_ms` | gauge | |
| `monitor.memory.rss_bytes`, or `.heap_bytes` of a browser's heap | gauge | at the time of each sample |
| `monitor.memory.limit_bytes` | gauge | |
| `monitor.artifacts.created`, `.modified`, `.deleted`, `monitor.cycles`, `monitor.uptime_seconds` | counter | |
| `monitor.unmatched.starts`, `.ends` | counter | |

https://github.com/clocksmith/reploid/blob/7a01a181a46d81765ad3b6195772d186500b3889/upgrades/performance-monitor.js
writes the exports of an earlier system (`earlier_export`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from metabot.telemetry.agent_logs.earlier_export import as_ours, is_earlier
from metabot.telemetry.agent_logs.exported import Exported, figure, instant
from metabot.telemetry.attributes import Attributes
from metabot.telemetry.documents import each_listed
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Record
from metabot.telemetry.spans import Unreadable, reject

NAME: Final = "monitor-export"
_FORMAT: Final = "metabot-monitor"
_VERSION: Final = 1
_TOOL_COUNTERS: Final = {"calls": "calls", "errors": "errors", "total_ms": "duration_ms"}
_TOOL_GAUGES: Final = {"p95_ms": "p95_ms", "max_ms": "longest_ms"}
_STATE_COUNTERS: Final = {"entries": "entries", "total_ms": "duration_ms"}
_STATE_GAUGES: Final = {"max_ms": "longest_ms"}
_MODEL_COUNTERS: Final = {
    "calls": "calls", "errors": "errors", "input": "input_tokens", "output": "output_tokens",
}  # fmt: skip
_LATENCIES: Final = {"p50": "p50_ms", "p95": "p95_ms"}
_MEMORY: Final = {"rss_bytes": "rss_bytes", "heap_bytes": "heap_bytes"}
_ARTIFACTS: Final = {name: name for name in ("created", "modified", "deleted")}
_UNMATCHED: Final = {name: name for name in ("starts", "ends")}


def recognises(opening: Opening) -> bool:
    ours = b'"' + _FORMAT.encode() + b'"' in opening.head
    return any(
        (ours and opening.has(f"{at}format", f"{at}exported_at"))
        or opening.has(*(f"{at}{name}" for name in ("tools", "states", "llm", "session.startTime")))
        for at in ("", "item.")
    )


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, _records, "export")


def _records(place: str, value: object) -> Iterator[Record]:
    position = place or "line 1"
    try:
        told = _told(value)
        export = Exported(position, told)
        _tools_and_states(export, told)
        _model_calls(export, told)
        _memory(export, told)
        _session(export, told)
    except (Unreadable, RecursionError) as unreadable:
        yield reject(position, str(unreadable) or "a value is nested too deeply", value)
    else:
        yield from export.records


def _told(value: object) -> Attributes:
    """As ours is written. Raises `Unreadable` where it is no export, or one of a version to come."""
    if not isinstance(value, dict):
        raise Unreadable("no export of a monitor")
    if value.get("format") == _FORMAT:
        version = value.get("version")
        if version != _VERSION or isinstance(version, bool):
            raise Unreadable(f"an export of another version than {_VERSION}")
        return value
    if is_earlier(value):
        return as_ours(value)
    raise Unreadable("no export of a monitor")


def _tools_and_states(export: Exported, told: Attributes) -> None:
    for tool, stats in export.named(told, "tools"):
        labels = {"tool": tool}
        export.add("monitor.tool", "counter", stats, _TOOL_COUNTERS, labels)
        export.add("monitor.tool", "gauge", stats, _TOOL_GAUGES, labels)
    for state, stats in export.named(told, "states"):
        labels = {"state": state}
        export.add("monitor.state", "counter", stats, _STATE_COUNTERS, labels)
        export.add("monitor.state", "gauge", stats, _STATE_GAUGES, labels)
    for change in export.listed(told, "state_changes"):
        ends = {name: export.name(change.get(name), "state") for name in ("from", "to")}
        known = {name: end for name, end in ends.items() if end}
        export.add("monitor.state", "counter", change, {"count": "changes"}, known)


def _model_calls(export: Exported, told: Attributes) -> None:
    """By model as far as it is told; what the models leave of the totals is of no known one."""
    llm = export.part(told, "llm")
    totals = {**llm, **export.part(llm, "tokens")}
    left: dict[str, float] = {}
    for model, stats in export.named(llm, "models"):
        export.add("monitor.llm", "counter", stats, _MODEL_COUNTERS, {"model": model})
        for name in _MODEL_COUNTERS:
            whole, of_it = left.get(name, figure(totals.get(name))), figure(stats.get(name))
            if whole is None or not of_it:
                continue
            left[name] = max(whole - of_it, 0.0)
            if of_it > whole:
                export.refuse(f"models: they have more {name} than llm in all", {model: stats})
    rest = {**totals, **{name: number or None for name, number in left.items()}}
    export.add("monitor.llm", "counter", rest, _MODEL_COUNTERS, {})
    export.add("monitor.llm", "counter", totals, {"cached": "cached_tokens"}, {})
    export.add("monitor.llm", "gauge", export.part(llm, "latency_ms"), _LATENCIES, {})


def _memory(export: Exported, told: Attributes) -> None:
    memory = export.part(told, "memory")
    export.add("monitor.memory", "gauge", memory, {"limit_bytes": "limit_bytes"}, {})
    for sample in export.listed(memory, "samples"):
        at = instant(sample.get("timestamp"))
        if at is None:
            export.refuse("a memory sample without a time between 2000 and 2100", sample)
        else:
            export.add("monitor.memory", "gauge", sample, _MEMORY, {}, at=at)


def _session(export: Exported, told: Attributes) -> None:
    session = export.part(told, "session")
    export.add("monitor.artifacts", "counter", export.part(session, "artifacts"), _ARTIFACTS, {})
    export.add("monitor", "counter", session, {"cycles": "cycles"}, {})
    export.add("monitor", "counter", told, {"uptime_seconds": "uptime_seconds"}, {})
    export.add("monitor.unmatched", "counter", export.part(told, "unmatched"), _UNMATCHED, {})
