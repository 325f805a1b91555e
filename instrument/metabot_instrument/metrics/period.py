"""What a token budget's period is, by the calendar of UTC. Standard library only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, get_args

Period = Literal["hour", "day", "month", "ever"]
PERIODS: Final[tuple[str, ...]] = get_args(Period)


def name_of(period: Period, now: datetime) -> str:
    """The period that `now` is in; names sort by time."""
    shape = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m", "ever": "ever"}[period]
    return now.astimezone(UTC).strftime(shape)
