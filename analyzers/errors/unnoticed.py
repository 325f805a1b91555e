"""Errors that nothing above tells of, and that nothing made good."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.errors.fates import errors
from analyzers.identifiers import of_traces
from analyzers.untrusted import Name

UNNOTICED: Final = ", unnoticed"

_NO_ANSWER_YET: Final = ("not found", "invalid request")  # an answer like any other: a look whether something is there
_WORK: Final = ("client", "retrieval", "embedding")


def unnoticed(spans: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """Errors under a parent that is not in error, without a further attempt or another way that succeeded.

    Of a model: nothing followed, and no root of the trace is in error. Of a client, a retrieval or an embedding: its
    cause is known and no plain answer. A tool's error is no matter of silence: the model is told of it.
    """
    found = errors(spans, events)
    if found.is_empty():
        return found.with_columns(vain_ns=pl.lit(None, pl.Int64))
    family = of_traces(spans, found["trace_id"].unique()).select("trace_id", "parent_id", "kind", "status", "start_ns")
    rows = _beside(found, family.collect())
    seen = pl.col("parent_status").is_not_null()
    covered = seen & (pl.col("parent_status") != "error") & pl.col("kind").is_in(_WORK)
    a_failure = pl.col("cause").is_not_null() & ~pl.col("cause").is_in(_NO_ANSWER_YET)
    lost = seen & (pl.col("kind") == "model") & pl.col("ended") & ~pl.col("root_failed")
    made_good = pl.col("again") | pl.col("retried").fill_null(value=False) | pl.col("otherwise")
    silent = rows.filter(((covered & a_failure) | lost).fill_null(value=False) & ~made_good)
    details = [Name(f"{detail[:100]}{UNNOTICED}") for detail in silent["detail"]]
    return silent.with_columns(
        pl.Series("detail", details, pl.String),
        pl.col("called").alias("operation"),
        vain_ns=pl.lit(None, pl.Int64),
    )


def _beside(found: pl.DataFrame, family: pl.DataFrame) -> pl.DataFrame:
    """`root_failed`: a root of the trace is in error; `otherwise`: a later sibling of its kind is not."""
    in_error = (pl.col("status") == "error").fill_null(value=False)
    roots = family.filter(pl.col("parent_id").is_null())
    failed = roots.group_by("trace_id").agg(in_error.any().alias("root_failed"))
    siblings = ("trace_id", "parent_id", "kind")
    sound = family.filter(~in_error).group_by(siblings).agg(pl.col("start_ns").max().alias("sound_ns"))
    return (
        found.join(failed, on="trace_id", how="left", maintain_order="left")
        .join(sound, on=siblings, how="left", maintain_order="left")
        .with_columns(
            pl.col("root_failed").fill_null(value=False),
            (pl.col("sound_ns") >= pl.col("over_ns")).fill_null(value=False).alias("otherwise"),
        )
    )
