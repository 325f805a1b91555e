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
from typing import Final

import msgspec

from metabot.telemetry.agent_logs.lineage import Lineage, Link
from metabot.telemetry.agent_logs.logged import logged
from metabot.telemetry.agent_logs.moments import moment_ns, ms_ns
from metabot.telemetry.agent_logs.traced_span import Line, span_of
from metabot.telemetry.agent_logs.typed_lines import typed_lines
from metabot.telemetry.attributes import text
from metabot.telemetry.identity import span_id_within
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reader, Record, Reject
from metabot.telemetry.spans import Unreadable, reject

NAME: Final = "trace-lines"
_ID: Final = re.compile(r"[a-z]{2,12}_(\d{1,11})_([0-9a-z]{1,64})")
_TRACE: Final = re.compile(r"[0-9a-f]{32}")
_SPAN: Final = re.compile(r"[0-9a-f]{16}")


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
        told_of = (start_ns, line.layer, line.operation, line.component, line.parent_id, took)
        span_id = span_id_within((NAME, own), *told_of)
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
        return span_of(link.line, link, trace_id, parent_id)
    except RecursionError:
        return reject(link.place, "a value is nested too deeply", link.id)
