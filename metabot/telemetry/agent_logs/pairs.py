"""Events that open and close the same piece of work, as spans.

A task, a thesis, a synthesis, a pass or a verification, and whatever else is called `…_start` and `…_end`, or
`…_started` and `…_completed` or `…_failed`. A closing event belongs to the open work of its kind with the same task or
correlation id, else of the same session and persona; what is opened again before it was closed was given up. A closing
event that says itself how long it took needs no opening one. All other events stay events alone, and so does what lasts
as long as people like: sessions, alerts, pull requests, a system's life.

A task is a trace, known by service, task and start. A line that names an OpenTelemetry span is of that span's trace and
below that span; of two pieces of a task's work in one span, or in none, the later is below the earlier.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

from metabot.telemetry.agent_logs.logged import Logged
from metabot.telemetry.agent_logs.moments import ms_ns
from metabot.telemetry.agent_logs.outcome import failure, status_of
from metabot.telemetry.attributes import Attributes
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.record import Kind, Span, Status
from metabot_instrument.vocabulary.event_types import EVENT_TYPES

_OPEN: Final = 100_000  # pieces of work that are remembered as open, and tasks whose trace is remembered
_WORK: Final[dict[str, tuple[str, Kind]]] = {
    "task_started": ("task", "agent"),
    "thesis_start": ("thesis", "workflow"),
    "synthesis_start": ("synthesis", "workflow"),
    "pass_started": ("pass", "workflow"),
    "verification_started": ("verification", "workflow"),
}
_CLOSING: Final = {closing: opening for opening in _WORK for closing in EVENT_TYPES[opening].closed_by}
_ENDINGS: Final = {"_end": "_start", "_completed": "_started", "_failed": "_started"}
_LENGTHS: Final = {"duration_ms": 1.0, "latency_ms": 1.0, "core_latency_ms": 1.0, "duration_sec": 1000.0}
_OUTCOMES: Final = ("success", "status", "result", "outcome")


class Where(NamedTuple):
    """What a line belongs to, and the piece of work that it closed."""

    trace_id: str | None
    span_id: str | None
    closed: Span | None = None


_NOWHERE: Final = Where(None, None)


@dataclass(frozen=True, slots=True, eq=False)
class _Open:
    line: Logged
    start_ns: int
    trace_id: str
    span_id: str
    parent_id: str | None


Key = tuple[str | None, ...]
_T = TypeVar("_T")


def outcome(payload: Attributes) -> object:
    """The first word or truth in which a payload says how something ended; None where it does not."""
    for name in _OUTCOMES:
        if isinstance(told := payload.get(name), (str, bool)):
            return told
    return None


class Pairs:
    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._within: OrderedDict[Key, list[_Open]] = OrderedDict()  # the open work of each task, the inner one last
        self._tasks: OrderedDict[Key, Where] = OrderedDict()  # what the lines of each task belong to

    def note(self, line: Logged) -> Where:
        """Where the line belongs, which may be the work that it opens or closes."""
        opened_by = _opening(line.type)
        if opened_by is not None:
            return self._closed(line, opened_by)
        return self._opened(line) if _is_opening(line.type) else self._inside(line)

    def _inside(self, line: Logged) -> Where:
        if line.trace_id is not None:
            return Where(line.trace_id, line.span_id)
        task = _task(line)
        return self._tasks.get(task, _NOWHERE) if task else _NOWHERE

    def _opened(self, line: Logged) -> Where:
        key, task = _key(line, line.type), _task(line)
        if key is None:
            return self._inside(line)
        self._give_up(key, task)
        begun = self._begun(line, line.type, line.time_ns)
        _remember(self._open, key, begun)
        if task:
            inside = self._within.get(task, [])
            if not inside:
                _remember(self._tasks, task, Where(begun.trace_id, begun.span_id))
            _remember(self._within, task, [*inside, begun])
        return Where(begun.trace_id, begun.span_id)

    def _begun(self, line: Logged, begins: str, start_ns: int) -> _Open:
        inside = self._within.get(_task(line) or (), ())
        outer = inside[-1] if inside else None
        own = (self._name, line.service, *(_key(line, begins) or (begins,)), start_ns)
        span_id = span_id_of(*own, line.id("writer"), line.id("seq"))
        if outer is not None and (line.trace_id, line.span_id) == (outer.line.trace_id, outer.line.span_id):
            return _Open(line, start_ns, outer.trace_id, span_id, outer.span_id)
        return _Open(line, start_ns, line.trace_id or trace_id_of(*own), span_id, line.span_id)

    def _closed(self, line: Logged, opened_by: str) -> Where:
        key = _key(line, opened_by)
        begun = self._give_up(key, _task(line)) if key else None
        if begun is None:
            took = _length(line.payload)
            if took is None:
                return self._inside(line)
            begun = self._begun(line, opened_by, line.time_ns - took)
        return Where(begun.trace_id, begun.span_id, _span(begun, line, opened_by))

    def _give_up(self, key: Key, task: Key | None) -> _Open | None:
        """The open work of this key, which is open no more, nor is what was opened inside it."""
        begun = self._open.pop(key, None)
        inside = self._within.get(task, []) if task else []
        if task and begun in inside:
            outer = inside[: inside.index(begun)]
            if outer:
                self._within[task] = outer
            else:
                del self._within[task]
        return begun


@lru_cache(maxsize=1000)
def _opening(closing: str) -> str | None:
    """The type that an event of this type closes."""
    known = EVENT_TYPES.get(closing)
    if known is not None or closing in _CLOSING:
        return _CLOSING.get(closing)
    return next((closing.removesuffix(end) + begin for end, begin in _ENDINGS.items() if closing.endswith(end)), None)


@lru_cache(maxsize=1000)
def _is_opening(name: str) -> bool:
    return name in _WORK or (name not in EVENT_TYPES and name.endswith(("_start", "_started")))


def _key(line: Logged, opened_by: str) -> Key | None:
    """What an opening and its closing event have in common; None where nothing tells one such work from another."""
    told = (line.id("task_id"), line.id("correlation_id"))
    if not any(told):
        told = (line.session_id, line.id("persona_id"))
    return (line.service, opened_by, *told) if any(told) else None


def _task(line: Logged) -> Key | None:
    task = line.id("task_id")
    return (line.service, task) if task else None


def _length(payload: Attributes) -> int | None:
    for name, scale in _LENGTHS.items():
        if (found := ms_ns(payload.get(name))) is not None:
            return int(found * scale)
    return None


def _span(begun: _Open, line: Logged, opened_by: str) -> Span:
    operation, kind = _WORK.get(opened_by, (opened_by.rpartition("_")[0], "workflow"))
    status: Status = "error" if line.type.endswith("_failed") else status_of(outcome(line.payload))
    if status == "unset" and line.type.endswith(("_completed", "_passed")):
        status = "ok"
    failed = failure(line.payload) if status == "error" else None
    return Span(
        trace_id=begun.trace_id,
        span_id=begun.span_id,
        parent_id=begun.parent_id,
        service=line.service,
        operation=operation,
        kind=kind,
        start_ns=begun.start_ns,
        end_ns=max(line.time_ns, begun.start_ns),
        status=status,
        error_type=failed.type if failed else None,
        error_message=failed.message if failed else None,
        session_id=line.session_id or begun.line.session_id,
    )


def _remember(known: OrderedDict[Key, _T], key: Key, value: _T) -> None:
    known[key] = value
    if len(known) > _OPEN:
        known.popitem(last=False)
