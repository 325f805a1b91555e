"""How much a command has written: looked at while it runs, because no limit of the kernel holds a folder's size.

Read from its writable folders: every file's blocks, at least one for each entry, and of files that are open and
already removed those blocks too. Not seen: what lies in a folder that the command has made unreadable to us, which
for root is none; against that the run also ends when the disk itself is nearly full.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from metabot.verify.processes import below

_BLOCK: Final = 4_096  # an empty file takes an entry, too
_UNIT: Final = 512  # of st_blocks (stat(2))
_SPARE: Final = 256 * 2**20  # bytes that a run leaves free on the disk
_DEEPEST: Final = 200  # folders in folders: deeper ones are made to hide in
_ENDLESS: Final = 2**62
_LOOK_SECONDS: Final = 0.2
_SHARE: Final = 20  # looking takes at most a twentieth of the time, so that what is measured is not disturbed


@dataclass(slots=True)
class Disk:
    """Watches the folders of one run. What lies in them at the start is not the command's."""

    folders: tuple[Path, ...]
    limit: int
    _before: int = field(init=False)
    _spare: int = field(init=False)
    _next: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.folders = _outer(self.folders)
        self._before = sum(_sizes(self.folders))
        self._spare = min((_SPARE, *(_free(folder) // 2 for folder in self.folders)))

    def is_over(self, pid: int) -> bool:
        """Whether the command below the process has written more than the limit, as often as is worth a look."""
        now = time.monotonic()
        if now < self._next:
            return False
        over = self._over(pid)
        ended = time.monotonic()
        self._next = ended + max(_LOOK_SECONDS, _SHARE * (ended - now))
        return over

    def was_over(self) -> bool:
        """The last look, when every process is gone."""
        return sum(_sizes(self.folders)) - self._before > self.limit

    def _over(self, pid: int) -> bool:
        if any(_free(folder) < self._spare for folder in self.folders):
            return True
        left = self.limit + self._before
        for size in _sizes(self.folders):
            left -= size
            if left < 0:
                return True
        devices = {folder.stat().st_dev for folder in self.folders}
        return sum(_removed(pid, devices).values()) > left


def _outer(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Without those that lie in another of them."""
    whole = {folder.resolve() for folder in folders}
    return tuple(sorted(folder for folder in whole if not whole & set(folder.parents)))


def _free(folder: Path) -> int:
    figures = os.statvfs(folder)
    return figures.f_bavail * figures.f_frsize


def _sizes(folders: Iterable[Path]) -> Iterator[int]:
    waiting = [(str(folder), 0) for folder in folders]
    while waiting:
        path, depth = waiting.pop()
        if depth > _DEEPEST:
            yield _ENDLESS
            return
        with suppress(OSError), os.scandir(path) as entries:  # gone, or not ours to look into
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
                with suppress(OSError):
                    yield max(_BLOCK, entry.stat(follow_symlinks=False).st_blocks * _UNIT)


def _removed(pid: int, devices: set[int]) -> dict[tuple[int, int], int]:
    """Bytes of each file on the devices that a process still holds open and that has no name any more."""
    found = {}
    for process in below(pid):
        with suppress(OSError), os.scandir(f"/proc/{process}/fd") as descriptors:  # gone, or not ours to look into
            for descriptor in descriptors:
                with suppress(OSError):
                    file = descriptor.stat()
                    if stat.S_ISREG(file.st_mode) and file.st_nlink == 0 and file.st_dev in devices:
                        found[file.st_dev, file.st_ino] = file.st_blocks * _UNIT
    return found
