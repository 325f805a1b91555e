"""Throw-away folders, in the system's temporary folder or in one of ours, gone also after a process that was killed.

Each is held by an advisory lock on the folder itself, which dies with its process: what nobody holds is removed by the
next process that makes one there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

_PREFIX: Final = "metabot-held-"


@contextmanager
def folder(under: Path | None = None) -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens inside. OSError: none can be made."""
    where = str(under or tempfile.gettempdir())
    _sweep(where)
    path, lock = _made(where)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _made(where: str) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where))
        with suppress(FileNotFoundError):  # a sweep came first: it took the new folder for one that nobody holds
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists():
                return path, lock
            os.close(lock)


@cache
def _sweep(where: str) -> None:
    """Once in a process."""
    for path in Path(where).glob(f"{_PREFIX}*"):
        if path.is_symlink() or not path.is_dir() or path.stat().st_uid != os.geteuid():
            continue
        with suppress(OSError):  # gone
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)
