"""Which declared event types and which instrumented points of an application ever fired."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from metabot_instrument.current import settings
from metabot_instrument.events.points import Point, points
from metabot_instrument.events.reading import read, type_of
from metabot_instrument.lines.rotated import opened
from metabot_instrument.vocabulary.event_types import EVENT_TYPES
from metabot_instrument.vocabulary.layers import layer_named

AIM: Final = 0.95  # of the instrumented points, as teams in the field set it

Path = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """Points are matched by what they emit: of two places with one type both count as fired when either did."""

    fired_types: Mapping[str, int]  # declared type to number of events
    never_types: tuple[str, ...]  # declared, and in no log
    undeclared_types: Mapping[str, int]
    fired: Mapping[Point, int]  # point to number of events or spans
    never: tuple[Point, ...]
    untold: tuple[Point, ...]  # what they emit is computed, or no file was there that would tell
    logs_read: bool  # whether there was an event log
    traces_read: bool

    @property
    def share(self) -> float | None:
        """Of the points that can be told, those that fired; unknown where there are none."""
        told = len(self.fired) + len(self.never)
        return len(self.fired) / told if told else None

    @property
    def types_share(self) -> float:
        """Of the declared types, those that fired. Few applications have a use for all."""
        return len(self.fired_types) / len(EVENT_TYPES)

    @property
    def reached(self) -> bool:
        return self.share is not None and self.share >= AIM


def coverage(
    paths: Iterable[Path], *, logs: Iterable[Path] | None = None, traces: Iterable[Path] | None = None
) -> CoverageReport:
    """Compares the source under `paths` with logs of events and of traces; by default those that the settings name."""
    logs, traces = _there(logs, settings().events_path), _there(traces, settings().trace_path)
    events = Counter(type_of(event) for log in logs for event in read(log))
    spans = Counter(_span(line) for trace in traces for line in read(trace))
    seen = {"event": events, "span": spans}
    readable = {"event": bool(logs), "span": bool(traces)}
    found = points(paths)
    told = [point for point in found if point.name is not None and readable[point.kind]]
    fired = {point: number for point in told if (number := seen[point.kind][point.name or ""])}
    return CoverageReport(
        fired_types={name: events[name] for name in EVENT_TYPES if events[name]},
        never_types=tuple(name for name in EVENT_TYPES if not events[name]),
        undeclared_types={name: number for name, number in events.items() if name not in EVENT_TYPES},
        fired=fired,
        never=tuple(point for point in told if point not in fired),
        untold=tuple(point for point in found if point.name is None or not readable[point.kind]),
        logs_read=bool(logs),
        traces_read=bool(traces),
    )


def _there(paths: Iterable[Path] | None, default: str) -> list[Path]:
    """Those of which there is a file, or a rotated one. Raises `OSError` where one cannot be opened."""
    there = []
    for path in (default,) if paths is None else paths:
        with ExitStack() as files:
            if opened(path, files):
                there.append(path)
    return there


def _span(line: Mapping[str, Any]) -> str:
    layer = layer_named(str(line.get("hrm_layer")))
    return f"{layer.name if layer else line.get('hrm_layer')}/{line.get('operation')}"
