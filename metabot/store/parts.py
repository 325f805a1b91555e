"""A file's spans on their way into the store: Parquet files beside it, written batch by batch and taken in together.

A store that is temporary and was empty does not copy them: its tables `spans` and `model_spans` are views of these
files, until it is loaded into once more.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from metabot.errors import StoreError
from metabot.store.batches import EVENT_COLUMNS, MODEL_COLUMNS, NUMBER, SPAN_COLUMNS, Tables
from metabot.store.store import Store

SHOWN: Final = ("spans", "model_spans")
_EMPTY: Final = Tables(*(columns.to_frame() for columns in (SPAN_COLUMNS, MODEL_COLUMNS, EVENT_COLUMNS)))


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one load, which statements read as incoming_spans, incoming_model_spans and incoming_events."""

    folder: Path
    batches: list[range] = field(default_factory=list)  # the numbers of each one's spans
    loose: list[Path] = field(default_factory=list)  # events that came without their spans

    def add(self, tables: Sequence[Tables]) -> None:
        first = not self.batches
        spans, models, events = (pl.concat(rows) for rows in zip(_EMPTY, *tables, strict=True))
        self.batches.append(_numbers(spans))
        has_span = pl.col(NUMBER).is_not_null()
        for name, rows in zip(Tables._fields, (spans, models, events.filter(has_span)), strict=True):
            if rows.height or first:  # the first one tells the columns
                write(rows, self._path(name))
        loose = events.filter(~has_span).drop(NUMBER)
        if loose.height:
            self.loose.append(self._path("loose"))
            write(loose, self.loose[-1])

    def leave_out(self, numbers: npt.NDArray[np.int64]) -> None:
        """Take the spans with these numbers, in order, out, and what belongs to them."""
        for batch, of_batch in enumerate(self.batches, 1):
            begin, end = np.searchsorted(numbers, (of_batch.start, of_batch.stop))
            here = pl.col(NUMBER).is_in(numbers[begin:end])
            for path in (self._path(name, batch) for name in Tables._fields):
                if begin < end and path.exists():
                    draft = path.with_suffix(".draft")
                    write(pl.read_parquet(path, memory_map=False, glob=False).filter(~here), draft)
                    draft.replace(path)

    def expose(self, connection: duckdb.DuckDBPyConnection) -> None:
        for name in Tables._fields:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW incoming_{name} AS {_rows(self.folder, name)}")

    def _path(self, name: str, batch: int = 0) -> Path:
        return self.folder / f"{name}-{batch or len(self.batches):06}.parquet"


def _numbers(spans: pl.DataFrame) -> range:
    first, last = spans.select(pl.col(NUMBER).min(), pl.col(NUMBER).max().alias("last")).row(0)
    return range(0) if first is None else range(first, last + 1)


@contextmanager
def begun(store: Store) -> Iterator[Parts]:
    """An empty folder for the parts of one load; the rows of an earlier one are in the tables then."""
    if is_shown(store):
        with store.transaction():
            for name in SHOWN:
                store.connection.execute(f"DROP VIEW temp.{name}")
                take_in(store.connection, name, _rows(store.parts, name))
    shutil.rmtree(store.parts, ignore_errors=True)
    try:
        store.parts.mkdir()
    except OSError as error:
        raise StoreError(f"{store.parts}: {error}.\n  Choose another [store] path, on a disk with space.") from error
    try:
        yield Parts(store.parts)
    finally:
        if not is_shown(store):
            shutil.rmtree(store.parts, ignore_errors=True)


def take_in(connection: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    connection.execute(f"INSERT INTO {name} BY NAME SELECT * EXCLUDE ({NUMBER}) FROM ({rows})")  # noqa: S608  # ours


def show(store: Store) -> None:
    """Let the parts themselves be the tables."""
    for name in SHOWN:
        rows = _rows(store.parts, name)
        store.connection.execute(f"CREATE TEMP VIEW {name} AS SELECT * EXCLUDE ({NUMBER}) FROM ({rows})")  # noqa: S608


def is_shown(store: Store) -> bool:
    views = "SELECT 1 FROM duckdb_views() WHERE temporary AND view_name = 'spans'"
    return store.connection.execute(views).fetchone() is not None


def scanned(store: Store, name: str) -> pl.LazyFrame:
    """A table that is shown."""
    return pl.scan_parquet(sorted(store.parts.glob(f"{name}-*.parquet")), glob=False).drop(NUMBER)


def write(rows: pl.DataFrame, path: Path, advice: str = "Free space, or choose another [store] path.") -> None:
    """Raises `StoreError` where the disk is full."""
    try:
        # Without statistics: nearly every filter takes rows out of every file.
        rows.write_parquet(path, compression="lz4", statistics=False)
    except (OSError, pl.exceptions.ComputeError) as error:  # Polars has its own words for a disk that fills up
        raise StoreError(f"{path}: {error}.\n  {advice}") from error


def _rows(folder: Path, name: str) -> str:
    files = glob.escape(str(folder / name)) + "-*.parquet"
    return "FROM read_parquet('{}')".format(files.replace("'", "''"))
