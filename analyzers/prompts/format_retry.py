"""Format retries: the model is asked again because its answer could not be read.

Bad:   6 of 138 answers hold code or JSON that does not parse; each time the step fails and the model is called again
       with the whole conversation and a complaint.
Fine:  a tool that fails, an input that a person mistyped; a parser that fails and nothing asks again (that is an
       error); one answer in a thousand.

Needs either the failure (a span that is neither tool nor model call, or an exception event, whose type or message says
that an answer could not be parsed: the table is in `parse_failures`) between two model calls of one trace; or a
request whose last message says so to the model (`asks_for_form`, read when telemetry is loaded). The answer that
could not be read is that of the last model call before it.
Ignores retries within a library that leave no trace, and whether the answer was wrong in other ways.

The figure, `share of calls`, is: answers that could not be read and after which the model was asked again, over all
calls of that operation and model. Time and money are those of the calls with these answers, in whole.

Settings:
  min_count   answers that could not be read; fewer are no habit
  min_traces  in which it happened
  min_share   of the calls
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, EVENTS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, named, of_traces, subject_of
from analyzers.prompts.money import per_call, seconds, usd
from analyzers.prompts.parse_failures import says_unreadable
from analyzers.untrusted import Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS, EVENTS)
RULE_VERSION: Final = 1

_QUOTES: Final = 2  # messages shown; one may be a special case


@dataclass(frozen=True, slots=True)
class Settings:
    min_count: int = 3
    min_traces: int = 2
    min_share: float = 0.02


_DEFAULTS: Final = Settings()


def detect(
    spans: pl.LazyFrame, calls: pl.LazyFrame, events: pl.LazyFrame, *, settings: Settings = _DEFAULTS
) -> list[Candidate]:
    """One candidate for each service, operation and model whose answers are asked for again."""
    unread = _unread(spans, calls, events)
    if unread.is_empty():
        return []
    several = pl.col("unread") >= settings.min_count
    in_several_traces = pl.col("traces") >= settings.min_traces
    often = pl.col("share") >= settings.min_share
    found = _groups(unread, calls).filter(several & in_several_traces & often)
    return [_candidate(group, unread.filter(about(subject_of(group)))) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where it made no call."""
    counted = _counts(calls).filter(about(subject))
    if counted.is_empty():
        return None
    return _metric(_unread(spans, calls, events).filter(about(subject)).height, counted["calls"].item(0))


_AT: Final = ("trace_id", "at_ns")
_READ: Final = (
    "trace_id", "span_id", "service", "operation", "start_ns", "end_ns", "clock", "revision", *CODE, "cost_usd",
    "cost_unknown",
)  # fmt: skip
_PLACED: Final = pl.all_horizontal(pl.col("trace_id", "span_id", "service", "operation", "start_ns").is_not_null())


