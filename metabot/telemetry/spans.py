"""From a span as a format wrote it to the normalized record. The formats' readers share this step."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from metabot.telemetry import evaluation, semconv
from metabot.telemetry.attributes import Attributes, as_text, first, integer, text
from metabot.telemetry.model_call import model_call
from metabot.telemetry.record import Clock, Event, Kind, Reject, Span, Status

_HEX: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{1,32})")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64: Final = {11: 8, 12: 8, 22: 16, 24: 16}  # characters with and without padding, and the bytes they hold
WITH_CONTENT: Final = frozenset({"tool", "retrieval", "client"})
_EARLIEST_NS: Final = 946_684_800 * 10**9  # 2000-01-01: OpenTelemetry and its predecessors are younger
_LATEST_NS: Final = 4_102_444_800 * 10**9  # 2100-01-01
_HEAD: Final = 200  # characters of a reject that are kept


@dataclass(frozen=True, slots=True)
class RawEvent:
    name: object
    time_ns: object
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class RawSpan:
    """Fields in the format's own types, found but not trusted; times are nanoseconds of `clock` already.

    Formats with fields of their own bring them as attributes under the names of `semconv`.
    """

    trace_id: object
    span_id: object
    parent_id: object
    name: object
    kind: str  # of the OpenTelemetry span, in lower case
    start_ns: object
    end_ns: object
    status: Status
    status_message: str | None
    scope: str | None
    attributes: dict[str, object]
    resource: dict[str, object]
    events: Sequence[RawEvent]
    clock: Clock = "utc"


class Unreadable(ValueError):  # noqa: N818  # a step inside the readers, never an error of metabot
    """Why a span is none; the reader makes it a `Reject`."""


def normalized(raw: RawSpan) -> Span:
    """Raises `Unreadable` where the span has no ids or no times."""
    trace_id, span_id = _required_id(raw.trace_id, "trace id"), _required_id(raw.span_id, "span id")
    start_ns, end_ns = _time(raw.start_ns, "start", raw.clock), _time(raw.end_ns, "end", raw.clock)
    service = text(first(raw.resource, semconv.SERVICE)) or "unknown_service"
    session_id = _string(raw.attributes, semconv.SESSION) or _string(raw.resource, semconv.SESSION)
    found = (event_of(one, raw.clock, session_id, (trace_id, span_id, service)) for one in raw.events)
    events = tuple(event for event in found if event is not None)
    kind = _kind(raw)
    content = raw.attributes if kind in WITH_CONTENT else {}
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=id_of(raw.parent_id),
        service=service,
        operation=text(raw.name) or "unnamed",
        kind=kind,
        start_ns=start_ns,
        end_ns=end_ns,
        status=raw.status,
        clock=raw.clock,
        error_type=error_type(_string(raw.attributes, semconv.ERROR_TYPE), raw.status, events),
        error_message=error_message(raw.status_message, raw.status, events),
        http_status=_http_status(raw.attributes),
        session_id=session_id,
        environment=_string(raw.attributes, semconv.ENVIRONMENT) or _string(raw.resource, semconv.ENVIRONMENT),
        service_version=_string(raw.attributes, semconv.SERVICE_VERSION)
        or _string(raw.resource, semconv.SERVICE_VERSION),
        revision=_string(raw.attributes, semconv.REVISION) or _string(raw.resource, semconv.REVISION),
        code_file=_string(raw.attributes, semconv.CODE_FILE),
        code_function=_function(raw.attributes),
        code_line=integer(first(raw.attributes, semconv.CODE_LINE)),
        tool_call_id=_string(raw.attributes, semconv.TOOL_CALL_ID),
        input=as_text(first(content, semconv.INPUT)),
        output=as_text(first(content, semconv.OUTPUT)),
        model_call=model_call(raw.attributes, raw.scope, start_ns, end_ns, events) if kind == "model" else None,
        events=events,
    )


def is_calendar(time_ns: int) -> bool:
    """Whether nanoseconds since 1970 lie between 2000 and 2100, where all telemetry does."""
    return _EARLIEST_NS <= time_ns < _LATEST_NS


def reject(position: str, reason: str, piece: object) -> Reject:
    return Reject(position=position, reason=reason, head=_shown(piece)[:_HEAD])


def _shown(piece: object) -> str:
    if isinstance(piece, bytes):
        return piece[: 4 * _HEAD].decode("utf-8", "replace")  # a character is at most four bytes
    try:
        return as_text(piece) or ""
    except RecursionError:
        return "nested too deeply to be shown"


def _required_id(value: object, what: str) -> str:
    found = id_of(value)
    if found is None:
        raise Unreadable(f"no {what}" if value in (None, "") else f"the {what} is neither hexadecimal nor base64")
    return found


def id_of(value: object) -> str | None:
    """Hexadecimal digits as recorded, in lower case; None for an absent id and for the all-zero one.

    OTLP/JSON writes ids in hexadecimal, programs that convert its protobuf by the general rules write base64, and some
    write integers.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**128:
        return f"{value:016x}"
    if not isinstance(value, str):
        return None
    digits = _HEX.fullmatch(value.replace("-", "") if _UUID.fullmatch(value) else value)
    found = digits[1].lower() if digits else _of_base64(value)
    return found if found and found.strip("0") else None


