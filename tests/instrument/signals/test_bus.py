"""Signals reach those who listen, and nobody who listens harms another."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.counted import counted


def test_a_name_a_glob_and_everything_are_heard(bus: Bus) -> None:
    """In the order in which the handlers came, with data, time and name."""
    heard: list[tuple[str, Signal]] = []
    for pattern in ("tool:start", "tool:*", "*", "api:*"):
        bus.on(pattern, lambda signal, pattern=pattern: heard.append((pattern, signal)))
    before = time.time()
    bus.emit("tool:start", {"tool_name": "search"}, call_id=7)
    assert [pattern for pattern, _ in heard] == ["tool:start", "tool:*", "*"]
    signal = heard[0][1]
    assert (signal.name, dict(signal.data)) == ("tool:start", {"tool_name": "search", "call_id": 7})
    assert before <= signal.time <= time.time()


def test_data_belongs_to_nobody(bus: Bus) -> None:
    """A handler cannot change what the next one gets, and data may have any names."""
    heard: list[Signal] = []
    bus.on("a", lambda signal: signal.data.update(x=2))  # type: ignore[attr-defined]
    bus.on("a", heard.append)
    with counted("signal_handler", 1):
        bus.emit("a", {"x": 1}, name="n", data="d", self="s")
    assert dict(heard[0].data) == {"x": 1, "name": "n", "data": "d", "self": "s"}


def test_who_ended_hears_no_more(bus: Bus) -> None:
    """Also in the middle of a signal: those that were to hear it still do."""
    heard: list[int] = []
    offs = [bus.on("a", lambda _, number=number: heard.append(number)) for number in range(2)]
    bus.emit("a")
    offs[0]()
    offs[0]()
    bus.emit("a")
    assert heard == [0, 1, 1]


def test_a_failing_handler_stops_nobody(bus: Bus) -> None:
    """It is counted, synchronous or not."""

    async def fails(_: Signal) -> None:
        raise ValueError("no")

    heard: list[Signal] = []
    bus.on("a", lambda _: 1 / 0)
    bus.on("a", fails)
    bus.on("a", heard.append)
    with counted("signal_handler", 2):
        bus.emit("a")
        bus.close()
    assert len(heard) == 1


@pytest.mark.parametrize("data", [5, "text", None, [("a", 1)], object()])
def test_data_that_is_no_mapping_is_none(bus: Bus, data: Any) -> None:
    """The signal is told all the same, and what was given is counted."""
    heard: list[Signal] = []
    bus.on("*", heard.append)
    with counted("signal", data is not None):
        bus.emit("a", data, x=1)
    assert dict(heard[0].data) == {"x": 1}


@pytest.mark.parametrize("name", [None, 5, b"a", ["a"]])
def test_a_name_that_is_no_text_is_counted(bus: Bus, name: Any) -> None:
    """And nothing is raised."""
    bus.on("*", print)
    with counted("signal", 1):
        bus.emit(name)


@pytest.mark.parametrize(("pattern", "handler"), [(None, print), ("a", "no function")])
def test_what_cannot_be_used_is_said_at_once(bus: Bus, pattern: Any, handler: Any) -> None:
    """Where the application is set up, not when the first signal comes."""
    with pytest.raises(ValueError, match="say a name or a glob"):
        bus.on(pattern, handler)


def test_fifty_threads_emit_and_everything_arrives(bus: Bus) -> None:
    """While others begin and end to listen."""
    counts: dict[str, int] = {}
    lock = threading.Lock()

    def hears(signal: Signal) -> None:
        with lock:
            counts[signal.name] = counts.get(signal.name, 0) + 1

    def emits(number: int) -> None:
        for _ in range(100):
            bus.emit(f"tool:{number % 5}")
            bus.on("tool:*", lambda _: None)()

    bus.on("tool:*", hears)
    threads = [threading.Thread(target=emits, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {f"tool:{number}": 1000 for number in range(5)}
