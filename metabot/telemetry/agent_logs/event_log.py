"""Event logs: what an agent says about its own life, an event a line, as it happens.

An event has a type under `event` or `event_type`; a time under `timestamp`, `ts` or `unix_time`, as ISO 8601 or as Unix
seconds, of which a time without a zone is of the source's `time_zone`; a `task_id`, `session_id` or `persona_id`; and
what else it says, under `payload` or beside these. Each line is an event, with the severity that it names or that its
type has. Two that open and close the same work are a span as well, by which its length and its failure are seen (see
`pairs`). A number called quality or score of an `eval` or `quality_check` is a score, and the numbers of a
`performance_metric` are gauges. A number of what a killed process lost (`events_lost`) stays in its event's payload.

https://github.com/Ruafieldphase/trinity-agi/blob/b6a5690329d0e99d0aa278631469c5485fe2ef44/fdo_agi_repo/orchestrator/event_emitter.py
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from functools import lru_cache, partial
from typing import Final

import msgspec

from metabot.telemetry.agent_logs import pairs
from metabot.telemetry.agent_logs.logged import Logged, logged
from metabot.telemetry.agent_logs.measured import FIGURES, SCORED, samples, scores
from metabot.telemetry.agent_logs.outcome import said, status_of
from metabot.telemetry.agent_logs.pairs import Pairs
from metabot.telemetry.attributes import text
from metabot.telemetry.documents import each_listed
from metabot.telemetry.opening import Opening
from metabot.telemetry.record import Event, Reader, Record
from metabot.telemetry.spans import Unreadable, reject
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

NAME: Final = "event-log"
_TIMES: Final = ("timestamp", "ts", "unix_time")
_MARKS: Final = ("payload", "task_id", "session_id", "persona_id", "unix_time", "ts")
_TYPED: Final = re.compile(rb'"event(?:_type)?"\s*:\s*"[A-Za-z][\w.:/-]{0,99}"')
_LEVELS: Final = ("severity", "level")
_WARN: Final = {"warn": "warning", "err": "error", "fatal": "critical"}


def recognises(opening: Opening) -> bool:
    """A type that is a name and no sentence, a time, and something that logs of programs do not have."""
    return _TYPED.search(opening.head) is not None and any(_is_of(opening, at) for at in ("", "item."))


def _is_of(opening: Opening, at: str) -> bool:
    typed = opening.has(f"{at}event") or opening.has(f"{at}event_type")
    timed = any(opening.has(f"{at}{name}") for name in _TIMES)
    return typed and timed and any(opening.has(f"{at}{name}") for name in _MARKS)


def in_zone(zone: tzinfo) -> Reader:
    """The reader of lines whose times without a zone are of this one."""
    return partial(_read, zone=zone)


def read(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Of lines whose times without a zone are UTC."""
    return _read(chunks, UTC)


def _read(chunks: Iterable[bytes], zone: tzinfo) -> Iterator[Record]:
    open_ones = Pairs(NAME)

    def line(place: str, value: object) -> Iterator[Record]:
        position = place or "line 1"
        try:
            yield from list(_records(logged(value, zone), open_ones))
        except (Unreadable, RecursionError) as unreadable:
            yield reject(position, str(unreadable) or "a value is nested too deeply", value)

    return each_listed(chunks, line, "event")


def _records(line: Logged, open_ones: Pairs) -> Iterator[Record]:
    where = open_ones.note(line)
    yield Event(
        trace_id=where.trace_id,
        span_id=where.span_id,
        service=line.service,
        kind="event",
        name=line.type,
        time_ns=line.time_ns,
        session_id=line.session_id,
        severity=_severity(line),
        text=said(line.payload),
        payload=_payload(line),
    )
    if where.closed is not None:
        yield where.closed
    if line.type in SCORED:
        yield from scores(line, where)
    if line.type == FIGURES:
        yield from samples(line)


def _severity(line: Logged) -> str:
    """What the line says, else how its type is meant, else whether it says that something failed."""
    for name in _LEVELS:
        if told := text(line.payload.get(name)):
            return _WARN.get(told.lower(), told.lower())
    meant = _meant(line.type)
    return "error" if meant == "info" and status_of(pairs.outcome(line.payload)) == "error" else meant


@lru_cache(maxsize=1000)
def _meant(name: str) -> str:
    known = EVENT_TYPES.get(name)
    return known.severity if known else "error" if name.endswith("_failed") else "info"


def _payload(line: Logged) -> str | None:
    more = {**line.payload, **line.ids}
    return msgspec.json.encode(more).decode() if more else None
