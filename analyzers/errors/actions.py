"""When two calls of a tool are the same action, though their arguments are not the same to the letter.

An input that holds a shell command is that command without what is said in it: quoted texts, here-documents, flags.
`git commit -m "a"` and `git commit --no-verify -m "b"` are one action, `cat a.txt` and `cat b.txt` are two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from analyzers.errors.shape import shape

_LONGEST: Final = 4000  # characters of an input that are looked at
_END: Final = 1000  # characters at the end of a message that are looked at
_VERDICT: Final = 300  # of them, masked, that tell two failures of one command apart: the verdict stands at the end

_COMMAND: Final = (
    r'^\s*\{(?:.*?,)?\s*"(?:command|cmd|code|script|commands)"\s*:\s*'
    r'(?:"((?:[^"\\]|\\.)*)"|\[((?:[^"\]]|"(?:[^"\\]|\\.)*")*)\])'
)
_PLAIN: Final = r"^\s*[^\s{\[]"  # a command that was not wrapped into an object
_WITHOUT: Final = (
    (r"\\n|\\t", " "),
    (r'\\"', '"'),
    (r"(?s)<<.*", " "),  # here-documents end the command, as far as we look
    (r'"[^"]*"?', " "),
    (r"'[^']*'?", " "),
    (r"(^|\s)--?[A-Za-z][\w-]*(=\S*)?", "${1}"),
    (r"\s+", " "),
)
_EXIT: Final = r"(?i)^\W*(error: )?(exit|return)\s?(code|status)?\W*\d*\W*"
_WORDS: Final = r"[A-Za-z]\w+\W+[A-Za-z]\w+"


def once(
    told: Callable[[pl.Expr], pl.Expr], of: pl.Expr, dtype: pl.DataType | type[pl.DataType] = pl.String
) -> pl.Expr:
    """What is told of a text, found out once for each distinct text."""

    def each(texts: pl.Series) -> pl.Series:
        distinct = texts.unique().to_frame("text").with_columns(told(pl.col("text")).alias("told"))
        rows = texts.to_frame("text")
        return rows.join(distinct, on="text", how="left", nulls_equal=True, maintain_order="left")["told"]

    return of.map_batches(each, return_dtype=dtype)


def command(text: pl.Expr) -> pl.Expr:
    """The command that an input runs, without what it says; null where it runs none. Compared, never printed."""
    head = text.str.slice(0, _LONGEST)
    wrapped = pl.coalesce(head.str.extract("(?s)" + _COMMAND, 1), head.str.extract("(?s)" + _COMMAND, 2))
    run = pl.coalesce(wrapped, pl.when(head.str.contains(_PLAIN)).then(head))
    for pattern, instead in _WITHOUT:
        run = run.str.replace_all(pattern, instead)
    run = run.str.strip_chars()
    return pl.when(run.str.len_chars() > 0).then(run)


def verdict(message: pl.Expr) -> pl.Expr:
    """What the end of a message says, its values masked. Compared, never printed."""
    return shape(message.str.tail(_END)).str.tail(_VERDICT)


def says_something(message: pl.Expr) -> pl.Expr:
    """Whether a message says more than an exit code, which may be a command's plain no."""
    return message.str.slice(0, _END).str.replace(_EXIT, "").str.contains(_WORDS).fill_null(value=False)


def parts(text: pl.Expr) -> pl.Expr:
    """The arguments of an input, roughly: what stands between its commas."""
    return text.str.slice(0, _LONGEST).str.replace_all(r"\s+", "").str.split(",").list.unique()
