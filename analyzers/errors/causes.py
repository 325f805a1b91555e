"""One name for what providers and HTTP clients word in many ways: `rate limit`, `context overflow`, `time-out`, ...

What is known of an error by its type, its HTTP status or its message is looked up in `wordings`; a status is read out
of the message where the error has none. An error that no provider or client words so has no cause here: what a
program of the application says of itself, and what a tool's user declines, stays what it is.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.errors.wordings import STATUS_IN_WORDS, WORDINGS, Wording

TRANSIENT: Final = frozenset({"rate limit", "overloaded", "time-out", "connection", "server error"})
"""What another attempt, later, may cure."""

_LONGEST: Final = 1000  # characters of a message that are looked at
_STATUS_WITHIN: Final = 200  # a status further behind is of something that the message reports


def cause(error_type: pl.Expr, http_status: pl.Expr, message: pl.Expr) -> pl.Expr:
    """The cause of an error, or null. Costs one look for each distinct type, status and beginning of a message."""
    told = pl.struct(
        error_type.cast(pl.String).alias("type"),
        http_status.cast(pl.Int64).alias("status"),
        message.cast(pl.String).str.slice(0, _LONGEST).alias("message"),
    )
    return told.map_batches(_causes, return_dtype=pl.String)


def _causes(told: pl.Series) -> pl.Series:
    """The cause of each error, told by `type`, `status` and `message`."""
    rows = told.struct.unnest().with_columns(told.hash().alias("key"))  # two alike: one chance in 2^64
    distinct = rows.unique("key", keep="any")
    named = distinct.select("key", _normal(distinct).select(_first_that_fits().alias("cause")).to_series())
    return rows.select("key").join(named, on="key", how="left", maintain_order="left")["cause"]


def _normal(distinct: pl.DataFrame) -> pl.DataFrame:
    """`kind`: the type's last part in letters alone; `words`: type and message; `status`: wherever it stands."""
    words = pl.concat_str(pl.col("type"), pl.col("message"), separator=" ", ignore_nulls=True).str.to_lowercase()
    beginning = pl.col("message").str.slice(0, _STATUS_WITHIN).str.to_lowercase()
    in_words = [beginning.str.extract(pattern).cast(pl.Int64) for pattern in STATUS_IN_WORDS]
    last = pl.col("type").str.strip_chars().str.split(".").list.last()
    return distinct.select(
        last.str.replace_all(r"[^A-Za-z]", "").str.to_lowercase().alias("kind"),
        words.fill_null("").alias("words"),
        pl.coalesce("status", pl.col("type").str.extract(r"^([45]\d\d)$").cast(pl.Int64), *in_words).alias("status"),
    )


def _first_that_fits() -> pl.Expr:
    return pl.coalesce(pl.when(_fits(wording)).then(pl.lit(wording.cause)) for wording in WORDINGS)


def _fits(wording: Wording) -> pl.Expr:
    by_type = pl.col("kind").is_in(wording.types.split())
    by_status = pl.col("status").is_in(list(wording.statuses))
    by_words = pl.col("words").str.contains(wording.words) if wording.words else pl.lit(value=False)
    return pl.any_horizontal(by_type, by_status, by_words)
