"""The history of one gauge, and the plans that were proposed: what `metabot events backtest` compares.

A file of metrics is Prometheus' or OpenMetrics' text, or what Prometheus answers to a range query:

    {"data": {"result": [{"metric": {"job": "desk"}, "values": [[1795339800, "0.8"], [1795339815, "0.9"]]}]}}

https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from analyzers.usage.plans import Gauge, Plan
from metabot.errors import InputError
from metabot.telemetry import prometheus
from metabot.telemetry.record import Sample
from metabot_instrument.events.reading import Event, type_of, unix_time

Point = tuple[str, str, int, float]  # service, labels, nanoseconds, value

PROPOSED: Final = "plan_proposed"
SNAPSHOT: Final = "performance_metric"
WORDS: Final = {
    "lowest": 1, "low": 2, "minor": 2, "medium": 3, "normal": 3, "high": 4, "major": 4,
    "urgent": 5, "highest": 5, "critical": 5,
}  # fmt: skip
_SERVICE: Final = ("service_name", "service", "job")


def gauges(points: Iterable[Point]) -> list[Gauge]:
    """Each series in the order of its times; of two values at one time the later line's."""
    series: dict[tuple[str, str], dict[int, float]] = {}
    for service, labels, time_ns, value in points:
        series.setdefault((service, labels), {})[time_ns] = value
    return [
        Gauge(service, tuple(times := sorted(values)), tuple(values[time] for time in times))
        for (service, _), values in sorted(series.items())
    ]


def points_of_file(path: Path, name: str) -> Iterator[Point]:
    """Raises `InputError` for a file that is neither."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.\n  Name a file of metrics.") from error
    if text.lstrip().startswith(b"{"):
        yield from _of_range_query(path, text, name)
        return
    for record in prometheus.read([text]):
        if isinstance(record, Sample) and record.name == name:
            yield record.service, repr(record.labels), record.time_ns, record.value


def _of_range_query(path: Path, text: bytes, name: str) -> Iterator[Point]:
    try:
        for series in json.loads(text)["data"]["result"]:
            labels = {str(key): str(value) for key, value in series["metric"].items()}
            if labels.get("__name__", name) == name:
                service = next((labels[one] for one in _SERVICE if labels.get(one)), "")
                for time, value in series["values"]:
                    if math.isfinite(float(value)):
                        yield service, repr(sorted(labels.items())), round(float(time) * 1e9), float(value)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InputError(
            f"{path}: is no answer to a range query of Prometheus: {type(error).__name__}.\n"
            "  Save what /api/v1/query_range answers, or name Prometheus' text with # scraped lines."
        ) from error


def points_of_events(events: Iterable[Event], name: str) -> Iterator[Point]:
    """Of `performance_metric` events: the gauge by its whole name, or by its last word."""
    for event in events:
        at, payload = unix_time(event), event.get("payload")
        if _kind(event) == SNAPSHOT and at is not None and isinstance(payload, Mapping):
            inner = payload.get("metrics")
            value = _value({**(inner if isinstance(inner, Mapping) else {}), **payload}, name)
            if value is not None:
                yield _service(event), "", round(at * 1e9), value


def _value(payload: Mapping[str, Any], name: str) -> float | None:
    for key in (name, name.rpartition("_")[2]):
        value = payload.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
            return float(value)
    return None


class Proposed(NamedTuple):
    plans: list[Plan]
    left_out: dict[str, int]
    by_word: bool  # a priority is the place of a word


def proposed(events: Iterable[Event]) -> Proposed:
    """Plans whose time and priority are known, and of the others why not.

    A priority is a number, a higher one first, or a word from lowest to critical. Of a log that has both, those that it
    has more of are taken: the two cannot be compared.
    """
    numbers: list[Plan] = []
    words: list[Plan] = []
    left_out = Counter[str]()
    for event in events:
        if _kind(event) != PROPOSED:
            continue
        at, said = unix_time(event), _priority(event)
        if at is None or said is None:
            left_out["no time" if at is None else "no priority"] += 1
        elif isinstance(said, str):
            words.append(Plan(round(at * 1e9), float(WORDS[said]), _service(event)))
        else:
            numbers.append(Plan(round(at * 1e9), said, _service(event)))
    by_word = len(words) > len(numbers)
    if words and numbers:
        left_out["priority of another kind"] = min(len(words), len(numbers))
    return Proposed(words if by_word else numbers, dict(left_out), by_word)


def _kind(event: Event) -> str:
    """`PLAN.PROPOSED` is an earlier system's way of writing."""
    return type_of(event).lower().replace(".", "_")


def _service(event: Event) -> str:
    service = event.get("service")
    return service if isinstance(service, str) else ""


def _priority(event: Event) -> float | str | None:
    payload = event.get("payload")
    said = payload.get("priority") if isinstance(payload, Mapping) else None
    said = event.get("priority") if said is None else said
    if isinstance(said, str) and said.strip().lower() in WORDS:
        return said.strip().lower()
    if isinstance(said, int | float | str) and not isinstance(said, bool):
        with suppress(ValueError, OverflowError):
            return float(said) if math.isfinite(float(said)) else None
    return None
