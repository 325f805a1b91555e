"""Tool results inside prompts: which call's prompt grew by what one tool had just answered.

A prompt is compared with the one before of the same operation in the same trace, in characters where both
recorded them, else in input tokens. The tools that ran between the two are what it can have grown by.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.identifiers import named, of_traces

CHARS_PER_TOKEN: Final = 4  # of English prose, by OpenAI's help pages; compares the two measures, never a figure

_NAMES: Final = ("trace_id", "span_id", "service", "operation")
_WHEN: Final = ("start_ns", "end_ns", "clock")
_PAID: Final = ("input_tokens", "input_usd_per_mtok", "cached_tokens", "cached_usd_per_mtok", "cost_unknown")
_EVER: Final = -(2**63)
IS_TOOL: Final = pl.col("kind").is_in(["tool", "retrieval"])


def prompts(spans: pl.LazyFrame, calls: pl.LazyFrame, min_chars: float) -> pl.DataFrame:
    """The calls of traces with a large or unrecorded tool result, each operation's one after the other.

    `size` is the prompt's length in characters or, where not `by_chars`, in tokens; `added` what it has more of than
    the one before.
    """
    large = pl.col("output").is_null() | (pl.col("output").str.len_bytes() >= min_chars)
    told = spans.filter(IS_TOOL & large).select("trace_id").unique()
    complete = pl.all_horizontal(pl.col(*_NAMES, "start_ns").is_not_null())
    conversation = pl.struct("trace_id", "operation").hash()  # sorts faster than two names do
    rows = (
        calls.filter(complete & pl.col("status").ne_missing("error"))
        .join(told, on="trace_id", how="semi")
        .select(conversation.alias("conversation"), *_NAMES, *_WHEN, "prompt_chars", *_PAID)
        .sort("conversation", "start_ns", "span_id")
        .collect()
    )
    fresh = (pl.col("conversation") != pl.col("conversation").shift(1)).fill_null(value=True)
    before = pl.when(~fresh).then(pl.col("prompt_chars").shift(1)).otherwise(0)
    chars = pl.col("prompt_chars").cast(pl.Float64) - before
    tokens = pl.col("input_tokens").cast(pl.Float64) - pl.when(~fresh).then(pl.col("input_tokens").shift(1))
    by_chars = chars.is_not_null()
    return rows.with_columns(
        pl.when(~fresh).then(pl.col("start_ns").shift(1)).alias("before_ns"),
        by_chars.alias("by_chars"),
        pl.when(by_chars).then(chars).otherwise(tokens).alias("added"),
        pl.when(by_chars).then("prompt_chars").otherwise("input_tokens").cast(pl.Float64).alias("size"),
    )


def grown(asked: pl.DataFrame, min_chars: float, min_share: float) -> pl.DataFrame:
    """The prompts of which so many characters, or a fourth as many tokens, and such a share were new."""
    least = pl.when("by_chars").then(min_chars).otherwise(min_chars / CHARS_PER_TOKEN)
    large = (pl.col("added") >= least) & (pl.col("added") >= min_share * pl.col("size")) & (pl.col("added") > 0)
    return asked.filter(large)


def results(spans: pl.LazyFrame, jumps: pl.DataFrame, min_chars: float, min_share: float) -> pl.DataFrame:
    """The one tool call that each of the grown prompts has its new text from, with its `chars` where known."""
    told = ("trace_id", "span_id", "service", "operation", "start_ns", "end_ns", "revision")
    code = ("code_file", "code_function", "code_line")
    tools = (
        of_traces(spans, jumps["trace_id"].unique())
        .filter(IS_TOOL & pl.all_horizontal(pl.col(told[:5]).is_not_null()))
        .select(*told, *code, "clock", pl.col("output").str.len_chars().cast(pl.Int64).alias("chars"))
        .collect()
    )
    asked = jumps.select(
        "trace_id",
        pl.col("span_id").alias("call_id"),
        pl.col("start_ns").alias("asked_ns"),
        "before_ns",
        "conversation",
        "by_chars",
        "added",
    )
    ran = tools.sort("start_ns").join_asof(
        asked.sort("asked_ns"),
        left_on="start_ns",
        right_on="asked_ns",
        by="trace_id",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    ran = ran.filter(pl.col("call_id").is_not_null() & (pl.col("start_ns") >= pl.col("before_ns").fill_null(_EVER)))
    alone = pl.len().over("trace_id", "call_id") == 1
    is_it = pl.when(pl.col("chars").is_null()).then(alone).otherwise(_fits(min_chars, min_share))
    largest = ran.filter(is_it).sort("chars", "span_id", descending=[True, False], nulls_last=True)
    return named(largest.unique(("trace_id", "call_id"), keep="first", maintain_order=True), "service", "operation")


def _fits(min_chars: float, min_share: float) -> pl.Expr:
    """The result is large, and most of what was new. No token is shorter than a character."""
    return (pl.col("chars") >= min_chars) & (pl.col("chars") >= min_share * pl.col("added"))


def carried(asked: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The calls that sent a result: the first, and later ones of its conversation large enough to hold it.

    A call counts for the last result before it alone. `held` is what it holds of it, in characters or tokens.
    """
    told = found.select("conversation", "asked_ns", "service", "operation", held="added", as_chars="by_chars")
    later = (
        asked.drop("added", "service", "operation", strict=False)
        .sort("start_ns")
        .join_asof(
            told.sort("asked_ns"),
            left_on="start_ns",
            right_on="asked_ns",
            by="conversation",
            strategy="backward",
            check_sortedness=False,
        )
    )
    return later.filter((pl.col("size") >= pl.col("held")) & (pl.col("by_chars") == pl.col("as_chars")))
