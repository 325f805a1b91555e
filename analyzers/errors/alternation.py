"""Two calls of tools that take turns and find out the same each time: A, B, A, B, A, B."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import DURATION_NS
from analyzers.errors.actions import command, once
from analyzers.exhibits import CODE
from analyzers.identifiers import named, of_traces
from analyzers.usage.agents import with_agents

_SPAN: Final = ("trace_id", "span_id")
_AGENT: Final = ("trace_id", "agent_id")
_WAITING: Final = r"(?i)(^|[^a-z])(sleep|wait|poll|watch)"  # of a command or of a tool's name: time is meant to pass


def alternations(spans: pl.LazyFrame) -> pl.DataFrame:
    """Calls of tools in turns of two, three times or more: `run`, `rounds`, `other` (the operation it alternates with).

    Both have captured inputs and results, which are the same in each round. `goes_on`: afterwards one of the two, asked
    the same, finds out something else; `waits`: one of them lets time pass. Calls at the same time take no turns.
    """
    traces = (
        spans.filter(_complete())
        .group_by("trace_id", _turn().alias("turn"))
        .agg(pl.len())
        .filter(pl.col("len") > 2)
        .group_by("trace_id")
        .agg(pl.len())
        .filter(pl.col("len") > 1)
        .collect()
    )
    there = of_traces(spans, traces["trace_id"])
    calls = there.filter(_known()).select(
        *_SPAN, "parent_id", "service", "operation", "start_ns", "end_ns", "clock", "session_id", "revision",
        "tool_call_id", "error_message", *CODE,
        DURATION_NS.alias("duration_ns"),
        pl.when(_complete()).then(_turn()).alias("turn"),
        pl.struct("operation", "input").hash().alias("asked"),
        _waits().alias("waits"),
    ).collect().unique(_SPAN, keep="first", maintain_order=True)  # fmt: skip
    if calls.is_empty():
        return calls.with_columns(run=pl.lit(0), rounds=pl.lit(0), other=pl.lit(""), goes_on=pl.lit(value=False))
    return _turns(with_agents(calls, there).sort(*_AGENT, "start_ns", "span_id", nulls_last=True))


def _known() -> pl.Expr:
    needed = pl.col(*_SPAN, "service", "operation", "start_ns", "end_ns")
    return pl.all_horizontal(needed.is_not_null()) & (pl.col("kind") == "tool")


def _complete() -> pl.Expr:
    found_out = pl.col("output").is_not_null() | pl.col("error_message").is_not_null()
    return _known() & pl.col("input").is_not_null() & found_out


def _turn() -> pl.Expr:
    return pl.struct("service", "operation", "input", "output", "error_message").hash()


def _waits() -> pl.Expr:
    return pl.coalesce(once(command, pl.col("input")), pl.lit("")).str.contains(_WAITING) | pl.col(
        "operation"
    ).str.contains(_WAITING)


def _turns(ordered: pl.DataFrame) -> pl.DataFrame:
    def before(column: str, steps: int) -> pl.Expr:
        return pl.col(column) == pl.col(column).shift(steps)

    same = pl.all_horizontal(pl.col(column).eq_missing(pl.col(column).shift(1)) for column in (*_AGENT, "clock"))
    later = (pl.col("start_ns") >= pl.col("end_ns").shift(1)) & (pl.col("start_ns") > pl.col("start_ns").shift(1))
    in_turn = (same & later).fill_null(value=False)
    linked = (in_turn & in_turn.shift(1) & before("turn", 2) & ~before("turn", 1)).fill_null(value=False)
    starts = linked & ~linked.shift(1, fill_value=False)
    numbered = ordered.with_row_index("row").with_columns(linked.alias("linked"), starts.cum_sum().alias("run"))
    found = (
        numbered.filter("linked")
        .group_by("run")
        .agg(pl.col("row").min().cast(pl.Int64) - 2, pl.len().cast(pl.Int64) + 2)
        .filter(pl.col("len") >= 6)
        .sort("row")
    )
    if found.is_empty():
        return numbered.clear().with_columns(rounds=pl.lit(0), other=pl.lit(""), goes_on=pl.lit(value=False))
    return _described(numbered.drop("run", "linked"), found)


def _described(ordered: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    members = found.select(
        "run", (pl.col("len") // 2).alias("rounds"), pl.int_ranges("row", pl.col("row") + pl.col("len")).alias("row")
    ).explode("row", empty_as_null=True, keep_nulls=True)
    rows = members.with_columns(pl.col("row").cast(ordered["row"].dtype)).join(ordered, on="row", maintain_order="left")
    rows = rows.unique("row", keep="first", maintain_order=True)
    asked = rows.group_by("trace_id", "asked", "run").agg(
        pl.col("turn").first().alias("found_out"), pl.col("start_ns").max().alias("last_ns")
    )
    went_on = (
        ordered.select("trace_id", "asked", "turn", "start_ns")
        .join(asked, on=("trace_id", "asked"))
        .filter((pl.col("start_ns") > pl.col("last_ns")) & pl.col("turn").ne_missing(pl.col("found_out")))
    )
    return named(rows, "service", "operation").with_columns(
        pl.col("run").is_in(went_on["run"].unique().implode()).alias("goes_on"),
        pl.col("waits").any().over("run"),
        pl.col("operation").get(1).over("run").alias("other"),
        pl.col("operation").first().over("run").alias("first_operation"),
    )
