"""What is under way when a bus or its process ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from metabot_instrument.signals.bus import Bus, Signal


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
