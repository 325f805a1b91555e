"""A table's rows as dicts: CSV, Parquet, or JSON (lines, or one list of objects), told apart by their first bytes.

Values are what the file holds: text in CSV, numbers and lists elsewhere. Times and durations of Parquet become ISO 8601
text, its decimals text and its bytes hexadecimal digits, so that nothing is rounded.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from metabot.telemetry.documents import each_listed
from metabot.telemetry.lines import lines
from metabot.telemetry.record import Reject
from metabot.telemetry.spans import reject

Row = tuple[str, Mapping[str, object]]
"""Where it stands ("line 7", "row 7") and its values by the columns' names."""

PARQUET: Final = b"PAR1"  # https://parquet.apache.org/docs/file-format/
_BOM: Final = b"\xef\xbb\xbf"
_DELIMITERS: Final = ",;\t|"
_FIELD: Final = 4 << 20  # characters of a CSV field: a quote that is never closed costs no more than these
_HELD: Final = 16 << 20  # bytes of a Parquet file in memory; more goes to a temporary file
_AT_A_TIME: Final = 2_000  # rows of a Parquet file as Python values
_UNIT_NS: Final = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def rows(chunks: Iterable[bytes]) -> Iterator[Row | Reject]:
    """Rows in file order; one that cannot be read is a `Reject`."""
    rest = iter(chunks)
    head = b""
    while len(head) < 64 and (chunk := next(rest, None)) is not None:
        head += chunk
    whole = chain((head,), rest)
    if head.startswith(PARQUET):
        return parquet_rows(whole)
    if head.removeprefix(_BOM).lstrip()[:1] in (b"{", b"["):
        return json_rows(whole)
    return csv_rows(whole)


def csv_rows(chunks: Iterable[bytes]) -> Iterator[Row | Reject]:
    """The first line names the columns; it also tells what they are separated by: the likeliest of , ; tab |."""
    csv.field_size_limit(_FIELD)
    text = lines(chunks)
    opening = next((line for line in text if line.strip()), "")
    read = csv.reader(chain((opening,), text), delimiter=max(_DELIMITERS, key=opening.count))
    header: tuple[str, ...] = ()
    while True:
        place = f"line {read.line_num + 1}"
        try:
            fields = next(read)
        except StopIteration:
            return
        except csv.Error as broken:
            yield reject(place, f"no row of CSV: {broken}", "")
            continue
        if not header:
            header = tuple(name.strip() for name in fields)
        elif len(fields) == len(header):
            yield place, dict(zip(header, fields, strict=True))
        elif fields:
            yield reject(place, f"{len(fields)} fields, where the header has {len(header)}", ",".join(fields))


def json_rows(chunks: Iterable[bytes]) -> Iterator[Row | Reject]:
    def row(place: str, value: object) -> Iterator[Row | Reject]:
        at = place or "row 1"
        yield (at, value) if isinstance(value, dict) else reject(at, "no row with named values", value)

    return each_listed(chunks, row, "row")


def parquet_rows(chunks: Iterable[bytes]) -> Iterator[Row | Reject]:
    """Row group by row group; a damaged one ends the file."""
    number = 0
    with SpooledTemporaryFile(max_size=_HELD) as file:
        file.writelines(chunks)
        try:
            for batch in parquet.ParquetFile(file, pre_buffer=False).iter_batches(_AT_A_TIME, use_threads=False):
                for row in _plain(batch).to_pylist():
                    number += 1
                    yield f"row {number}", row
        except (pa.ArrowException, OSError, ValueError, OverflowError) as broken:
            yield reject(f"row {number + 1}", f"no Parquet from here on: {broken}", "")


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_readable(column) for column in batch.columns], names=batch.schema.names)


def _readable(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp(kind.unit)).cast(pa.string())  # UTC, whatever zone it is to be shown in
    if pa.types.is_duration(kind):
        return _each(column.cast(pa.int64()), lambda value: _iso_duration(value * _UNIT_NS[kind.unit]))
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return column.cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _each(column, bytes.hex)
    return column.dictionary_decode() if pa.types.is_dictionary(kind) else column


def _each(column: pa.Array, change: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else change(value) for value in column.to_pylist()], pa.string())


def _iso_duration(ns: int) -> str:
    seconds, rest = divmod(abs(ns), 10**9)
    return f"{'-' if ns < 0 else ''}PT{seconds}.{rest:09d}S"
