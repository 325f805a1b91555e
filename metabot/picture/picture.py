"""A finding's picture: a few traces, the tokens of their calls, where two prompts part, how long its operation takes.

Of text out of telemetry it holds names alone, of prompts lengths and hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzers.finding import Exemplar
from analyzers.untrusted import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturedSpan:
    """In the order of the tree: a span's children follow it, one deeper."""

    depth: int  # 0 at a root
    service: Name
    operation: Name
    kind: Name
    failed: bool
    blamed: bool  # the finding names it
    start_ms: float | None  # after the trace's first start; None where only an order is known
    ms: float | None  # None where it is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturedTrace:
    trace_id: Name
    spans: tuple[PicturedSpan, ...]  # those that the finding names, those above them, and the longest of the others
    left_out: int  # spans of the trace that are not among them


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturedCall:
    trace: int  # which of the exemplars' traces, from 1 on
    place: int  # which call of that trace, from 1 on
    model: Name | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    blamed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two prompts, and its piece in which it parts from the other; None where it ends there."""

    call: Exemplar
    size: int
    piece_hash: str | None  # sixteen hex digits
    piece_size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Where two prompts stop being the same."""

    unit: Literal["characters", "tokens"]
    shared: int  # what both begin with, in the unit
    shared_pieces: int
    shared_later: int | None  # behind the piece in which they part, what both hold; None where that is not known
    sides: tuple[Side, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Spans that took at least 2 to the `exponent` nanoseconds, and less than twice that."""

    exponent: int
    spans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Of all spans of one operation."""

    service: Name
    operation: Name
    buckets: tuple[Bucket, ...]  # those that hold some, shortest first
    unknown: int
    blamed: tuple[int, ...]  # buckets, by their exponents, in which spans are that the finding names


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    traces: tuple[PicturedTrace, ...]
    calls: tuple[PicturedCall, ...]  # in the order in which they were made
    calls_left_out: int
    parting: Parting | None
    durations: Durations | None
