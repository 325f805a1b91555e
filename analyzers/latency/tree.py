"""Which span stands above which, as row numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def parents(spans: pl.DataFrame) -> Rows:
    """The row of each span's parent; its own where no parent is recorded. Each span is there once."""
    known = spans.select("trace_id", pl.col("span_id").alias("parent_id"), pl.int_range(pl.len()).alias("above"))
    joined = spans.select("trace_id", "parent_id", pl.int_range(pl.len()).alias("row")).join(
        known, on=("trace_id", "parent_id"), how="left", maintain_order="left"
    )
    return joined.select(pl.coalesce("above", "row").cast(pl.Int64)).to_series().to_numpy()


def jumped(step: Rows) -> Rows:
    """Where each row's steps lead to, by taking twice as many at a time. A circle leads anywhere in it."""
    for _ in range(len(step).bit_length()):
        further = step[step]
        if np.array_equal(further, step):
            break
        step = further
    return step
