"""Identifiers of a frame as they are printed, so that a subject names the same rows in every recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from analyzers.finding import Subject
from analyzers.untrusted import Name

SUBJECT: Final = ("service", "operation", "detail")


def named(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with these columns as `Name` writes them; an absent identifier stays null.

    Two identifiers that print alike are one afterwards. Costs one `Name` for each distinct identifier.
    """
    return frame.with_columns(_names(frame[column]) for column in columns)


def identified(spans: pl.LazyFrame) -> pl.DataFrame:
    """One row for each span that says what and when it was, in the order of their starts, with printable names."""
    needed = pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns")
    rows = (
        spans.filter(pl.all_horizontal(needed.is_not_null()))
        .sort("start_ns", "trace_id", "span_id")
        .unique(("trace_id", "span_id"), keep="first", maintain_order=True)
        .collect()
    )
    return named(rows, "service", "operation")


def subject_of(row: Mapping[str, Any]) -> Subject:
    """The subject that a row's `service`, `operation` and `detail` name."""
    detail = row["detail"]
    return Subject(
        service=Name(row["service"]),
        operation=Name(row["operation"]),
        detail=None if detail is None else Name(detail),
    )


def about(subject: Subject) -> pl.Expr:
    """True for the rows that name this subject in `service`, `operation` and `detail`."""
    detail = None if subject.detail is None else str(subject.detail)
    return (
        (pl.col("service") == str(subject.service))
        & (pl.col("operation") == str(subject.operation))
        & pl.col("detail").eq_missing(pl.lit(detail, pl.String))
    )


def _names(identifiers: pl.Series) -> pl.Series:
    distinct = identifiers.drop_nulls().unique()
    printed = pl.Series([str(Name(raw)) for raw in distinct.to_list()], dtype=pl.String)
    return identifiers.replace_strict(distinct, printed, default=None, return_dtype=pl.String)
