"""Which start an end belongs to, and what becomes of those that have no other half."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metabot_instrument.monitor.matching import Call, Matching
from metabot_instrument.monitor.memory import Sample
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.said import Moment
from metabot_instrument.monitor.session import Session
from metabot_instrument.monitor.status import status
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.counted import counted
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


def in_threads(bus: Bus, told: list[tuple[str, str, int]]) -> None:
    with ThreadPoolExecutor(1) as a, ThreadPoolExecutor(1) as b:
        for who, name, stamp in told:
            {"a": a, "b": b}[who].submit(bus.emit, name, toolName="search", timestamp=stamp).result()


def in_tasks(bus: Bus, told: list[tuple[str, str, int]]) -> None:
    async def emits(steps: asyncio.Queue[tuple[str, int]]) -> None:
        while True:
            name, stamp = await steps.get()
            bus.emit(name, toolName="search", timestamp=stamp)
            steps.task_done()

    async def both() -> None:
        steps: dict[str, asyncio.Queue[tuple[str, int]]] = {"a": asyncio.Queue(), "b": asyncio.Queue()}
        tasks = [asyncio.create_task(emits(each)) for each in steps.values()]
        for who, name, stamp in told:
            steps[who].put_nowait((name, stamp))
            await steps[who].join()
        for task in tasks:
            task.cancel()

    asyncio.run(both())


@pytest.mark.parametrize("ends_first", ["a", "b"])
@pytest.mark.parametrize("told_in", [in_threads, in_tasks])
def test_without_ids_they_are_told_apart_by_task_and_thread(
    bus: Bus, monitor: PerformanceMonitor, told_in: Callable[..., None], ends_first: str
) -> None:
    """Whichever of two that overlap ends first."""
    ends = [("a", "tool:end", T0 + 100), ("b", "tool:end", T0 + 250)]
    told_in(
        bus,
        [
            ("a", "tool:start", T0),
            ("b", "tool:start", T0 + 1),
            *(ends if ends_first == "a" else reversed(ends)),
        ],
    )
    found = monitor.tool_stats("search") or {}
    assert (found["calls"], found["min_ms"], found["max_ms"]) == (2, 100, 249)


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
    with counted("signal_handler", 0):
        for name in signals.split():
            bus.emit(f"tool:{name}", ids, tool_name="search")
    unmatched = monitor.metrics()["unmatched"]
    assert (tools(monitor).get("search"), (unmatched["starts"], unmatched["ends"])) == expected


def test_of_a_call_without_an_id_one_thing_is_told_after_its_end(bus: Bus, monitor: PerformanceMonitor) -> None:
    """What else comes is of another call."""
    for name in ("start", "error", "end", "error"):
        bus.emit(f"tool:{name}", tool="a")
    assert tools(monitor) == {"a": (2, 2)}
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 1}


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


def test_a_thousand_calls_are_remembered_after_their_end(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A failure that is told of one before them is of a call that nothing began."""
    for number in range(1001):
        bus.emit("tool:start", tool="a", call_id=number)
        bus.emit("tool:end", tool="a", call_id=number)
    bus.emit("tool:error", tool="a", call_id=1)
    assert tools(monitor) == {"a": (1001, 1)}
    bus.emit("tool:error", tool="a", call_id=0)
    assert tools(monitor) == {"a": (1002, 2)}
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 1}


def test_what_ended_is_found_no_more_and_takes_no_room() -> None:
    """Under no name, no id, and none of the tasks of which there is a new one for each call."""
    matching = Matching()
    for number in range(10):
        call = Call("a", str(number) if number % 2 else None, runner=number)
        matching.start(call, Moment(0, 0, False))
        assert matching.end(call, failed=False).kind == "matched"
    assert [matching._open, matching._by_id, matching._by_name, matching._by_runner] == [{}, {}, {}, {}]


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
