"""Durations at which somebody's time-out ends a call: round numbers of seconds that people write into settings."""

from __future__ import annotations

from typing import Final

import polars as pl

LIMITS: Final = (30, 45, 60, 90, 100, 120, 150, 180, 240, 300, 360, 400, 480, 500, 600, 900, 1000, 1200, 1800, 3600)
_LATE: Final = 0.003  # of the limit: a timer fires after its time, never before
_LATE_NS: Final = 100_000_000  # and some need as long to say so
_AROUND: Final = 0.1  # of the limit, above and below: where calls lie that end by themselves
_NS: Final = 1_000_000_000


def limit_of(duration_ns: pl.Expr) -> pl.Expr:
    """The limit in seconds that a duration has just reached; null where it has reached none."""
    return pl.coalesce(
        pl.when(duration_ns.is_between(limit * _NS, limit * _NS + _late_ns(limit))).then(limit) for limit in LIMITS
    )


def is_near(duration_ns: pl.Expr, limit: pl.Expr) -> pl.Expr:
    """Whether a duration lies near a limit in seconds, above or below."""
    at_ns = limit.cast(pl.Float64) * _NS
    return duration_ns.is_between(at_ns * (1 - _AROUND), at_ns * (1 + _AROUND))


def may_be_near(duration_ns: pl.Expr) -> pl.Expr:
    """False for durations below all limits: those of nearly all calls."""
    return duration_ns >= min(LIMITS) * _NS * (1 - _AROUND)


def _late_ns(limit: int) -> int:
    return max(_LATE_NS, round(limit * _NS * _LATE))
