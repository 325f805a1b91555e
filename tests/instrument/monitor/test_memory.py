"""Samples of the process's memory, and the limit that they are compared with."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from metabot_instrument.monitor import memory
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.monitor.thresholds import Thresholds
from metabot_instrument.signals.bus import Bus, Signal
from tests.instrument.waited import waited


def samplers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "metabot-memory"]


def test_a_sample_is_taken_at_once_and_then_again_and_again(bus: Bus) -> None:
    """The last hundred are kept; closing stops the thread and keeps what there is."""
    monitor = PerformanceMonitor(bus, sample_seconds=0.001)
    assert len(monitor.memory_stats()["samples"]) >= 1
    waited(lambda: len(monitor.memory_stats()["samples"]) == 100, seconds=10)
    monitor.close()
    assert not samplers()
    found = monitor.memory_stats()
    assert len(found["samples"]) == 100
    times = [datetime.fromisoformat(sample["timestamp"]) for sample in found["samples"]]
    assert times == sorted(times)
    assert found["min_bytes"] <= found["mean_bytes"] <= found["max_bytes"]
    assert found["current_bytes"] == pytest.approx(memory.resident(), rel=0.5)
    monitor.close()


GROWS = """
from metabot_instrument.monitor.performance_monitor import PerformanceMonitor
from metabot_instrument.signals.bus import Bus
monitor = PerformanceMonitor(Bus())
before = monitor.memory_stats()["current_bytes"]
held = b"x" * 32 * 2**20
print(monitor.memory_stats()["current_bytes"] - before)
monitor.close()
"""


def test_memory_that_grows_is_seen_to() -> None:
    """In bytes of the process; of one of its own, where no other test's memory goes back meanwhile."""
    grown = subprocess.run([sys.executable, "-c", GROWS], capture_output=True, text=True, check=True).stdout
    assert int(grown) == pytest.approx(32 * 2**20, rel=0.2)


def test_above_ninety_percent_of_its_limit_it_warns(bus: Bus) -> None:
    """In the status, and as an alert that is raised once."""
    heard: list[Signal] = []
    bus.on("alert:*", heard.append)
    monitor = PerformanceMonitor(bus, memory_limit_bytes=memory.resident())
    found = monitor.status()
    assert (found["state"], found["message"][:13]) == ("warning", "memory is at ")
    monitor.status()
    assert [(signal.name, signal.data["name"]) for signal in heard] == [("alert:raised", "memory")]
    assert heard[0].data["value"] > heard[0].data["limit"] == 90
    monitor.close()
    roomy = PerformanceMonitor(bus, memory_limit_bytes=memory.resident() * 2)
    assert roomy.status()["state"] == "idle"
    roomy.close()


def test_without_a_threshold_memory_raises_no_alert(bus: Bus) -> None:
    """However much of its limit is held."""
    heard: list[Signal] = []
    bus.on("alert:*", heard.append)
    monitor = PerformanceMonitor(bus, memory_limit_bytes=1, thresholds=Thresholds(memory_percent=None))
    assert monitor.status()["state"] == "warning"
    monitor.close()
    assert heard == []


def test_the_limit_is_the_least_that_holds(tmp_path: Path) -> None:
    """Of control groups, the own one and those above it, whatever they say."""
    for folder, said in (("", None), ("a", "700000000\n"), ("a/b", "max\n"), ("a/b/c", "no number\n")):
        (tmp_path / folder).mkdir(exist_ok=True)
        if said:
            (tmp_path / folder / "memory.max").write_text(said)
    assert list(memory._upwards(tmp_path, "a/b/c", "memory.max")) == [700_000_000]
    assert list(memory._upwards(tmp_path, "", "memory.max")) == []
    assert list(memory._upwards(tmp_path, "../..", "memory.max")) == []
    assert memory.limit() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_limit_of_the_process_holds_too() -> None:
    """As `ulimit -v` sets it."""
    program = "from metabot_instrument.monitor.memory import limit; print(limit())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
    )
    assert int(done.stdout) == 2**30


def test_a_monitor_that_nobody_closes_holds_nothing_up() -> None:
    """Neither the process's end nor its memory: the thread is a daemon."""
    program = """
from metabot_instrument import Bus, PerformanceMonitor
monitor = PerformanceMonitor(Bus(), sample_seconds=0.01)
monitor.bus.emit("tool:start", tool="a")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_dropped_monitor_ends_its_thread() -> None:
    """Once it is gone together with its bus, the thread goes with its next sample."""
    monitor = PerformanceMonitor(Bus(), sample_seconds=0.01, recorded_calls=False)
    waited(lambda monitor=monitor: len(monitor.metrics()["memory"]["samples"]) >= 3)
    assert samplers()
    del monitor
    gc.collect()
    waited(lambda: not samplers())
