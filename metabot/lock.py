"""One process at a time: an advisory file lock that dies with its process, and who holds it, written beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from metabot.errors import StoreError

_POLL_SECONDS: Final = 0.1


@contextmanager
def held(path: Path, *, purpose: str, waiting: Callable[[str], None], setting: str = "[store] path") -> Iterator[None]:
    """Hold the lock of what is at `path`. `waiting` hears for whom, once per holder; it may raise and so not wait.

    Raises `StoreError` where the lock's files cannot be written, naming the setting that `path` comes from.
    """
    lock = _lock(path)
    holder = _beside(path, ".holder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, holder, waiting)
    except (OSError, NotImplementedError) as error:
        raise StoreError(
            f"{path}: its lock cannot be taken: {error}.\n"
            f"  Point {setting} at a local folder that you may write and that has space left."
        ) from error
    try:
        _introduce(holder, path, purpose)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def holder_of(path: Path) -> str | None:
    """Who holds the lock of `path` now: purpose, process and time. None: nobody."""
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _read(_beside(path, ".holder")) or "a process that only begins"
    except OSError:  # no folder yet, or none of ours
        return None
    lock.release()
    return None


def _lock(path: Path) -> FileLock:
    return FileLock(_beside(path, ".lock"), fallback_to_soft=False, preserve_lock_file=True)


def _acquire(lock: FileLock, holder: Path, waiting: Callable[[str], None]) -> None:
    told = None
    while True:
        try:
            lock.acquire(timeout=_POLL_SECONDS)
        except Timeout:
            who = _read(holder)
            if who and who != told:
                waiting(who)
                told = who
        else:
            return


def _introduce(holder: Path, path: Path, purpose: str) -> None:
    since = datetime.now(tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    draft = _beside(path, ".holder.new")
    try:
        draft.write_text(f"{purpose}, pid {os.getpid()}, since {since}", encoding="utf-8")
        draft.replace(holder)
    except OSError as error:
        raise StoreError(f"{holder}: cannot be written: {error}.\n  Make room, or choose another folder.") from error


def _read(holder: Path) -> str | None:
    """None while a holder has not introduced itself yet."""
    try:
        return holder.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
