"""Waits for what comes by itself, in another thread or another process."""

from __future__ import annotations

import time
from collections.abc import Callable


def waited(what: Callable[[], object], seconds: float = 5) -> None:
    """Until it is so; fails where it is not within some seconds."""
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.001)
    assert what()
