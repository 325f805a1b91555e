"""Trace lines: a span a line, written when it ends, as agents that name their layers of thought log them.

`trace_id` (`alt_1768312800_a3f2`: layer, Unix seconds, random digits) is really the span's own id and `parent_id` its
parent's; which trace it is of follows from the chain of parents (see `lineage`). `timestamp` is when the span began,
often without a zone: the source's `time_zone` names it. `hrm_layer` is a layer's name or its three letters.
metabot-instrument writes the ids of the OpenTelemetry span beside them; then these are the ids, and the same span
exported over OTLP is one with it. It writes the spans of other instrumentations too: `metadata` holds their attributes,
by which one is a model's call, a tool's, a retrieval.

`blocked` is no error, for somebody decided on it: the span's status is unset, and it carries an event `blocked`. What
`metadata` says of an error is the span's; all of it stands in the payload of that event, or of one called `metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, Final

import msgspec

from metabot.telemetry.agent_logs.lineage import Lineage, Link
from metabot.telemetry.agent_logs.logged import logged
from metabot.telemetry.agent_logs.moments import moment_ns, ms_ns
from metabot.telemetry.agent_logs.outcome import BLOCKED, failure, status_of
from metabot.telemetry.agent_logs.typed_lines import typed_lines
from metabot.telemetry.attributes import Attributes, first, integer, text
from metabot.telemetry.identity import span_id_of
from metabot.telemetry.model_call import model_call
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Kind, Reader, Record, Reject, Span
from metabot.telemetry.semconv import HTTP_STATUS
from metabot.telemetry.spans import Unreadable, kind_told, reject
from metabot_instrument.vocabulary.layers import layer_named

NAME: Final = "trace-lines"
_ID: Final = re.compile(r"[a-z]{2,12}_(\d{1,11})_([0-9a-z]{1,64})")
_TRACE: Final = re.compile(r"[0-9a-f]{32}")
_SPAN: Final = re.compile(r"[0-9a-f]{16}")
_FILE: Final = re.compile(r"[\w@.+\-\\/ ]{1,200}\.(?:py|pyi|js|mjs|ts|tsx|jsx|go|rs|java|kt|cs|rb|php|c|cc|cpp|ps1|sh)")
_KINDS: Final[dict[str, Kind]] = {"altitude": "workflow", "memory.read": "retrieval"}
"""By the layer's name, or its name and the operation's; any other is internal."""


class Line(msgspec.Struct, rename={"layer": "hrm_layer"}):
    """What stands in a line, of whatever type."""

    trace_id: Any = None
    parent_id: Any = None
    timestamp: Any = None
    layer: Any = None
    operation: Any = None
    component: Any = None
    input_summary: Any = None
    output_summary: Any = None
    duration_ms: Any = None
    status: Any = None
    metadata: Any = None
    service: Any = None
    session_id: Any = None
    task_id: Any = None
    otel_trace_id: Any = None
    otel_span_id: Any = None
    otel_parent_span_id: Any = None
    code_file: Any = None
    code_function: Any = None
    code_line: Any = None
    event: Any = None  # of a line that is none: what was lost of the others
    payload: Any = None


def recognises(opening: Opening) -> bool:
    """One line, or a list of them."""
    return any(opening.has(f"{at}trace_id", f"{at}hrm_layer", f"{at}operation") for at in ("", "item."))


def in_zone(zone: tzinfo) -> Reader:
    """The reader of lines whose times without a zone are of this one."""
    return partial(_read, zone=zone)


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Of lines whose times without a zone are UTC."""
    return _read(chunks, UTC)


def _read(chunks: Iterable[bytes], zone: tzinfo) -> Iterator[Record]:
    lineage: Lineage[Line] = Lineage(NAME)
    for found in typed_lines(chunks, Line):
        if isinstance(found, Reject):
            yield found
            continue
        place, line = found
        try:
            if line.trace_id is None and line.event is not None:
                yield _beside(line, zone)
                continue
            link = _link(line, place, zone)
        except (Unreadable, RecursionError) as unreadable:
            yield reject(place, str(unreadable) or "a value is nested too deeply", msgspec.to_builtins(line))
            continue
        if line.otel_span_id == link.span_id and _is_ours(line):
            yield _placed((link, line.otel_trace_id, _parent(line)))
        else:
            yield from map(_placed, lineage.add(link))
    yield from map(_placed, lineage.rest())


def _beside(line: Line, zone: tzinfo) -> Event:
    """An event among the lines, as `events_lost` is. Raises `Unreadable` without a type or a time."""
    told = logged({"event": line.event, "timestamp": line.timestamp, "payload": line.payload}, zone)
    return Event(
        trace_id=None,
        span_id=None,
        service=text(line.service) or told.service,
        kind="event",
        name=told.type,
        time_ns=told.time_ns,
        payload=msgspec.json.encode(told.payload).decode() if told.payload else None,
    )


