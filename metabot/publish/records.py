"""Pull requests of a repository without a server: a folder of `<number>.json` and its text, `<number>.md`.

The JSON file makes the pull request: the text is written before it. A person closes one by writing `closed` for its
state, and comments by adding to the list in `<number>.comments.json`; deleting the files forgets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

import msgspec
from filelock import FileLock, Timeout

from metabot.errors import PublishError

_WAIT_SECONDS: Final = 60.0  # each change takes a few files, so that nobody holds the lock for long
_DASHBOARD: Final = "dashboard.md"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `<number>.json` holds. An earlier version wrote less of it."""

    number: int
    title: str
    state: Literal["open", "closed", "merged"]
    draft: bool
    branch: str
    head_revision: str
    base_branch: str = ""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    created_ns: int = 0
    updated_ns: int = 0
    ended_ns: int | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One comment."""

    author: str
    body: str
    created_ns: int = 0
    key: str = ""  # of metabot's own


class Records:
    """The folder. Every failure of its files is a `PublishError` that names the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Record]:
        """Every pull request, in the order of their numbers. Nothing is made where there is no folder."""
        with _mapped(self.folder):
            numbers = sorted(int(path.stem) for path in self.folder.glob("*.json") if path.stem.isdecimal())
        return [self.read(number) for number in numbers]

    def read(self, number: int) -> Record:
        path = self.folder / f"{number}.json"
        todo = "Mend it, or delete it and the .md file to forget that pull request."
        return _decoded(path, Record, f"is no record of a pull request: {{}}.\n  {todo}")

    def next_number(self) -> int:
        return max((record.number for record in self.all()), default=0) + 1

    def text_path(self, number: int) -> Path:
        """Of a pull request; of the dashboard, which is number 0."""
        return self.folder / (f"{number}.md" if number else _DASHBOARD)

    def text(self, number: int) -> str | None:
        path = self.text_path(number)
        with _mapped(path):
            return path.read_bytes().decode(errors="replace") if path.exists() else None

    def comments(self, number: int) -> list[Said]:
        path = self._comments_path(number)
        with _mapped(path):
            if not path.exists():
                return []
        return _decoded(path, list[Said], "is no list of comments: {}.\n  Mend it, or delete it to forget them.")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process changes anything here."""
        with _mapped(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", fallback_to_soft=False, preserve_lock_file=True)
            try:
                lock.acquire(timeout=_WAIT_SECONDS)
            except Timeout as error:
                message = f"{self.folder}: another metabot has been writing pull requests for {_WAIT_SECONDS:.0f} s."
                raise PublishError(f"{message}\n  Wait for it to end, then run again.") from error
        try:
            yield
        finally:
            lock.release()

    def write(self, record: Record) -> None:
        """Whole or not at all, as the two below. Call them while `alone`."""
        _write(self.folder / f"{record.number}.json", _encoded(record))

    def write_text(self, number: int, text: str) -> None:
        _write(self.text_path(number), text.encode())

    def write_comments(self, number: int, comments: Sequence[Said]) -> None:
        _write(self._comments_path(number), _encoded(comments))

    def _comments_path(self, number: int) -> Path:
        return self.folder / f"{number}.comments.json"


def _encoded(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _decoded(path: Path, kind: type[T], complaint: str) -> T:
    with _mapped(path):
        content = path.read_bytes()
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise PublishError(f"{path}: {complaint.format(error)}") from error


def _write(path: Path, content: bytes) -> None:
    # A fixed name: what a killed run left is written over, and no reader takes it for a record.
    partial = path.with_name(f".{path.name}.partial")
    with _mapped(path):
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, NotImplementedError) as error:  # the second: a file system without locks
        message = f"{path}: pull requests cannot be read or written there: {error}."
        raise PublishError(f"{message}\n  Point [publish] pulls at a local folder that you may write.") from error
