"""`metabot events tail`: events as they come."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from metabot.cli.console import out, remark
from metabot.cli.events import log_path
from metabot.cli.events_lines import Event, EventLines, as_json
from metabot.errors import InputError
from metabot_instrument.events.reading import follow as new_events
from metabot_instrument.events.reading import read, selected

Output = Literal["table", "json"]
Choose = Callable[[Iterable[Event]], Iterable[Event]]


def tail(
    types: tuple[str, ...],
    *,
    task_id: str | None,
    session_id: str | None,
    last: int,
    follow: bool,
    log: Path | None,
    output: Output,
) -> None:
    path = log_path(log)
    choose: Choose = partial(selected, types=types, task_id=task_id, session_id=session_id)
    show = printer(output)
    with reading(path):
        if follow:
            _follow(path, choose, last, show)
        else:
            found = list(read(path))
            for event in deque(choose(found), maxlen=last):
                show(event)
            if not found:
                remark(f"{path} {'holds no event' if path.exists() else 'is not there'}; --log names another one.")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Ends quietly on Ctrl-C and where the reader of a pipe has gone. Raises `InputError` for a log not to be read."""
    try:
        yield
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still to be printed at exit
    except OSError as error:
        raise unreadable(path, error) from error


def printer(output: Output) -> Callable[[Event], None]:
    """Prints an event at once, also into a pipe."""
    lines = EventLines()

    def show(event: Event) -> None:
        out(as_json(event) if output == "json" else "\n".join(lines.of(event)))
        sys.stdout.flush()

    return show


def unreadable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"{path}: cannot be read: {error.strerror or error}.\n  Name an event log with --log or METABOT_EVENTS_PATH."
    )


def _follow(path: Path, choose: Choose, last: int, show: Callable[[Event], None]) -> None:
    """One pass over what is there and what comes: between two, events could be missed or shown twice."""
    kept: deque[Event] = deque(maxlen=last)
    looks = 0

    def looking() -> None:
        """What was there when it began has been seen before the second look."""
        nonlocal looks
        looks += 1
        while looks > 1 and kept:
            show(kept.popleft())

    for event in choose(new_events(path, from_start=True, looking=looking)):
        if looks > 1:
            show(event)
        else:
            kept.append(event)
