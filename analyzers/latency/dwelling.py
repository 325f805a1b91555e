"""How long agents stayed in their states: out of what monitors counted, else out of the changes that a log tells."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from analyzers.identifiers import named
from analyzers.series import last_of_each_run

_ENTRIES: Final = "monitor.state.entries"
_DURATION: Final = "monitor.state.duration_ms"
# `agent:state:change` of a bus of signals, `state_changed`, `agent.state.transition`; the names of the state entered.
_CHANGE: Final = r"(?i)^([a-z0-9]+[:._-])*state[:._-]?(change[ds]?|transition(ed)?)$"
_ENTERED: Final = ("to", "new_state", "newState", "to_state", "state")

STAYS: Final = ("service", "operation", "session", "time_ns", "entries", "total_ms", "trace_id", "span_id")


def stays(samples: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """One row per service, state (`operation`) and session: entries, milliseconds in all, and when it ended.

    A session that a monitor counted is taken from its samples alone: the log tells the same stays once more. What was
    entered last is left out of a log, since nothing says when it was left.
    """
    measured = _measured(samples)
    counted = measured.select("service", "told_session").unique()
    logged = _logged(events).join(counted, on=("service", "told_session"), how="anti", nulls_equal=True)
    unnamed = counted.filter(pl.col("told_session").is_null()).select("service")
    rows = [measured, logged.join(unnamed, on="service", how="anti")]
    every = pl.concat([one.select(STAYS) for one in rows]).filter((pl.col("entries") > 0) & (pl.col("total_ms") >= 0))
    merged = named(every, "service", "operation").group_by("service", "operation", "session")
    return merged.agg(
        pl.col("time_ns").max(),
        pl.col("entries", "total_ms").sum(),
        pl.col("trace_id", "span_id").sort_by("trace_id", "span_id", nulls_last=True).first(),
    ).sort("service", "operation", "time_ns", "session")


def _measured(samples: pl.LazyFrame) -> pl.DataFrame:
    last = last_of_each_run(samples, (_ENTRIES, _DURATION), "state").filter(pl.col("state").is_not_null())
    of = ("service", "run", "state")
    entries = last.filter(pl.col("name") == _ENTRIES).select(*of, "time_ns", told_session="session", entries="value")
    durations = last.filter(pl.col("name") == _DURATION).select(*of, total_ms="value")
    return entries.join(durations, on=of).select(
        "service",
        "time_ns",
        "entries",
        "total_ms",
        "told_session",
        operation="state",
        session="run",
        trace_id=pl.lit(None, pl.String),
        span_id=pl.lit(None, pl.String),
    )


def _logged(events: pl.LazyFrame) -> pl.DataFrame:
    told = pl.col("name").str.contains(_CHANGE) & (pl.col("clock") == "utc")
    whole = pl.coalesce("session_id", "trace_id")
    rows = (
        events.filter((pl.col("kind") == "event") & told & pl.col("service").is_not_null() & whole.is_not_null())
        .select("service", "session_id", "trace_id", "span_id", "payload", "time_ns", whole.alias("session"))
        .drop_nulls("time_ns")
        .collect()
    )
    states = pl.Series("operation", [_entered(payload) for payload in rows["payload"]], dtype=pl.String)
    ordered = rows.with_columns(states).sort("service", "session", "time_ns", "span_id", "operation", nulls_last=True)
    until = pl.col("time_ns").shift(-1).over("service", "session")
    stayed = ordered.with_columns((until - pl.col("time_ns")).alias("ns")).drop_nulls(("ns", "operation"))
    return stayed.select(
        "service",
        "operation",
        "session",
        "time_ns",
        "trace_id",
        "span_id",
        told_session="session_id",
        entries=pl.lit(1.0),
        total_ms=pl.col("ns") / 1e6,
    )


def _entered(payload: str | None) -> str | None:
    try:
        told: Any = json.loads(payload or "{}")
    except (ValueError, RecursionError):
        return None
    states = [told.get(key) for key in _ENTERED] if isinstance(told, dict) else []
    known = next((state for state in states if isinstance(state, str) and state), None)
    return known and known.encode(errors="replace").decode()
