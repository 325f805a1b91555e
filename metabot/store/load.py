"""Telemetry files into the store: each file whole or not at all, each span once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import duckdb

from metabot.errors import InputError
from metabot.store import model_calls, rollups, texts
from metabot.store.batches import Batch
from metabot.store.capture import Capture, Keeper
from metabot.store.content import Content, Reading, Unpacking, beginnings, content, opening
from metabot.store.inputs import Input, inputs
from metabot.store.parts import begun
from metabot.store.sources import Source, holds_public, known_spans, record, shorter
from metabot.store.staging import count, fold, staged
from metabot.store.store import FOLDING, ROOMY, TIGHT, Store
from metabot.store.writer import Tally, Writer
from metabot.telemetry import formats
from metabot.telemetry.record import Columns, Reader, Record, Reject, Sample, Span
from metabot.telemetry.shares import ShareError
from metabot.telemetry.spans import reject

Trust = Literal["internal", "public"]

_DISK: Final = "Could not write file"  # in DuckDB's words of a commit that fails; else it has no memory
_BATCH: Final = 20_000  # records staged at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How a source is read; the fields are those of `[[sources]]` and `[store]`."""

    format: str = "auto"
    trust: Trust = "internal"
    capture: Capture = "redacted"
    columns: Mapping[str, str] = field(default_factory=dict)  # of format = "table"
    time_zone: str = "UTC"  # of times that are written without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What one file brought. Where the same content was loaded before, nothing: all its spans are duplicates."""

    path: Path
    format: str  # the format that it was taken for
    bytes: int
    spans: int  # added
    events: int  # added: span events, log lines and scores
    samples: int  # added
    calls: int  # model calls that the traces it added to hold now
    rejects: int  # pieces that could not be read
    duplicates: int  # spans that the store held already, or that the file holds twice
    uncertain: int  # spans without calendar time
    removed: int  # secrets and personal data that were taken out


def load_each(
    store: Store, path: Path, how: Loading, *, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Loaded | InputError]:
    """Load a file, or each member of the archive that it is. What cannot be read is handed back, not raised."""
    try:
        for found in inputs(path):
            try:
                yield load_input(store, found, how, progress=progress)
            except InputError as refused:
                yield refused
    except InputError as refused:
        yield refused


