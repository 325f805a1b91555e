"""The model calls that asked for calls of tools: what the asking cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzers.identifiers import of_traces

_UNNAMED: Final = "no recorded model call names these calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Of the model calls whose answers asked for some calls of tools, each counted once."""

    calls: int
    tokens: int | None  # input and output; None: not all of them say
    cost_usd: float | None
    cost_unknown: str | None


def asking(calls: pl.LazyFrame, made: pl.DataFrame) -> Asking:
    """Reads `trace_id` and `tool_call_id` of the calls that were made. Known only if every one of them is named."""
    wanted = made.select("trace_id", pl.col("tool_call_id").alias("tool_call_ids")).unique()
    if wanted.is_empty() or wanted["tool_call_ids"].null_count():
        return Asking(calls=0, tokens=None, cost_usd=None, cost_unknown=_UNNAMED)
    asked = (
        of_traces(calls, wanted["trace_id"].unique())
        .select("trace_id", "span_id", "tool_call_ids", "input_tokens", "output_tokens", "cost_usd", "cost_unknown")
        .explode("tool_call_ids", empty_as_null=True, keep_nulls=True)
        .join(wanted.lazy(), on=("trace_id", "tool_call_ids"), how="semi")
        .collect()
    )
    if asked.select("trace_id", "tool_call_ids").n_unique() < wanted.height:
        return Asking(calls=0, tokens=None, cost_usd=None, cost_unknown=_UNNAMED)
    return _sum(asked.sort(pl.all().exclude("tool_call_ids")).unique(("trace_id", "span_id"), keep="first"))


def _sum(once: pl.DataFrame) -> Asking:
    tokens = once.select((pl.col("input_tokens") + pl.col("output_tokens")).cast(pl.Int128)).to_series()
    cost = once["cost_usd"].fill_nan(None)
    reasons = once["cost_unknown"].drop_nulls().sort()
    unknown = (reasons.item(0) if len(reasons) else "no price is recorded") if cost.null_count() else None
    return Asking(
        calls=once.height,
        tokens=None if tokens.null_count() else int(tokens.sum()),
        cost_usd=None if unknown else float(cost.sort().sum()),
        cost_unknown=unknown,
    )
