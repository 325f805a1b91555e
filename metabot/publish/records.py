"""Pull requests of a repository without a server: a folder of `<number>.json` and its text, `<number>.md`.

The JSON file makes the pull request: the text is written before it. A person closes one by writing `closed` for its
state; deleting both files forgets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from analyzers.finding import Fingerprint
from metabot.errors import PublishError
from metabot.publish import identity
from metabot.publish.pull_request import PullRequest

_WAIT_SECONDS: Final = 60.0  # opening one takes a push to a local remote, so that nobody holds the lock for long


@dataclass(frozen=True, slots=True)
class Record:
    pull_request: PullRequest
    fingerprints: frozenset[
        Fingerprint
    ]  # of the JSON file and of the block in the text, which a person may have edited


class Records:
    """The folder. Every failure of its files is a `PublishError` that names the file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Record]:
        """Every pull request, in the order of their numbers. Nothing is made where there is no folder."""
        with _mapped(self._folder):
            numbers = sorted(int(path.stem) for path in self._folder.glob("*.json") if path.stem.isdecimal())
        return [self._read(number) for number in numbers]

    def next_number(self) -> int:
        return max((record.pull_request.number for record in self.all()), default=0) + 1

    def text_path(self, number: int) -> Path:
        return self._folder / f"{number}.md"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other process opens a pull request here."""
        with _mapped(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / ".lock", fallback_to_soft=False, preserve_lock_file=True)
            try:
                lock.acquire(timeout=_WAIT_SECONDS)
            except Timeout as error:
                message = f"{self._folder}: another metabot has been opening a pull request for {_WAIT_SECONDS:.0f} s."
                raise PublishError(f"{message}\n  Wait for it to end, then run again.") from error
        try:
            yield
        finally:
            lock.release()

    def write(self, pull_request: PullRequest, text: str) -> None:
        """Both files, each whole or not at all. Call it while `alone`."""
        with _mapped(self._folder):
            _write(self.text_path(pull_request.number), text.encode())
            content = msgspec.json.format(msgspec.json.encode(pull_request), indent=2)
            _write(self._folder / f"{pull_request.number}.json", content + b"\n")

    def _read(self, number: int) -> Record:
        path = self._folder / f"{number}.json"
        with _mapped(path):
            content = path.read_bytes()
            text = self.text_path(number).read_text(errors="replace") if self.text_path(number).exists() else ""
        try:
            pull_request = msgspec.json.decode(content, type=PullRequest)
        except msgspec.MsgspecError as error:
            message = f"{path}: is no record of a pull request: {error}."
            raise PublishError(
                f"{message}\n  Mend it, or delete it and the .md file to forget that pull request."
            ) from error
        named = identity.fingerprint(text)
        return Record(
            pull_request, frozenset({pull_request.fingerprint, *pull_request.also} | ({named} if named else set()))
        )


def _write(path: Path, content: bytes) -> None:
    # A fixed name: what a killed run left is written over, and no reader takes it for a record.
    partial = path.with_name(f".{path.name}.partial")
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
