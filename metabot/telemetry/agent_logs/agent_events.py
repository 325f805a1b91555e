"""Structured telemetry events: what an agent did, how it ended and what it took, an action a line.

Fields: `timestamp, trace_id, span_id, event_type, agent_id, action, result, metrics {latency_ms, tokens_used,
memory_bytes, validator_decisions}, context`. Each line is an event. It tells an action's result, so it was written when
the action had ended: where `latency_ms` stands, a span ends at the `timestamp`. Its service is the agent, its operation
the action; an action is a tool's unless its `event_type` says that a model, an agent or a search was at work. Of two
lines with one span id and a length, the store keeps the one that ends last.

`tokens_used` does not tell what went in and what came out. It is no model call's count but a gauge, as `memory_bytes`
is. Each of the `validator_decisions` is an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, Final

import msgspec

from metabot.telemetry.agent_logs.moments import moment_ns, ms_ns
from metabot.telemetry.agent_logs.outcome import BLOCKED, failure, status_of
from metabot.telemetry.agent_logs.typed_lines import typed_lines
from metabot.telemetry.attributes import as_text, items, number, text
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Kind, ModelCall, Reader, Record, Reject, Sample, Span, Status
from metabot.telemetry.spans import Unreadable, id_of, reject

NAME: Final = "agent-events"
_GAUGES: Final = ("tokens_used", "memory_bytes")
_DECISION: Final = "validator_decision"
_MOST: Final = 100  # decisions of one action
_SESSION: Final = ("session_id", "session", "conversation_id")
_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("llm", "model"), ("model", "model"), ("completion", "model"), ("embed", "embedding"), ("retriev", "retrieval"),
    ("search", "retrieval"), ("agent", "agent"), ("task", "agent"), ("workflow", "workflow"),
)  # fmt: skip


class Line(msgspec.Struct):
    """What stands in a line, of whatever type."""

    timestamp: Any = None
    trace_id: Any = None
    span_id: Any = None
    parent_id: Any = None
    parent_span_id: Any = None
    event_type: Any = None
    agent_id: Any = None
    action: Any = None
    result: Any = None
    metrics: Any = None
    context: Any = None


def recognises(opening: Opening) -> bool:
    """One line, or a list of them."""
    return any(opening.has(f"{at}event_type", f"{at}agent_id", f"{at}action", f"{at}timestamp") for at in ("", "item."))


def in_zone(zone: tzinfo) -> Reader:
    """The reader of lines whose times without a zone are of this one."""
    return partial(_read, zone=zone)


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Of lines whose times without a zone are UTC."""
    return _read(chunks, UTC)


def _read(chunks: Iterable[bytes], zone: tzinfo) -> Iterator[Record]:
    for found in typed_lines(chunks, Line):
        if isinstance(found, Reject):
            yield found
            continue
        place, line = found
        try:
            yield from list(_records(line, zone))
        except (Unreadable, RecursionError) as unreadable:
            yield reject(place, str(unreadable) or "a value is nested too deeply", msgspec.to_builtins(line))


def _records(line: Line, zone: tzinfo) -> Iterator[Record]:
    event = _event(line, zone)
    metrics = line.metrics if isinstance(line.metrics, dict) else {}
    yield event
    if (took := ms_ns(metrics.get("latency_ms"))) is not None:
        yield _span(line, event, took)
    for name in _GAUGES:
        if not isinstance(metrics.get(name), str) and (value := number(metrics.get(name))) is not None:
            labels = (("action", text(line.action) or event.name),)
            yield Sample(
                name=name, kind="gauge", service=event.service, labels=labels, time_ns=event.time_ns, value=value
            )
    yield from _decisions(metrics.get("validator_decisions"), event, line.action)


def _event(line: Line, zone: tzinfo) -> Event:
    """Raises `Unreadable` where it has no time, or neither an action nor a type."""
    name, time_ns = text(line.event_type) or text(line.action), moment_ns(line.timestamp, zone)
    if name is None or time_ns is None:
        raise Unreadable("no event_type and no action" if name is None else "no time between 2000 and 2100")
    status, context = _status(line), line.context if isinstance(line.context, dict) else {}
    more = {"action": line.action, "result": line.result, "context": line.context, "metrics": line.metrics}
    identity = (NAME, time_ns, name, *map(as_text, (line.agent_id, line.action, line.result, line.metrics)))
    return Event(
        trace_id=_id(line.trace_id, 16) or trace_id_of(*identity),
        span_id=_id(line.span_id, 8) or span_id_of(*identity),
        service=text(line.agent_id) or "unknown_service",
        kind="event",
        name=name,
        time_ns=time_ns,
        session_id=next((found for key in _SESSION if (found := text(context.get(key)))), None),
        severity="error" if status == "error" else "warning" if line.result == BLOCKED else "info",
        text=_message(line) if status == "error" else None,
        payload=msgspec.json.encode({key: told for key, told in more.items() if told is not None}).decode(),
    )


def _span(line: Line, event: Event, took: int) -> Span:
    assert event.trace_id is not None
    assert event.span_id is not None
    status, kind = _status(line), _kind(line.event_type)
    context = line.context if isinstance(line.context, dict) else {}
    parent = line.parent_span_id if line.parent_id is None else line.parent_id
    return Span(
        trace_id=event.trace_id,
        span_id=event.span_id,
        parent_id=_id(parent, 8),
        service=event.service,
        operation=text(line.action) or event.name,
        kind=kind,
        start_ns=event.time_ns - took,
        end_ns=event.time_ns,
        status=status,
        error_type=failure({**context, **_result(line)}).type if status == "error" else None,
        error_message=event.text,
        session_id=event.session_id,
        output=as_text(line.result) if isinstance(line.result, dict) else None,
        model_call=ModelCall(model=text(context.get("model")), scope=NAME) if kind == "model" else None,
    )


def _result(line: Line) -> Mapping[str, object]:
    return line.result if isinstance(line.result, dict) else {}


def _status(line: Line) -> Status:
    told = _result(line)
    if told:
        return status_of(told.get("status", told.get("success"))) if not told.get("error") else "error"
    return status_of(line.result)


def _message(line: Line) -> str | None:
    context = line.context if isinstance(line.context, dict) else {}
    return failure(_result(line)).message or failure(context).message


def _kind(event_type: object) -> Kind:
    told = event_type.lower() if isinstance(event_type, str) else ""
    return next((kind for word, kind in _KINDS if word in told), "tool")


def _id(value: object, size: int) -> str | None:
    """Hexadecimal digits as they are; of any other text the hash, so that equal ones stay equal."""
    told = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
    if told is None:
        return None
    return id_of(told) or (trace_id_of(NAME, told) if size == 16 else span_id_of(NAME, told))


def _decisions(told: object, event: Event, action: object) -> Iterator[Event]:
    """A list of decisions, or an object from each validator's name to what it decided."""
    listed = [{"validator": name, "decision": of} for name, of in told.items()] if isinstance(told, dict) else None
    for decision in (items(told) if listed is None else listed)[:_MOST]:
        said = decision if isinstance(decision, dict) else {"decision": decision}
        yield Event(
            trace_id=event.trace_id,
            span_id=event.span_id,
            service=event.service,
            kind="event",
            name=_DECISION,
            time_ns=event.time_ns,
            session_id=event.session_id,
            text=text(said.get("reason")),
            payload=msgspec.json.encode({"action": action, **said}).decode(),
        )
