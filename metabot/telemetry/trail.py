"""Spans nested in one another, as the TRAIL data set holds them, and the labels that people gave them.

A file holds one trace (`spans`, each with its `child_spans`), the labels of one trace (`errors`, each with the id of
the span where it stands, and `scores` of the whole), or rows of both as JSON texts. A span's time is its `timestamp`
and an ISO 8601 duration. Labels have no time: they come in their order.
https://huggingface.co/datasets/PatronusAI/TRAIL
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from metabot.telemetry.attributes import as_text, first, items, number, parsed, text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Record, Reject, Status
from metabot.telemetry.sdk_span import each, mapping
from metabot.telemetry.spans import RawEvent, RawSpan, Unreadable, reject
from metabot.telemetry.times import ORDER_NS, iso_duration_ns, iso_ns

_HEX: Final = re.compile(r"[0-9a-fA-F]{16}(?:[0-9a-fA-F]{16})?")
_STATUS: Final[dict[str, Status]] = {"ok": "ok", "error": "error"}
_LABELS: Final = ("errors.item.location", "errors.item.category", "scores.item.reliability_score")


def recognises(opening: Opening) -> bool:
    for prefix in ("", "item."):
        if opening.has(f"{prefix}child_spans") or opening.has(f"{prefix}spans.item.child_spans"):
            return True
        if opening.has(f"{prefix}trace_id") and any(f"{prefix}{name}" in opening.paths for name in _LABELS):
            return True
        if opening.has(f"{prefix}trace", f"{prefix}labels"):
            return b"child_spans" in opening.head
    return False


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    return each_listed(chunks, _entry, "entry")


def _entry(place: str, entry: object) -> Iterator[Record]:
    """A trace, a span that stands alone, the labels of a trace, or a row with both."""
    if not isinstance(entry, dict):
        yield reject(place or "line 1", "neither a trace nor its labels", entry)
    elif "child_spans" in entry:
        yield from _trace(place, {"spans": [entry]})
    elif "trace" in entry or "labels" in entry:
        for part in (parsed(entry.get("trace")), parsed(entry.get("labels"))):
            if isinstance(part, dict) and ("spans" in part or "errors" in part or "scores" in part):
                yield from _entry(place, part)
            elif part is not None:
                yield reject(place or "line 1", "neither a trace nor its labels", part)
    elif "spans" in entry:
        yield from _trace(place, entry)
    elif "errors" in entry or "scores" in entry:
        yield from _labels(place, entry)
    else:
        yield reject(place or "line 1", "neither a trace nor its labels", entry)


def _trace(place: str, trace: dict[str, object]) -> Iterator[Record]:
    if not isinstance(trace.get("spans"), list):
        yield reject(place or "line 1", "a trace without a list of spans", trace)
        return
    spans = list(_flat(trace))
    yield from each(place, spans, _raw)
    for number_, span in enumerate(spans, 1):
        for log in items(span, "logs"):
            at = f"{place}, span {number_}" if place else f"span {number_}"
            yield _log(at, mapping(span), mapping(log))


def _flat(trace: dict[str, object]) -> Iterator[object]:
    """Every span before those below it, without them and with the ids that it takes from above."""
    waiting = [(span, trace.get("trace_id"), None) for span in reversed(items(trace, "spans"))]
    while waiting:
        span, trace_id, parent_id = waiting.pop()
        if not isinstance(span, dict):
            yield span
            continue
        own = {name: value for name, value in span.items() if name != "child_spans"}
        own["trace_id"] = own.get("trace_id") or trace_id
        own["parent_span_id"] = own.get("parent_span_id") or parent_id
        yield own
        below = reversed(items(span, "child_spans"))
        waiting += [(child, own["trace_id"], own.get("span_id")) for child in below]


def _raw(span: object) -> RawSpan:
    if not isinstance(span, dict):
        raise Unreadable("no span")
    start_ns, duration_ns = iso_ns(span.get("timestamp")), iso_duration_ns(span.get("duration"))
    if duration_ns is None:
        raise Unreadable("the duration is none of ISO 8601" if span.get("duration") else "no duration")
    return RawSpan(
        trace_id=span.get("trace_id"),
        span_id=span.get("span_id"),
        parent_id=span.get("parent_span_id"),
        name=span.get("span_name"),
        kind=str(span.get("span_kind", "")).lower(),
        start_ns=start_ns,
        end_ns=None if start_ns is None else start_ns + duration_ns,
        status=_STATUS.get(str(span.get("status_code")).lower(), "unset"),
        status_message=text(span.get("status_message")),
        scope=text(span.get("scope_name")),
        attributes=dict(mapping(span.get("span_attributes"))),
        resource={"service.name": span.get("service_name"), **mapping(span.get("resource_attributes"))},
        events=[_event(event) for event in items(span, "events") if isinstance(event, dict)],
    )


def _event(event: dict[str, object]) -> RawEvent:
    attributes = mapping(first(event, ("Attributes", "attributes")))
    return RawEvent(first(event, ("Name", "name")), iso_ns(first(event, ("Timestamp", "timestamp"))), dict(attributes))


def _log(place: str, span: dict[str, object], log: dict[str, object]) -> Event | Reject:
    """A log line that belongs to a span."""
    time_ns, severity = iso_ns(log.get("timestamp")), text(log.get("severity_text"))
    if time_ns is None:
        return reject(place, "a log line without a time", log)
    try:
        body = as_text(log.get("body"))
    except RecursionError:
        return reject(place, "a log line is nested too deeply", log)
    return Event(
        trace_id=_hex(log.get("trace_id") or span.get("trace_id")),
        span_id=_hex(log.get("span_id") or span.get("span_id")),
        service=text(span.get("service_name")) or "unknown_service",
        kind="log",
        name=text(mapping(log.get("body")).get("function.name")) or "log",
        time_ns=time_ns,
        severity=severity.lower() if severity else None,
        text=body,
    )


def _labels(place: str, labels: dict[str, object]) -> Iterator[Record]:
    """What a person found wrong, each at its span, and how the person rated the trace."""
    trace_id = _hex(labels.get("trace_id"))
    if trace_id is None:
        yield reject(place or "line 1", "labels without a trace id", labels)
        return
    found = [
        *map(_error, _listed(labels.get("errors"))),
        *(one for entry in _listed(labels.get("scores")) for one in _scores(entry)),
    ]
    for order, (span_id, name, value, said) in enumerate(found, 1):
        yield Event(
            trace_id=trace_id,
            span_id=span_id,
            service="unknown_service",
            kind="score",
            name=name,
            time_ns=order * ORDER_NS,
            clock="order",
            value=value,
            text=said,
        )


def _listed(value: object) -> list[object]:
    return [value] if isinstance(value, dict) else items(value)


def _error(label: object) -> tuple[str | None, str, float | None, str | None]:
    """A kind of error that a span shows: it failed in this respect, which as a score is 0."""
    fields = mapping(label)
    parts = (text(fields.get("impact")), text(fields.get("description")))
    return (
        _hex(fields.get("location")),
        text(fields.get("category")) or "unnamed",
        0.0,
        ": ".join(part for part in parts if part) or None,
    )


def _scores(entry: object) -> Iterator[tuple[str | None, str, float | None, str | None]]:
    """`reliability_score` with its `reliability_reasoning`, and so on, and `overall`; from 1 to 5."""
    fields = mapping(entry)
    for name, value in fields.items():
        if (rated := number(value)) is not None:
            stem = name.removesuffix("_score")
            yield None, stem, rated, text(fields.get(f"{stem}_reasoning"))


def _hex(value: object) -> str | None:
    found = text(value)
    return found.lower() if found and _HEX.fullmatch(found) and found.strip("0") else None
