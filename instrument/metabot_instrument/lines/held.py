"""A small file beside a log that says what a process holds back in its buffer, so that a kill's loss can be counted.

It is mapped into memory: a store into it outlives a SIGKILL. It is locked while its process lives; one that nobody
locks is a dead process's.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from metabot_instrument.lines.rotated import opened, whole_lines
from metabot_instrument.lines.stamp import stamp_of

_BYTES = 16  # two cells: pending << 32 | in flight, and the first number in flight
_NAME = re.compile(r"\.(?P<log>.+)\.(?P<writer>[0-9a-f]{8})\.pending", re.DOTALL)


class Held:
    """What one process holds for one log; `.close()` removes it, `.abandon()` leaves it to the parent it came from."""

    def __init__(self, log: Path, writer: str) -> None:
        self._path = log.with_name(f".{log.name}.{writer}.pending")
        new = self._path.with_suffix(".new")
        self._fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(self._fd, bytes(_BYTES))  # into a hole a full disk lets nothing be stored: SIGBUS
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            new.rename(self._path)  # nobody sees it without its lock
            self._map = mmap.mmap(self._fd, _BYTES)
        except OSError:
            os.close(self._fd)
            new.unlink(missing_ok=True)
            raise
        self._cells = memoryview(self._map).cast("Q")

    def note(self, pending: int, in_flight: int) -> None:
        self._cells[0] = pending << 32 | in_flight  # one store: a kill comes before it or after it

    def first_in_flight(self, seq: int) -> None:
        self._cells[1] = seq

    def close(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()
        self.abandon()

    def abandon(self) -> None:
        self._cells.release()
        self._map.close()
        os.close(self._fd)


def lost(log: Path) -> Iterator[tuple[str, int]]:
    """The writers of `log` that died since somebody looked last, and how many lines each took with it.

    The file of each is removed once the caller asks for the next.
    """
    for path in log.parent.glob(".*.pending"):
        named = _NAME.fullmatch(path.name)
        if named is None or named["log"] != log.name:
            continue
        with suppress(FileNotFoundError), path.open("rb") as file:
            if not _dead(file, path):
                continue
            yield named["writer"], _count(log, named["writer"], file.read(_BYTES))
            path.unlink()


def say_lost(log: Path, say: Callable[[str, int], None], count: Callable[[str, object, int], None]) -> None:
    """Calls `say(writer, number)` for each dead writer that lost lines; what cannot be found out is counted."""
    try:
        for writer, number in lost(log):
            if number:
                count("lost_by_a_kill", f"{log}: a process died with {number} lines in its buffer", number)
                say(writer, number)
    except OSError as error:
        count("lost_unknown", f"{log}: what dead processes lost cannot be read: {error}", 1)


def _dead(file: IO[bytes], path: Path) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(file.fileno()).st_ino == path.stat().st_ino


def _count(log: Path, writer: str, cells: bytes) -> int:
    """What was in flight may have been written before the kill: the log tells."""
    state, first = memoryview(cells.ljust(_BYTES, b"\0")).cast("Q")
    pending, in_flight = state >> 32, state & 0xFFFFFFFF
    return max(pending + in_flight - (_written(log, writer, first) if in_flight else 0), 0)


def _written(log: Path, writer: str, first: int) -> int:
    ours = stamp_of(writer)
    with ExitStack() as files:
        ends = (ours.search(line[-64:]) for file in opened(log, files) for line in whole_lines(file))
        return sum(end is not None and int(end[1]) >= first for end in ends)
