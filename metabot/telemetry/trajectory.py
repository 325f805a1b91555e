"""A recorded run as a trace: a root span and its steps, each known by a key that is its own within the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from metabot.telemetry.attributes import as_text
from metabot.telemetry.identity import span_id_of, trace_id_of
from metabot.telemetry.record import Clock, Event, Record, Span, Status
from metabot.telemetry.spans import RawSpan, Unreadable, normalized, reject
from metabot.telemetry.times import ORDER_NS

ROOT: Final = "root"
_OPERATIONS: Final = {"agent": "invoke_agent", "workflow": "invoke_workflow", "model": "chat", "tool": "execute_tool"}
_NAMED: Final = 12  # digits of a trace's id that tell two runs of one name apart


class When(NamedTuple):
    start_ns: int
    end_ns: int
    clock: Clock


class Ended(NamedTuple):
    """How a step ended; message and type count where the status is an error."""

    status: Status = "unset"
    message: str | None = None
    type: str | None = None


UNSET: Final = Ended()


def place(first: int, last: int | None = None) -> When:
    """Places in a run that has no times."""
    return When(first * ORDER_NS, (first if last is None else last) * ORDER_NS, "order")


def identified(*content: object) -> str:
    """A trace id out of what a run holds, for formats whose own names are not unique: task 7 of which model?"""
    return trace_id_of(*(as_text(part) or "" for part in content))


def named(name: str, trace_id: str) -> str:
    """A session's id that a person can read and that no other run has."""
    return f"{name} {trace_id[:_NAMED]}"


def whole(read: Callable[[object], Iterator[Record]], place: str, run: object) -> Iterator[Record]:
    """A run's records, or one reject: half a run would be taken for the whole of it."""
    position = place or "line 1"
    try:
        yield from list(read(run))
    except Unreadable as unreadable:
        yield reject(position, str(unreadable), run)
    except RecursionError:
        yield reject(position, "a value is nested too deeply", run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    trace_id: str
    service: str
    session_id: str
    version: str | None = None  # of the service
    revision: str | None = None

    def span(
        self,
        kind: Literal["agent", "workflow", "model", "tool"],
        key: object,
        name: str,
        when: When,
        attributes: Mapping[str, object] | None = None,
        *,
        ended: Ended = UNSET,
        parent: object = ROOT,
    ) -> Span:
        """The step of this key below the one of the key `parent`; the key ROOT is the run itself.

        `attributes` carry the names of `semconv`. Raises `spans.Unreadable` for a calendar time that is none.
        """
        own = {"gen_ai.operation.name": _OPERATIONS[kind], "session.id": self.session_id, "error.type": ended.type}
        service = {"service.name": self.service, "service.version": self.version}
        return normalized(
            RawSpan(
                trace_id=self.trace_id,
                span_id=self._id(key),
                parent_id=None if key == ROOT else self._id(parent),
                name=name,
                kind="internal",
                start_ns=when.start_ns,
                end_ns=when.end_ns,
                status=ended.status,
                status_message=ended.message,
                scope=None,
                attributes={**(attributes or {}), **own},
                resource={**service, "vcs.ref.head.revision": self.revision},
                events=(),
                clock=when.clock,
            )
        )

    def score(self, name: str, value: float | None, when: When, *, text: str | None = None, of: object = ROOT) -> Event:
        """What an evaluation said about a step when it had ended."""
        return replace(self._event(name, when, of), kind="score", value=value, text=text)

    def log(self, name: str, text: str | None, when: When, *, severity: str = "info") -> Event:
        """What the run says about itself as a whole when it has ended."""
        return replace(self._event(name, when, ROOT), severity=severity, text=text)

    def _event(self, name: str, when: When, of: object) -> Event:
        return Event(
            trace_id=self.trace_id,
            span_id=self._id(of),
            service=self.service,
            kind="log",
            name=name,
            time_ns=when.end_ns,
            clock=when.clock,
            session_id=self.session_id,
        )

    def _id(self, key: object) -> str:
        return span_id_of(self.trace_id, key)
