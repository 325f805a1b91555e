"""Threads, signal handlers and forked children at a time: nothing is lost, and nothing hangs."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any

from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
from tests.instrument.monitor.told import tools


def test_fifty_threads_lose_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Totals are exact while others ask, with ids and without."""

    def works(number: int) -> None:
        for turn in range(20):
            ids = {"callId": f"{number}-{turn}"} if number % 2 else {}
            bus.emit("tool:start", ids, toolName=f"t{number % 7}")
            bus.emit("api:request:start", requestId=f"{number}-{turn}", model="m")
            bus.emit("api:request:end", requestId=f"{number}-{turn}", tokens={"input": 3, "output": 2})
            bus.emit("tool:error" if turn % 4 == 0 else "tool:end", ids, toolName=f"t{number % 7}")
            bus.emit("agent:cycle:start")
            if turn % 10 == 0:
                monitor.metrics()
                monitor.status()

    threads = [threading.Thread(target=works, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = monitor.metrics()
    assert sum(tool["calls"] for tool in found["tools"].values()) == 1000
    assert sum(tool["errors"] for tool in found["tools"].values()) == 250
    assert (found["llm"]["calls"], found["llm"]["tokens"]["total"]) == (1000, 5000)
    assert found["session"]["cycles"] == 1000
    assert found["unmatched"] == {"starts": 0, "ends": 0}
    assert monitor.status()["state"] == "idle"


def test_sessions_that_begin_while_threads_work_lose_nothing(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Each call stands in the figures of one session."""
    exports: list[Any] = []
    bus.on("monitor:reset", lambda told: exports.append(told.data["export"]))

    def works() -> None:
        for _ in range(50):
            with monitor.tool("a"):
                bus.emit("api:request:end", usage={"input": 1})

    threads = [threading.Thread(target=works) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(20):
        bus.emit("session:start", session_id=number)
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    exports.append(monitor.export())
    assert sum(export["tools"].get("a", {"calls": 0})["calls"] for export in exports) == 400
    assert sum(export["llm"]["tokens"]["input"] for export in exports) == 400


def test_a_signal_handler_may_emit_at_any_moment(bus: Bus, monitor: PerformanceMonitor) -> None:
    """Also while its own thread is counting; nothing is lost, and nothing hangs."""
    rings = 0

    def rang(*_: object) -> None:
        nonlocal rings
        rings += 1
        with monitor.tool("alarm"):
            bus.emit("agent:cycle:start")

    before = signal.signal(signal.SIGALRM, rang)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0007)
    try:
        for _ in range(800):
            with monitor.tool("work"):
                bus.emit("agent:cycle:start")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rings > 0
    assert tools(monitor) == {"work": (800, 0), "alarm": (rings, 0)}
    found = monitor.metrics()
    assert (found["session"]["cycles"], found["unmatched"]) == (800 + rings, {"starts": 0, "ends": 0})


def test_a_forked_child_counts_for_itself(bus: Bus, monitor: PerformanceMonitor) -> None:
    """From zero, with a sampler of its own; and a lock that another thread held does not stop it."""
    with monitor.tool("a"):
        pass
    go = threading.Event()

    def holds() -> None:
        with monitor._lock:
            go.set()
            time.sleep(0.3)

    holder = threading.Thread(target=holds)
    holder.start()
    go.wait()
    child = os.fork()
    if not child:
        bus.emit("tool:start", tool="b")
        bus.emit("tool:end", tool="b")
        good = tools(monitor) == {"b": (1, 0)} and len(monitor.memory_stats()["samples"]) == 1
        good = good and any(thread.name == "metabot-memory" for thread in threading.enumerate())
        os._exit(0 if good else 1)
    holder.join()
    assert os.waitpid(child, 0)[1] == 0
