"""How long a span was the only one of its trace at work: what would go by sooner without it, whatever runs beside."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from analyzers.latency.tree import Flags, Rows

_SEGMENT: Final = ("trace", "row", "start_ns", "end_ns")


def alone_ns(spans: pl.DataFrame, above: Rows, waits: Flags) -> Rows:
    """For each span the moments in which it ran, none of its children did, and no other span of its trace was so.

    Reads trace_id, start_ns and end_ns, none of which is null, and no end before its start. `above` holds the rows of
    their `tree.parents`; childless ones of which `waits` is true are at no work. What a child runs before or after its
    parent is not the parent's.
    """
    rows = spans.select(
        pl.col("trace_id").cast(pl.Categorical).to_physical().alias("trace"),
        "start_ns",
        "end_ns",
        pl.Series("above", above),
        pl.int_range(pl.len()).alias("row"),
        pl.Series("waits", waits),
    )
    segments = pl.concat([_without_children(rows), _beside_children(rows)])
    moments = pl.concat(
        [
            segments.select("trace", pl.col("start_ns").alias("at_ns"), "row", pl.lit(1, pl.Int64).alias("step")),
            segments.select("trace", pl.col("end_ns").alias("at_ns"), "row", pl.lit(-1, pl.Int64).alias("step")),
        ]
    ).sort("trace", "at_ns")
    return _summed(moments, spans.height)


def _summed(moments: pl.DataFrame, spans: int) -> Rows:
    """From what begins and ends when: where one alone is at work, the sum of those at work is its row."""
    found = np.zeros(spans, dtype=np.int64)
    if moments.is_empty():
        return found
    step, trace, at_ns = (moments[name].to_numpy() for name in ("step", "trace", "at_ns"))
    at_work = np.cumsum(step)[:-1]
    who = np.cumsum(step * moments["row"].to_numpy())[:-1]
    one = (at_work == 1) & (trace[1:] == trace[:-1])
    np.add.at(found, who[one], np.diff(at_ns)[one])
    return found


def _without_children(rows: pl.DataFrame) -> pl.DataFrame:
    has_children = rows.filter(pl.col("above") != pl.col("row"))["above"].unique()
    at_work = ~pl.col("waits") & ~pl.col("row").is_in(has_children.implode())
    return rows.filter(at_work).select(_SEGMENT)


def _beside_children(rows: pl.DataFrame) -> pl.DataFrame:
    """The stretches of parents before, between and after their children."""
    own = rows.select(
        "trace",
        pl.col("row").alias("above"),
        pl.col("start_ns").alias("from_ns"),
        pl.col("end_ns").alias("to_ns"),
    )
    children = (
        rows.filter(pl.col("above") != pl.col("row"))
        .select("above", "start_ns", "end_ns")
        .join(own, on="above")
        .with_columns(pl.col("start_ns", "end_ns").clip(pl.col("from_ns"), pl.col("to_ns")))
        .sort("above", "start_ns")
        .with_columns(pl.col("end_ns").cum_max().over("above").alias("done_ns"))
    )
    first = pl.col("above").ne_missing(pl.col("above").shift(1))
    last = pl.col("above").ne_missing(pl.col("above").shift(-1))
    before = children.filter(first).select("trace", "above", "from_ns", pl.col("start_ns").alias("to_ns"))
    after = children.select(
        "trace",
        "above",
        pl.col("done_ns").alias("from_ns"),
        pl.when(last).then("to_ns").otherwise(pl.col("start_ns").shift(-1)).alias("to_ns"),
    )
    stretches = pl.concat([before, after]).filter(pl.col("to_ns") > pl.col("from_ns"))
    return stretches.select("trace", pl.col("above").alias("row"), start_ns="from_ns", end_ns="to_ns")
