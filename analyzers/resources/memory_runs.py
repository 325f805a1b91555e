"""Which runs of a process have told their memory, and whether it rises in each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import polars as pl

from analyzers.identifiers import SUBJECT, named
from analyzers.resources.trend import trend
from analyzers.series import series

# The first of these that a service tells is taken: the others are the same memory once more.
_NAMES: Final = (
    "monitor.memory.rss_bytes",
    "monitor.memory.heap_bytes",
    "process_resident_memory_bytes",
    "process.memory.usage",
    "process_memory_usage_bytes",
    "process.runtime.cpython.memory",
    "memory_bytes",
)
_OF_AN_ACTION: Final = "memory_bytes"  # of the process at that moment; its label names what it was doing
_STARTED: Final = "process_start_time_seconds"
_LIMIT: Final = "monitor.memory.limit_bytes"
_NS_PER_HOUR: Final = 3_600e9

_SCHEMA: Final[dict[str, Any]] = {
    "service": pl.String,
    "operation": pl.String,  # the name of the samples
    "detail": pl.String,
    "run": pl.String,
    "begin_ns": pl.Int64,
    "end_ns": pl.Int64,
    "limit": pl.Float64,  # in bytes, as levels are; null where it is unknown
    "tau": pl.Float64,
    "chance": pl.Float64,
    "slope": pl.Float64,  # bytes an hour
    "first": pl.Float64,
    "last": pl.Float64,
    "over": pl.Float64,  # hours
    "goes_on": pl.Float64,
}


def runs(samples: pl.LazyFrame, *, min_samples: int) -> pl.DataFrame:
    """One row for each run with so many samples of which a trend can be told."""
    told = series(samples, (*_NAMES, _STARTED, _LIMIT), ("type",))
    levels = _first_told(told.filter(pl.col("name").is_in(_NAMES), pl.col("value") > 0))
    apart = named(_with_start(levels, told), "service", "name")
    limits = told.filter((pl.col("name") == _LIMIT) & (pl.col("value") > 0)).sort("time_ns", "value")
    known = {(service, labels): value for service, labels, value in limits.select("service", "labels", "value").rows()}
    large = apart.filter(pl.len().over("run") >= max(min_samples, 2)).sort("run", "time_ns", "value")
    rows = [_row(run, known) for run in large.partition_by("run", maintain_order=True)]
    return pl.DataFrame([row for row in rows if row is not None], schema=_SCHEMA, orient="row").sort(*SUBJECT, "run")


def _first_told(levels: pl.DataFrame) -> pl.DataFrame:
    resident = (pl.col("name") != "process.runtime.cpython.memory") | (pl.col("type") == "rss")
    place = pl.col("name").replace_strict({name: place for place, name in enumerate(_NAMES)}, return_dtype=pl.Int64)
    ranked = levels.filter(resident.fill_null(value=False)).with_columns(place.alias("place"))
    return ranked.filter(pl.col("place") == pl.col("place").min().over("service"))


def _with_start(levels: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The samples with `run`: service, name, labels, and when their process began, where that is told beside them."""
    by = ("service", "labels")
    starts = told.filter(pl.col("name") == _STARTED).sort("time_ns", "value")
    began = starts.select(*by, "time_ns", pl.col("value").cast(pl.String).alias("began"))
    of = pl.when(pl.col("name") != _OF_AN_ACTION).then(pl.col("labels").fill_null("")).otherwise(pl.lit(""))
    joined = levels.sort("time_ns").join_asof(began, on="time_ns", by=by, check_sortedness=False)
    key = pl.concat_str("service", "name", of, pl.col("began").fill_null(""), separator="\n")
    return joined.with_columns(key.alias("run"), pl.col("service").alias("raw_service"))


def _row(run: pl.DataFrame, limits: dict[tuple[str, str], float]) -> tuple[Any, ...] | None:
    times = (run["time_ns"].to_numpy() - run["time_ns"][0]) / _NS_PER_HOUR
    found = trend(times.astype(np.float64), run["value"].to_numpy())
    if found is None:
        return None
    of = run.row(-1, named=True)
    told = asdict(found)
    limit = limits.get((of["raw_service"], of["labels"]))
    return (
        of["service"], of["name"], None, of["run"], run["time_ns"][0], of["time_ns"], limit,
        *(told[name] for name in list(_SCHEMA)[7:]),
    )  # fmt: skip
