"""A call of a tool that `with` or a decorator tells."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator

import pytest

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.monitor.told import tools


def test_a_tool_is_told_by_with_and_by_decorating(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Functions and coroutines, within each other and at a time; an exception goes on and is an error."""

    @monitor.tool("fails")
    def fails() -> None:
        raise KeyError("no")

    @monitor.tool("waits")
    async def waits(ms: int) -> int:
        await asyncio.sleep(ms / 1000)
        async with monitor.tool("within"):
            return ms

    one = monitor.tool("shared")

    async def shares(after: float) -> None:
        await asyncio.sleep(after)
        async with one:
            await asyncio.sleep(0.05)

    async def both() -> list[int]:
        await asyncio.gather(shares(0), shares(0.025))
        return await asyncio.gather(waits(60), waits(5))

    with pytest.raises(KeyError):
        fails()
    assert asyncio.run(both()) == [60, 5]
    assert tools(monitor) == {"fails": (1, 1), "waits": (2, 0), "within": (2, 0), "shared": (2, 0)}
    assert (monitor.tool_stats("waits") or {})["max_ms"] >= 60
    assert (monitor.tool_stats("shared") or {})["min_ms"] >= 50


def test_one_call_within_another_of_its_own_ends_first(bus: Bus, monitor: PerformanceMonitor) -> None:
    """The same context manager serves both, told apart by their ids, and keeps nothing of them."""
    heard: list[str] = []
    bus.on("tool:*", lambda told: heard.append(told.data["call_id"]))
    one = monitor.tool("a")
    with one:
        time.sleep(0.02)
        with one:
            pass
    found = monitor.tool_stats("a") or {}
    assert found["calls"] == 2
    assert found["min_ms"] < 20 <= found["max_ms"]
    assert heard == [heard[0], heard[1], heard[1], heard[0]]
    assert heard[0] != heard[1]
    assert one._open == {}


def test_a_call_may_end_in_another_thread_than_it_began(bus: Bus, monitor: PerformanceMonitor) -> None:
    """As frameworks do: its end has no duration and no id of its own, and goes to its start all the same."""
    one = monitor.tool("a")
    entering = threading.Thread(target=one.__enter__)
    entering.start()
    entering.join()
    time.sleep(0.02)
    one.__exit__(None, None, None)
    found = monitor.tool_stats("a") or {}
    assert (found["calls"], found["min_ms"] >= 20) == (1, True)
    assert monitor.metrics()["unmatched"] == {"starts": 0, "ends": 0}


def test_what_handlers_take_is_not_the_tools(bus: Bus, monitor: PerformanceMonitor) -> None:
    """A call that is told by `with` measures itself: 20 ms stay so, with 300 ms in whoever hears of it."""
    bus.on("tool:*", lambda _: time.sleep(0.15))
    monitor_too = PerformanceMonitor(bus)  # that hears after it
    with monitor.tool("search"):
        time.sleep(0.02)
    for one in (monitor, monitor_too):
        assert 20 <= (one.tool_stats("search") or {})["total_ms"] < 140
    monitor_too.close()


def test_a_generator_is_a_call_until_its_last_step(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Of either kind: it takes what is sent, fails as it did, and one that is left before its end did not fail."""

    @monitor.tool("steps")
    def steps(*, fails: bool = False) -> Generator[int, int, str]:
        got = yield 1
        time.sleep(0.03)
        if fails:
            raise KeyError(got)
        yield got
        return "done"

    @monitor.tool("streams")
    async def streams(*, fails: bool = False) -> AsyncGenerator[int, int]:
        got = yield 1
        await asyncio.sleep(0.03)
        if fails:
            raise KeyError(got)
        yield got

    async def streamed() -> list[int]:
        stream = streams()
        found = [await anext(stream), await stream.asend(7)]
        assert [item async for item in stream] == []
        left = streams()
        await anext(left)
        await left.aclose()
        with pytest.raises(KeyError):
            [item async for item in streams(fails=True)]
        return found

    taken = steps()
    assert [next(taken), taken.send(7)] == [1, 7]
    with pytest.raises(StopIteration, match="done"):
        next(taken)
    with pytest.raises(KeyError):
        list(steps(fails=True))
    left = steps()
    next(left)
    left.close()
    assert asyncio.run(streamed()) == [1, 7]
    assert tools(monitor) == {"steps": (3, 1), "streams": (3, 1)}
    assert all((monitor.tool_stats(name) or {})["total_ms"] >= 60 for name in ("steps", "streams"))
