"""A span as the Python SDK of OpenTelemetry writes it (`ReadableSpan.to_json`), and as programs near it do.

They differ in where the ids stand (`context`, `parent`, or flat beside the name), in the ids' type (hexadecimal with or
without `0x` and leading zeros, or integers) and in times (ISO 8601, nanoseconds, or JavaScript's pairs of seconds and
nanoseconds). Codes of status and kind are the SDK's, whose kinds count from another number than OTLP's.
https://github.com/open-telemetry/opentelemetry-python/blob/main/opentelemetry-sdk/src/opentelemetry/sdk/trace/__init__.py
https://github.com/open-telemetry/opentelemetry-js/blob/main/packages/opentelemetry-sdk-trace-base/src/export/ReadableSpan.ts
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from metabot.telemetry.attributes import Attributes, first, integer, items, text
from metabot.telemetry.documents import each_value
from metabot.telemetry.record import Record, Status
from metabot.telemetry.spans import RawEvent, RawSpan, Unreadable, normalized, reject
from metabot.telemetry.times import iso_ns

# https://github.com/open-telemetry/opentelemetry-python/blob/main/opentelemetry-api/src/opentelemetry/trace/__init__.py
_KINDS: Final = {0: "internal", 1: "server", 2: "client", 3: "producer", 4: "consumer"}
_CODES: Final = {0: "unset", 1: "ok", 2: "error"}
_STATUS: Final[dict[str, Status]] = {"ok": "ok", "error": "error"}
_TRACE_ID: Final = ("trace_id", "traceId")
_SPAN_ID: Final = ("span_id", "spanId")
_PARENT_ID: Final = ("parent_id", "parent_span_id", "parentSpanId")
_PARENT: Final = ("parent", "parentSpanContext")
_START: Final = ("start_time", "start_time_unix_nano", "startTime")
_END: Final = ("end_time", "end_time_unix_nano", "endTime")
_SCOPE: Final = ("scope", "instrumentation_scope", "instrumentation_info", "instrumentationScope")
_TRACE_DIGITS: Final = 32
_SPAN_DIGITS: Final = 16
_SECOND: Final = 1_000_000_000


def read_lists(
    chunks: Iterable[bytes],
    held: Callable[[object], list[object] | None],
    raw: Callable[[object], RawSpan],
    otherwise: str,
) -> Iterator[Record]:
    """Each span of each JSON value of a file; `held` finds the spans in a value, else `otherwise` is why it is none."""

    def listed(place: str, value: object) -> Iterator[Record]:
        spans = held(value)
        if spans is None:
            yield reject(place or "line 1", otherwise, value)
        else:
            yield from each(place, spans, raw)

    return each_value(chunks, listed)


def each(place: str, spans: Iterable[object], raw: Callable[[object], RawSpan]) -> Iterator[Record]:
    """Each of these spans, or why it is none; `place` is where the list of them stands."""
    for number, span in enumerate(spans, 1):
        at = f"{place}, span {number}" if place else f"span {number}"
        try:
            yield normalized(raw(span))
        except Unreadable as unreadable:
            yield reject(at, str(unreadable), span)
        except RecursionError:
            yield reject(at, "a value is nested too deeply", span)


def raw_span(span: object) -> RawSpan:
    """Raises `Unreadable` where it is no object."""
    if not isinstance(span, dict):
        raise Unreadable("no span")
    context, parent = mapping(span.get("context")), mapping(first(span, _PARENT))
    status, why = _status(span)
    return RawSpan(
        trace_id=digits(first(context, _TRACE_ID) or first(span, _TRACE_ID), _TRACE_DIGITS),
        span_id=digits(first(context, _SPAN_ID) or first(span, _SPAN_ID), _SPAN_DIGITS),
        parent_id=digits(first(span, _PARENT_ID) or first(parent, _SPAN_ID), _SPAN_DIGITS),
        name=span.get("name"),
        kind=_enum(span.get("kind"), _KINDS),
        start_ns=nanoseconds(first(span, _START)),
        end_ns=nanoseconds(first(span, _END)),
        status=status,
        status_message=why,
        scope=text(mapping(first(span, _SCOPE)).get("name")),
        attributes=dict(mapping(span.get("attributes"))),
        resource=_resource(span.get("resource")),
        events=[_event(one) for name in ("events", "span_events") for one in items(span, name)],
    )


def mapping(value: object) -> dict[str, object]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def digits(value: object, width: int) -> object:
    """An id with the leading zeros that a number, and a text written from a number, has lost."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 16**width:
        return f"{value:0{width}x}"
    if isinstance(value, str) and value[:2].lower() == "0x":
        return value[2:].rjust(width, "0")
    return value


def nanoseconds(value: object) -> object:
    """ISO 8601, and seconds with nanoseconds beside them, as nanoseconds; anything else stays what it is."""
    found = iso_ns(value)
    if isinstance(value, list) and len(value) == 2:
        seconds, rest = (integer(one) for one in value)
        return value if seconds is None or rest is None else seconds * _SECOND + rest
    return value if found is None else found


def _status(span: dict[str, object]) -> tuple[Status, str | None]:
    """The status and its description, in an object of their own or flat."""
    held = span.get("status")
    code = first(held, ("status_code", "code")) if isinstance(held, dict) else held
    code = span.get("status_code") if code is None else code
    described = first(mapping(held), ("description", "message")) or first(span, ("status_message",))
    return _STATUS.get(_enum(code, _CODES), "unset"), text(described)


def _enum(value: object, names: Mapping[int, str]) -> str:
    """`SpanKind.INTERNAL`, `INTERNAL`, `internal`, `STATUS_CODE_OK` and their numbers."""
    if isinstance(value, str):
        bare = value.rpartition(".")[2].lower().removeprefix("status_code_").removeprefix("span_kind_")
        return names.get(int(bare), "") if bare.isascii() and bare.isdigit() and len(bare) < 3 else bare
    return names.get(value, "") if isinstance(value, int) else ""


def _resource(value: object) -> dict[str, object]:
    found = mapping(value)
    held = found.get("attributes")
    return dict(held if isinstance(held, dict) else found)


def _event(event: object) -> RawEvent:
    found = mapping(event)
    attributes: Attributes = mapping(first(found, ("attributes", "event_attributes")))
    time = first(found, ("timestamp", "time", "time_unix_nano"))
    return RawEvent(first(found, ("name", "event_name")), nanoseconds(time), attributes)