def load(
    store: Store,
    path: Path,
    *,
    format: str = "auto",  # noqa: A002  # the word of the settings file
    trust: Trust = "internal",
    progress: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Load one file that is no archive. Raises `InputError` where it cannot be read or is of no known format."""
    (found,) = load_each(store, path, Loading(format=format, trust=trust), progress=progress)
    if isinstance(found, InputError):
        raise found
    return found


def load_input(store: Store, found: Input, how: Loading, *, progress: Callable[[str], None]) -> Loaded:
    """Add what one file holds and the store does not, in one transaction.

    `progress` hears a line per batch. Raises `InputError` where the file cannot be read or is of no known format;
    a broken piece of it is kept as a reject instead.
    """
    path, file = found.path, found.file
    taken_for = formats.recognise(str(path), opening(path, file)) if how.format == "auto" else how.format
    formats.reader(taken_for, how.columns, how.time_zone)  # refused before anything is read
    held = content(path, file)
    spans = known_spans(store, held, taken_for, public=how.trust == "public")
    if spans is not None:
        progress(f"{path.name}: loaded before, nothing new")
        return _nothing_new(path, taken_for, held, spans)
    with store.storage():
        try:
            return _written(store, found, how, taken_for, held, memory=TIGHT, progress=progress)
        except (duckdb.OutOfMemoryException, duckdb.TransactionException) as error:
            if _DISK in str(error):
                raise
            progress(f"{path.name}: again, with more memory")
            return _written(store, found, how, taken_for, held, memory=ROOMY, progress=progress)


def _written(
    store: Store,
    found: Input,
    how: Loading,
    taken_for: str,
    held: Content,
    *,
    memory: str,
    progress: Callable[[str], None],
) -> Loaded:
    path, file, public = found.path, found.file, how.trust == "public"
    read = formats.reader(taken_for, how.columns, how.time_zone)
    begins_with = frozenset(beginnings(path, file, shorter(store, held, taken_for)))
    connection = store.connection
    keeper = Keeper(how.capture, texts.held(connection, public=public))
    with store.memory(memory), begun(store) as parts, staged(connection) as stage, store.transaction():
        unpacking = Unpacking(Reading(path, file, held.bytes))
        before = _counts(connection)
        tally = Tally()
        take_back = not public and holds_public(connection)
        with Writer(stage, parts) as writer:
            for batch in _batches(read, unpacking, Batch(public, keeper), tally, progress=progress):
                writer.write(batch)
        with store.memory(FOLDING if memory == TIGHT else memory):
            added, known = fold(stage, parts, store, public=public, take_back=take_back)
            rollups.add(connection)
            calls = model_calls.merge_again(connection)
        events, samples = (now - then for now, then in zip(_counts(connection), before, strict=True))
        loaded = Loaded(
            path=path,
            format=taken_for,
            bytes=held.bytes,
            spans=added,
            events=events,
            samples=samples,
            calls=calls,
            rejects=count(connection, "staged_rejects"),
            duplicates=known,
            uncertain=tally.uncertain,
            removed=keeper.removed.total(),
        )
        record(connection, _source(loaded, public=public), held, begins_with, keeper.removed)
    return loaded


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    return count(connection, "events"), count(connection, "samples")


def _nothing_new(path: Path, taken_for: str, held: Content, spans: int) -> Loaded:
    return Loaded(
        path=path,
        format=taken_for,
        bytes=held.bytes,
        spans=0,
        events=0,
        samples=0,
        calls=0,
        rejects=0,
        duplicates=spans,
        uncertain=0,
        removed=0,
    )


def _batches(
    read: Reader, file: Unpacking, batch: Batch, tally: Tally, *, progress: Callable[[str], None]
) -> Iterator[Batch]:
    reading = file.reading
    for found in _unless_ended(reading.path, read(file.chunks())):
        _add(batch, found, tally)
        if len(batch) >= _BATCH:
            yield batch
            done, limit = reading.done / 1e6, reading.limit / 1e6
            progress(f"{reading.path.name}: {tally.spans:,} spans, {done:.1f} of {limit:.1f} MB")
            batch = Batch(batch.public, batch.keeper)
    if file.broken:
        batch.reject(reject(f"byte {reading.done}", file.broken, ""))
    yield batch
    progress(f"{reading.path.name}: {tally.spans:,} span{'' if tally.spans == 1 else 's'} read")


def _unless_ended(path: Path, records: Iterator[Record]) -> Iterator[Record]:
    try:
        yield from records
    except ShareError as ended:
        raise InputError(f"{path}: {ended}.\n  Nothing of the file is kept; free memory and load it again.") from ended


def _add(batch: Batch, found: Record, tally: Tally) -> None:
    match found:
        case Columns():
            batch.add_columns(found, tally.spans)
            tally.spans += found.spans.height
            tally.uncertain += int((~found.spans["clock"].str.starts_with("utc")).sum())
        case Span():
            batch.add(found, tally.spans)
            tally.spans += 1
            tally.uncertain += not found.clock.startswith("utc")
        case Sample():
            batch.sample(found)
        case Reject():
            batch.reject(found)
        case _:
            batch.add(found, None)


def _source(loaded: Loaded, *, public: bool) -> Source:
    return Source(
        path=loaded.path,
        format=loaded.format,
        public=public,
        bytes=loaded.bytes,
        spans=loaded.spans + loaded.duplicates,
        events=loaded.events,
        samples=loaded.samples,
        uncertain=loaded.uncertain,
        rejects=loaded.rejects,
        removed=loaded.removed,
        loaded_ns=time.time_ns(),
    )
