"""Failing calls that do the same as the one before them, in runs: what was tried again, and what became of it."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzers.clock import DURATION_NS
from analyzers.errors.actions import command, once, parts, says_something, verdict
from analyzers.errors.causes import TRANSIENT, cause
from analyzers.exhibits import CODE
from analyzers.identifiers import named, of_traces
from analyzers.usage.agents import with_agents

KINDS: Final = ("tool", "client", "retrieval", "model")
_SPAN: Final = ("trace_id", "span_id")
_TOOL: Final = ("trace_id", "service", "operation")
_SEQUENCE: Final = ("trace_id", "agent_id", "service", "operation", "verdict", "own_command")
_MOST_ALIKE: Final = 0.75  # of the arguments of two calls that are one action if they fail word for word alike
_ARGUMENTS: Final = 4  # fewer are too few to tell what is most of them


def attempts(spans: pl.LazyFrame, *, max_between: int) -> pl.DataFrame:
    """The failing calls that have another one like them, each with `run`, the number of its run, one or more to a run.

    Adds to each run `length`; `curable`: its cause passes by itself; `cured`: the same succeeded afterwards; `waited`:
    it was cured by waiting alone; `worked_between`: attempts of a command with other calls between them; `unseen`: the
    inputs were not captured; `says_why`: the messages say more than a command's exit code.
    `max_between` is how many other calls of the trace may lie between two attempts. Calls that run at the same time
    are no attempts after each other.
    """
    failing = _repeatedly_failing(spans)
    if failing.is_empty():
        return failing
    there = of_traces(spans, failing["trace_id"].unique())
    placed = _placed(failing, there)
    before = _with_successes(with_agents(placed, there), there)
    ordered = before.sort(*_SEQUENCE, "start_ns", "span_id", nulls_last=True).with_columns(
        (~_follows(max_between)).cum_sum().alias("run")
    )
    return _described(ordered)


def _failed() -> pl.Expr:
    known = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns", "end_ns").is_not_null())
    return known & (pl.col("status") == "error") & pl.col("kind").is_in(KINDS)


def _repeatedly_failing(spans: pl.LazyFrame) -> pl.DataFrame:
    """Failing calls of an operation that fails several times in its trace with one verdict."""
    often = (
        spans.filter(_failed())
        .group_by(_TOOL)
        .agg(pl.len())
        .filter(pl.col("len") > 1)
        .collect()
    )  # fmt: skip
    told = of_traces(spans, often["trace_id"].unique()).filter(_failed())
    failing = told.select(
        *_SPAN, "parent_id", "service", "operation", "kind", "start_ns", "end_ns", "clock", "session_id", "revision",
        "tool_call_id", "error_type", "error_message", "http_status", *CODE,
        DURATION_NS.alias("duration_ns"),
        pl.struct(once(verdict, pl.col("error_message")), pl.col("error_type")).hash().alias("verdict"),
        pl.col("error_message").hash().alias("message"),
        once(says_something, pl.col("error_message"), pl.Boolean).alias("tells"),
        *_actions(),
        pl.col("input").alias("arguments"),
    )  # fmt: skip
    same = (*_TOOL, "verdict")
    own_command = pl.when("is_command").then(pl.coalesce(pl.when("tells").then("runs"), "input")).alias("own_command")
    not_a_command = pl.when(~pl.col("is_command")).then("arguments")
    told = failing.with_columns(own_command, parts(not_a_command).alias("parts")).drop("arguments")
    rows = told.collect().unique(_SPAN, keep="first", maintain_order=True)
    return rows.join(rows.group_by(same).agg(pl.len()).filter(pl.col("len") > 1), on=same, how="semi")


def _actions() -> tuple[pl.Expr, ...]:
    """`input`, a hash; `runs`: what it runs, a hash, where it runs something and more than one word is left of it."""
    run = once(command, pl.col("input"))
    return (
        pl.when(pl.col("input").is_not_null()).then(pl.col("input").hash()).alias("input"),
        pl.when(run.str.contains(r"\S\s+\S")).then(run.hash()).alias("runs"),
        run.is_not_null().alias("is_command"),
    )


def _placed(failing: pl.DataFrame, there: pl.LazyFrame) -> pl.DataFrame:
    """With `at`, each call's place among all calls of its trace."""
    calls = (
        there.filter(pl.col("kind").is_in(("tool", "retrieval", "client")) | _failed())
        .select(*_SPAN, pl.col("start_ns").rank("ordinal").over("trace_id", order_by="span_id").alias("at"))
        .collect()
        .unique(_SPAN, keep="first", maintain_order=True)
    )
    return failing.join(calls, on=_SPAN, how="left", maintain_order="left").with_columns(pl.col("at").cast(pl.Int64))


