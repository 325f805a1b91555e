"""One line of an event log, whichever names its writer has for what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

import msgspec

from metabot.telemetry.agent_logs.moments import moment_ns
from metabot.telemetry.attributes import Attributes, first, integer, text
from metabot.telemetry.spans import Unreadable, id_of

_TYPE: Final = ("event", "event_type")
_TIME: Final = ("timestamp", "unix_time", "ts")  # ours has both of the first, of which the ISO one is exact
_SESSION: Final = ("session_id", "session")
_IDS: Final = ("task_id", "persona_id", "correlation_id", "writer", "seq")
_TRACE: Final = ("trace_id", "span_id")
_OURS: Final = frozenset((*_TYPE, *_TIME, *_SESSION, *_IDS, *_TRACE, "service", "payload", "unknown_type"))
_LONGEST: Final = 100  # characters of a type: what is longer is a sentence


class Logged(msgspec.Struct, frozen=True, kw_only=True):  # made for every line: a dataclass takes five times as long
    type: str
    time_ns: int
    service: str
    session_id: str | None
    ids: Mapping[str, str | int]  # task_id, persona_id, correlation_id, writer, seq: those that it has
    trace_id: str | None  # of the OpenTelemetry span in which it was logged
    span_id: str | None
    payload: Attributes

    def id(self, name: str) -> str | None:
        """One of `ids`, as text."""
        found = self.ids.get(name)
        return None if found is None else str(found)


def logged(value: object, zone: tzinfo) -> Logged:
    """Raises `Unreadable` where it is no event: without a type or a time."""
    if not isinstance(value, dict):
        raise Unreadable("no event")
    kind = text(value.get("event")) or text(value.get("event_type"))
    if kind is None or len(kind) > _LONGEST:
        raise Unreadable("no event type" if kind is None else "the event's type is no name but a sentence")
    trace_id = id_of(value.get("trace_id"))
    return Logged(
        type=kind,
        time_ns=_time(value, zone),
        service=text(value.get("service")) or "unknown_service",
        session_id=text(first(value, _SESSION)),
        ids=_ids(value),
        trace_id=trace_id,
        span_id=id_of(value.get("span_id")) if trace_id else None,
        payload=_payload(value),
    )


def _time(value: Attributes, zone: tzinfo) -> int:
    """The first that is one, an ISO 8601 text before Unix seconds: it has no rounding."""
    written = value.get("timestamp")
    if isinstance(written, str) and (found := moment_ns(written, zone)) is not None:
        return found
    named = [value[name] for name in _TIME if value.get(name) is not None]
    for told in sorted(named, key=lambda told: not isinstance(told, str)):
        if (found := moment_ns(told, zone)) is not None:
            return found
    raise Unreadable("no time between 2000 and 2100")


def _ids(value: Attributes) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for name in _IDS:
        told = value.get(name)
        if isinstance(told, str):
            if told:
                found[name] = told
        elif told is not None and (number := integer(told)) is not None:
            found[name] = number
    return found


def _payload(value: Mapping[str, object]) -> dict[str, object]:
    """What stands under `payload`, and what stands beside the line's own names."""
    beside = {name: told for name, told in value.items() if name not in _OURS and told is not None}
    under = value.get("payload")
    if isinstance(under, dict):
        return {**beside, **under} if beside else under
    return {**beside, "payload": under} if under is not None else beside
