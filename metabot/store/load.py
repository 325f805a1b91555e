"""Telemetry files into the store: each file whole or not at all, each span once."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import duckdb

from metabot.errors import InputError
from metabot.store import model_calls, rollups
from metabot.store.batches import Batch
from metabot.store.content import Content, Reading, beginnings, content, open_input
from metabot.store.sources import Source, known_spans, record, shorter
from metabot.store.staging import count, move, stage, staged
from metabot.store.store import Store
from metabot.telemetry import formats
from metabot.telemetry.record import Reader, Reject, Span

Trust = Literal["internal", "public"]

_BATCH: Final = 20_000  # records staged at once
_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one file brought. Where the same content was loaded before, nothing: all its spans are duplicates."""

    path: Path
    format: str  # the format that it was taken for
    bytes: int
    spans: int  # added
    events: int  # added
    calls: int  # model calls that the traces it added to hold now
    rejects: int  # pieces that could not be read
    duplicates: int  # spans that the store held already, or that the file holds twice


def files(pattern: str, root: Path) -> list[Path]:
    """The files that a path, a folder or a glob names, relative to `root`, sorted.

    A folder stands for the JSON files below it; what it or a glob's `**` holds in hidden folders is left out. Raises
    `InputError` where nothing is named.
    """
    named = root / pattern
    if named.is_file():
        return [named]
    if named.is_dir():
        found = [path for path in named.rglob("*") if _telemetry(path.relative_to(named)) and path.is_file()]
        missing = "the folder holds no .json, .jsonl or .ndjson file"
    else:
        matches = (root / match for match in glob.glob(pattern, root_dir=root, recursive=True))  # noqa: PTH207  # takes absolute ones
        found = [path for path in matches if path.is_file()]
        missing = "no file of this name or pattern"
    if not found:
        raise InputError(
            f"{named}: {missing}.\n  Name a telemetry file, a folder of them, or a glob such as traces/*.json."
        )
    return sorted(found)


def load(
    store: Store,
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  # the word of the settings file
    trust: Trust = "internal",
    progress: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Add what one file holds and the store does not, in one transaction.

    `progress` hears a line per batch. Raises `InputError` where the file cannot be read or is of no known format;
    a broken piece of it is kept as a reject instead.
    """
    public = trust == "public"
    with open_input(path) as file:
        taken_for = formats.recognise(path) if format == "auto" else format
        read = formats.reader(taken_for)
        held = content(path, file)
        spans = known_spans(store, held, taken_for, public=public)
        if spans is not None:
            progress(f"{path.name}: loaded before, nothing new")
            return _nothing_new(path, taken_for, held, spans)
        begins_with = frozenset(beginnings(path, file, shorter(store, held, taken_for)))
        connection = store.connection
        with store.storage(), staged(connection):
            for batch in _batches(read, Reading(path, file, held.bytes), public=public, progress=progress):
                stage(connection, batch)
            with store.transaction():
                loaded = _fold(connection, path, taken_for, held, public=public)
                record(connection, _source(loaded, public=public), held, begins_with)
            return loaded


def _telemetry(path: Path) -> bool:
    """A rotated file (`traces.json.1`) is one too; hidden files and folders are not."""
    return bool(_SUFFIXES.intersection(path.suffixes)) and not any(part.startswith(".") for part in path.parts)


def _nothing_new(path: Path, taken_for: str, held: Content, spans: int) -> Loaded:
    return Loaded(
        path=path, format=taken_for, bytes=held.bytes, spans=0, events=0, calls=0, rejects=0, duplicates=spans
    )


def _batches(read: Reader, reading: Reading, *, public: bool, progress: Callable[[str], None]) -> Iterator[Batch]:
    batch, spans = Batch(public), 0
    for found in read(reading.chunks()):
        if isinstance(found, Reject):
            batch.reject(found)
        elif isinstance(found, Span):
            batch.add(found, spans)
            spans += 1
        else:
            batch.add(found, None)
        if len(batch) >= _BATCH:
            yield batch
            progress(f"{reading.path.name}: {spans:,} spans, {reading.done / 1e6:.1f} of {reading.limit / 1e6:.1f} MB")
            batch = Batch(public)
    yield batch
    progress(f"{reading.path.name}: {spans:,} spans read")


def _fold(connection: duckdb.DuckDBPyConnection, path: Path, taken_for: str, held: Content, *, public: bool) -> Loaded:
    """What is staged goes into the store's tables, and what is computed from it is brought up to date."""
    spans, rejected = count(connection, "staged_spans"), count(connection, "staged_rejects")
    events = count(connection, "events")
    added = move(connection, public=public)
    events = count(connection, "events") - events
    rollups.add(connection)
    calls = model_calls.merge_again(connection)
    return Loaded(
        path=path,
        format=taken_for,
        bytes=held.bytes,
        spans=added,
        events=events,
        calls=calls,
        rejects=rejected,
        duplicates=spans - added,
    )


def _source(loaded: Loaded, *, public: bool) -> Source:
    return Source(
        path=loaded.path,
        format=loaded.format,
        public=public,
        bytes=loaded.bytes,
        spans=loaded.spans + loaded.duplicates,
        rejects=loaded.rejects,
        loaded_ns=time.time_ns(),
    )
