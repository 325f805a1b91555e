"""Out of the store: the frames that analyzers read, exactly as `analyzers/frames.py` declares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from analyzers.frames import CALLS, EVENTS, HOURLY, SAMPLES, SPANS, Frame
from metabot.store.parts import is_shown, scanned, write
from metabot.store.store import ROOMY, Store
from metabot.telemetry import calls, prices
from metabot.telemetry.prices import OwnPrice


@dataclass(frozen=True, slots=True)
class _Query:
    rows: str  # with {where} for the conditions
    begins: str  # the expression that `until_ns` is compared with
    ends: str  # the expression that `since_ns` is compared with
    order: str


_HOURLY: Final = """
SELECT service, operation, kind, hour_ns,
    sum(spans)::BIGINT AS spans,
    sum(errors)::BIGINT AS errors,
    coalesce(sum(spans) FILTER (side = 'zero'), 0)::BIGINT AS zero,
    coalesce(sum(spans) FILTER (side = 'negative'), 0)::BIGINT AS negative,
    coalesce(list(bucket_index ORDER BY bucket_index) FILTER (side = 'positive'), []) AS bucket_index,
    coalesce(list(spans::BIGINT ORDER BY bucket_index) FILTER (side = 'positive'), []) AS bucket_count
FROM (
    SELECT service, operation, kind, hour_ns, side, bucket_index, sum(spans) AS spans, sum(errors) AS errors
    FROM hourly {where} GROUP BY ALL
)
GROUP BY service, operation, kind, hour_ns
"""
_STORED: Final = ", ".join(name for name in CALLS.schema if name not in calls.PRICES)
_CALLS: Final = f"""
SELECT {_STORED} FROM (
    SELECT *, [span_id] AS span_ids FROM model_spans ANTI JOIN crowded USING (trace_id, span_id, public)
    UNION ALL BY NAME FROM merged_calls
) {{where}}
"""  # noqa: S608  # the frame's columns
_QUERIES: Final = {
    SPANS.name: _Query("SELECT * FROM spans {where}", "start_ns", "start_ns", "start_ns, trace_id, span_id"),
    CALLS.name: _Query(_CALLS, "start_ns", "start_ns", "start_ns, trace_id, span_id"),
    EVENTS.name: _Query("SELECT * FROM events {where}", "time_ns", "time_ns", "time_ns, trace_id, span_id, name"),
    SAMPLES.name: _Query("SELECT * FROM samples {where}", "time_ns", "time_ns", "time_ns, name, service, labels"),
    HOURLY.name: _Query(_HOURLY, "hour_ns", "hour_ns + 3599999999999", "hour_ns, service, operation, kind"),
}


_BATCH_ROWS: Final = 20_480  # with ten kilobytes of captured text in each, 200 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which rows: those that began (events: happened) from `since_ns` on and before `until_ns`.

    Of HOURLY, the hours that the window touches. `services`, and `traces` of the frames that tell them: only
    those named, all where none is. `internal_only` leaves out what a public source wrote.
    """

    since_ns: int | None = None
    until_ns: int | None = None
    services: Sequence[str] = ()
    traces: Sequence[str] = ()
    internal_only: bool = False
    prices: Sequence[OwnPrice] = ()  # that calls are paid by in place of the list's


def frame(store: Store, frame: Frame, chosen: Chosen = Chosen()) -> pl.LazyFrame:  # frozen
    """The rows that are `chosen`, oldest first. They are in memory: the frame outlives the open store."""
    return pl.concat([frame.empty(), *_rows(store, frame, chosen, f"ORDER BY {_QUERIES[frame.name].order}")]).lazy()


def batches(store: Store, frame: Frame, chosen: Chosen) -> Iterator[pl.DataFrame]:
    """The rows that are `chosen`, oldest first, in parts. The store is busy with them until the last one is taken."""
    yield from _rows(store, frame, chosen, f"ORDER BY {_QUERIES[frame.name].order}")


def written(store: Store, frame: Frame, folder: Path, chosen: Chosen) -> pl.LazyFrame:
    """The rows that are `chosen`, in any order, as Parquet files that are read as often and as far as they are needed.

    The frame lives as long as the folder, which has to be empty of other frames of this name. Raises `StoreError`
    where the folder's disk is full.
    """
    if frame.name == SPANS.name and is_shown(store):
        return scanned(store, frame.name).filter(*_filters(chosen)).select(*frame.schema)
    paths: list[Path] = []
    with ThreadPoolExecutor(1) as writer:  # one batch is written while the next one is read
        writing: Future[None] | None = None
        for number, rows in enumerate(_rows(store, frame, chosen)):
            if writing is not None:
                writing.result()
            paths.append(folder / f"{frame.name}-{number:06}.parquet")
            writing = writer.submit(write, rows, paths[-1], "Point TMPDIR at a folder with space.")
        if writing is not None:
            writing.result()
    return pl.scan_parquet(paths, schema=frame.schema, glob=False) if paths else frame.empty().lazy()


def _rows(store: Store, frame: Frame, chosen: Chosen, order: str = "") -> Iterator[pl.DataFrame]:
    """A batch at a time: a store of any size is read with the memory of a few batches."""
    conditions = _conditions(_QUERIES[frame.name], chosen)
    where = "WHERE " + " AND ".join(condition for condition, _ in conditions) if conditions else ""
    statement = f"{_QUERIES[frame.name].rows.format(where=where)} {order}"
    columns = [pl.col(name).cast(kind) for name, kind in frame.schema.items()]
    missing = [pl.lit(None, dtype=CALLS.schema[name]).alias(name) for name in calls.PRICES]
    with store.storage(), store.memory(ROOMY):
        for batch in store.connection.execute(statement, [value for _, value in conditions]).to_arrow_reader(
            _BATCH_ROWS
        ):
            rows = pl.DataFrame(batch)
            if frame.name == CALLS.name:
                rows = prices.add(rows.with_columns(missing), chosen.prices)
            yield rows.select(columns)


def _filters(chosen: Chosen) -> Iterator[pl.Expr]:
    """As `_conditions`, of SPANS that lie in files."""
    if chosen.since_ns is not None:
        yield pl.col("start_ns") >= chosen.since_ns
    if chosen.until_ns is not None:
        yield pl.col("start_ns") < chosen.until_ns
    if chosen.services:
        yield pl.col("service").is_in(chosen.services)
    if chosen.traces:
        yield pl.col("trace_id").is_in(chosen.traces)
    if chosen.internal_only:
        yield ~pl.col("public")


def _conditions(query: _Query, chosen: Chosen) -> list[tuple[str, Any]]:
    conditions: list[tuple[str, Any]] = []
    if chosen.since_ns is not None:
        conditions.append((f"{query.ends} >= ?", chosen.since_ns))
    if chosen.until_ns is not None:
        conditions.append((f"{query.begins} < ?", chosen.until_ns))
    if chosen.services:
        conditions.append(("list_contains(?, service)", list(chosen.services)))
    if chosen.traces:
        conditions.append(("list_contains(?, trace_id)", list(chosen.traces)))
    if chosen.internal_only:
        conditions.append(("public = ?", False))
    return conditions
