"""Oversized tool output: one tool result makes up most of the prompts that carry it.

Bad:   a search tool returns 120,000 characters of web pages; the next call's prompt grows from 8,600 to 129,000
       characters and takes 29.8 of the trace's 37.2 seconds.
Fine:  a file that a coding agent reads into a context that is large anyway; a long result that is cut or summed up
       before the model sees it; a prompt that grew by what the user wrote.

Needs tool or retrieval spans, and model calls behind them with the prompt's characters or input tokens. A result is
taken to stand in a prompt where the prompt grew by as much right after it. Where results are not recorded, only a jump
of the prompt behind a single tool call is known, and the finding says so.
Ignores results that no later call of the trace carries, and whether the model made use of them.

The figure, `share of calls`, is: calls of the tool whose result made up most of the next prompt, over all its calls.
Money is the list price of the input that the results make up, in every call that sent them again; time is how much
longer those calls took than the median other call of the same traces, which other reasons may have a part in.

Settings:
  min_chars         of a result (of a prompt's growth in tokens: a fourth)
  min_prompt_share  of the next prompt that the result makes up
  min_sent_chars    sent in all, over all results and all calls that carry them (in tokens: a fourth)
  min_sent_share    of all that was sent to the model in those traces
  min_share         of the tool's calls with such a result
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from analyzers.clock import DURATION_NS, LASTING, seen
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import named, of_traces
from analyzers.prompts.money import per_call, usd
from analyzers.prompts.tool_results import CHARS_PER_TOKEN, IS_TOOL, carried, grown, prompts, results
from analyzers.untrusted import Name

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_TOOL: Final = ("service", "operation")
_RESULTS: Final = pl.struct("trace_id", "span_id").n_unique()


@dataclass(frozen=True, slots=True)
class Settings:
    min_chars: int = 20_000
    min_prompt_share: float = 0.5
    min_sent_chars: int = 50_000
    min_sent_share: float = 0.3
    min_share: float = 0.01


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each tool whose results fill prompts."""
    asked = prompts(spans, calls, settings.min_chars)
    found = _found(spans, asked, settings)
    if found.is_empty():
        return []
    sent = carried(asked, found)
    enough_sent = pl.col("sent_chars") >= settings.min_sent_chars
    much_of_all = pl.col("sent_share") >= settings.min_sent_share
    no_exception = pl.col("share") >= settings.min_share
    tools = _tools(found, sent, asked, _counts(spans)).filter(enough_sent & much_of_all & no_exception)
    return [_candidate(tool, spans, asked, found, sent) for tool in tools.to_dicts()]


