"""What each session took of an operation's model calls: out of the calls themselves, else of what monitors counted."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from analyzers.clock import CALENDAR
from analyzers.exhibits import CODE
from analyzers.identifiers import named
from analyzers.prompts.conversations import WHOLE
from analyzers.series import last_of_each_run

COUNTED: Final = "model calls"  # stands for the operation where a monitor counted them
_CALLS: Final = "monitor.llm.calls"
_TOKENS: Final = ("monitor.llm.input_tokens", "monitor.llm.output_tokens")
_SAID: Final = "a monitor's exports tell no price"
_SESSION: Final = ("service", "operation", "whole")
_READ: Final = ("trace_id", "span_id", "clock", "start_ns", "revision", *CODE)


def made(calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that say who made them, with `whole`: their session, else their trace."""
    told = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation").is_not_null())
    tokens = pl.sum_horizontal(pl.col("input_tokens", "output_tokens").cast(pl.Float64).clip(lower_bound=0))
    known = pl.any_horizontal(pl.col("input_tokens", "output_tokens").is_not_null())
    usd = pl.col("cost_usd").fill_nan(None)
    chosen = calls.filter(told).select(
        "service",
        "operation",
        *_READ,
        pl.col("session_id"),
        WHOLE.alias("whole"),
        pl.when(known).then(tokens).alias("tokens"),
        pl.when(usd.is_finite()).then(usd).alias("usd"),
        "cost_unknown",
    )
    return named(chosen.collect(), "service", "operation")


def sessions(rows: pl.DataFrame, samples: pl.LazyFrame) -> pl.DataFrame:
    """A row for each session, and of it for its tokens and, with the detail `calls`, for its calls: how much it took.

    `rows` are those of `made`. A session whose calls are there is not counted again out of an export.
    """
    of_calls = rows.group_by(_SESSION).agg(
        pl.len().cast(pl.Float64).alias("calls"),
        pl.when(pl.col("tokens").count() > 0).then(pl.col("tokens").sum()).alias("tokens"),
        pl.when(pl.col("usd").null_count() == 0).then(pl.col("usd").sort().sum()).alias("usd"),
        pl.col("cost_unknown").drop_nulls().sort().first(),
        pl.col("start_ns").filter(CALENDAR).min().alias("at_ns"),
    )
    every = pl.concat([of_calls, _counted(samples, rows)], how="diagonal")
    units = [
        every.with_columns(detail=pl.lit(None, pl.String), took=pl.col("tokens")),
        every.with_columns(detail=pl.lit("calls"), took=pl.col("calls")),
    ]
    return pl.concat(units).filter(pl.col("took") > 0).sort(*_SESSION, "detail", nulls_last=False)


_COLUMNS: Final[dict[str, Any]] = {
    "service": pl.String,
    "operation": pl.String,
    "whole": pl.String,
    "calls": pl.Float64,
    "tokens": pl.Float64,
    "usd": pl.Float64,
    "cost_unknown": pl.String,
    "at_ns": pl.Int64,
}


def _counted(samples: pl.LazyFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Sessions that only a monitor tells of; one without a name may be any, where the service's calls are there."""
    last = named(last_of_each_run(samples, (_CALLS, *_TOKENS), "model"), "service")
    traced = rows.select("service", session="session_id").drop_nulls().unique()
    nameless = pl.col("session").is_null() & pl.col("service").is_in(rows["service"].unique().implode())
    tokens = pl.col("value").filter(pl.col("name").is_in(_TOKENS))
    told = last.filter(~nameless).join(traced, on=("service", "session"), how="anti").group_by("service", whole="run")
    found = told.agg(
        pl.lit(COUNTED).alias("operation"),
        pl.col("value").filter(pl.col("name") == _CALLS).sum().alias("calls"),
        pl.when(tokens.len() > 0).then(tokens.sum()).alias("tokens"),
        pl.lit(None, pl.Float64).alias("usd"),
        pl.lit(_SAID).alias("cost_unknown"),
        pl.col("time_ns").max().alias("at_ns"),
    )
    return found.select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
