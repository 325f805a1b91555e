"""Jaeger's JSON, as its query service answers and its interface exports: `data[].spans` and `data[].processes`.

In a database, and as its anonymizer writes them, spans stand by themselves, each with its process inside.
Times and durations are microseconds. A span's parent is its first CHILD_OF reference, else its first FOLLOWS_FROM.
https://www.jaegertracing.io/docs/latest/architecture/apis/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from metabot.telemetry.attributes import integer, items, of_jaeger, text
from metabot.telemetry.documents import each_value
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Record, Status
from metabot.telemetry.spans import RawEvent, RawSpan, Unreadable, normalized, reject

_US: Final = 1_000  # nanoseconds
_STATUS: Final[dict[str, Status]] = {"ok": "ok", "error": "error"}
_SCOPE: Final = ("otel.scope.name", "otel.library.name")
_REFERENCES: Final = ("CHILD_OF", "FOLLOWS_FROM")
_EMPTY: Final = re.compile(rb'\s*\{\s*"data"\s*:\s*(?:\[\s*\]|null)')


def recognises(opening: Opening) -> bool:
    """A trace, a list of traces, or Jaeger's answer with `data`, which may be empty."""
    told = any(
        f"{prefix}{name}" in opening.paths
        for prefix in ("", "item.", "data.", "data.item.")
        for name in ("spans.item.traceID", "traceID")
    )
    return told or bool(_EMPTY.match(opening.head))


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_value(chunks, _answer)


def _answer(place: str, value: object) -> Iterator[Record]:
    traces = _traces(value)
    if traces is None:
        yield reject(place or "line 1", "no Jaeger traces", value)
        return
    for number, trace in enumerate(traces, 1):
        within = f"trace {number}" if len(traces) > 1 else ""
        yield from _trace(", ".join(part for part in (place, within) if part), trace)


def _traces(value: object) -> list[object] | None:
    """The answer's traces; one that stands alone or in a list is one too, and so is a span with its process in it."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        return items(value, "data")
    return [value] if isinstance(value, dict) and ("spans" in value or "spanID" in value) else None


def _trace(place: str, trace: object) -> Iterator[Record]:
    held = [trace] if isinstance(trace, dict) and "spanID" in trace else None
    spans = trace.get("spans", held) if isinstance(trace, dict) else None
    if not isinstance(trace, dict) or not isinstance(spans, list):
        yield reject(place or "line 1", "no Jaeger trace", trace)
        return
    processes = _processes(trace.get("processes"))
    for number, span in enumerate(spans, 1):
        at = f"{place}, span {number}" if place else f"span {number}"
        try:
            yield normalized(_raw(processes, span))
        except Unreadable as unreadable:
            yield reject(at, str(unreadable), span)
        except RecursionError:
            yield reject(at, "a value is nested too deeply", span)


def _processes(processes: object) -> dict[str, dict[str, object]]:
    """Each process's tags, with its service's name as OpenTelemetry's attribute."""
    found = processes if isinstance(processes, dict) else {}
    return {key: _process(process) for key, process in found.items()}


def _process(process: object) -> dict[str, object]:
    if not isinstance(process, dict):
        return {}
    return {**of_jaeger(process.get("tags")), "service.name": process.get("serviceName")}


def _raw(processes: dict[str, dict[str, object]], span: object) -> RawSpan:
    if not isinstance(span, dict):
        raise Unreadable("no span")
    tags = of_jaeger(span.get("tags"))
    start_us, duration_us = span.get("startTime"), integer(span.get("duration"))
    start_ns = _nanoseconds(start_us)
    inline = span.get("process")
    process = _process(inline) if inline is not None else processes.get(str(span.get("processID")), {})
    return RawSpan(
        trace_id=span.get("traceID"),
        span_id=span.get("spanID"),
        parent_id=_parent(span),
        name=span.get("operationName"),
        kind=str(tags.get("span.kind", "")).lower(),
        start_ns=start_us if start_ns is None else start_ns,
        end_ns=None if start_ns is None or duration_us is None else start_ns + duration_us * _US,
        status=_status(tags),
        status_message=text(tags.get("otel.status_description")),
        scope=next((name for key in _SCOPE if (name := text(tags.get(key)))), None),
        attributes=tags,
        resource=process,
        events=[_event(log) for log in items(span, "logs") if isinstance(log, dict)],
    )


def _nanoseconds(us: object) -> int | None:
    found = integer(us)
    return None if found is None else found * _US


def _status(tags: dict[str, object]) -> Status:
    """OpenTelemetry's status where it was carried over, else Jaeger's own `error` tag."""
    carried = _STATUS.get(str(tags.get("otel.status_code", "")).lower())
    return carried or ("error" if str(tags.get("error", "")).lower() == "true" else "unset")


def _parent(span: dict[str, object]) -> object:
    """The parent in the same trace; the oldest exports name it in a field of its own."""
    references = [one for one in items(span, "references") if isinstance(one, dict)]
    own = [one for one in references if one.get("traceID") in (None, span.get("traceID"))]
    for kind in _REFERENCES:
        for one in own:
            if one.get("refType") == kind:
                return one.get("spanID")
    return span.get("parentSpanID")


def _event(log: dict[str, object]) -> RawEvent:
    """A log's fields; the one called `event` is the event's name."""
    fields = of_jaeger(log.get("fields"))
    return RawEvent(fields.get("event"), _nanoseconds(log.get("timestamp")), fields)
