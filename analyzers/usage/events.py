"""What an application's event logs tell: which types of events, how often, and how bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzers.untrusted import Name

_TYPES: Final = 100
_KIND: Final = pl.col("kind") == "event"
_TIMED: Final = pl.col("clock") == "utc"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    name: Name
    severity: Name | None  # the most frequent one of its events
    count: int
    traces: int  # that have some
    last_ns: int | None  # None: no event of it has a calendar time


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    count: int  # lines of event logs: no log lines, span events or scores
    errors: int  # of them, those of the severity error or critical
    warnings: int
    traces: int  # that have some
    types: tuple[EventType, ...]  # most events first, at most a hundred


def events(recorded: pl.LazyFrame) -> Events:
    """Reads EVENTS."""
    found = recorded.filter(_KIND).select("name", "severity", "trace_id", "time_ns", "clock").collect()
    severity = found["severity"]
    types = (
        found.group_by("name")
        .agg(
            pl.col("severity").drop_nulls().mode().sort().first(),
            pl.len().alias("count"),
            pl.col("trace_id").drop_nulls().n_unique().alias("traces"),
            pl.col("time_ns").filter(_TIMED).max().alias("last_ns"),
        )
        .sort("count", "name", descending=[True, False])
        .head(_TYPES)
    )
    return Events(
        count=found.height,
        errors=int(severity.is_in(["error", "critical"]).sum()),
        warnings=int((severity == "warning").sum()),
        traces=found["trace_id"].drop_nulls().n_unique(),
        types=tuple(_type(row["severity"], row["name"], row) for row in types.iter_rows(named=True)),
    )


def _type(severity: str | None, name: str | None, row: dict[str, int | None]) -> EventType:
    return EventType(
        name=Name(name or ""),
        severity=Name(severity) if severity else None,
        count=row["count"] or 0,
        traces=row["traces"] or 0,
        last_ns=row["last_ns"],
    )
