"""A file that many threads and processes append whole lines to.

Each call takes an advisory lock, writes once and lets go. A JSON object that a killed writer began is cut off by the
next one, so that a reader meets whole lines only. Nothing is synced to the disk: what a returned call wrote
outlives the process, not the machine. A writer that is stopped (SIGSTOP) in the middle of a call holds up the others.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

from metabot_instrument.boundary import count
from metabot_instrument.forks import renewed_in_children
from metabot_instrument.lines.rotated import whole_size

_LONGEST = 1 << 20  # bytes of a last line that are looked at
_TRIES = 100  # to lock the file before somebody rotates it; a file system that never tells the same inode is no place


def _is_torn(tail: bytes) -> bool:
    """Whether it is the beginning of a JSON object: what others wrote without an end is theirs, and stays."""
    if not tail.startswith(b"{"):
        return False
    try:
        json.loads(tail)
    except (ValueError, RecursionError):
        return True
    return False


class LineFile:
    """Its rotated files are `path.1` (the newest) to `path.<keep>`; `rotate_bytes=0` never rotates."""

    _close_descriptor = staticmethod(os.close)  # at the interpreter's end the module's names are gone before its files

    def __init__(self, path: str | os.PathLike[str], *, rotate_bytes: int = 0, keep: int = 5) -> None:
        self._fd = -1
        self.path = Path(path).absolute()
        self._name = str(self.path)
        self._rotate_bytes = rotate_bytes
        self._keep = keep
        self.renew()
        renewed_in_children(self)

    def renew(self) -> None:
        """In a forked child: the lock on an inherited file would be the parent's too, so it is opened anew."""
        self._lock = threading.RLock()
        self._writing = False
        self._late: list[bytes] = []
        self._unrotated: OSError | None = None
        self._close()

    def append(self, lines: bytes) -> None:
        """Writes lines that end with a newline: all of them or, where it raises `OSError`, none.

        Called from inside itself, by a signal handler or a finalizer, it leaves the lines to the call it interrupted.
        """
        with self._lock:
            if self._writing:
                self._late.append(lines)
                return
            self._writing = True
            try:
                self._append(lines)
            finally:  # what interrupted the call may end it as well, and what it left is still to be written
                try:
                    while self._late:
                        self._append(self._late.pop(0))
                finally:
                    self._writing = False
        if self._unrotated is not None:
            error, self._unrotated = self._unrotated, None
            count("rotation", f"{self._name} grows on: {error}")  # never under the lock: a log's handler may append

    def close(self) -> None:
        """The next `append` opens it again."""
        with self._lock:
            self._close()

    def __del__(self) -> None:
        self._close()

    def _append(self, lines: bytes) -> None:
        try:
            size = self._lock_current()
            if self._rotate_bytes and size and size + len(lines) > self._rotate_bytes and self._rotate():
                size = self._lock_current()
            self._write(lines, size)
        finally:
            if self._fd >= 0:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _lock_current(self) -> int:
        """Locks the file that bears the name now, however often it is rotated meanwhile, and gives its size."""
        for _ in range(_TRIES):
            if self._fd < 0:
                self._open()
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                there = os.stat(self._name)  # noqa: PTH116  # a Path's own takes three times as long
                if (there.st_dev, there.st_ino) == self._identity:
                    return self._whole(there.st_size)
            self._close()
        raise OSError(errno.ESTALE, "is another file each time it is looked at", self._name)

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            self._fd = os.open(self._name, flags, 0o666)
        except FileNotFoundError:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self._name, flags, 0o666)
        opened = os.fstat(self._fd)
        if stat.S_ISFIFO(opened.st_mode):  # one that nobody reads would hold the application up
            self._close()
            raise OSError(errno.EINVAL, "is a pipe, no file", self._name)
        self._identity = opened.st_dev, opened.st_ino
        self._end = -1

    def _close(self) -> None:
        if self._fd >= 0:
            self._close_descriptor(self._fd)
        self._fd = -1

    def _whole(self, size: int) -> int:
        """Cuts off what a killed writer began, and gives the size that is left; any other last line gets its end."""
        if size in (0, self._end) or os.pread(self._fd, 1, size - 1) == b"\n":
            return size
        whole = whole_size(self._fd, size)
        if _is_torn(os.pread(self._fd, min(size - whole, _LONGEST), whole)):
            os.ftruncate(self._fd, whole)
            return whole
        return size + os.write(self._fd, b"\n")

    def _write(self, lines: bytes, size: int) -> None:
        left = memoryview(lines)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            os.ftruncate(self._fd, size)
            raise
        self._end = size + len(lines)

    def _rotate(self) -> bool:
        """Moves the files on by one; the one that bears the name goes last, so that one process at a time does it."""
        try:
            for number in range(self._keep, 1, -1):
                with suppress(FileNotFoundError):
                    os.replace(f"{self._name}.{number - 1}", f"{self._name}.{number}")  # noqa: PTH105
            os.replace(self._name, f"{self._name}.1")  # noqa: PTH105
        except OSError as error:
            self._unrotated = error
            return False
        self._close()
        return True
