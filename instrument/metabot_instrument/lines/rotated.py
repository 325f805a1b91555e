"""A log and its rotated files, for reading while others write, rotate and cut off torn tails."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from glob import escape
from itertools import count
from pathlib import Path
from typing import IO

_BLOCK = 1 << 18
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)  # of a rotated file; a larger one is something else, a date perhaps


def opened(path: str | os.PathLike[str], files: ExitStack) -> list[IO[bytes]]:
    """The log's files, oldest first, closed with `files`; none where there is no log.

    They are opened from the newest to the oldest, so that a rotation meanwhile shows a file twice and hides none; the
    second one is left out.
    """
    name = Path(path)
    last = _last(name)
    seen: dict[tuple[int, int], IO[bytes]] = {}
    for number in count():
        try:
            file = files.enter_context((name.with_name(f"{name.name}.{number}") if number else name).open("rb"))
        except FileNotFoundError:
            if number > last:  # rotations since the look into the folder may have made more, and move this one now
                last = _last(name)
                if number > last:
                    break
            continue
        seen.setdefault(identity(file), file)
    return list(reversed(seen.values()))


def _last(name: Path) -> int:
    """The highest number of a rotated file."""
    rests = (found.name.removeprefix(f"{name.name}.") for found in name.parent.glob(f"{escape(name.name)}.*"))
    return max((int(rest) for rest in rests if _NUMBER.fullmatch(rest)), default=0)


def identity(file: IO[bytes]) -> tuple[int, int]:
    """What tells a file from another one under the same name."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def whole_lines(file: IO[bytes], at: int = 0, until: int | None = None) -> Iterator[bytes]:
    """The lines that have an end, from byte `at` on, without it; `until` is where to stop, else the file's end."""
    begun: list[bytes] = []  # of a line whose end has not come yet
    while True:
        most = _BLOCK if until is None else min(_BLOCK, until - at)
        block = os.pread(file.fileno(), most, at) if most > 0 else b""
        at += len(block)
        first, *others = block.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = others[-1:]
        if len(block) < _BLOCK:  # the end: what has no end yet may be cut off and written over
            return


def whole_size(fd: int, size: int) -> int:
    """How many of the first `size` bytes are whole lines."""
    while size:
        start = max(size - _BLOCK, 0)
        end = os.pread(fd, size - start, start).rfind(b"\n")
        if end >= 0:
            return start + end + 1
        size = start
    return 0