def _of_base64(value: str) -> str | None:
    held = _BASE64.get(len(value))
    padded = value + "=" * (-len(value) % 4)
    try:
        decoded = b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return None
    return decoded.hex() if held is not None and len(decoded) == held else None


def _time(value: object, what: str, clock: Clock) -> int:
    found = integer(value)
    if not clock.startswith("utc") and found is not None:
        return found
    if not found:
        raise Unreadable(f"no {what} time" if value in (None, "", 0, "0") else f"the {what} time is no whole number")
    if not is_calendar(found):
        raise Unreadable(f"the {what} time is not between 2000 and 2100")
    return found


def _kind(raw: RawSpan) -> Kind:
    return kind_told(raw.attributes) or semconv.SPAN_KINDS.get(raw.kind, "internal")


def kind_told(attributes: Attributes) -> Kind | None:
    """The kind that the attributes tell by one of the conventions."""
    for name, values in semconv.KINDS.items():
        value = attributes.get(name)
        if isinstance(value, str) and (kind := values.get(value.lower())) is not None:
            return kind
    for kind, names in semconv.KIND_BY_PRESENCE:
        if first(attributes, names) is not None:
            return kind
    return None


def _string(attributes: Attributes, names: semconv.Names) -> str | None:
    return text(first(attributes, names))


def _function(attributes: Attributes) -> str | None:
    full = _string(attributes, semconv.CODE_FUNCTION)
    bare, namespace = _string(attributes, semconv.CODE_FUNCTION_BARE), _string(attributes, semconv.CODE_NAMESPACE)
    return full or (f"{namespace}.{bare}" if bare and namespace else bare)


def _http_status(attributes: Attributes) -> int | None:
    status = integer(first(attributes, semconv.HTTP_STATUS))
    return status if status is not None and 100 <= status <= 599 else None


def error_type(named: str | None, status: Status, events: Sequence[Event]) -> str | None:
    """`error.type`, else the class of the exception that a failed span ended with."""
    if named or status != "error":
        return named
    return next((event.exception_type for event in reversed(events) if event.exception_type), None)


def error_message(told: str | None, status: Status, events: Sequence[Event]) -> str | None:
    """The status's message, else the exception's, of a failed span."""
    if status != "error":
        return None
    return told or next((event.exception_message for event in reversed(events) if event.exception_message), None)


def event_of(raw: RawEvent, clock: Clock, session_id: str | None, where: tuple[str, str, str]) -> Event | None:
    """None where the event has no time: it cannot be placed."""
    trace_id, span_id, service = where
    time_ns = integer(raw.time_ns)
    if time_ns is None:
        return None
    escaped = raw.attributes.get("exception.escaped")
    scored = evaluation.result(raw.attributes) if raw.name == evaluation.RESULT else None
    return Event(
        trace_id=trace_id,
        span_id=span_id,
        service=service,
        kind="score" if scored else "span event",
        name=scored.name if scored else text(raw.name) or "unnamed",
        time_ns=time_ns,
        clock=clock,
        session_id=session_id,
        value=scored.value if scored else None,
        text=scored.text if scored else None,
        exception_type=text(raw.attributes.get("exception.type")),
        exception_message=text(raw.attributes.get("exception.message")),
        stacktrace=text(raw.attributes.get("exception.stacktrace")),
        escaped={"true": True, "false": False}.get(str(escaped).lower()),
    )