def _with_successes(failing: pl.DataFrame, there: pl.LazyFrame) -> pl.DataFrame:
    """With `succeeded_ns` and `succeeds_ns`: when the same last did before the call, and next will do after it."""
    known = pl.all_horizontal(pl.col("trace_id", "service", "operation", "start_ns").is_not_null())
    operations = failing.select(_TOOL).unique().lazy()
    action = pl.coalesce("runs", "input", pl.lit(0, pl.UInt64)).alias("action")
    done = (
        there.filter(known & (pl.col("status") != "error").fill_null(value=True) & pl.col("kind").is_in(KINDS))
        .join(operations, on=_TOOL, how="semi")
        .select(*_TOOL, "start_ns", *_actions())
        .with_columns(action, pl.col("start_ns").alias("done_ns"))
        .sort("start_ns")
        .collect()
    )
    rows = failing.with_columns(action).sort("start_ns")
    keys = (*_TOOL, "action")
    for strategy, told in (("backward", "succeeded_ns"), ("forward", "succeeds_ns")):
        rows = rows.join_asof(
            done.select(*keys, "start_ns", pl.col("done_ns").alias(told)),
            on="start_ns",
            by=keys,
            strategy=strategy,  # type: ignore[arg-type]
            check_sortedness=False,  # both were just sorted; Polars cannot check it within groups
        )
    return rows


def _follows(max_between: int) -> pl.Expr:
    """Whether a row is the same action as the row before it, made after that one had failed."""

    def as_before(column: str) -> pl.Expr:
        return pl.col(column) == pl.col(column).shift(1)

    between = pl.col("at") - pl.col("at").shift(1) - 1
    in_sequence = pl.all_horizontal(pl.col(column).eq_missing(pl.col(column).shift(1)) for column in _SEQUENCE)
    one_clock = as_before("clock") | (pl.col("clock").is_null() & pl.col("clock").shift(1).is_null())
    after = (pl.col("start_ns") >= pl.col("end_ns").shift(1)) & (pl.col("start_ns") > pl.col("start_ns").shift(1))
    not_done = pl.col("succeeded_ns").is_null() | (pl.col("succeeded_ns") < pl.col("start_ns").shift(1))
    near = between <= max_between
    same_command = as_before("runs") & pl.col("tells")
    common = pl.col("parts").list.set_intersection(pl.col("parts").shift(1)).list.len()
    most = pl.max_horizontal(pl.col("parts").list.len(), pl.col("parts").shift(1).list.len())
    nearly_same = as_before("message") & (common >= _MOST_ALIKE * most) & (most >= _ARGUMENTS)
    no_input = pl.col("input").is_null() & pl.col("input").shift(1).is_null() & as_before("message") & (between == 0)
    same = as_before("input") | same_command | nearly_same | no_input
    return (in_sequence & one_clock & after & not_done & near & same).fill_null(value=False)


def _described(ordered: pl.DataFrame) -> pl.DataFrame:
    last = pl.col("start_ns").max()
    causes = cause(pl.col("error_type"), pl.col("http_status"), pl.col("error_message"))
    hangs = (pl.col("kind") == "tool") & (pl.col("cause") == "time-out")  # the same command hangs as it did before
    nothing_else = pl.col("at").max() - pl.col("at").min() == pl.len() - 1
    one_input = pl.col("input").n_unique() == 1
    is_command = pl.col("is_command").fill_null(value=False)
    runs = (
        ordered.with_columns(causes.alias("cause"))
        .group_by("run")
        .agg(
            pl.len().cast(pl.Int64).alias("length"),
            (pl.col("cause").is_in(sorted(TRANSIENT)) & ~hangs).fill_null(value=False).any().alias("curable"),
            (pl.col("succeeds_ns").max() > last).fill_null(value=False).alias("cured"),
            (nothing_else & one_input).alias("alone"),
            (is_command.any() & ~nothing_else).alias("worked_between"),
            pl.col("input").is_null().any().alias("unseen"),
            (pl.col("tells") | ~is_command).all().alias("says_why"),
        )
        .with_columns((pl.col("cured") & pl.col("alone")).alias("waited"))
    )
    return named(ordered.join(runs, on="run", maintain_order="left"), "service", "operation")
