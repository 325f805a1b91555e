"""Durations in bounded memory, and how figures are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

_LAST: Final = 1000  # durations that quantiles are of


def iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def rounded(value: float | None) -> float | None:
    """Milliseconds to the microsecond, and every other figure to as many digits."""
    return None if value is None else round(value, 3)


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Between the two nearest of them; None of nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


class Durations:
    """Sum, least and greatest of all of them; quantiles of the last thousand."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.least: float | None = None
        self.greatest: float | None = None
        self._last: deque[float] = deque(maxlen=_LAST)

    def add(self, ms: float) -> None:
        self.count += 1
        self.total += ms
        self.least = ms if self.least is None else min(self.least, ms)
        self.greatest = ms if self.greatest is None else max(self.greatest, ms)
        self._last.append(ms)

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def quantiles(self) -> dict[str, float | None]:
        ordered = sorted(self._last)
        return {"p50": rounded(quantile(ordered, 0.5)), "p95": rounded(quantile(ordered, 0.95))}

    def summary(self) -> dict[str, Any]:
        found = self.quantiles()
        return {
            "total_ms": rounded(self.total),
            "mean_ms": rounded(self.mean),
            "min_ms": rounded(self.least),
            "max_ms": rounded(self.greatest),
            "p50_ms": found["p50"],
            "p95_ms": found["p95"],
        }
