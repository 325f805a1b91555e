"""Which model calls belong to one conversation: those of one agent in one session, else in one trace, in order.

An agent that another agent started has a conversation of its own each time; the outermost one goes on over the traces
of a session.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import CALENDAR, TIMED
from analyzers.identifiers import named, of_traces
from analyzers.usage.agents import with_agents

WHOLE: Final = pl.coalesce(pl.when(CALENDAR).then("session_id"), "trace_id")
"""The session, else the trace: times that count from a moment of their own cannot be compared over traces."""

SAME: Final = (pl.col("conversation") == pl.col("conversation").shift(1)).fill_null(value=False)
"""Whether the row before is of the same conversation."""

ONE_CLOCK: Final = SAME & TIMED & TIMED.shift(1) & (CALENDAR.shift(1) == CALENDAR)
GAP_NS: Final = pl.when(ONE_CLOCK).then(pl.col("start_ns") - pl.max_horizontal("start_ns", "end_ns").shift(1))
"""From the end of the call before, or from its start where the end is unknown; null without times of one kind."""

_NEEDED: Final = ("trace_id", "span_id", "service", "operation", "start_ns")
_ORDER: Final = ("start_ns", "end_ns", "trace_id", "span_id")


def conversations(spans: pl.LazyFrame, calls: pl.LazyFrame, *, apart: str | None = None) -> pl.DataFrame:
    """The calls with `conversation`, a number; each conversation's one after the other, oldest first.

    `apart` is a column whose values have conversations of their own. Reads what `with_agents` reads, who made the call
    and when, and `session_id`; calls that do not say who or when are left out. All columns that the calls have are held
    in memory.
    """
    made = calls.filter(pl.all_horizontal(pl.col(_NEEDED).is_not_null())).collect()
    led = _led(spans, named(made, "service", "operation"))
    who = pl.when("nested").then("agent_id").otherwise("agent")
    key = pl.struct("service", WHOLE.alias("whole"), who.alias("who"), *([apart] if apart else []))
    return led.with_columns(key.rank("dense").alias("conversation")).sort("conversation", *_ORDER, nulls_last=True)


def _led(spans: pl.LazyFrame, made: pl.DataFrame) -> pl.DataFrame:
    """The calls with `agent`, and `agent_id` and `nested` where the trace has several agents.

    The one agent of a trace is taken for that of all its calls: only several need the way up through the spans.
    """
    agents = of_traces(spans, made["trace_id"].unique()).filter(pl.col("kind") == "agent")
    each = agents.group_by("trace_id").agg(pl.len().alias("agents"), pl.col("operation").min().alias("agent")).collect()
    several = each.filter(pl.col("agents") > 1)["trace_id"]
    alone = made.filter(~pl.col("trace_id").is_in(several.implode()))
    found = alone.join(each.select("trace_id", "agent"), on="trace_id", how="left").with_columns(
        pl.lit(None, pl.String).alias("agent_id"), pl.lit(value=False).alias("nested")
    )
    others = made.filter(pl.col("trace_id").is_in(several.implode()))
    walked = with_agents(others, of_traces(spans, several))
    return pl.concat([found, walked.select(found.columns)])


def examined(calls: pl.LazyFrame, found: pl.DataFrame) -> pl.DataFrame:
    """How many traces called each service's operation of `found`, as `traces_examined`."""
    counted = calls.select("service", "operation", "trace_id").drop_nulls().unique().collect()
    return (
        named(counted, "service", "operation")
        .join(found, on=("service", "operation"), how="semi")
        .group_by("service", "operation")
        .agg(pl.col("trace_id").n_unique().alias("traces_examined"))
    )
