"""The shape of a message: what stays the same when one error is worded with other values."""

from __future__ import annotations

from typing import Final

import polars as pl

_LONGEST: Final = 1000  # characters of a message that are looked at
_MASKS: Final = (
    (r"[A-Za-z][A-Za-z0-9+.-]*://\S+", "<url>"),
    (r"\S+@\S+", "<address>"),
    (r'"[^"]*"', "<text>"),
    (r"(^|[\s(\[{:=,])'[^']*'", "${1}<text>"),  # an apostrophe within a word opens nothing
    (r"[\w.-]*\d[\w.-]*", "<value>"),  # numbers, times, ids: any word with a digit in it
    (r"\s+", " "),
)


def shape(message: pl.Expr) -> pl.Expr:
    """Values masked, white space folded; the shape of a shape is itself. Free text still: compared, never printed."""
    masked = message.str.slice(0, _LONGEST)
    for pattern, mask in _MASKS:
        masked = masked.str.replace_all(pattern, mask)
    return masked.str.strip_chars()
