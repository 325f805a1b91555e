"""Identifiers of a frame as they are printed, so that a subject names the same rows in every recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from analyzers.finding import Subject
from analyzers.untrusted import Name

SUBJECT: Final = ("service", "operation", "detail")
_SPAN: Final = ("trace_id", "span_id")
_OLDEST_FIRST: Final = ("start_ns", *_SPAN)


def named(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with these columns as `Name` writes them; an absent identifier stays null.

    Two identifiers that print alike are one afterwards. Costs one `Name` for each distinct identifier.
    """
    return frame.with_columns(_names(frame[column]) for column in columns)


def identified(spans: pl.LazyFrame) -> pl.DataFrame:
    """One row for each span that says what and when it was, in the order of their starts, with printable names.

    All columns that the frame has are held in memory: select those that are read.
    """
    return named(once(spans), "service", "operation")


def once(spans: pl.LazyFrame) -> pl.DataFrame:
    """The same with the names as they were recorded, for where most of the rows will be left out."""
    needed = pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns")
    rows = spans.filter(pl.all_horizontal(needed.is_not_null())).sort(_OLDEST_FIRST).collect()
    if rows.select(pl.struct(_SPAN).hash().n_unique()).item() < rows.height:  # rare, and costs more than all the rest
        first = (*_OLDEST_FIRST, *(name for name in rows.columns if name not in _OLDEST_FIRST))
        rows = rows.sort(first).unique(_SPAN, keep="first", maintain_order=True)
    return rows


def of_traces(rows: pl.LazyFrame, traces: pl.Series) -> pl.LazyFrame:
    """Only the rows of these traces: of a frame in files the others are not even decoded."""
    return rows.filter(pl.col("trace_id").is_in(traces.implode()))


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
