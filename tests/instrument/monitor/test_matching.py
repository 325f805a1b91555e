"""Which start an end belongs to, and what becomes of those that have no other half."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from metabot_instrument.monitor.memory import Sample
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.said import Moment
from metabot_instrument.monitor.session import Session
from metabot_instrument.monitor.status import status
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.monitor.told import T0, tools


def test_calls_of_one_tool_at_a_time_are_told_apart_by_their_ids(bus: Bus, monitor: PerformanceMonitor) -> None:
    """However they overlap."""
    for stamp, name, call in (
        (0, "tool:start", "a"),
        (10, "tool:start", "b"),
        (20, "tool:end", "a"),
        (110, "tool:end", "b"),
    ):
        bus.emit(name, toolName="search", callId=call, timestamp=T0 + stamp)
    found = monitor.tool_stats("search") or {}
    assert (found["calls"], found["min_ms"], found["max_ms"]) == (2, 20, 100)


def test_without_ids_they_are_told_apart_by_task_and_thread(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Tasks that overlap, and threads that do."""

    async def one(name: str, mine: asyncio.Event, other: asyncio.Event) -> None:
        bus.emit("tool:start", toolName="task", timestamp=T0 + len(name))
        mine.set()
        await other.wait()
        bus.emit("tool:end", toolName="task", timestamp=T0 + len(name) * 100)

    def in_a_thread(name: str, both: threading.Barrier) -> None:
        bus.emit("tool:start", toolName="thread", timestamp=T0 + len(name))
        both.wait()
        bus.emit("tool:end", toolName="thread", timestamp=T0 + len(name) * 100)

    async def tasks() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        await asyncio.gather(one("a", first, second), one("bb", second, first))

    asyncio.run(tasks())
    both = threading.Barrier(2)
    threads = [threading.Thread(target=in_a_thread, args=(name, both)) for name in ("a", "bb")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("task", "thread"):
        found = monitor.tool_stats(name) or {}
        assert (found["min_ms"], found["max_ms"]) == (99, 198)


def test_an_end_from_elsewhere_ends_the_oldest(bus: Bus, monitor: PerformanceMonitor) -> None:
    """One that began in another thread, without an id; calls within each other end from the inside."""
    started = threading.Thread(target=bus.emit, args=("tool:start",), kwargs={"toolName": "a", "timestamp": T0})
    started.start()
    started.join()
    bus.emit("tool:end", toolName="a", timestamp=T0 + 50)
    for stamp, name in ((0, "start"), (10, "start"), (20, "end"), (100, "end")):
        bus.emit(f"tool:{name}", toolName="b", timestamp=T0 + stamp)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 50
    assert (monitor.tool_stats("b") or {})["min_ms"] == 10
    assert (monitor.tool_stats("b") or {})["max_ms"] == 100


@pytest.mark.parametrize("ids", [{}, {"call_id": "c"}])
@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        ("start end", ((1, 0), (0, 0))),
        ("start error", ((1, 1), (0, 0))),
        ("start error end", ((1, 1), (0, 0))),
        ("start end error", ((1, 1), (0, 0))),
        ("start error error", ((1, 1), (0, 1))),
        ("start end end", ((1, 0), (0, 1))),
        ("start error end start end", ((2, 1), (0, 0))),
        ("end", (None, (0, 1))),
        ("error", ((1, 1), (0, 1))),
        ("start", ((0, 0), (0, 0))),
    ],
)
def test_what_does_not_fit_degrades(
    bus: Bus, monitor: PerformanceMonitor, ids: dict[str, str], signals: str, expected: tuple[Any, Any]
) -> None:
    """An error ends its call, a call counts once, and what has no other half is counted apart."""
    for name in signals.split():
        bus.emit(f"tool:{name}", ids, tool_name="search")
    unmatched = monitor.metrics()["unmatched"]
    assert (tools(monitor).get("search"), (unmatched["starts"], unmatched["ends"])) == expected


@pytest.mark.parametrize(("first", "then"), [({"call_id": "c"}, {}), ({}, {"call_id": "c"})])
def test_an_id_may_be_told_by_one_half_alone(
    bus: Bus, monitor: PerformanceMonitor, first: dict[str, str], then: dict[str, str]
) -> None:
    """The end goes to the start all the same, and an end after the failure is nothing more."""
    bus.emit("tool:start", first, tool="a")
    bus.emit("tool:error", then, tool="a")
    bus.emit("tool:end", then, tool="a")
    assert tools(monitor) == {"a": (1, 1)}
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 0}


def test_a_second_start_of_one_id_takes_the_firsts_place(bus: Bus, monitor: PerformanceMonitor) -> None:
    """The first is counted as unmatched."""
    for stamp, name in ((0, "start"), (100, "start"), (150, "end")):
        bus.emit(f"tool:{name}", toolName="a", callId=1, timestamp=T0 + stamp)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 50
    assert monitor.metrics()["unmatched"] == {"starts": 1, "ends": 0}


def test_an_end_that_brings_its_duration_needs_no_start(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As systems tell that measure themselves."""
    bus.emit("tool:end", tool="a", durationMs=12.5)
    assert (monitor.tool_stats("a") or {})["total_ms"] == 12.5
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 0}


@pytest.mark.parametrize("asked_first", ["figures", "status"])
def test_a_start_waits_an_hour(asked_first: str) -> None:
    """Then it is counted as unmatched, and nothing is said to be under way."""
    now = time.monotonic()
    session = Session(Moment(time.time(), now, False), session_id=None, persona_id=None)
    for name in ("tool:start", "api:request:start"):
        session.hear(Signal(name, {"name": "a", "id": 1}, time.time(), now - 3599))
    assert status(session, Sample(time.time(), 1, 1.0, now))["state"] == "active"
    late = Moment(time.time(), now + 2, False)
    if asked_first == "figures":
        assert session.figures(late)["unmatched"] == {"starts": 2, "ends": 0}
    assert status(session, Sample(time.time(), 1, 1.0, late.monotonic))["state"] == "idle"
    assert session.figures(late)["unmatched"] == {"starts": 2, "ends": 0}


def test_an_end_does_not_go_to_a_start_of_long_ago() -> None:
    """The one that waited over an hour is forgotten with the next start, without anybody asking."""
    now = time.monotonic()
    session = Session(Moment(time.time(), now, False), session_id=None, persona_id=None)
    for name, tool, monotonic in (("start", "a", now - 3700), ("start", "b", now), ("end", "a", now)):
        session.hear(Signal(f"tool:{name}", {"tool": tool}, time.time(), monotonic))
    assert session.figures(Moment(time.time(), now, False))["unmatched"] == {"starts": 1, "ends": 1}
