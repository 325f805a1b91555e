"""Asynchronous handlers run on the application's loop, else on one of the bus's own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

from metabot_instrument.forks import setting_up
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.waited import waited


def test_asynchronous_handlers_run_on_the_running_loop(bus: Bus) -> None:
    """In the thread of the application's own loop."""
    heard: list[int] = []

    async def hears(_: Signal) -> None:
        await asyncio.sleep(0)
        heard.append(threading.get_ident())

    async def application() -> None:
        bus.on("a", hears)
        bus.emit("a")
        await asyncio.sleep(0.01)

    asyncio.run(application())
    assert heard == [threading.get_ident()]


def test_without_a_loop_they_run_in_a_thread_of_the_bus(bus: Bus) -> None:
    """Side by side: one that waits does not hold up the others, nor who emits."""
    heard: list[str] = []
    go = threading.Event()

    async def waits(_: Signal) -> None:
        while not go.is_set():
            await asyncio.sleep(0.001)
        heard.append("waits")

    async def hears(_: Signal) -> None:
        heard.append("hears")

    bus.on("a", waits)
    bus.on("a", hears)
    bus.emit("a")
    waited(lambda: heard == ["hears"])
    go.set()
    bus.close()
    assert heard == ["hears", "waits"]


def test_one_thread_is_enough_however_many_signals_come_one_after_the_other(bus: Bus) -> None:
    """Also where the handlers of the one before are done, or begun and not yet done."""
    heard: list[str] = []
    go = threading.Event()

    async def hears(signal: Signal) -> None:
        heard.append(signal.name)
        while not go.is_set():
            await asyncio.sleep(0.001)

    bus.on("*", hears)
    for name in ("a", "b", "c", "d"):
        bus.emit(name)
        waited(lambda name=name: heard[-1:] == [name])
        if name == "b":
            go.set()
    assert [thread.name for thread in threading.enumerate()].count("metabot-signals") == 1
    bus.close()
    assert [thread.name for thread in threading.enumerate()].count("metabot-signals") == 0


def test_a_handler_that_cancels_every_task_ends_the_thread_and_no_further_one(bus: Bus) -> None:
    """The next signal begins another thread."""
    heard: list[Signal] = []

    async def cancels(_: Signal) -> None:
        for task in asyncio.all_tasks():
            task.cancel()

    async def hears(signal: Signal) -> None:
        heard.append(signal)

    bus.on("a", cancels)
    bus.on("b", hears)
    bus.emit("a")
    waited(lambda: "metabot-signals" not in [thread.name for thread in threading.enumerate()])
    bus.emit("b")
    waited(lambda: heard)


def test_who_emits_waits_for_nothing_that_others_set_up(bus: Bus) -> None:
    """A thread that loads a library holds back no signal to asynchronous handlers, and so no duration grows by it."""
    heard: list[Signal] = []

    async def hears(signal: Signal) -> None:
        heard.append(signal)

    bus.on("a", hears)
    loading = threading.Event()
    done = threading.Event()

    def loads() -> None:
        with setting_up:
            loading.set()
            done.wait(5)

    loader = threading.Thread(target=loads)
    loader.start()
    loading.wait(5)
    before = time.monotonic()
    bus.emit("a")
    waited(lambda: heard)
    took = time.monotonic() - before
    done.set()
    loader.join()
    assert took < 4


def test_a_forked_child_has_a_thread_of_its_own(bus: Bus) -> None:
    """The parent's is not there; its handlers are."""
    heard: list[int] = []
    read, write = os.pipe()

    async def hears(_: Signal) -> None:
        heard.append(os.getpid())
        os.write(write, b"x")

    bus.on("a", hears)
    bus.emit("a")
    assert os.read(read, 1) == b"x"
    child = os.fork()
    if not child:
        bus.emit("a")
        os._exit(0 if os.read(read, 1) == b"x" and heard[-1] == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0
    os.close(read)
    os.close(write)


def test_hearing_asks_for_no_event_loop() -> None:
    """A bus without asynchronous handlers does not even load what they need."""
    program = "import sys; from metabot_instrument import Bus; b = Bus(); b.on('*', print); b.emit('a')\n"
    program += "assert 'asyncio' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=20)
