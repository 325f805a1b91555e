"""Which series of metrics a recording holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzers.untrusted import Name

_NAMES: Final = 50
_PART: Final = pl.col("name").str.ends_with("_bucket") | pl.col("name").str.ends_with("_created")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSeries:
    """All series of one name."""

    name: Name
    kind: Name  # gauge, counter
    series: int
    samples: int
    smallest: float | None
    largest: float | None
    last: float | None  # the newest sample's
    total: float | None  # of a counter: what its series had counted at last, in all; None of a gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    series: int
    samples: int
    names: tuple[MetricSeries, ...]  # most samples first, parts of histograms behind them; at most fifty


def metrics(samples: pl.LazyFrame) -> Metrics:
    """Reads SAMPLES. What is no number is no sample's value."""
    finite = pl.when(pl.col("value").is_finite()).then("value")
    rows = samples.select(
        "name", "kind", "time_ns", finite.alias("value"), pl.struct("name", "kind", "service", "labels").alias("series")
    ).collect()
    found = (
        rows.group_by("name", "kind")
        .agg(
            pl.col("series").n_unique(),
            pl.len().alias("samples"),
            pl.col("value").min().alias("smallest"),
            pl.col("value").max().alias("largest"),
            pl.col("value").sort_by("time_ns", maintain_order=True).last().alias("last"),
        )
        .join(_totals(rows), on="name", how="left")
        .with_columns(pl.when(pl.col("kind") == "counter").then("total"))
        .sort(_PART, "samples", "name", "kind", descending=[False, True, False, False])
        .head(_NAMES)
    )
    return Metrics(
        series=rows["series"].n_unique(),
        samples=rows.height,
        names=tuple(
            MetricSeries(**{**row, "name": Name(row["name"] or ""), "kind": Name(row["kind"] or "")})
            for row in found.iter_rows(named=True)
        ),
    )


def _totals(rows: pl.DataFrame) -> pl.DataFrame:
    last = rows.drop_nulls("value").sort("time_ns", maintain_order=True).group_by("name", "kind", "series").last()
    return last.filter(pl.col("kind") == "counter").group_by("name").agg(pl.col("value").sum().alias("total"))
