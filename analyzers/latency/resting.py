"""States in which an agent does no work of its own: it rests, has ended, or waits for a person."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.latency.person import waits_for_a_person

_RESTS: Final = (
    r"\b(idle|idling|inactive|ready|paused?|pausing|sleep(ing)?|asleep|standby|stand by|offline|"
    r"stopped|stopping|halted|done|completed?|finished|ended|exit(ed)?|terminated|closed|shut ?down|dormant)\b"
)
_WAITS: Final = (
    r"^(a?waiting|wait|await)$",
    r"\ba?wait(s|ing)?\b.*\b(user|human|person|operator|approvals?|input|confirm\w*|reviews?|reply|feedback|event|work)\b",
    r"\b(pending|needs|requires)\b.*\b(approval|review|confirmation|input)\b",
)


def rests(state: pl.Expr) -> pl.Expr:
    """Whether nothing is done there that could be done faster. Read from the state's name, in any way of writing it."""
    words = (
        state.str.replace_all(r"([a-z0-9])([A-Z])", "$1 $2")
        .str.replace_all(r"[^\pL\pN]+", " ")
        .str.strip_chars()
        .str.to_lowercase()
    )
    named = words.str.contains("|".join((_RESTS, *_WAITS))) | waits_for_a_person(words)
    return named.fill_null(value=False)
