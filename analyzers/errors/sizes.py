"""Sizes that pile up at their maximum: how long each run of an agent was, and how much each call was sent."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.exhibits import CODE
from analyzers.identifiers import SUBJECT, named
from analyzers.usage.agents import with_agents
from analyzers.usage.sequences import in_order

RUNS: Final = "model calls of a run"
INPUTS: Final = "input tokens of a call"

_NEAR: Final = 1000  # sizes that differ by less than a thousandth of the largest are one: 7,435 and 7,437 tokens
_BESIDE: Final = 5  # bins next to the last one that the pile is compared with
_ROW: Final = ("trace_id", "span_id", "start_ns", "clock", "revision", *CODE)
_CALL: Final = (*_ROW, "service", "operation", "end_ns")


def run_lengths(spans: pl.LazyFrame, calls: pl.LazyFrame, *, least: int = 1, longest: int = 1) -> pl.DataFrame:
    """One row per agent's run, or per trace where no agent stands above the calls: its last call and its `size`.

    `operation` is the agent's, or else the last call's. `finished`: the last call did not ask for more; null: it is
    not known. `content` is null: no two runs are one and the same. Operations of fewer than `least` rows are left out,
    as are services of which no trace has `longest` calls.
    """
    asks = pl.col("tool_call_ids").list.len() > 0
    over = pl.col("finish_reason").str.contains(r"(?i)^(stop|end_turn|stop_sequence|completed)$")
    finished = (
        pl.when(asks | pl.col("finish_reason").str.contains("(?i)tool|function")).then(False).when(over).then(True)
    )
    known = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns").is_not_null())
    per_trace = calls.filter(known).group_by("service", "trace_id").agg(pl.len().alias("calls"))
    long = per_trace.filter(pl.col("calls") >= longest).select(pl.col("service").unique()).collect()["service"]
    of_long = pl.col("service").is_in(long.implode())
    made = calls.filter(known & of_long).select(*_CALL, finished.alias("finished")).collect()
    runs = (
        in_order(with_agents(made, spans))
        .group_by("trace_id", "service", "agent_id", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("size"),
            pl.col("agent").last(),
            pl.col("operation", "finished", *(name for name in _ROW if name != "trace_id")).last(),
        )
        .with_columns(pl.coalesce("agent", "operation").alias("operation"), detail=pl.lit(RUNS))
    )
    return _binned(runs.with_columns(content=pl.lit(None, pl.UInt64)), least)


def input_sizes(calls: pl.LazyFrame, *, least: int = 1) -> pl.DataFrame:
    """One row per call: `size` is its input tokens, `content` the prompt's hash, where known."""
    known = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns").is_not_null())
    rows = calls.filter(known & (pl.col("input_tokens") > 0)).select(
        *_ROW,
        "service",
        "operation",
        pl.col("input_tokens").alias("size"),
        pl.col("prompt_hash").alias("content"),
        finished=pl.lit(None, pl.Boolean),
        detail=pl.lit(INPUTS),
    )
    return _binned(rows.collect(), least)


def _binned(rows: pl.DataFrame, least: int) -> pl.DataFrame:
    """`largest` of the subject, and `bin`: how far below it the size is, in thousandths of it; 0 is the pile."""
    told = named(rows.filter(pl.len().over("service", "operation") >= least), "service", "operation")
    largest = pl.col("size").max().over(SUBJECT)
    return told.select(*_ROW, *SUBJECT, "size", "finished", "content", largest.alias("largest")).with_columns(
        ((pl.col("largest") - pl.col("size")) // (pl.col("largest") // _NEAR + 1)).alias("bin")
    )


def piles(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per subject: its `pile` at the largest size, and what lies `beside` it in a bin as wide, and below it."""
    bins = rows.group_by(*SUBJECT, "bin").agg(
        pl.len().alias("count"),
        pl.col("size").min().alias("from"),
        pl.col("trace_id").n_unique().alias("traces"),
        pl.col("largest").first(),
        pl.col("finished").sum().alias("ended_well"),
        (~pl.col("finished")).sum().alias("cut_short"),
        (pl.col("content").n_unique() - pl.col("content").is_null().any().cast(pl.UInt32)).alias("contents"),
        pl.col("content").count().alias("captured"),
    )
    at_end = pl.col("bin") == 0
    upper_half = ~at_end & (2 * pl.col("from") >= pl.col("largest"))
    traces = rows.group_by(SUBJECT).agg(pl.col("trace_id").n_unique().alias("traces_examined"))
    summed = bins.group_by(SUBJECT).agg(
        pl.col("count").filter(at_end).sum().alias("pile"),
        pl.col("traces", "ended_well", "cut_short", "contents", "captured").filter(at_end).sum(),
        pl.col("count").filter(pl.col("bin").is_between(1, _BESIDE)).max().fill_null(0).alias("beside"),
        upper_half.sum().alias("sizes_above_half"),
        pl.len().alias("sizes"),
        pl.col("count").sum().alias("examined"),
        pl.col("largest").first(),
        pl.col("from").filter(at_end).first().alias("from"),
    )
    return (
        summed.join(traces, on=SUBJECT).with_columns((pl.col("pile") / pl.col("examined")).alias("share")).sort(SUBJECT)
    )
