"""Sibling calls made in turn of which the recording proves that none needs another's result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import polars as pl

_WORD: Final = re.compile(r"[^\W_]+")
_TELLING: Final = 3  # characters from which a word may carry a result on; a number may at any length
_PARENT: Final = ("trace_id", "parent_id")


@dataclass(frozen=True, slots=True)
class Run:
    """Two or more calls under one parent, in order of execution."""

    calls: tuple[dict[str, Any], ...]  # rows of the spans
    asked_together: bool  # one answer of the model asked for all of them; False: their arguments and results prove it

    @property
    def saving_ns(self) -> int:
        durations: list[int] = [call["end_ns"] - call["start_ns"] for call in self.calls]
        return sum(durations) - max(durations)


def runs(spans: pl.DataFrame, calls: pl.DataFrame, *, kinds: tuple[str, ...], max_gap_ns: int) -> list[Run]:
    """All runs, in the order of the spans.

    `spans` has one row for each span of a trace, `calls` the model calls with `tool_call_ids`. Only parents under
    which two calls of these kinds follow each other closely, with a proof at hand, are looked at one by one.
    """
    siblings = _with_answers(spans.filter(pl.col("parent_id").is_not_null()), calls).sort(
        *_PARENT, "start_ns", "end_ns", "span_id"
    )
    before = {
        column: pl.col(column).shift(1).over(_PARENT) for column in ("end_ns", "kind", "answer", "input", "output")
    }
    gap = pl.col("start_ns") - before["end_ns"]
    in_turn = gap.is_between(0, max_gap_ns) & pl.col("kind").is_in(kinds) & before["kind"].is_in(kinds)
    asked_together = pl.col("answer") == before["answer"]
    captured = pl.all_horizontal(x.is_not_null() for x in (pl.col("input"), before["input"], before["output"]))
    linked = (in_turn & (asked_together.fill_null(value=False) | captured)).fill_null(value=False)
    marked = siblings.with_columns(in_turn.fill_null(value=False).alias("in_turn"), linked.alias("linked"))
    promising = marked.filter(pl.col("linked").any().over(_PARENT))
    parents = (
        promising.select(*_PARENT)
        .unique()
        .join(
            spans.select("trace_id", pl.col("span_id").alias("parent_id"), pl.col("input").alias("told")),
            on=_PARENT,
        )
    )
    told = {(trace, parent): text for trace, parent, text in parents.rows()}
    families = groupby(promising.to_dicts(), key=lambda row: (row["trace_id"], row["parent_id"]))
    return [run for parent, family in families if parent in told for run in _of_family(list(family), told[parent])]


def _with_answers(spans: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """`answer`: the latest model call that asked for this tool call before it was made; null where none did."""
    answers = (
        calls.with_row_index("answer")
        .select(
            "trace_id", "answer", pl.col("start_ns").alias("asked_ns"), pl.col("tool_call_ids").alias("tool_call_id")
        )
        .explode("tool_call_id")
        .drop_nulls("tool_call_id")
    )
    asked = (
        spans.filter(pl.col("tool_call_id").is_not_null())
        .join(answers, on=("trace_id", "tool_call_id"))
        .filter(pl.col("asked_ns") <= pl.col("start_ns"))
        .sort("asked_ns")
        .unique(("trace_id", "span_id"), keep="last", maintain_order=True)
        .select("trace_id", "span_id", "answer")
    )
    return spans.join(asked, on=("trace_id", "span_id"), how="left")


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