def _unread(spans: pl.LazyFrame, calls: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """The calls whose answers could not be read and after which the model was asked again, with what was `said`."""
    failures = _failures(spans, events)
    complaints = calls.filter(pl.col("asks_for_form") & _PLACED)
    complained = complaints.select(
        "trace_id", "operation", pl.col("start_ns").alias("at_ns"), pl.lit(None, pl.String).alias("said")
    ).collect()
    traces = pl.concat([failures["trace_id"], complained["trace_id"]]).unique()
    made = of_traces(calls, traces).filter(_PLACED).select(*_READ, pl.col("model").alias("detail")).collect()
    rows = pl.concat(
        [
            _answers_before(_asked_again(failures, made), made, by=("trace_id",)),
            _answers_before(complained, made, by=("trace_id", "operation")),
        ]
    )
    known_first = rows.sort("said", nulls_last=True).unique(("trace_id", "span_id"), keep="first", maintain_order=True)
    return named(known_first, *SUBJECT).sort("start_ns", "trace_id", "span_id")


def _failures(spans: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """When a program said that it could not read an answer, and what it said."""
    own_work = pl.col("kind").is_in(["agent", "workflow", "internal"])
    failed = spans.filter((pl.col("status") == "error") & own_work & says_unreadable("error_type", "error_message"))
    told = events.filter(says_unreadable("exception_type", "exception_message")).select(
        "trace_id", "span_id", at_ns="time_ns", said="exception_message"
    )
    raised = told.collect()
    where = of_traces(spans, raised["trace_id"].unique()).filter(own_work).select("trace_id", "span_id").unique()
    return (
        pl.concat(
            [
                failed.select(*_AT[:1], at_ns="end_ns", said="error_message").collect(),
                raised.join(where.collect(), on=("trace_id", "span_id"), how="semi").select(*_AT, "said"),
            ]
        )
        .drop_nulls(_AT)
        .sort(*_AT, "said")
    )


def _asked_again(failures: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """The failures after which a model call of the same trace began."""
    last = made.group_by("trace_id").agg(pl.col("start_ns").max().alias("last_ns"))
    followed = pl.col("last_ns") >= pl.col("at_ns")
    return failures.join(last, on="trace_id").filter(followed).select(*_AT, "said")


def _answers_before(told: pl.DataFrame, made: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """The last call before each moment, once."""
    last = told.sort("at_ns").join_asof(
        made.select(*by, "span_id", "start_ns").unique().sort("start_ns", "span_id"),
        left_on="at_ns",
        right_on="start_ns",
        by=list(by),
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    answers = last.drop_nulls("span_id").select("trace_id", "span_id", "said").sort("trace_id", "span_id", "said")
    return made.join(answers.unique(("trace_id", "span_id"), keep="last"), on=("trace_id", "span_id"))


def _counts(calls: pl.LazyFrame) -> pl.DataFrame:
    told = calls.filter(_PLACED).select("service", "operation", pl.col("model").alias("detail"), "trace_id")
    counted = told.group_by(*SUBJECT, "trace_id").agg(pl.len().alias("calls")).collect()
    return (
        named(counted, *SUBJECT)
        .group_by(SUBJECT)
        .agg(pl.col("calls").sum(), pl.col("trace_id").n_unique().alias("traces_examined"))
    )


def _groups(unread: pl.DataFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """One row per service, operation and model."""
    found = unread.group_by(SUBJECT).agg(pl.len().alias("unread"), pl.col("trace_id").n_unique().alias("traces"))
    return (
        found.join(_counts(calls), on=SUBJECT, nulls_equal=True)
        .with_columns((pl.col("unread") / pl.col("calls")).alias("share"))
        .sort(SUBJECT)
    )


def _metric(unread: int, calls: int) -> Metric:
    return Metric(value=unread / calls, unit="share of calls", n=calls)


def _candidate(group: dict[str, Any], unread: pl.DataFrame) -> Candidate:
    first, last = seen(unread)
    cost, cost_unknown = usd(unread)
    took = seconds(unread)
    said = unread.filter(pl.col("said").str.len_chars() > 0)["said"].unique(maintain_order=True)
    return Candidate(
        analyzer="format-retry",
        rule_version=RULE_VERSION,
        subject=subject_of(group),
        evidence=Waste(observed=_metric(group["unread"], group["calls"]), achievable=0.0, occurrences=group["unread"]),
        problem=_problem(group, took),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=per_call(cost, group["calls"]),
        cost_unknown=cost_unknown,
        seconds_per_call=per_call(took, group["calls"]),
        exemplars=exemplars(unread),
        code=code_anchors(unread),
        revision=newest_revision(unread),
        quotes=tuple(Untrusted(text) for text in said.head(_QUOTES).to_list()),
        unknown=("whether an answer was of use although its form was not",),
        affected=affected(unread),
    )


def _problem(group: dict[str, Any], took: float | None) -> str:
    lost = "" if took is None else f"; these answers took {took:,.1f} s"
    return (
        f"{group['unread']:,} of {group['calls']:,} answers ({group['share']:.1%}) could not be read by the program, "
        f"which asked the model again, in {group['traces']:,} of {group['traces_examined']:,} traces{lost}"
    )
