"""Types of events of an event log."""

from __future__ import annotations

import polars as pl

from analyzers.frames import EVENTS
from analyzers.usage.events import events

S = 10**9


def event(name="rune", severity="info", at=0, **more):
    return {"kind": "event", "name": name, "severity": severity, "time_ns": at * S, "clock": "utc", **more}


def seen(*rows):
    return events(pl.LazyFrame(list(rows), schema=EVENTS.schema))


def test_each_type_with_its_count_its_traces_and_its_last_time():
    """Most events first; those of one count by name."""
    found = seen(*(event("b", at=at, trace_id="t1") for at in (3, 9)), event("c", at=1), event("a", clock="order"))
    assert (found.count, found.traces) == (4, 1)
    told = [(one.name, one.count, one.traces, one.last_ns) for one in found.types]
    assert told == [("b", 2, 1, 9 * S), ("a", 1, 0, None), ("c", 1, 0, S)]


def test_errors_and_warnings_are_counted():
    """What is critical is an error; a type has the severity that most of its events have."""
    told = [("a", "error"), ("a", "error"), ("a", "critical"), ("b", "warning"), ("c", None)]
    found = seen(*(event(name, severity) for name, severity in told))
    assert (found.errors, found.warnings) == (3, 1)
    assert {one.name: one.severity for one in found.types} == {"a": "error", "b": "warning", "c": None}


def test_other_events_are_none():
    """Log lines, span events and scores have their own place."""
    assert seen(*(event(kind=kind) for kind in ("log", "span event", "score"))).count == 0
    assert seen().types == ()


def test_at_most_a_hundred_types():
    """A program may put an id into a type's name."""
    found = seen(*(event(f"e{number}") for number in range(120)))
    assert (found.count, len(found.types)) == (120, 100)
