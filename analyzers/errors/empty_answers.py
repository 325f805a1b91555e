"""Model calls that were answered with nothing, though no error says so."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import DURATION_NS
from analyzers.exhibits import CODE
from analyzers.identifiers import named
from analyzers.untrusted import Name

_FINAL: Final = ("stop", "end_turn", "length", "max_tokens", "stop_sequence", "completed")  # the answer is over
_NOT_OVER: Final = r"(?i)tool|function|cancel|abort|interrupt"  # it asks for a tool, or nobody wanted the rest
_END_MARKS: Final = 5  # tokens that end an answer and are no text

_KEY: Final = ("service", "operation", "model")
_READ: Final = (
    "trace_id", "span_id", *_KEY, "start_ns", "clock", "revision", *CODE, "input_tokens", "cached_tokens",
    "input_usd_per_mtok", "cached_usd_per_mtok", "cost_usd", "cost_unknown",
)  # fmt: skip


def empty_answers(calls: pl.LazyFrame) -> pl.DataFrame:
    """The empty ones with `detail`, `vain_ns`, their duration where known, and `vain_usd`, what they cost."""
    empty = _told(calls).filter("empty").select(*_READ, DURATION_NS.alias("vain_ns")).collect()
    cached = pl.col("cached_tokens") * pl.col("cached_usd_per_mtok")
    priced = (pl.col("input_tokens") - pl.col("cached_tokens")) * pl.col("input_usd_per_mtok") + cached
    return _detailed(empty.with_columns(pl.coalesce("cost_usd", priced / 1e6).alias("vain_usd")))


def answered_or_not(calls: pl.LazyFrame, services: list[str]) -> pl.DataFrame:
    """Of these services, by printed names: how many calls of each operation and model say how they were answered."""
    raw = calls.select(pl.col("service").unique()).collect()["service"].drop_nulls().to_list()
    here = pl.col("service").is_in([service for service in raw if Name(service) in services])
    counted = (
        _told(calls)
        .filter(here)
        .group_by(_KEY)
        .agg(pl.len().alias("examined"), pl.col("trace_id").n_unique().alias("traces_examined"))
        .collect()
    )
    summed = _detailed(counted).group_by("service", "operation", "detail")
    return summed.agg(pl.col("examined", "traces_examined").sum())


def _told(calls: pl.LazyFrame) -> pl.LazyFrame:
    """The calls that did not fail and tell how much was answered, and whether it was nothing: `empty`.

    A call without input tokens has no usage to read; one that asks for tools answers with them.
    """
    known = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns").is_not_null())
    in_error = (pl.col("status") == "error").fill_null(value=False)
    counted = (pl.col("output_tokens") >= 0) & (pl.col("input_tokens") > 0)
    asks = pl.col("tool_call_ids").list.len().fill_null(0) > 0
    goes_on = asks | pl.col("finish_reason").str.contains(_NOT_OVER).fill_null(value=False)
    no_tokens = (pl.col("output_tokens") == 0) & ~(pl.col("answer_chars") > 0).fill_null(value=False)
    over = pl.col("finish_reason").str.to_lowercase().is_in(_FINAL).fill_null(value=False)
    no_text = (pl.col("answer_chars") == 0).fill_null(value=False) & over & (pl.col("output_tokens") <= _END_MARKS)
    return calls.filter(known & ~in_error & counted).with_columns(empty=(no_tokens | no_text) & ~goes_on)


def _detailed(rows: pl.DataFrame) -> pl.DataFrame:
    models = rows["model"].unique()
    details = [Name("no output" if model is None else f"no output of {Name(model)}") for model in models.to_list()]
    told = pl.DataFrame({"model": models, "detail": details}, schema={"model": pl.String, "detail": pl.String})
    return named(rows, "service", "operation").join(told, on="model", nulls_equal=True, maintain_order="left")
