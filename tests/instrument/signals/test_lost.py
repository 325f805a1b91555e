"""What is lost where too much is under way or nothing is to be had, and that it is counted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.counted import counted
from tests.instrument.waited import waited


def test_handlers_that_answer_signals_with_signals_come_to_an_end(bus: Bus) -> None:
    """Fifty deep; the rest is counted."""
    heard: list[Signal] = []
    bus.on("a", heard.append)
    bus.on("a", lambda _: bus.emit("a"))
    with counted("signals_lost", 1):
        bus.emit("a")
    assert len(heard) == 50
    heard.clear()
    bus.emit("a")
    assert len(heard) == 50


def test_who_emits_does_not_hang_where_no_file_is_to_be_had() -> None:
    """An event loop needs some: the signal is lost and counted, and the next one is heard."""
    program = """
import asyncio, resource, time
from metabot_instrument import Bus, failures
heard = []
async def hears(signal):
    heard.append(signal.data["number"])
bus = Bus()
bus.on("a", hears)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
bus.emit("a", number=1)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
bus.emit("a", number=2)
bus.close()
print(heard, failures())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, "[2] {'signals_lost': 1}\n")


@pytest.mark.slow
def test_signals_that_no_thread_could_be_begun_for_take_no_room(bus: Bus) -> None:
    """They are lost and counted; once threads are to be had again, asynchronous handlers run."""
    heard: list[int] = []

    async def hears(signal: Signal) -> None:
        heard.append(signal.data["number"])

    bus.on("a", hears)
    size = threading.stack_size(2**46)  # more than there is
    try:
        with counted("signals_lost", 10_001):
            for number in range(10_001):
                bus.emit("a", number=number)
    finally:
        threading.stack_size(size)
    bus.emit("a", number=-1)
    waited(lambda: heard == [-1])


@pytest.mark.slow
def test_what_is_under_way_is_bounded(bus: Bus) -> None:
    """Ten thousand asynchronous handlers; more are counted, and there is room again when they are done."""
    heard: list[str] = []

    async def application() -> None:
        go = asyncio.Event()

        async def waits(signal: Signal) -> None:
            await go.wait()
            heard.append(signal.name)

        bus.on("*", waits)
        with counted("signals_lost", 5):
            for _ in range(10_005):
                bus.emit("a")
        go.set()
        await asyncio.sleep(0.01)
        bus.emit("b")
        await asyncio.sleep(0.01)

    asyncio.run(application())
    assert (len(heard), heard[-1]) == (10_001, "b")


@pytest.mark.slow
def test_what_waits_for_its_own_thread_is_bounded(bus: Bus) -> None:
    """With those that are under way there: behind one that holds the loop up, ten thousand in all."""
    heard: list[Signal] = []
    begun, go = threading.Event(), threading.Event()

    async def holds_up(signal: Signal) -> None:
        begun.set()
        go.wait(30)
        heard.append(signal)

    bus.on("a", holds_up)
    with counted("signals_lost", 5):
        bus.emit("a")
        assert begun.wait(5)
        for _ in range(10_004):
            bus.emit("a")
    go.set()
    waited(lambda: len(heard) == 10_000)


@pytest.mark.slow
def test_those_that_are_done_make_room_in_its_own_thread(bus: Bus) -> None:
    """Any number of them, one after the other."""
    heard: list[Signal] = []

    async def hears(signal: Signal) -> None:
        heard.append(signal)

    bus.on("a", hears)
    with counted("signals_lost", 0):
        for number in range(1, 4):
            for _ in range(4000):
                bus.emit("a")
            waited(lambda number=number: len(heard) == number * 4000)
