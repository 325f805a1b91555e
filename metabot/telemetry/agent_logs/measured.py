"""What events measure: scores of answers, and figures of the agent itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from metabot.telemetry.agent_logs.logged import Logged
from metabot.telemetry.agent_logs.pairs import Where
from metabot.telemetry.attributes import as_text, text
from metabot.telemetry.record import Event, Sample

SCORED: Final = frozenset(("eval", "quality_check"))
# Names that one quality has in event logs; a confidence is what the agent thinks of itself, and no score.
_SCORES: Final = {"quality": "quality", "agi_quality": "quality", "quality_score": "quality", "score": "score"}
_VERDICTS: Final = ("passed", "success")
FIGURES: Final = "performance_metric"
_MOST: Final = 100  # figures of one event
_DEPTH: Final = 3  # of figures in groups


def scores(line: Logged, where: Where) -> Iterator[Event]:
    """Of a line of SCORED: one of each name, the first that the line has for it."""
    found: dict[str, float] = {}
    for told, name in _SCORES.items():
        if (value := _figure(line.payload.get(told))) is not None:
            found.setdefault(name, value)
    for name in _VERDICTS:
        if isinstance(passed := line.payload.get(name), bool):
            found.setdefault("passed", float(passed))
    for name, value in found.items():
        yield Event(
            trace_id=where.trace_id,
            span_id=where.span_id,
            service=line.service,
            kind="score",
            name=name,
            time_ns=line.time_ns,
            session_id=line.session_id,
            value=value,
            text=as_text(line.payload.get("label")) or text(line.payload.get("comment")),
        )


def samples(line: Logged) -> Iterator[Sample]:
    """Of FIGURES: `{"name": …, "value": …}` is one; else each number, of a group with the group's name before it."""
    named, value = text(line.payload.get("name")), _figure(line.payload.get("value"))
    figures = [(named, value)] if named and value is not None else list(_figures("", line.payload, _DEPTH))[:_MOST]
    labels = [(name, told) for name in ("component", "unit") if (told := text(line.payload.get(name)))]
    for name, figure in figures:
        yield Sample(
            name=name,
            kind="gauge",
            service=line.service,
            labels=tuple(labels),
            time_ns=line.time_ns,
            value=figure,
        )


def _figures(above: str, group: object, depth: int) -> Iterator[tuple[str, float]]:
    for name, value in group.items() if isinstance(group, dict) else ():
        if (figure := _figure(value)) is not None:
            yield f"{above}{name}", figure
        elif isinstance(value, dict) and depth:
            yield from _figures(f"{above}{name}.", value, depth - 1)


def _figure(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
