"""An event log read back: whole, as it grows, and by what is asked for. Standard library only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO, Any, Final

from metabot_instrument.lines.rotated import identity, opened, whole_lines, whole_size

Event = dict[str, Any]

TIMES: Final = ("timestamp", "unix_time", "ts")
_END: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def read(path: str | os.PathLike[str]) -> Iterator[Event]:
    """The events that a log and its rotated files hold when this begins, oldest first.

    A last line without an end is somebody's who is still writing, or died; it is left out, and so is what is no JSON
    object. No log is an empty one. Raises `OSError` where it cannot be read.
    """
    with ExitStack() as files:
        parts = [(file, os.fstat(file.fileno()).st_size) for file in opened(path, files)]
        for file, size in parts:
            yield from _parsed(whole_lines(file, 0, size))


def follow(
    path: str | os.PathLike[str],
    *,
    from_start: bool = False,
    poll: float = 0.2,
    stopped: Callable[[], bool] = lambda: False,
    looking: Callable[[], object] = lambda: None,
) -> Iterator[Event]:
    """New events as they come, over rotation, truncation and a log that is not there yet, until `stopped()`.

    `from_start` gives first what is there already. Looks every `poll` seconds, and calls `looking()` before each look.
    """
    with ExitStack() as files:
        tail = _Tail(Path(path), files)
        if not from_start:
            tail.skip()
        while not stopped():
            looking()
            some = False
            for event in _parsed(tail.lines()):
                some = True
                yield event
                if stopped():  # a log may be written faster than it is read
                    return
            if not some:
                time.sleep(poll)


def selected(
    events: Iterable[Mapping[str, Any]],
    *,
    types: Iterable[str] = ("*",),
    task_id: str | None = None,
    session_id: str | None = None,
    since: float | None = None,
) -> Iterator[Mapping[str, Any]]:
    """The events of types that one of the globs matches, of a task, of a session, from a Unix time on."""
    globs = tuple(types)
    for event in events:
        of_type = any(fnmatchcase(type_of(event), glob) for glob in globs)
        of_task = task_id is None or event.get("task_id") == task_id
        of_session = session_id is None or event.get("session_id") == session_id
        if of_type and of_task and of_session and (since is None or (unix_time(event) or since - 1) >= since):
            yield event


def type_of(event: Mapping[str, Any]) -> str:
    """What `event`, else `event_type`, says; empty where neither says anything."""
    return str(event.get("event") or event.get("event_type") or "")


def unix_time(event: Mapping[str, Any]) -> float | None:
    """When it happened, in Unix seconds: what `timestamp`, `unix_time` or `ts` says, ISO 8601 before Unix seconds.

    Without a zone it is UTC. Unknown where none of them is a time between 1970 and 2100.
    """
    named = [event[name] for name in TIMES if event.get(name) is not None]
    seconds = map(_seconds, sorted(named, key=lambda told: not isinstance(told, str)))
    return next((at for at in seconds if at is not None and 0 <= at < _END), None)


def _seconds(told: object) -> float | None:
    if isinstance(told, str):
        try:
            at = datetime.fromisoformat(told)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < _END:
        return None  # also NaN, and more digits than a float takes
    return float(told)


def _parsed(lines: Iterable[bytes]) -> Iterator[Event]:
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


class _Tail:
    """Where in which of the log's files a reader has come to; whatever comes after it is new."""

    def __init__(self, path: Path, files: ExitStack) -> None:
        self._path = path
        self._files = files
        self._file: IO[bytes] | None = None
        self._at = 0

    def skip(self) -> None:
        """Goes to the end of the last whole line."""
        while self._next():
            pass
        if self._file is not None:
            number = self._file.fileno()
            self._at = whole_size(number, os.fstat(number).st_size)

    def lines(self) -> Iterator[bytes]:
        yield from self._rest()
        while self._moved():
            yield from self._rest()  # what came between the last look and the rotation
            if not self._next():
                return
            yield from self._rest()

    def _rest(self) -> Iterator[bytes]:
        if self._file is None:
            return
        if os.fstat(self._file.fileno()).st_size < self._at:
            self._at = 0
        for line in whole_lines(self._file, self._at):
            self._at += len(line) + 1
            yield line

    def _moved(self) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        return self._file is None or identity(self._file) != (named.st_dev, named.st_ino)

    def _next(self) -> bool:
        """Goes to the beginning of the file that was begun after this one, if there is any."""
        with ExitStack() as others:
            files = opened(self._path, others)
            here = [identity(file) for file in files]
            at = here.index(identity(self._file)) + 1 if self._file and identity(self._file) in here else 0
            if at >= len(files):
                return False
            kept = files[at].fileno()
            following = self._files.enter_context(os.fdopen(os.dup(kept), "rb"))
        if self._file is not None:
            self._file.close()
        self._file, self._at = following, 0
        return True
