"""Truncated output: answers that end at a limit instead of at their end.

Bad:   9 of 60 answers end with finish reason `length`: half a JSON object, half a sentence, and the next step fails on
       it or asks for the rest.
Fine:  an answer of a few tokens that was meant to be cut (a yes or no, a probe); one long answer in a thousand.

Needs the finish reasons of calls: `length`, `max_tokens` and what other providers call the same. Calls without one,
and calls that failed, are left out. Where neither output tokens nor the answer's characters are known, an answer cannot
be told from one that was meant to be short, and nothing is said.
Ignores why the answers are long: an answer that repeats itself to the limit is `runaway-output`.

The figure, `share of calls`, is: calls cut at the limit, over all calls that say why they ended, of one operation and
model. What the cut costs is not said: whether the half that came was of use is not in telemetry.

Settings:
  min_count   cut answers; fewer are no habit
  min_traces  in which answers were cut
  min_share   of the calls that were cut
  min_tokens  of a cut answer; one that is shorter was meant to be cut. Four characters stand for a token not counted
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.prompts.finish_reasons import AT_LIMIT

READS: Final[tuple[Frame, ...]] = (CALLS,)
RULE_VERSION: Final = 1

_CHARS_PER_TOKEN: Final = 4  # of English prose, by OpenAI's help pages; decides what is short, never a figure


@dataclass(frozen=True, slots=True)
class Settings:
    min_count: int = 3
    min_traces: int = 2
    min_share: float = 0.02
    min_tokens: int = 16


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model whose answers are cut."""
    ended = _ended(calls)
    several = pl.col("cut") >= settings.min_count
    in_several_traces = pl.col("traces") >= settings.min_traces
    often = pl.col("share") >= settings.min_share
    no_short_limit = pl.col("usual_tokens") >= settings.min_tokens
    groups = _groups(ended).remove(pl.col("cut") == 0)
    found = groups.filter(several & in_several_traces & often & no_short_limit)
    return [_candidate(group, ended.filter(about(subject_of(group)))) for group in found.to_dicts()]


def measure(
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no call of it says why it ended."""
    groups = _groups(_ended(calls).filter(about(subject)))
    return _metric(groups.row(0, named=True)) if groups.height else None


_READ: Final = (
    "trace_id", "span_id", "service", "operation", "start_ns", "end_ns", "clock", "revision", *CODE, "tools_called",
    "output_tokens", "answer_chars",
)  # fmt: skip


def _ended(calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that say why they ended, with `cut` and about how many `tokens` they answered."""
    told = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "finish_reason").is_not_null())
    succeeded = pl.col("status").ne_missing("error")
    rows = calls.filter(told & succeeded).select(
        *_READ,
        pl.col("model").alias("detail"),
        AT_LIMIT.alias("cut"),
        pl.coalesce("output_tokens", pl.col("answer_chars") // _CHARS_PER_TOKEN).alias("tokens"),
    )
    return named(rows.collect(), *SUBJECT)


def _groups(ended: pl.DataFrame) -> pl.DataFrame:
    """One row per service, operation and model."""
    cut = pl.col("cut")
    return (
        ended.group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            cut.sum(),
            pl.col("trace_id").n_unique().alias("traces_examined"),
            pl.col("trace_id").filter(cut).n_unique().alias("traces"),
            pl.col("tokens").filter(cut).median().fill_null(-1).alias("usual_tokens"),
            pl.col("output_tokens").filter(cut).mode().min().alias("limit"),
            (pl.col("output_tokens") == pl.col("output_tokens").filter(cut).mode().min()).sum().alias("at_limit"),
            (cut & (pl.col("tools_called").list.len() > 0)).sum().alias("in_tool_calls"),
        )
        .with_columns((pl.col("cut") / pl.col("calls")).alias("share"))
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["share"], unit="share of calls", n=group["calls"])


def _candidate(group: dict[str, Any], ended: pl.DataFrame) -> Candidate:
    cut = ended.filter("cut")
    first, last = seen(cut)
    return Candidate(
        analyzer="truncated-output",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["cut"]),
        problem=_problem(group),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown="whether the part of an answer that came was of use is not in telemetry",
        seconds_per_call=None,
        exemplars=exemplars(cut.sort("tokens", descending=True, nulls_last=True, maintain_order=True)),
        code=code_anchors(cut),
        revision=newest_revision(cut),
        output_tokens=group["limit"] if group["at_limit"] > 1 else None,
        unknown=("what the answers would have held had they not been cut",),
        affected=affected(cut),
    )


def _problem(group: dict[str, Any]) -> str:
    where = f", {group['at_limit']:,} of them at {group['limit']:,} output tokens" if group["at_limit"] > 1 else ""
    calls = f"; {group['in_tool_calls']:,} end within a tool call" if group["in_tool_calls"] else ""
    return (
        f"{group['cut']:,} of {group['calls']:,} answers ({group['share']:.1%}) end at the length limit instead of at "
        f"their end, in {group['traces']:,} of {group['traces_examined']:,} traces{where}{calls}"
    )
