"""How events of a log print: in 80 columns, or one JSON object a line. What stands in them was written by anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from metabot.cli.console import printable, wrapped
from metabot_instrument.events.reading import TIMES, unix_time

_INDENT: Final = " " * 14
_LINES: Final = 5  # of one event
_HEAD: Final = frozenset(
    {
        "event", "event_type", *TIMES, "service", "payload", "task_id", "session_id", "persona_id", "trace_id",
        "span_id", "writer", "seq",
    }
)  # fmt: skip
_BELONGS: Final = (("task", "task_id"), ("session", "session_id"), ("persona", "persona_id"))
_LONGEST: Final = 2_000  # characters of one event that are looked at

Event = Mapping[str, Any]


class EventLines:
    """Says the date where it changes; the lines themselves have times of day, in UTC."""

    def __init__(self) -> None:
        self._day = ""

    def of(self, event: Event) -> list[str]:
        day, clock = _moment(event)
        told = [f"{day} (UTC)"] if day not in ("", self._day) else []
        self._day = day or self._day
        words = [_kind(event), *_belongs(event), _payload(event)]
        text = printable(" ".join(filter(None, words)))[:_LONGEST]
        return told + wrapped(text, indent=_INDENT, first=f"{clock:12} ", lines=_LINES)


def as_json(event: Event) -> str:
    """One line of ASCII: nothing in it that a terminal would act on."""
    return json.dumps(event, separators=(",", ":"))


def _kind(event: Event) -> str:
    named = event.get("event") or event.get("event_type")
    mark = " (unknown type)" if event.get("unknown_type") is True else ""
    return f"{named if isinstance(named, str) else 'unnamed'}{mark}"


def _belongs(event: Event) -> list[str]:
    return [f"{word}={event[name]}" for word, name in _BELONGS if event.get(name) is not None]


def _payload(event: Event) -> str:
    """`name=value`, of the payload and of what free-form callers put beside it."""
    own = event.get("payload")
    beside = {name: value for name, value in event.items() if name not in _HEAD and name != "unknown_type"}
    values = {**(own if isinstance(own, dict) else {} if own is None else {"payload": own}), **beside}
    return " ".join(f"{name}={_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    plain = isinstance(value, str) and value.isprintable() and " " not in value and value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _moment(event: Event) -> tuple[str, str]:
    """Day and time of day in UTC; of an event without a time that can be read, no day."""
    unix = unix_time(event)
    if unix is None:
        return "", "no time"
    at = datetime.fromtimestamp(unix, UTC)
    return f"{at:%Y-%m-%d}", at.time().isoformat("milliseconds")
