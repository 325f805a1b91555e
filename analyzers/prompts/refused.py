"""Calls that a limit on tokens ended: what the provider said, and how much had been sent to it."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import TIMED
from analyzers.errors.causes import cause
from analyzers.identifiers import of_traces
from analyzers.usage.quantities import NS

_LIMITS: Final = ("rate limit", "context overflow")
_MINUTE_NS: Final = 60 * 10**9  # what providers' limits on tokens count over


def refused(told: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """Of each conversation the last call that a limit refused after its prompt had grown, if there is one.

    Columns: `trace_id`, `span_id`, `http_status`, `cause`, `message`, `prompt_before` (input tokens of the call
    before), `minute_tokens` (of the conversation's calls that started in the minute before it) and `seconds` since the
    conversation's first call, null without times.
    """
    failed = told.filter(pl.col("status") == "error").select("trace_id", "span_id", "conversation", "start_ns", "clock")
    known = (
        of_traces(spans, failed["trace_id"].unique())
        .filter(pl.col("status") == "error")
        .select(
            "trace_id",
            "span_id",
            "http_status",
            pl.col("error_message").alias("message"),
            cause(pl.col("error_type"), pl.col("http_status"), pl.col("error_message")).alias("cause"),
        )
        .filter(pl.col("cause").is_in(_LIMITS))
        .sort("trace_id", "span_id", "message", "cause", "http_status", nulls_last=True)
        .collect()
        .unique(("trace_id", "span_id"), keep="first", maintain_order=True)
    )
    ended = failed.join(known, on=("trace_id", "span_id")).sort("conversation", "start_ns", "trace_id", "span_id")
    last = ended.unique("conversation", keep="last", maintain_order=True)
    return last.join(_before(last, told), on="conversation", maintain_order="left")


def _before(last: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """What each of these conversations had sent before it was refused."""
    ends = last.select("conversation", pl.col("start_ns").alias("refused_ns"))
    earlier = told.join(ends, on="conversation").filter(
        (pl.col("start_ns") < pl.col("refused_ns")) & pl.col("input_tokens").is_not_null()
    )
    recent = TIMED & (pl.col("refused_ns") - pl.col("start_ns") <= _MINUTE_NS)
    return earlier.group_by("conversation").agg(
        pl.col("input_tokens").last().alias("prompt_before"),
        pl.col("input_tokens").filter(recent).cast(pl.Int128).sum().alias("minute_tokens"),
        ((pl.col("refused_ns") - pl.col("start_ns").filter(TIMED).first()).first() / NS).alias("seconds"),
    )
