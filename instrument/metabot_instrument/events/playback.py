"""An event log played back: its events again, at the distances in time that they were recorded with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from metabot_instrument.events.emit import append_event
from metabot_instrument.events.reading import TIMES, Event, read, selected, unix_time

_OURS: Final = frozenset({*TIMES, "writer", "seq"})  # of the recording, not of what is written now
_HOUR: Final = 3600.0


def into_the_log(event: Event) -> None:
    """Writes it to the current event log with the time of now, marked as `playback`; `recorded_at` says when it was."""
    kept = {name: value for name, value in event.items() if name not in _OURS}
    recorded = next((event[name] for name in TIMES if event.get(name) is not None), None)
    append_event({**kept, "playback": True, "recorded_at": recorded})


def playback(
    path: str | os.PathLike[str],
    *,
    speed: float = 1.0,
    types: Iterable[str] = ("*",),
    send: Callable[[Event], Any] = into_the_log,
) -> int:
    """Sends a log's events of these types in its order, the waits between them divided by `speed`; 0 sends all at once.

    An event without a time that can be follows the one before it at once; no wait is longer than an hour. Gives how
    many there were.
    """
    if not speed >= 0:
        raise ValueError(f"speed {speed}: time does not run backwards; say 0 for at once, or more")
    began, number = time.monotonic(), 0
    for event, after in timed(selected(read(path), types=types), speed):
        time.sleep(max(began + after - time.monotonic(), 0))
        send(dict(event))
        number += 1
    return number


def timed(events: Iterable[Mapping[str, Any]], speed: float) -> Iterator[tuple[Mapping[str, Any], float]]:
    """Each event, and how many seconds after the first it is due."""
    latest, after = None, 0.0
    for event in events:
        at = unix_time(event) if speed else None
        if at is not None and (latest is None or at > latest or at < latest - _HOUR):  # a clock that was set back
            after += min(max(at - latest, 0) / speed, _HOUR) if latest is not None else 0
            latest = at
        yield event, after
