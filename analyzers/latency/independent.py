"""Sibling calls made in turn of which the recording proves that none needs another's result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import polars as pl

from analyzers.exhibits import CODE
from analyzers.identifiers import identified, of_traces, once

_WORD: Final = re.compile(r"[^\W_]+")
_TELLING: Final = 3  # characters from which a word may carry a result on; a number may at any length
_SPAN: Final = ("trace_id", "span_id")
_PARENT: Final = ("trace_id", "parent_id")


Pace = Mapping[tuple[str, str], int]
"""Nanoseconds that a call of each service's operation takes; of one that is not in it, what it took."""


@dataclass(frozen=True, slots=True)
class Run:
    """Two or more calls under one parent, in order of execution."""

    calls: tuple[dict[str, Any], ...]  # rows of the spans
    asked_together: bool  # one answer of the model asked for all of them; False: their arguments and results prove it

    def saving_ns(self, pace: Pace) -> int:
        """What running them together would save, if each took what its operation takes at that pace."""
        own = [(call["end_ns"] - call["start_ns"], (call["service"], call["operation"])) for call in self.calls]
        durations: list[int] = [pace.get(operation, duration) for duration, operation in own]
        return sum(durations) - max(durations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """From the end of one call to the beginning of the next, at most."""

    max_ns: int
    max_asked_ns: int  # of calls that one answer asked for: nothing else can have been decided in between


def runs(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, kinds: tuple[str, ...], gaps: Gaps, least_traces: int = 0
) -> list[Run]:
    """All runs, in the order of their traces and parents; at least those whose first two calls so many traces make.

    Reads SPANS whose durations are known, and of CALLS who asked for which tool calls. Texts are read of those traces
    alone in which two calls of these kinds follow each other closely under one parent, with a proof at hand.
    """
    promising = _promising(spans, calls, kinds, gaps, least_traces)
    recorded = identified(of_traces(spans, promising["trace_id"].unique()).select(_SHOWN))
    texts = recorded.select("trace_id", pl.col("span_id").alias("parent_id"), pl.col("input").alias("told"))
    told = {(trace, parent): text for trace, parent, text in texts.join(promising, on=_PARENT, how="semi").rows()}
    rows = promising.join(recorded, on=_SPAN, maintain_order="left").to_dicts()
    families = groupby(rows, key=lambda row: (row["trace_id"], row["parent_id"]))
    return [run for parent, family in families if parent in told for run in _of_family(list(family), told[parent])]


_SHOWN: Final = (*_SPAN, "service", "operation", "start_ns", "end_ns", "clock", "input", "output", *CODE)


def _promising(
    spans: pl.LazyFrame, calls: pl.LazyFrame, kinds: tuple[str, ...], gaps: Gaps, least_traces: int
) -> pl.DataFrame:
    """The children of parents with two calls that may be a run, in order of execution, and which are `in_turn`."""
    traces = _with_siblings(spans, calls, kinds)
    recorded = once(
        of_traces(spans, traces).select(
            *_SPAN,
            "parent_id",
            "service",
            "operation",
            "start_ns",
            "end_ns",
            "tool_call_id",
            pl.col("kind").is_in(kinds).fill_null(value=False).alias("of_kind"),
            pl.col("input").is_not_null().alias("has_input"),
            pl.col("output").is_not_null().alias("has_output"),
        )
    )
    siblings = _with_answers(recorded.filter(pl.col("parent_id").is_not_null()), of_traces(calls, traces)).sort(
        *_PARENT, "start_ns", "end_ns", "span_id"
    )
    same_parent = pl.all_horizontal(pl.col(column) == pl.col(column).shift(1) for column in _PARENT)
    both_of_kind = pl.col("of_kind") & pl.col("of_kind").shift(1)
    gap = pl.col("start_ns") - pl.col("end_ns").shift(1)
    asked_together = (pl.col("answer") == pl.col("answer").shift(1)).fill_null(value=False)
    close = gap.is_between(0, gaps.max_ns) | (asked_together & gap.is_between(0, gaps.max_asked_ns))
    in_turn = (same_parent & both_of_kind & close).fill_null(value=False)
    captured = pl.col("has_input") & pl.col("has_input").shift(1) & pl.col("has_output").shift(1)
    marked = siblings.with_columns(in_turn.alias("in_turn"), pl.col("operation").shift(1).alias("after"))
    linked = marked.filter(in_turn & (asked_together | captured))
    often = pl.col("trace_id").n_unique().over("service", "after", "operation") >= least_traces
    linked = linked.filter(often)
    return marked.join(linked, on=_PARENT, how="semi", maintain_order="left").select(
        *_SPAN, "parent_id", "tool_call_id", "answer", "in_turn"
    )


def _with_siblings(spans: pl.LazyFrame, calls: pl.LazyFrame, kinds: tuple[str, ...]) -> pl.Series:
    """Traces with a parent of which two calls were asked for by one answer, or are captured, whenever they were made.

    Far from all of them hold a run; but most traces of most recordings are left out here at little cost.
    """
    several = calls.filter(pl.col("tool_call_ids").list.len() > 1).select(pl.col("trace_id").unique()).collect()
    asked = (pl.col("asked") > 1) & pl.col("trace_id").is_in(several["trace_id"].implode())
    captured = (pl.col("with_input") > 1) & (pl.col("with_output") > 0)
    return (
        spans.filter(pl.col("kind").is_in(kinds) & pl.col("parent_id").is_not_null())
        .group_by(_PARENT)
        .agg(
            pl.col("tool_call_id").count().alias("asked"),
            pl.col("input").count().alias("with_input"),
            pl.col("output").count().alias("with_output"),
        )
        .filter(asked | captured)
        .select(pl.col("trace_id").unique())
        .collect(engine="streaming")["trace_id"]  # texts are counted, never gathered
    )


def _with_answers(spans: pl.DataFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """`answer`: the latest model call that asked for this tool call before it was made; null where none did."""
    answers = (
        calls.filter(pl.col("tool_call_ids").list.len() > 0)
        .select(
            "trace_id", pl.col("start_ns").alias("asked_ns"), "span_id", pl.col("tool_call_ids").alias("tool_call_id")
        )
        .sort("asked_ns", "trace_id", "span_id")
        .drop("span_id")
        .with_row_index("answer")
        .explode("tool_call_id")
        .drop_nulls("tool_call_id")
        .collect()
    )
    asked = (
        spans.filter(pl.col("tool_call_id").is_not_null())
        .join(answers, on=("trace_id", "tool_call_id"))
        .filter(pl.col("asked_ns") <= pl.col("start_ns"))
        .sort("asked_ns", "answer")
        .unique(_SPAN, keep="last", maintain_order=True)
        .select(*_SPAN, "answer")
    )
    return spans.join(asked, on=_SPAN, how="left")


def _of_family(siblings: list[dict[str, Any]], told: str | None) -> Iterator[Run]:
    """The runs among one parent's children, in order of time; `told` is the parent's own input."""
    known = _values((told,))
    run: list[dict[str, Any]] = []
    for call in siblings:
        if run and call["in_turn"] and all(_independent(earlier, call, known) for earlier in run):
            run.append(call)
            continue
        yield from _closed(run)
        known |= _values(text for earlier in run for text in (earlier["input"], earlier["output"]))
        run = [call]
    yield from _closed(run)


def _closed(run: list[dict[str, Any]]) -> Iterator[Run]:
    if len(run) > 1:
        yield Run(calls=tuple(run), asked_together=all(call["answer"] is not None for call in run))


def _independent(earlier: dict[str, Any], later: dict[str, Any], known: set[str]) -> bool:
    """Proved, not presumed: what the recording does not show counts as needed."""
    if earlier["answer"] is not None or later["answer"] is not None:
        return bool(earlier["answer"] == later["answer"] and earlier["tool_call_id"] != later["tool_call_id"])
    if earlier["input"] is None or earlier["output"] is None or later["input"] is None:
        return False
    asked_again = (earlier["operation"], earlier["input"]) == (later["operation"], later["input"])
    if asked_again:  # because of what came: a poll, or another attempt
        return False
    old = known | _values((earlier["input"],))
    return not _flows(earlier["output"], later["input"], old)


def _flows(output: str, arguments: str, old: set[str]) -> bool:
    """Whether anything new in the output stands in the arguments, whole or as a part of a longer word."""
    found_out, used = _values((output,)) - old, _values((arguments,)) - old
    output, arguments = output.casefold(), arguments.casefold()
    return (
        not found_out.isdisjoint(used)
        or any(len(word) > _TELLING and word in arguments for word in found_out)
        or any(len(word) > _TELLING and word in output for word in used)
    )


def _values(texts: Iterable[str | None]) -> set[str]:
    """What of a text could turn up again in another one: its words and its numbers."""
    words = (word.casefold() for text in texts if text for word in _WORD.findall(text))
    return {word for word in words if len(word) >= _TELLING or any(c.isdigit() for c in word)}
