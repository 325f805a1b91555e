"""Exact counts over an evaluation's telemetry, and how long its traces took."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import LASTING
from analyzers.latency.self_time import covered
from analyzers.prompts.shared_prefix import pieces
from metabot.verify.measured import Counts

_TOKENS: Final = ("input_tokens", "cached_tokens", "output_tokens")
_WAITED_FOR: Final = ("model", "tool", "retrieval", "embedding", "client")
_KEEP_NS: Final = 2**62  # an evaluation is over before a provider forgets
_NS_PER_MS: Final = 1e6


def counted(spans: pl.LazyFrame, calls: pl.LazyFrame) -> Counts:
    """A sum of tokens is unknown as soon as one call's count is, and a duration where no trace that ended well has one.

    A trace ended well if its root did not fail. The critical path of a trace is the time in which at least one call to
    a model, a tool or a service was under way: calls side by side count once, and the gaps between calls do not.
    """
    failed = pl.col("parent_id").is_null() & (pl.col("status") == "error")
    of_spans = spans.select(
        traces=pl.col("trace_id").n_unique(),
        error_traces=pl.col("trace_id").filter(failed).n_unique(),
        tool_calls=(pl.col("kind") == "tool").sum(),
        waited_for=pl.col("kind").is_in(_WAITED_FOR).sum(),
        inputs=pl.col("input").count(),
        outputs=pl.col("output").count(),
    ).collect()
    of_calls = calls.select(
        pl.len().alias("model_calls"),
        *map(_sum, _TOKENS),
        pl.col("prompt_chars").count().alias("prompts"),
        pl.col("finish_reason").count().alias("finish_reasons"),
    ).collect()
    of_failed = calls.join(spans.filter(failed), on="trace_id", how="semi").select(pl.len()).collect()
    ended_well = spans.filter(LASTING).filter(~failed.any().over("trace_id"))
    lasted = ended_well.group_by("trace_id").agg(pl.col("end_ns").max() - pl.col("start_ns").min()).collect().lazy()
    waits = ended_well.filter(pl.col("kind").is_in(_WAITED_FOR))
    waited_for = covered(waits, "trace_id").collect().lazy()
    return Counts(
        **of_spans.row(0, named=True),
        **of_calls.row(0, named=True),
        failed_model_calls=of_failed.item(),
        cacheable_tokens=_cacheable(calls),
        trace_ms=_ms(lasted, pl.last().median()),
        critical_path_ms=_ms(waited_for, pl.last().median()),
        mean_trace_ms=_ms(lasted, pl.last().mean()),
        beside=_beside(waits, waited_for),
    )


def _sum(tokens: str) -> pl.Expr:
    known = ~pl.col(tokens).is_null().any()
    return pl.when(known).then(pl.col(tokens).sum()).alias(tokens)


def _cacheable(calls: pl.LazyFrame) -> int | None:
    """Input tokens in a prefix that an earlier call of the model had; unknown where a prompt was not captured."""
    same_cache = pl.struct("provider", "model").rank("dense").alias("cache")
    prompts = calls.with_row_index("call").with_columns(same_cache).collect()
    captured = (pl.col("piece_hashes").list.len() > 0) & (pl.col("prompt_chars") > 0)
    complete = captured & pl.col("input_tokens").is_not_null() & pl.col("start_ns").is_not_null()
    if prompts.is_empty() or not prompts.select(complete.fill_null(value=False).all()).item():
        return None
    told = prompts.select(
        "call",
        "start_ns",
        "cache",
        (pl.col("input_tokens") / pl.col("prompt_chars")).alias("tokens_per_char"),
        "piece_hashes",
        "piece_chars",
    )
    shared = pieces(told, keep_ns=_KEEP_NS).filter("shared")
    return round(float(shared.select((pl.col("chars") * pl.col("tokens_per_char")).sum()).item()))


def _ms(durations: pl.LazyFrame, one: pl.Expr) -> float | None:
    """Of the last column, which is in nanoseconds."""
    nanoseconds = durations.select(one).collect().item()
    return None if nanoseconds is None else float(nanoseconds) / _NS_PER_MS


def _beside(waits: pl.LazyFrame, waited_for: pl.LazyFrame) -> float | None:
    """A call that is told by two spans, one within the other, counts twice."""
    total = _ms(waits.select((pl.col("end_ns") - pl.col("start_ns")).clip(lower_bound=0)), pl.last().sum())
    passed = _ms(waited_for, pl.last().sum())
    return total / passed if total and passed else None
