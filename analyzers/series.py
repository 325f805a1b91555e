"""What applications measured of themselves: the series of SAMPLES, told apart by their labels."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

import polars as pl

_RUN: Final = ("session", "persona", "started")


def series(samples: pl.LazyFrame, names: Collection[str], labels: tuple[str, ...]) -> pl.DataFrame:
    """The finite samples of these names, with a column for each of the labels; null where a series has it not."""
    told = pl.all_horizontal(pl.col("name", "service", "time_ns").is_not_null()) & pl.col("value").is_finite()
    rows = samples.filter(pl.col("name").is_in(list(names)) & told).select(
        "name", "service", "labels", "time_ns", "value"
    )
    found = rows.collect()
    distinct = found["labels"].unique().to_list()
    read = [_texts(text) for text in distinct]
    columns = {label: pl.Series([texts.get(label) for texts in read], dtype=pl.String) for label in labels}
    known = pl.DataFrame({"labels": pl.Series(distinct, dtype=pl.String), **columns})
    return found.join(known, on="labels", how="left", nulls_equal=True)


def last_of_each_run(samples: pl.LazyFrame, names: Collection[str], label: str) -> pl.DataFrame:
    """What the last export of each performance monitor counted: that holds all that its earlier ones did.

    One row per series, with the column `label`, `session` and `run`: what tells one monitor's exports from another's.
    """
    rows = series(samples, names, (label, *_RUN))
    run = pl.concat_str(pl.col(_RUN).fill_null(""), separator="\n").alias("run")
    newest = pl.col("time_ns") == pl.col("time_ns").max().over("service", "run")
    latest = rows.with_columns(run).filter(newest).sort("service", "run", "name", label, "value", "labels")
    return latest.unique(("service", "run", "name", label), keep="last", maintain_order=True)


def _texts(labels: str | None) -> dict[str, str]:
    try:
        told = json.loads(labels or "{}")
    except ValueError:
        return {}
    items = told.items() if isinstance(told, dict) else ()
    return {name: value.encode(errors="replace").decode() for name, value in items if isinstance(value, str)}
