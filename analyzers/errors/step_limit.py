"""Step limit: runs that end at one cap, and prompts that are cut at one size.

Bad:   7 of 12 runs of an agent stop after exactly 30 model calls, the others after 3 to 29; 304 of 8,819 prompts have
       7,435 to 7,437 tokens, the largest there are, and no size near it is nearly as common.
Fine:  a pipeline whose every run makes the same calls; short and long runs with nothing in between; runs of many
       lengths, a few of them longest by chance; runs at the maximum whose last answer is a final one; one long prompt
       that is sent again and again.

A pile is a limit if sizes lie between it and its half, if most of its runs were not finished, or, of runs, if it is a
multiple of five from twenty on, as people set limits: otherwise short and long runs may be two kinds of work.

Needs, for runs, model calls with their traces and, where several agents share a trace, the agents' spans; a run is what
one agent did in one trace. Whether a run was finished is read from its last call: one that asks for tools, or whose
finish reason says so, was not; one whose finish reason says that the answer is over was. For prompts it needs input
tokens; a hash of the prompt tells a cut from one prompt sent again.

Ignores caps that hardly anything reaches, and caps of several values in one operation: only the largest is looked at.
Sizes that differ by less than a thousandth of the largest count as one: tokenizers do not cut to the token.

The figure is the share of runs (`share of traces`) or of calls (`share of calls`) that have the largest size.

Settings:
  min_runs         fewer runs at the maximum are no pile
  min_calls        the same, of calls whose prompt has the largest size
  min_share        of all runs or calls that are at the maximum
  min_ratio        of the pile to the most common size next to it
  min_steps        a run of fewer is too short to be capped
  min_tokens       a prompt of fewer is too short to be cut
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.errors.sizes import INPUTS, RUNS, input_sizes, piles, run_lengths
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, SPANS, Frame
from analyzers.identifiers import about, subject_of

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS)
RULE_VERSION: Final = 1

_SIZES: Final = 4  # a pipeline with two or three ways through has fewer
_SIZES_ABOVE_HALF: Final = 2  # that nearly reached it: without them short and long runs may be two kinds of work
_ROUND: Final = 5  # people set limits to multiples of it
_LONG: Final = 20  # so many calls of a model are no fixed pipeline's


@dataclass(frozen=True, slots=True)
class Settings:
    min_runs: int = 3
    min_calls: int = 20
    min_share: float = 0.02
    min_ratio: float = 3
    min_steps: int = 5
    min_tokens: int = 1000


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each agent whose runs, and each operation whose prompts, end at their maximum."""
    runs = run_lengths(spans, calls, least=_SIZES, longest=settings.min_steps)
    rows = pl.concat([runs, input_sizes(calls, least=_SIZES)])
    if rows.is_empty():
        return []
    of_runs = pl.col("detail") == RUNS
    several = pl.col("pile") >= pl.when(of_runs).then(settings.min_runs).otherwise(settings.min_calls)
    often = pl.col("share") >= settings.min_share
    stands_out = pl.col("pile") >= settings.min_ratio * pl.max_horizontal("beside", 1)
    large = pl.col("largest") >= pl.when(of_runs).then(settings.min_steps).otherwise(settings.min_tokens)
    set_by_people = of_runs & (pl.col("largest") % _ROUND == 0) & (pl.col("largest") >= _LONG)
    a_limit = (
        set_by_people | (pl.col("sizes_above_half") >= _SIZES_ABOVE_HALF) | (2 * pl.col("cut_short") > pl.col("pile"))
    )
    differ = (pl.col("sizes") >= _SIZES) & a_limit
    unfinished = 2 * pl.col("ended_well") < pl.col("pile")
    not_one_prompt = (pl.col("captured") == 0) | (2 * pl.col("contents") > pl.col("captured"))
    groups = piles(rows).filter(several & often & stands_out & large & differ & unfinished & not_one_prompt)
    return [_candidate(group, rows) for group in groups.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The share at the maximum, whatever the conditions say; `None` without a run or a call of the operation."""
    rows = run_lengths(spans, calls) if subject.detail == RUNS else input_sizes(calls)
    here = rows.filter(about(subject))
    return None if here.is_empty() else _metric(piles(here).to_dicts()[0])


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(
        value=group["share"],
        unit="share of calls" if group["detail"] == INPUTS else "share of traces",
        n=group["examined"],
    )


def _candidate(group: dict[str, Any], rows: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    here = rows.filter(about(subject) & (pl.col("bin") == 0))
    first, last = seen(here)
    return Candidate(
        analyzer="step-limit",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["pile"]),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown="what is missing from a run or a prompt that was cut short is not in telemetry",
        seconds_per_call=None,
        exemplars=exemplars(here.sort("start_ns", "trace_id", "span_id")),
        code=code_anchors(here),
        revision=newest_revision(here),
        unknown=_unknown(group, here),
        affected=affected(here),
    )


def _unknown(group: dict[str, Any], here: pl.DataFrame) -> tuple[str, ...]:
    if group["detail"] == INPUTS:
        same = () if group["captured"] else ("whether one prompt was sent again and again",)
        return ("what was cut off", *same)
    untold = here["finished"].null_count()
    return (f"whether {untold:,} of the {group['pile']:,} runs were finished",) if untold else ()


def _problem(group: dict[str, Any], subject: Subject) -> str:
    share = f"{group['pile']:,} of {group['examined']:,}"
    beside = f"{group['beside']:,} at most have any size next to it" if group["beside"] else "no size next to it occurs"
    if group["detail"] == RUNS:
        stop = f"stop after exactly {group['largest']:,} model calls, the most that any makes"
        return f"{share} runs of {subject.operation} ({group['share']:.1%}) {stop}; {beside}"
    sizes = (
        f"{group['from']:,} to {group['largest']:,}" if group["from"] < group["largest"] else f"{group['largest']:,}"
    )
    cut = f"have {sizes} input tokens, the most that any has"
    return f"{share} prompts of {subject.operation} ({group['share']:.1%}) {cut}, as if cut there; {beside}"
