"""Records become columns: Arrow tables of one batch, in the schemas of the store's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from analyzers.frames import EVENTS, SAMPLES, SPANS
from metabot.store.capture import Keeper
from metabot.telemetry.calls import MODEL_SPANS
from metabot.telemetry.record import Columns, Event, Reject, Sample, Span

NUMBER: Final = "n"
"""A staged span's place in its file. Its events and model call carry the same number; other events carry none."""


SPAN_COLUMNS: Final = pl.Schema({NUMBER: pl.Int64, **SPANS.schema})
MODEL_COLUMNS: Final = pl.Schema({NUMBER: pl.Int64, **MODEL_SPANS})
EVENT_COLUMNS: Final = pl.Schema({NUMBER: pl.Int64, **EVENTS.schema})
SAMPLE_COLUMNS: Final = pl.DataFrame(schema=SAMPLES.schema).to_arrow().schema
REJECT_COLUMNS: Final = pa.schema([(name, pa.large_string()) for name in ("position", "reason", "head")])
TEXT_COLUMNS: Final = pa.schema([("hash", pa.uint64()), ("text", pa.large_string()), ("public", pa.bool_())])

_COMPUTED: Final = (NUMBER, "public")
_SPAN_FIELDS: Final = tuple(name for name in SPAN_COLUMNS if name not in _COMPUTED)
_EVENT_FIELDS: Final = tuple(name for name in EVENT_COLUMNS if name not in _COMPUTED)
_MODEL_FIELDS: Final = tuple(
    name if name in SPANS.schema else f"model_call.{name}" for name in MODEL_COLUMNS if name not in _COMPUTED
)
_CONTENT: Final = frozenset({"input", "output", "payload"})
_MESSAGES: Final = frozenset({"error_message", "exception_message", "stacktrace", "text"})
_IDENTITIES: Final = frozenset({"session_id"})
_NAMES: Final = frozenset(
    {
        "service", "operation", "error_type", "environment", "service_version", "revision", "code_file",
        "code_function", "provider", "model", "finish_reason", "scope", "name", "severity", "exception_type",
    }
)  # fmt: skip
# What Arrow raises for a value that is no such column's: a lone surrogate, an integer beyond 64 bits, another type.
_UNFIT: Final = (UnicodeEncodeError, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError)


class Numbered(NamedTuple):
    number: int | None  # None: an event that came without its span
    record: Span | Event


class Tables(NamedTuple):
    spans: pl.DataFrame
    model_spans: pl.DataFrame
    events: pl.DataFrame


class Prepared(NamedTuple):
    """A batch as the store's tables hold it, with everything taken out that does not go to disk."""

    tables: list[Tables]
    samples: pa.Table
    texts: pa.Table
    rejects: pa.Table


