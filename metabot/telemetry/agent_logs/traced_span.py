"""One trace line as a span, once its place in its trace is known."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from metabot.telemetry.agent_logs.lineage import Link
from metabot.telemetry.agent_logs.outcome import BLOCKED, failure, status_of
from metabot.telemetry.attributes import Attributes, first, integer, text
from metabot.telemetry.model_call import model_call
from metabot.telemetry.record import Event, Kind, Span
from metabot.telemetry.semconv import HTTP_STATUS
from metabot.telemetry.spans import kind_told
from metabot_instrument.vocabulary.layers import layer_named

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


def span_of(line: Line, link: Link[Line], trace_id: str, parent_id: str | None) -> Span:
    metadata = line.metadata if isinstance(line.metadata, dict) else {}
    operation, kind = _operation(line, metadata)
    status = status_of(line.status)
    failed = failure(metadata) if status == "error" else None
    service, session_id = text(line.service) or "unknown_service", text(line.session_id)
    told = {} if kind == "model" else metadata  # a model call's is read, and holds its texts
    events = _events(line, link, (trace_id, service, session_id), told)
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