def _is_ours(line: Line) -> bool:
    trace_id = line.otel_trace_id
    return isinstance(trace_id, str) and _TRACE.fullmatch(trace_id) is not None


def _parent(line: Line) -> str | None:
    """The parent's OpenTelemetry id: the end of its id here, or that of a parent in another process."""
    found = _ID.fullmatch(line.parent_id) if isinstance(line.parent_id, str) else None
    own = found[2] if found else line.otel_parent_span_id
    return own if isinstance(own, str) and _SPAN.fullmatch(own) else None


def _link(line: Line, place: str, zone: tzinfo) -> Link[Line]:
    """Raises `Unreadable` without an id, an operation or a time."""
    own = text(line.trace_id)
    if own is None or text(line.operation) is None:
        raise Unreadable("no trace_id" if own is None else "no operation")
    start_ns = _start(line, own, zone)
    took = ms_ns(line.duration_ms)
    told = line.otel_span_id
    if isinstance(told, str) and _SPAN.fullmatch(told) and told.strip("0"):
        span_id = told
    else:
        span_id = span_id_of(NAME, own, start_ns, line.layer, line.operation, line.component, line.parent_id, took)
    return Link(
        line=line,
        place=place,
        id=own,
        parent=text(line.parent_id),
        span_id=span_id,
        start_ns=start_ns,
        end_ns=start_ns + (took or 0),
        timed=took is not None,
    )


def _start(line: Line, own: str, zone: tzinfo) -> int:
    """The timestamp, else the second that the id tells."""
    start_ns = moment_ns(line.timestamp, zone)
    found = _ID.fullmatch(own) if start_ns is None else None
    if found is not None:
        start_ns = moment_ns(found[1], zone)
    if start_ns is None:
        raise Unreadable("no time between 2000 and 2100")
    return start_ns


def _placed(found: tuple[Link[Line], str, str | None] | Reject) -> Record:
    if isinstance(found, Reject):
        return found
    link, trace_id, parent_id = found
    try:
        return _span(link.line, link, trace_id, parent_id)
    except RecursionError:
        return reject(link.place, "a value is nested too deeply", link.id)


def _span(line: Line, link: Link[Line], trace_id: str, parent_id: str | None) -> Span:
    metadata = line.metadata if isinstance(line.metadata, dict) else {}
    operation, kind = _operation(line, metadata)
    status = status_of(line.status)
    failed = failure(metadata) if status == "error" else None
    service, session_id = text(line.service) or "unknown_service", text(line.session_id)
    events = _events(line, link, (trace_id, service, session_id), metadata)
    return Span(
        trace_id=trace_id,
        span_id=link.span_id,
        parent_id=parent_id,
        service=service,
        operation=operation,
        kind=kind,
        start_ns=link.start_ns,
        end_ns=link.end_ns,
        status=status,
        clock="utc" if link.timed else "utc start",
        error_type=failed.type if failed else None,
        error_message=(failed.message or text(line.output_summary)) if failed else None,
        http_status=_http_status(metadata),
        session_id=session_id,
        code_file=text(line.code_file) or _file(line.component),
        code_function=text(line.code_function),
        code_line=integer(line.code_line),
        input=text(line.input_summary),
        output=text(line.output_summary),
        model_call=model_call(metadata, text(line.component), link.start_ns, link.end_ns, events)
        if kind == "model"
        else None,
        events=events,
    )


def _operation(line: Line, metadata: Attributes) -> tuple[str, Kind]:
    """Layer and operation; of a span that another instrumentation recorded within a trace, its name and kind."""
    layer = layer_named(line.layer) if isinstance(line.layer, str) else None
    named = layer.name if layer else text(line.layer) or "system"
    told = kind_told(metadata) if metadata else None
    if told is not None and named == "system":
        return str(line.operation), told
    operation = f"{named}.{line.operation}"
    return operation, told or _KINDS.get(operation) or _KINDS.get(named, "internal")


def _http_status(metadata: Attributes) -> int | None:
    status = integer(first(metadata, HTTP_STATUS))
    return status if status is not None and 100 <= status <= 599 else None


def _file(component: object) -> str | None:
    return component if isinstance(component, str) and _FILE.fullmatch(component) else None


def _events(
    line: Line, link: Link[Line], where: tuple[str, str, str | None], metadata: dict[str, object]
) -> tuple[Event, ...]:
    blocked = isinstance(line.status, str) and line.status.lower() == BLOCKED
    more = {"task_id": line.task_id, **metadata} if text(line.task_id) else metadata
    if not blocked and not more:
        return ()
    trace_id, service, session_id = where
    return (
        Event(
            trace_id=trace_id,
            span_id=link.span_id,
            service=service,
            kind="span event",
            name=BLOCKED if blocked else "metadata",
            time_ns=link.end_ns,
            session_id=session_id,
            severity="warning" if blocked else None,
            payload=msgspec.json.encode(more).decode() if more else None,
        ),
    )
