"""The store and the ledger: whether they can be used, and whether there is room."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

from metabot.config import Settings
from metabot.doctor.line import Line, ok, problem, warning
from metabot.ledger.ledger import Ledger
from metabot.store.store import SCHEMA_VERSION, opened

_LITTLE: Final = 2 * 10**9  # bytes: a load of some size and its temporary files
_WAIT_SECONDS: Final = 2.0


class _InUseError(Exception):
    """Somebody else has the store; it is not waited for."""


def store(settings: Settings) -> Iterator[Line]:
    """Opened like for a pass, unless somebody else has it."""
    path = settings.store.path
    yield from _room(path, "[store] path")
    if not path.exists():
        yield ok(f"{path} is not there yet; the first load makes it")
        return
    try:
        with opened(path, purpose="metabot doctor", waiting=_refuse) as held:
            yield ok(f"{path}: {held.spans():,} spans, schema {SCHEMA_VERSION}")
    except _InUseError as used:
        yield warning(
            f"{path} is in use by {used}", "Wait until it has ended; passes wait for each other by themselves."
        )


def ledger(settings: Settings) -> Iterator[Line]:
    """Opened for writing; one of an earlier version is taken over, as every command does."""
    path = settings.ledger.path
    if path.parent != settings.store.path.parent:
        yield from _room(path, "[ledger] path")
    if not path.exists():
        yield ok(f"{path} is not there yet; the first pass makes it")
        return
    last = Ledger(path, wait_seconds=_WAIT_SECONDS).last_pass()
    yield ok(f"{path}: {f'{last.number:,} passes' if last else 'no pass yet'}")


def _refuse(holder: str) -> NoReturn:
    raise _InUseError(holder)


def _room(path: Path, setting: str) -> Iterator[Line]:
    folder = next(above for above in path.absolute().parents if above.exists())
    if not folder.is_dir():
        yield problem(f"{folder} is no folder", f"Move it away, or name another folder in {setting}.")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield problem(f"{folder} cannot be written", f"Let metabot write there, or name another folder in {setting}.")
        return
    free = shutil.disk_usage(folder).free
    if free < _LITTLE:
        yield warning(f"{free / 1e9:.1f} GB are free in {folder}", f"Free space, or name another disk in {setting}.")
