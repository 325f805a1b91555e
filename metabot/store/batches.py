"""Records become columns: Arrow tables of one batch, in the schemas of the store's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from analyzers.frames import EVENTS, SPANS
from metabot.telemetry.calls import MODEL_SPANS
from metabot.telemetry.record import Event, Reject, Span

NUMBER: Final = "n"
"""A staged span's place in its file. Its events and model call carry the same number; other events carry none."""


def _arrow(schema: dict[str, pl.DataType | type[pl.DataType]]) -> pa.Schema:
    numbered: dict[str, pl.DataType | type[pl.DataType]] = {NUMBER: pl.Int64, **schema}
    return pl.DataFrame(schema=numbered).to_arrow().schema


SPAN_COLUMNS: Final = _arrow(SPANS.schema)
MODEL_COLUMNS: Final = _arrow(MODEL_SPANS)
EVENT_COLUMNS: Final = _arrow(EVENTS.schema)
REJECT_COLUMNS: Final = pa.schema([(name, pa.large_string()) for name in ("position", "reason", "head")])

_COMPUTED: Final = (NUMBER, "public")
_SPAN_FIELDS: Final = tuple(name for name in SPAN_COLUMNS.names if name not in _COMPUTED)
_EVENT_FIELDS: Final = tuple(name for name in EVENT_COLUMNS.names if name not in _COMPUTED)
_MODEL_FIELDS: Final = tuple(
    name if name in SPANS.schema else f"model_call.{name}" for name in MODEL_COLUMNS.names if name not in _COMPUTED
)
# What Arrow raises for a value that is no such column's: a lone surrogate, an integer beyond 64 bits, another type.
_UNFIT: Final = (UnicodeEncodeError, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError)


class Numbered(NamedTuple):
    number: int | None  # None: an event that came without its span
    record: Span | Event


class Tables(NamedTuple):
    spans: pa.Table
    model_spans: pa.Table
    events: pa.Table


@dataclass(slots=True)
class Batch:
    """Records of one file on their way into the store."""

    public: bool
    records: list[Numbered] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)  # position, reason, head

    def add(self, record: Span | Event, number: int | None) -> None:
        self.records.append(Numbered(number, record))

    def reject(self, reject: Reject) -> None:
        self.rejects.append((_storable(reject.position), _storable(reject.reason), _storable(reject.head)))

    def __len__(self) -> int:
        return len(self.records) + len(self.rejects)

    def tables(self) -> list[Tables]:
        """The records as columns. One that does not fit into them is rejected, and its neighbours are kept."""
        return self._fitting(self.records)

    def rejected(self) -> pa.Table:
        """Complete once `tables` has been called."""
        return _table(REJECT_COLUMNS, self.rejects)

    def _fitting(self, records: Sequence[Numbered]) -> list[Tables]:
        try:
            return [_tables(records, public=self.public)]
        except _UNFIT as error:
            if len(records) == 1:
                self.rejects.append(_rejected(records[0].record, error))
                return []
        middle = len(records) // 2
        return self._fitting(records[:middle]) + self._fitting(records[middle:])


def _tables(records: Sequence[Numbered], *, public: bool) -> Tables:
    spans = [(number, record) for number, record in records if isinstance(record, Span)]
    models = [(number, span) for number, span in spans if span.model_call is not None]
    events = [(number, event) for number, span in spans for event in span.events]
    events += [(None, record) for _, record in records if isinstance(record, Event)]
    return Tables(
        _columns(SPAN_COLUMNS, _SPAN_FIELDS, spans, public=public),
        _columns(MODEL_COLUMNS, _MODEL_FIELDS, models, public=public),
        _columns(EVENT_COLUMNS, _EVENT_FIELDS, events, public=public),
    )


def _columns(
    schema: pa.Schema, fields: tuple[str, ...], records: Sequence[tuple[int | None, object]], *, public: bool
) -> pa.Table:
    values = attrgetter(*fields)
    names = (name.removeprefix("model_call.") for name in fields)
    read = zip(*(values(record) for _, record in records), strict=True) if records else [()] * len(fields)
    known: dict[str, Sequence[Any]] = dict(zip(names, read, strict=True))
    known |= {NUMBER: [number for number, _ in records], "public": [public] * len(records)}
    return pa.Table.from_arrays([pa.array(known[column.name], column.type) for column in schema], schema=schema)


def _table(schema: pa.Schema, rows: Iterable[tuple[str, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _rejected(record: Span | Event, error: Exception) -> tuple[str, str, str]:
    position = f"span {record.span_id} of trace {record.trace_id}"
    reason = "a number is beyond 64 bits" if isinstance(error, OverflowError) else "a value is not storable"
    head = record.operation if isinstance(record, Span) else record.name
    return _storable(position), reason, _storable(str(head)[:200])


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