def measure(
    spans: pl.LazyFrame, calls: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where the tool was not called."""
    counted = _counts(spans).filter(_is(subject.service, subject.operation))
    if counted.is_empty() or subject.detail is not None:
        return None
    found = _found(spans, prompts(spans, calls, settings.min_chars), settings)
    here = found.filter(_is(subject.service, subject.operation))
    return _metric(here.select(_RESULTS).item(), counted["calls"].item(0))


def _is(service: str, operation: str) -> pl.Expr:
    return (pl.col("service") == str(service)) & (pl.col("operation") == str(operation))


def _found(spans: pl.LazyFrame, asked: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    jumps = grown(asked, settings.min_chars, settings.min_prompt_share)
    return results(spans, jumps, settings.min_chars, settings.min_prompt_share)


def _counts(spans: pl.LazyFrame) -> pl.DataFrame:
    """How often each tool was called, and in how many traces."""
    told = pl.all_horizontal(pl.col("trace_id", "span_id", *_TOOL, "start_ns").is_not_null())
    rows = spans.filter(IS_TOOL & told).group_by(*_TOOL, "trace_id").agg(pl.len().alias("calls")).collect()
    return (
        named(rows, *_TOOL)
        .group_by(_TOOL)
        .agg(pl.col("calls").sum(), pl.col("trace_id").n_unique().alias("traces_examined"))
    )


def _tools(found: pl.DataFrame, sent: pl.DataFrame, asked: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """One row per tool: its results, the prompts that carry them, and what else those traces sent."""
    as_chars = pl.when("by_chars").then("held").otherwise(pl.col("held") * CHARS_PER_TOKEN)
    size = pl.when("by_chars").then("size").otherwise(pl.col("size") * CHARS_PER_TOKEN)
    whole = asked.group_by("conversation").agg(size.sum().alias("whole"))
    conversations = sent.select(*_TOOL, "conversation").unique().join(whole, on="conversation")
    return (
        found.group_by(_TOOL)
        .agg(
            _RESULTS.alias("results"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("chars").max().alias("chars"),
            pl.col("added").max().alias("added"),
            pl.col("by_chars").all(),
            pl.col("chars").null_count().alias("unread"),
        )
        .join(sent.group_by(_TOOL).agg(pl.len().alias("sent"), as_chars.sum().alias("sent_chars")), on=_TOOL)
        .join(conversations.group_by(_TOOL).agg(pl.col("whole").sum()), on=_TOOL)
        .join(counts, on=_TOOL)
        .with_columns(
            (pl.col("sent_chars") / pl.col("whole")).alias("sent_share"),
            (pl.col("results") / pl.col("calls")).alias("share"),
        )
        .sort(_TOOL)
    )


def _metric(oversized: int, calls: int) -> Metric:
    return Metric(value=oversized / calls, unit="share of calls", n=calls)


def _candidate(
    tool: dict[str, Any], spans: pl.LazyFrame, asked: pl.DataFrame, found: pl.DataFrame, sent: pl.DataFrame
) -> Candidate:
    here = _is(tool["service"], tool["operation"])
    results_of, sent_of = found.filter(here), sent.filter(here).with_columns(_usd().alias("usd"))
    first, last = seen(results_of)
    cost, cost_unknown = usd(sent_of, "usd")
    return Candidate(
        analyzer="oversized-tool-output",
        rule_version=RULE_VERSION,
        subject=Subject(service=Name(tool["service"]), operation=Name(tool["operation"])),
        evidence=Waste(observed=_metric(tool["results"], tool["calls"]), achievable=0.0, occurrences=tool["results"]),
        problem=_problem(tool) + _waiting(spans, sent_of),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=tool["traces"],
        traces_examined=tool["traces_examined"],
        cost_usd_per_call=per_call(cost, tool["calls"]),
        cost_unknown=cost_unknown,
        seconds_per_call=per_call(_longer(sent_of, asked), tool["calls"]),
        exemplars=exemplars(results_of.sort("added", descending=True, maintain_order=True)),
        code=code_anchors(results_of),
        revision=newest_revision(results_of),
        unknown=_unknown(tool, sent_of),
        affected=affected(results_of, sent_of),
    )


def _usd() -> pl.Expr:
    """List price of the input that the result makes up of a call, by the share of the call's input that was cached."""
    tokens = pl.when("by_chars").then(pl.col("held") / pl.col("size") * pl.col("input_tokens")).otherwise("held")
    cached = (pl.col("cached_tokens").fill_null(0) / pl.col("input_tokens")).clip(0, 1)
    kept = pl.when(cached > 0).then(cached * pl.col("cached_usd_per_mtok")).otherwise(0.0)
    return tokens * ((1 - cached) * pl.col("input_usd_per_mtok") + kept) / 1e6


def _longer(sent: pl.DataFrame, asked: pl.DataFrame) -> float | None:
    """Seconds that the calls with the result took beyond the median other call of the same conversations."""
    calls = sent.unique(("trace_id", "span_id"))
    took = calls.select(DURATION_NS.cast(pl.Float64).alias("ns"))["ns"]
    others = asked.join(calls, on="conversation", how="semi").join(calls, on=("trace_id", "span_id"), how="anti")
    usual = others.select(DURATION_NS.cast(pl.Float64).alias("ns"))["ns"].drop_nulls()
    if took.null_count() or not len(usual):
        return None
    return float((took - float(np.median(usual.to_numpy()))).clip(lower_bound=0).sum()) / 1e9


def _problem(tool: dict[str, Any]) -> str:
    if tool["unread"]:
        size = f"after it a prompt grows by up to {tool['added']:,.0f} input tokens"
    else:
        size = f"up to {tool['chars']:,} characters"
    return (
        f"{tool['results']:,} of {tool['calls']:,} results of {Name(tool['operation'])} make up most of the prompt "
        f"that follows ({size}): {tool['sent_share']:.0%} of all that was sent to the model in {tool['traces']:,} of "
        f"{tool['traces_examined']:,} traces with this tool, in {tool['sent']:,} model calls"
    )


def _waiting(spans: pl.LazyFrame, sent: pl.DataFrame) -> str:
    """How long the calls that carry the results took, of their traces' durations; nothing where one is unknown."""
    calls = sent.unique(("trace_id", "span_id"))
    took = calls.select(DURATION_NS.cast(pl.Float64).alias("ns"))["ns"]
    lasting = of_traces(spans, calls["trace_id"].unique()).filter(LASTING)
    first, last = pl.col("start_ns").min(), pl.col("end_ns").max()
    traces = lasting.group_by("trace_id").agg((last.cast(pl.Float64) - first.cast(pl.Float64)).alias("ns")).collect()
    whole, waited = float(traces["ns"].sum()), float(took.sum())
    if took.null_count() or not 0 < waited <= whole:
        return ""
    return f" that take {waited / 1e9:,.1f} s of {whole / 1e9:,.1f} s ({waited / whole:.0%})"


def _unknown(tool: dict[str, Any], sent: pl.DataFrame) -> tuple[str, ...]:
    said: list[str] = []
    if tool["unread"]:
        said.append("whether the tool's result is what made the prompts grow: results were not recorded")
    if not tool["by_chars"]:
        said.append("lengths of some prompts in characters: a token counts for four of them in the shares")
    if sent["input_tokens"].null_count():
        said.append("input tokens: the recording counts characters only")
    elif sent["cached_tokens"].null_count():
        said.append("how much of it the provider had cached: the cost is an upper bound")
    return (*said, "what part of the result the model needed")
