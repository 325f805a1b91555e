"""Steps that wait for a person: their time is a person's, not the application's."""

from __future__ import annotations

from typing import Final

import polars as pl

# Words that frameworks put into the names of tools which ask, show or hand over to somebody.
_WORDS: Final = (
    r"ask.?(the.?)?(user|human|person|question)",
    r"(user|human|person|operator).?(input|in.?the.?loop|question|feedback|approval|review|confirm|handoff|reply)",
    r"(await|wait.?for|request|get|prompt)(ing)?.?(for.?)?(the.?|an?.?)?(user|human|approval|permission|confirmation)",
    r"\b(approval|approve|confirm|confirmation|interrupt|permission)\b",
    r"exit.?plan.?mode",
)


def waits_for_a_person(operation: pl.Expr) -> pl.Expr:
    return operation.str.contains("(?i)" + "|".join(_WORDS)).fill_null(value=False)
