"""Where in the repository a finding comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Finding

How = Literal[
    "code attribute",  # code.* of a span
    "stack frame",  # the deepest one that is no library's
    "prompt text",
    "tool function",  # what runs when the model calls the tool
    "tool definition",  # what the model is told about it
    "operation name",
    "model call",  # the one place that calls a model
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    path: str  # as git ls-files writes it
    first_line: int  # 1-based, inclusive
    last_line: int
    symbol: str | None  # the enclosing function or class, dotted
    how: How
    sure: float  # 0 to 1
    why: str  # the evidence in one line: "41 of 44 static lines of the prompt stand here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Made by `metabot.place` only. `locations` are the repository's own paths and lines, surest first."""

    finding: Finding
    revision: str  # the full commit id that was searched
    revision_known: bool  # False: telemetry names no revision that the repository has; the base branch was searched
    locations: tuple[Location, ...]
    lines_at: str | None = None  # the base branch's commit, where its lines are told; None: those of `revision` are
