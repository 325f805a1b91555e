"""What applications counted of themselves: the last export of each of their performance monitors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.series import last_of_each_run, series
from analyzers.untrusted import Name

_LISTED: Final = 50
_TOOLS: Final = {"calls": "calls", "errors": "errors", "duration_ms": "total_ms"}
_STATES: Final = {"entries": "entries", "duration_ms": "total_ms", "longest_ms": "longest_ms"}
_MODELS: Final = {name: name for name in ("calls", "errors", "input_tokens", "output_tokens")}
_SESSION: Final = {
    "llm.cached_tokens": "cached_tokens",
    "artifacts.created": "created",
    "artifacts.modified": "modified",
    "artifacts.deleted": "deleted",
    "cycles": "cycles",
    "uptime_seconds": "uptime_seconds",
}
_USED: Final = ("monitor.memory.rss_bytes", "monitor.memory.heap_bytes")
_LIMIT: Final = "monitor.memory.limit_bytes"
_RUN: Final = ("service", "session", "persona", "started")
_LARGEST: Final = 2.0**53  # of which a float counts every whole number


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredTool:
    tool: Name
    calls: int
    errors: int
    mean_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredState:
    state: Name
    entries: int
    total_ms: float
    mean_ms: float | None
    longest_ms: float | None  # of one stay


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredModel:
    model: Name | None  # None: of no known one
    calls: int
    errors: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakMemory:
    """Of the monitor that came nearest to its limit; where none knows one, of that with most bytes."""

    service: Name
    peak_bytes: int
    limit_bytes: int | None
    share: float | None  # of the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfMeasured:
    """Sums over all monitors, of what each had counted when it was exported last."""

    monitors: int  # told apart by service, session, persona and the moment when it began
    tools: tuple[MeasuredTool, ...]  # most calls first, at most fifty
    states: tuple[MeasuredState, ...]  # longest in all first, at most fifty
    models: tuple[MeasuredModel, ...]  # most calls first, at most fifty
    cached_tokens: int
    memory: PeakMemory | None
    created: int  # artifacts
    modified: int
    deleted: int
    cycles: int


def self_measured(samples: pl.LazyFrame) -> SelfMeasured:
    """Reads SAMPLES."""
    session = _last(samples, "monitor", _SESSION, "tool")
    sums = {column: _whole(session[column].sum()) for column in _SESSION.values() if column != "uptime_seconds"}
    return SelfMeasured(
        monitors=_monitors(samples),
        tools=_tools(_last(samples, "monitor.tool", _TOOLS, "tool")),
        states=_states(_last(samples, "monitor.state", _STATES, "state")),
        models=_models(_last(samples, "monitor.llm", _MODELS, "model")),
        memory=_memory(samples),
        **sums,
    )


def _last(samples: pl.LazyFrame, group: str, names: dict[str, str], label: str) -> pl.DataFrame:
    """A row for each value of the label, with a column for each of the names: sums, and of the longest the largest."""
    found = last_of_each_run(samples, [f"{group}.{name}" for name in names], label)
    value = pl.col("value").clip(0.0, _LARGEST)
    columns = []
    for name, column in names.items():
        of_it = value.filter(pl.col("name") == f"{group}.{name}")
        columns.append((of_it.max() if name == "longest_ms" else of_it.sum()).alias(column))
    return found.group_by(label).agg(*columns)


def _monitors(samples: pl.LazyFrame) -> int:
    groups = {"monitor.tool": _TOOLS, "monitor.state": _STATES, "monitor.llm": _MODELS, "monitor": _SESSION}
    names = [f"{group}.{name}" for group, of_it in groups.items() for name in of_it]
    return series(samples, [*names, *_USED], _RUN[1:]).select(_RUN).n_unique()


def _tools(found: pl.DataFrame) -> tuple[MeasuredTool, ...]:
    rows = found.sort("calls", "tool", descending=[True, False]).head(_LISTED)
    return tuple(
        MeasuredTool(
            tool=Name(row["tool"] or ""),
            calls=_whole(row["calls"]),
            errors=_whole(row["errors"]),
            mean_ms=_mean(row["total_ms"], row["calls"]),
        )
        for row in rows.iter_rows(named=True)
    )


def _states(found: pl.DataFrame) -> tuple[MeasuredState, ...]:
    rows = found.sort("total_ms", "state", descending=[True, False]).head(_LISTED)
    return tuple(
        MeasuredState(
            state=Name(row["state"] or ""),
            entries=_whole(row["entries"]),
            total_ms=row["total_ms"],
            mean_ms=_mean(row["total_ms"], row["entries"]),
            longest_ms=row["longest_ms"],
        )
        for row in rows.iter_rows(named=True)
    )


def _models(found: pl.DataFrame) -> tuple[MeasuredModel, ...]:
    any_of_it = found.filter(pl.any_horizontal(pl.col(*_MODELS.values()) > 0))
    rows = any_of_it.sort("calls", "model", descending=[True, False]).head(_LISTED)
    return tuple(
        MeasuredModel(
            model=None if row["model"] is None else Name(row["model"]),
            **{column: _whole(row[column]) for column in _MODELS.values()},
        )
        for row in rows.iter_rows(named=True)
    )


def _memory(samples: pl.LazyFrame) -> PeakMemory | None:
    peaks = _largest(samples, _USED, "peak")
    if peaks.is_empty():
        return None
    share = pl.when(pl.col("limit") > 0).then(pl.col("peak") / pl.col("limit")).alias("share")
    found = peaks.join(_largest(samples, (_LIMIT,), "limit"), on=_RUN, how="left", nulls_equal=True).with_columns(share)
    order: dict[str, Any] = {"descending": [True, True, *[False] * len(_RUN)], "nulls_last": True}
    row = found.sort("share", "peak", *_RUN, **order).row(0, named=True)
    return PeakMemory(
        service=Name(row["service"] or ""),
        peak_bytes=_whole(row["peak"]),
        limit_bytes=None if row["limit"] is None else _whole(row["limit"]),
        share=row["share"],
    )


def _largest(samples: pl.LazyFrame, names: tuple[str, ...], column: str) -> pl.DataFrame:
    value = pl.col("value").clip(0.0, _LARGEST).max().alias(column)
    return series(samples, names, _RUN[1:]).group_by(_RUN).agg(value)


def _whole(value: Any) -> int:
    return min(int(value), 2**63 - 1)


def _mean(total: float, count: float) -> float | None:
    """None where no time was counted."""
    return total / count if count and total else None
