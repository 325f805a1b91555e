"""Identifiers of a frame as they are printed, so that a subject names the same rows in every recording."""

from __future__ import annotations

import polars as pl

from analyzers.untrusted import Name


def named(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with these columns as `Name` writes them; an absent identifier stays null.

    Two identifiers that print alike are one afterwards. Costs one `Name` for each distinct identifier.
    """
    return frame.with_columns(_names(frame[column]) for column in columns)


def _names(identifiers: pl.Series) -> pl.Series:
    distinct = identifiers.drop_nulls().unique()
    printed = pl.Series([str(Name(raw)) for raw in distinct.to_list()], dtype=pl.String)
    return identifiers.replace_strict(distinct, printed, default=None, return_dtype=pl.String)
