"""An event log played back: its events again, at the distances in time that they were recorded with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from metabot_instrument.events.emit import append_event
from metabot_instrument.events.reading import Event, read, selected, unix_time

_OURS: Final = frozenset({"timestamp", "unix_time", "writer", "seq"})  # of the recording, not of what is written now


def into_the_log(event: Event) -> None:
    """Writes it to the current event log with the time of now, marked as `playback`; `recorded_at` says when it was."""
    kept = {name: value for name, value in event.items() if name not in _OURS}
    append_event({**kept, "playback": True, "recorded_at": event.get("timestamp")})


def playback(
    path: str | os.PathLike[str],
    *,
    speed: float = 1.0,
    types: Iterable[str] = ("*",),
    send: Callable[[Event], Any] = into_the_log,
) -> int:
    """Sends a log's events of these types in its order, the waits between them divided by `speed`; 0 sends all at once.

    An event without a time follows the one before it at once. Gives how many there were.
    """
    if speed < 0:
        raise ValueError(f"speed {speed}: time does not run backwards; say 0 for at once, or more")
    began, first, number = time.monotonic(), None, 0
    for event in selected(read(path), types=types):
        at = unix_time(event)
        if speed and at is not None:
            first = at if first is None else first
            time.sleep(max(began + (at - first) / speed - time.monotonic(), 0))
        send(dict(event))
        number += 1
    return number
