"""What a file holds, by its bytes: the same content under another name is the same source."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from blake3 import blake3

from metabot.store.inputs import BROKEN, unpacked, unreadable
from metabot.telemetry.opening import PREFIX, Opening, shortened

_CHUNK: Final = 1 << 20
_LOOKED_AT: Final = 256 << 20  # bytes of a file that are looked at where its first megabyte is one text


@dataclass(frozen=True, slots=True)
class Content:
    digest: str  # BLAKE3 in hex
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
        while chunk := self.read(min(_CHUNK, self.limit - self.done)):
            yield chunk

    def read(self, size: int) -> bytes:
        """As a file's own; never more than `limit` bytes together."""
        wanted = self.limit - self.done if size < 0 else min(size, self.limit - self.done)
        try:
            chunk = self.file.read(wanted)
        except OSError as error:
            raise unreadable(self.path, error) from error
        self.done += len(chunk)
        return chunk

    def seek(self, position: int) -> int:
        self.done = self.file.seek(position)
        return position


@dataclass(slots=True)
class Unpacking:
    """What a reading stands for once it is unpacked."""

    reading: Reading
    broken: str | None = None  # why it ended early

    def chunks(self) -> Iterator[bytes]:
        stream, done = unpacked(self.reading), 0
        if stream is self.reading:
            yield from self.reading.chunks()
            return
        try:
            while chunk := stream.read(_CHUNK):
                done += len(chunk)
                yield chunk
        except BROKEN as problem:
            self.broken = f"the file is damaged or cut off: {problem}"
            yield self._rest(done)

    def _rest(self, done: int) -> bytes:
        """What lies between `done` and where unpacking fails: a read that fails hands on nothing of what it got."""
        stream, rest = unpacked(self.reading), bytearray()
        while done > 0:
            done -= len(stream.read(min(done, _CHUNK)))
        try:
            while byte := stream.read(1):
                rest += byte
        except BROKEN:
            pass
        return bytes(rest)


def opening(path: Path, file: BinaryIO) -> Opening:
    """What the file's format is recognised by."""
    head, looked_at = b"", 0
    for chunk in Unpacking(Reading(path, file, file.seek(0, 2))).chunks():
        head, looked_at = head + chunk, looked_at + len(chunk)
        if len(head) >= PREFIX:
            head = shortened(head)
        if len(head) >= PREFIX or looked_at >= _LOOKED_AT:
            break
    return Opening(head[:PREFIX])


def content(path: Path, file: BinaryIO) -> Content:
    """What an open file holds at present."""
    reading, whole = Reading(path, file, file.seek(0, 2)), blake3()
    for chunk in reading.chunks():
        whole.update(chunk)
    return Content(whole.hexdigest(), reading.done)


def beginnings(path: Path, file: BinaryIO, lengths: Collection[int]) -> Iterator[str]:
    """Digests of what an open file begins with, at each of `lengths` that it has."""
    due = sorted({length for length in lengths if length > 0}, reverse=True)
    if not due:
        return
    begun, position = blake3(), 0
    for chunk in Reading(path, file, due[0]).chunks():
        rest = memoryview(chunk)
        while due and due[-1] <= position + len(rest):
            cut = due.pop() - position
            begun.update(rest[:cut])
            yield begun.copy().hexdigest()
            rest, position = rest[cut:], position + cut
        begun.update(rest)
        position += len(rest)
