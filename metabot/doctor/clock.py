"""The clock, by the files that this machine holds: none can have been written after now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from metabot.config import Settings
from metabot.doctor.line import Line, ok, problem
from metabot.errors import InputError
from metabot.project.told import day
from metabot.store.inputs import files

TOLERATED_NS: Final = 300 * 10**9
CLOCK_TODO: Final = "Set the clock (timedatectl set-ntp true): windows, budgets per day and the schedule go by it."
_BUILT: Final = 1_767_225_600 * 10**9  # 2026-01-01: this metabot is younger


def clock(settings: Settings) -> Iterator[Line]:
    """No server is asked for the time; where GitHub is asked for rights, its clock is looked at there."""
    now = time.time_ns()
    if now < _BUILT:
        yield problem(f"it is {day(now)} by the clock, before this metabot was written", CLOCK_TODO)
        return
    ahead = [path for path in _files(settings) if _changed_ns(path) > now + TOLERATED_NS]
    if ahead:
        yield problem(f"it is {day(now)} by the clock, and {ahead[0]} is of {day(_changed_ns(ahead[0]))}", CLOCK_TODO)
        return
    yield ok(f"it is {day(now)} by the clock")


def _files(settings: Settings) -> Iterator[Path]:
    yield from (path for path in (settings.store.path, settings.ledger.path) if path.exists())
    for source in settings.sources:
        if "://" not in source.path:
            try:
                yield from files(source.path, settings.root)
            except InputError:  # said by the check of the sources
                continue


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
