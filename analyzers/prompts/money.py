"""What model calls cost in whole: money where every price is known, time where every duration is."""

from __future__ import annotations

import polars as pl

from analyzers.clock import DURATION_NS


def usd(rows: pl.DataFrame, column: str = "cost_usd") -> tuple[float | None, str | None]:
    """The column's sum, or why it is not known: a price missing for one row leaves the sum unknown."""
    unpriced = rows.filter(pl.col(column).is_null() | ~pl.col(column).is_finite())
    if not unpriced.height:
        return float(rows[column].sum()), None
    said = unpriced["cost_unknown"].drop_nulls()
    return None, said.item(0) if said.len() else "no price of these calls is known"


def seconds(rows: pl.DataFrame) -> float | None:
    """How long the calls took one after the other; None where a duration is unknown."""
    durations = rows.select(DURATION_NS.alias("ns"))["ns"]
    return None if durations.null_count() or not rows.height else float(durations.cast(pl.Float64).sum()) / 1e9


def per_call(total: float | None, calls: int) -> float | None:
    return None if total is None else total / calls
