"""Signals reach those who listen, and nobody who listens harms another."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.forks import setting_up
from metabot_instrument.signals.bus import Bus, Signal


@contextmanager
def counted(kind: str, number: int) -> Iterator[None]:
    before = failures().get(kind, 0)
    yield
    assert failures().get(kind, 0) - before == number


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    made.close()


def waited(what: Any) -> None:
    until = time.monotonic() + 5
    while not what() and time.monotonic() < until:
        time.sleep(0.001)
    assert what()


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


def test_closing_ends_its_thread_and_all_hearing(bus: Bus) -> None:
    """What can finish does."""
    heard: list[str] = []

    async def hears(signal: Signal) -> None:
        await asyncio.sleep(0.05)
        heard.append(signal.name)

    bus.on("*", hears)
    bus.emit("a")
    bus.close()
    bus.emit("b")
    assert heard == ["a"]
    assert not any(thread.name == "metabot-signals" for thread in threading.enumerate())


@pytest.mark.slow
def test_what_hangs_is_cancelled_two_seconds_after_closing(bus: Bus) -> None:
    """Nobody waits for it longer."""
    cancelled = threading.Event()

    async def hangs(_: Signal) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()

    bus.on("a", hangs)
    bus.emit("a")
    before = time.monotonic()
    bus.close()
    assert cancelled.is_set()
    assert time.monotonic() - before < 5


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


def test_the_processs_end_waits_for_what_is_under_way() -> None:
    """As closing does; nothing is printed for it."""
    program = """
import asyncio, time
from metabot_instrument.signals.bus import Bus
bus = Bus()
async def finishes(signal):
    await asyncio.sleep(0.1)
    print("done", flush=True)
bus.on("a", finishes)
bus.emit("a")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_hearing_asks_for_no_event_loop() -> None:
    """A bus without asynchronous handlers does not even load what they need."""
    program = "import sys; from metabot_instrument import Bus; b = Bus(); b.on('*', print); b.emit('a')\n"
    program += "assert 'asyncio' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=20)