@dataclass(slots=True)
class Batch:
    """Records of one file on their way into the store."""

    public: bool
    keeper: Keeper
    records: list[Numbered] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    rejects: list[tuple[str, str, str]] = field(default_factory=list)  # position, reason, head
    columns: list[Tables] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    size: int = 0

    def add(self, record: Span | Event, number: int | None) -> None:
        self.records.append(Numbered(number, record))
        self.size += 1
        if isinstance(record, Span) and record.model_call is not None:
            self.texts.update(record.model_call.texts)

    def add_columns(self, columns: Columns, first: int) -> None:
        """Spans that are columns already; the first of them has the number `first`."""
        self.columns.append(
            Tables(
                self._completed(columns.spans, SPAN_COLUMNS, first),
                self._completed(columns.model_spans, MODEL_COLUMNS, first),
                self._completed(columns.events, EVENT_COLUMNS, first),
            )
        )
        self.texts.update(columns.texts)
        self.size += columns.spans.height

    def sample(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.size += 1

    def reject(self, reject: Reject) -> None:
        self._reject(reject.position, reject.reason, reject.head)
        self.size += 1

    def __len__(self) -> int:
        return self.size

    def prepared(self) -> Prepared:
        tables, samples, texts = self.tables(), self.sampled(), self.kept_texts()
        return Prepared(tables, samples, texts, self.rejected())

    def tables(self) -> list[Tables]:
        """The records as columns. One that does not fit into them is rejected, and its neighbours are kept."""
        return [*self.columns, *self._fitting(self.records)]

    def rejected(self) -> pa.Table:
        """Complete once `tables` and `sampled` have been called."""
        return _table(REJECT_COLUMNS, self.rejects)

    def kept_texts(self) -> pa.Table:
        kept = self.keeper.texts({hashed: _storable(text) for hashed, text in self.texts.items()})
        columns = [list(kept), list(kept.values()), [self.public] * len(kept)]
        return pa.Table.from_arrays(
            [pa.array(column, kind.type) for column, kind in zip(columns, TEXT_COLUMNS, strict=True)],
            schema=TEXT_COLUMNS,
        )

    def sampled(self) -> pa.Table:
        rows = [sample for sample in self.samples if self._fits(sample)]
        known: dict[str, Sequence[Any]] = {
            name: [getattr(sample, name) for sample in rows] for name in ("kind", "time_ns", "value")
        }
        for name in ("name", "service"):
            known[name] = self.keeper.names([_storable(getattr(sample, name)) for sample in rows])
        known["labels"] = self._labels(rows)
        known["public"] = [self.public] * len(rows)
        return pa.Table.from_arrays(
            [pa.array(known[column.name], column.type) for column in SAMPLE_COLUMNS], schema=SAMPLE_COLUMNS
        )

    def _labels(self, samples: Sequence[Sample]) -> list[str]:
        values = list(dict.fromkeys(text for sample in samples for label in sample.labels for text in label))
        kept = dict(zip(values, self.keeper.identities(list(map(_storable, values))), strict=True))
        return [
            msgspec.json.encode({kept[name]: kept[value] for name, value in sample.labels}).decode()
            for sample in samples
        ]

    def _reject(self, position: str, reason: str, head: str) -> None:
        where, why = self.keeper.names([_storable(position), _storable(reason)])
        self.rejects.append((where or "", why or "", self.keeper.head(_storable(head))))

    def _fits(self, sample: Sample) -> bool:
        if -(2**63) <= sample.time_ns < 2**63:
            return True
        self._reject(sample.name, "a time is beyond 64 bits", "")
        return False

    def _completed(self, frame: pl.DataFrame, schema: pl.Schema, first: int) -> pl.DataFrame:
        kept = [series for name in frame.columns if (series := self._kept_series(frame[name])) is not None]
        whole = frame.with_columns(pl.col(NUMBER).cast(pl.Int64) + first, pl.lit(self.public).alias("public"), *kept)
        return whole.select(schema.names()).cast(schema)

    def _kept_series(self, series: pl.Series) -> pl.Series | None:
        """None where all of it is kept."""
        keep = self._keeping(series.name)
        if keep is None or series.null_count() == len(series):
            return None
        if series.name in _CONTENT or series.name in _MESSAGES:
            texts = series.to_list()
            kept = keep(texts)
            return None if kept is texts else pl.Series(series.name, kept, dtype=pl.String)
        names = series.unique().to_list()
        kept = keep(names)
        return None if kept is names else series.replace_strict(names, pl.Series(kept, dtype=pl.String))

    def _keeping(self, column: str) -> Callable[[Sequence[str | None]], Sequence[str | None]] | None:
        """What becomes of a column's texts; None where nothing does."""
        if column in _CONTENT:
            return self.keeper.contents
        if column in _MESSAGES:
            return self.keeper.messages
        if column in _IDENTITIES:
            return self.keeper.identities
        return self.keeper.names if column in _NAMES else None

    def _fitting(self, records: Sequence[Numbered]) -> list[Tables]:
        removed = self.keeper.removed.copy()
        try:
            return [self._tables(records)]
        except _UNFIT as error:
            self.keeper.removed = removed
            if len(records) == 1:
                self._reject(*_rejected(records[0].record, error))
                return []
        middle = len(records) // 2
        return self._fitting(records[:middle]) + self._fitting(records[middle:])

    def _tables(self, records: Sequence[Numbered]) -> Tables:
        spans = [(number, record) for number, record in records if isinstance(record, Span)]
        models = [(number, span) for number, span in spans if span.model_call is not None]
        events = [(number, event) for number, span in spans for event in span.events]
        events += [(None, record) for _, record in records if isinstance(record, Event)]
        return Tables(
            self._columns(SPAN_COLUMNS, _SPAN_FIELDS, spans),
            self._columns(MODEL_COLUMNS, _MODEL_FIELDS, models),
            self._columns(EVENT_COLUMNS, _EVENT_FIELDS, events),
        )

    def _columns(
        self, columns: pl.Schema, fields: tuple[str, ...], records: Sequence[tuple[int | None, object]]
    ) -> pl.DataFrame:
        values = attrgetter(*fields)
        names = (name.removeprefix("model_call.") for name in fields)
        read = zip(*(values(record) for _, record in records), strict=True) if records else [()] * len(fields)
        known: dict[str, Sequence[Any]] = dict(zip(names, read, strict=True))
        known |= {NUMBER: [number for number, _ in records], "public": [self.public] * len(records)}
        schema = columns.to_frame().to_arrow().schema
        arrays = [pa.array(self._kept(column.name, known[column.name]), column.type) for column in schema]
        return pl.DataFrame(pa.Table.from_arrays(arrays, schema=schema))

    def _kept(self, column: str, values: Sequence[Any]) -> Sequence[Any]:
        keep = self._keeping(column)
        return values if keep is None or not all(map(_is_text, values)) else keep(values)


def _table(schema: pa.Schema, rows: Iterable[tuple[str, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _rejected(record: Span | Event, error: Exception) -> tuple[str, str, str]:
    position = f"span {record.span_id} of trace {record.trace_id}"
    reason = "a number is beyond 64 bits" if isinstance(error, OverflowError) else "a value is not storable"
    head = record.operation if isinstance(record, Span) else record.name
    return position, reason, str(head)[:200]


def _is_text(value: object) -> bool:
    """Of anything else Arrow says what it is."""
    return value is None or isinstance(value, str)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
