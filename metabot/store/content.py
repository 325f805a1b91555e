"""What a file holds, by its bytes: the same content under another name is the same source."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from metabot.errors import InputError

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    digest: str  # SHA-256, hex
    bytes: int


@dataclass(slots=True)
class Reading:
    """The first `limit` bytes of an open file, in chunks: a file that grows meanwhile is read as it was."""

    path: Path
    file: BinaryIO
    limit: int
    done: int = 0

    def chunks(self) -> Iterator[bytes]:
        self.file.seek(0)
        self.done = 0
        while chunk := self._next(min(_CHUNK, self.limit - self.done)):
            self.done += len(chunk)
            yield chunk

    def _next(self, size: int) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:
            raise _unreadable(self.path, error) from error


def content(path: Path, file: BinaryIO) -> Content:
    """What an open file holds at present."""
    reading, whole = Reading(path, file, file.seek(0, 2)), hashlib.sha256()
    for chunk in reading.chunks():
        whole.update(chunk)
    return Content(whole.hexdigest(), reading.done)


def beginnings(path: Path, file: BinaryIO, lengths: Collection[int]) -> Iterator[str]:
    """Digests of what an open file begins with, at each of `lengths` that it has."""
    due = sorted({length for length in lengths if length > 0}, reverse=True)
    if not due:
        return
    begun, position = hashlib.sha256(), 0
    for chunk in Reading(path, file, due[0]).chunks():
        rest = memoryview(chunk)
        while due and due[-1] <= position + len(rest):
            cut = due.pop() - position
            begun.update(rest[:cut])
            yield begun.copy().hexdigest()
            rest, position = rest[cut:], position + cut
        begun.update(rest)
        position += len(rest)


def open_input(path: Path) -> BinaryIO:
    """The file, open; `InputError` where it cannot be read."""
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be read: {error.strerror}.\n  Name a telemetry file that you may read.")
