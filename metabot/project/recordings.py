"""Telemetry that lies in a project's folder, recognised by what it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl

from metabot.errors import InputError
from metabot.project.tree import Tree
from metabot.store.content import Reading, Unpacking, opening
from metabot.store.inputs import BROKEN, inputs
from metabot.telemetry import formats
from metabot.telemetry.record import Columns, Event, Record, Span
from metabot.telemetry.shares import ShareError
from metabot_instrument.settings import Settings

_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".pb", ".binpb", ".eval", ".csv", ".parquet", ".gz", ".zst", ".tgz")
_ASIDE: Final = ("tests", "test", "fixtures", "testdata", "__tests__", "__snapshots__", "locales", "schemas")
_MOST: Final = 300  # files that are looked at
_READ: Final = 64  # megabytes of the newest ones that are read, and of any
_SERVICES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the newest of some files hold. None: they hold no calendar time, or are too large to be read here."""

    newest_ns: int | None
    oldest_ns: int | None
    services: tuple[str, ...]
    untimed: bool = False  # they were read whole, and no span in them has calendar time


@dataclass(frozen=True, slots=True, kw_only=True)
class Recordings:
    """Files of one format that one pattern names."""

    pattern: str
    format: str
    files: int
    held: Held


def recordings(tree: Tree) -> list[Recordings]:
    """Files in folders of tests are left out: they are no telemetry of the application."""
    named = [path for path in tree.named(*_SUFFIXES) if not set(path.split("/")[:-1]) & set(_ASIDE)]
    candidates = [*_instrumented(tree.root), *named]
    looked_at = candidates[:_MOST]
    known = {path: taken_for for path in looked_at if (taken_for := recognised(tree.root / path)) is not None}
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, taken_for in known.items():
        groups[str(PurePosixPath(path).parent), PurePosixPath(path).suffix, taken_for].append(path)
    return [
        found
        for (folder, suffix, taken_for), paths in groups.items()
        for found in _of(tree.root, taken_for, paths, _pattern(folder, suffix, paths, candidates))
    ]


def _instrumented(root: Path) -> list[str]:
    """What metabot-instrument writes where nothing else was set: in a hidden folder, which is not looked into."""
    default = Settings()
    return [
        path
        for path in (default.events_path, default.trace_path)
        if (root / path).is_file() and not (root / path).parent.is_symlink()
    ]


def recognised(path: Path) -> str | None:
    """The format that a file, or an archive's first member, is in; None where it is in none, empty or unreadable."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size == 0:
        return None
    try:
        for found in inputs(path):
            return formats.recognise(str(path), opening(found.path, found.file))
    except (InputError, *BROKEN):
        return None
    return None


def held(paths: Sequence[Path], taken_for: str) -> Held:
    """What the first of these files, which are of this format, tell of their times and services."""
    seen, whole = _Seen(), True
    for path in paths:
        if seen.megabytes >= _READ:
            break
        whole = _read(path, taken_for, seen) and whole
    return Held(
        newest_ns=seen.newest_ns if whole else None,
        oldest_ns=seen.oldest_ns if whole else None,
        services=tuple(seen.services)[:_SERVICES],
        untimed=whole and seen.spans > 0 and seen.newest_ns is None,
    )


def newest_first(paths: Iterable[Path]) -> list[Path]:
    """By when they were written; those that are gone by now left out."""
    states = {}
    for path in paths:
        with suppress(OSError):
            states[path] = path.stat().st_mtime_ns
    return sorted(states, key=lambda path: states[path], reverse=True)


def _read(path: Path, taken_for: str, seen: _Seen) -> bool:
    """Whether it was read to its end."""
    whole = True
    try:
        for found in inputs(path):
            reading = Reading(found.path, found.file, found.file.seek(0, 2))
            chunks = list(islice(Unpacking(reading).chunks(), _READ + 1))
            whole = whole and len(chunks) <= _READ
            seen.megabytes += len(chunks)
            for record in formats.reader(taken_for)(chunks):
                seen.note(record)
    except (InputError, ShareError, *BROKEN):
        return False
    return whole


@dataclass(slots=True)
class _Seen:
    megabytes: int = 0  # or fewer: each file counts at least as one
    spans: int = 0
    newest_ns: int | None = None
    oldest_ns: int | None = None
    services: dict[str, None] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        match record:
            case Span():
                self.spans += 1
                if record.clock.startswith("utc"):
                    self._timed(record.start_ns, record.end_ns, [record.service])
            case Event(kind="event"):
                self._timed(record.time_ns, record.time_ns, [record.service])
            case Columns():
                self.spans += record.spans.height
                timed = record.spans.filter(pl.col("clock").str.starts_with("utc"))
                if timed.height:
                    first, last = timed.select(pl.col("start_ns").min(), pl.col("end_ns").max()).row(0)
                    self._timed(first, last, timed["service"].unique(maintain_order=True).to_list())

    def _timed(self, start_ns: int, end_ns: int, services: list[str]) -> None:
        self.newest_ns = end_ns if self.newest_ns is None else max(self.newest_ns, end_ns)
        self.oldest_ns = start_ns if self.oldest_ns is None else min(self.oldest_ns, start_ns)
        self.services.update(dict.fromkeys(services))


def _of(root: Path, taken_for: str, paths: list[str], pattern: str | None) -> list[Recordings]:
    groups = [([path], path) for path in paths] if pattern is None else [(paths, pattern)]
    return [
        Recordings(
            pattern=named,
            format=taken_for,
            files=len(group),
            held=held(newest_first(root / path for path in group), taken_for),
        )
        for group, named in groups
    ]


def _pattern(folder: str, suffix: str, paths: list[str], candidates: list[str]) -> str | None:
    """A glob that names just these files; None where others lie among them, or a name in it would be a glob's own."""
    above = "" if folder == "." else f"{folder}/"
    beside = [path for path in candidates if path.startswith(above) and "/" not in path.removeprefix(above)]
    same = [path for path in beside if path.endswith(suffix)]
    plain = not any(letter in folder for letter in "*?[")
    return f"{above}*{suffix}" if len(paths) > 1 and plain and sorted(same) == sorted(paths) else None
