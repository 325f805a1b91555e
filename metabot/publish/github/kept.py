"""What was answered before, in a small file: an answer that did not change costs nothing of the rate limit.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
Lost or unreadable, it is asked for again.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

T = TypeVar("T")
_MOST: Final = 200  # answers, the newest
_LARGEST: Final = 200_000  # bytes of one that is still written to the disk


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    etag: str
    body: T
    more: bool  # whether another page comes


class _Written(msgspec.Struct, frozen=True):
    etag: str
    body: str  # what is read of it, as JSON
    more: bool


class Answers:
    def __init__(self, path: Path) -> None:
        self._file = File(path, dict[str, _Written])
        self._kept: dict[str, _Written] = self._file.read() or {}

    def of(self, request: str, kind: type[T]) -> Kept[T] | None:
        """None also where another version of metabot read other things of it."""
        found = self._kept.get(request)
        if found is None:
            return None
        try:
            return Kept(found.etag, msgspec.json.decode(found.body, type=kind), found.more)
        except msgspec.MsgspecError:
            return None

    def keep(self, request: str, etag: str, page: object, *, more: bool) -> None:
        self._kept.pop(request, None)
        self._kept[request] = _Written(etag, msgspec.json.encode(page).decode(), more)
        small = {name: one for name, one in self._kept.items() if len(one.body) <= _LARGEST}
        self._file.write(dict(list(small.items())[-_MOST:]))


class File(Generic[T]):
    """A value on the disk, for this user alone; whole or not there."""

    def __init__(self, path: Path, kind: type[T]) -> None:
        self._path = path
        self._kind = kind

    def read(self) -> T | None:
        try:
            return msgspec.json.decode(gzip.decompress(self._path.read_bytes()), type=self._kind)
        except (OSError, EOFError, msgspec.MsgspecError):
            return None

    def write(self, value: T) -> None:
        """Where that fails nothing is kept."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(gzip.compress(msgspec.json.encode(value), 1))
            Path(part).replace(self._path)
        except OSError:
            return
