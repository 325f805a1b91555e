"""No retry: an error that another attempt would probably cure ends the work, and nothing tries again.

Bad:   a model call is answered "rate limit exceeded" in 3 of 5 traces; each of them ends there.
Fine:  the call is made again, by the same code or by the step above it, whether that helps or not; the last of several
       attempts; an error that no attempt cures (authentication, a bad request); an error after which the work goes on.

Needs spans of models, tools, clients, retrievals or embeddings with status, and the span that called them; types and
messages come from the span, else from its exception event. That an error passes by itself (rate limit, overload,
time-out, connection, server error) is told from types, HTTP statuses and wordings of providers and HTTP clients. It
ended the work if every span above it failed with it up to the root, if a model failed and no work followed, or if the
step above it failed with it and the trace never called the operation again.

Ignores what a client library tries again by itself without a span, calls whose caller is not recorded, and a task that
is started again in another trace.

The figure, `share of traces ended`, is: traces in which such an error ended the work at its first attempt, over all
traces that the service took part in.

Settings:
  min_traces  in which the work ended so: a habit of the code, no accident
  min_share   of the operation's errors of this cause that nothing followed: where most are retried, something retries
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.errors.causes import TRANSIENT, cause
from analyzers.errors.chain import origins
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import EVENTS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, identified, named, of_traces, subject_of
from analyzers.untrusted import Name, Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, EVENTS)
RULE_VERSION: Final = 1

_KINDS: Final = ("model", "tool", "client", "retrieval", "embedding")
_QUOTES: Final = 2  # messages shown; one may be a special case


@dataclass(frozen=True, slots=True)
class Settings:
    min_traces: int = 2
    min_share: float = 0.5


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, events: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation and cause whose errors end the work at the first attempt."""
    errors = _errors(spans, events)
    if errors.is_empty():
        return []
    passes_by_itself = pl.col("detail").is_in(sorted(TRANSIENT))
    in_several_traces = pl.col("traces") >= max(settings.min_traces, 1)
    nothing_tries_again = pl.col("given_up") >= settings.min_share * pl.col("count")
    found = _groups(errors).filter(passes_by_itself & in_several_traces & nothing_tries_again)
    if found.is_empty():
        return []
    examined, made = _examined(spans), _calls(spans, found)
    return [_candidate(group, errors, examined[group["service"]], made) for group in found.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a trace of the service."""
    examined = _examined(spans).get(str(subject.service))
    if examined is None:
        return None
    errors = _errors(spans, events)
    here = errors.filter(about(subject) & pl.col("given_up")) if errors.height else errors
    return _metric(here["trace_id"].n_unique() if here.height else 0, examined)


_SPAN: Final = ("trace_id", "span_id")
_KNOWN: Final = pl.all_horizontal(pl.col(*_SPAN, "service", "operation", "start_ns", "end_ns").is_not_null())
_PRINTS_AS_RECORDED: Final = pl.col("operation").str.contains(r"^[0-9A-Za-z_.-]{1,120}$")
_READ: Final = (
    *_SPAN, "service", "operation", "start_ns", "end_ns", "parent_id", "kind", "clock", "status", "error_type",
    "error_message", "http_status", "revision", *CODE,
)  # fmt: skip


def _errors(spans: pl.LazyFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """The deepest errors of the kinds that can be tried again and whose cause is known: `detail`, and `given_up`."""
    failed = spans.filter((pl.col("status") == "error") & pl.col("kind").is_in(_KINDS))
    told = _typed(failed.select(*_SPAN, "error_type", "error_message", "http_status").collect(), events)
    traces = told.filter(_cause().is_not_null())["trace_id"].drop_nulls().unique()
    if traces.is_empty():
        return told.clear()
    inputs = pl.when(pl.col("input").is_not_null()).then(pl.col("input").hash()).alias("input")
    recorded = _typed(identified(of_traces(spans, traces).select(*_READ, inputs)), events)
    deepest = origins(recorded).with_columns(_cause().alias("detail"))
    caused = deepest.filter(pl.col("kind").is_in(_KINDS) & pl.col("detail").is_not_null())
    return _with_outcome(caused, recorded)


def _cause() -> pl.Expr:
    return cause(pl.col("type"), pl.col("http_status"), pl.col("message"))


def _typed(rows: pl.DataFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """`type` and `message`: the span's own, else those of its last exception event."""
    exceptions = (
        events.filter(pl.col("exception_type").is_not_null() | pl.col("exception_message").is_not_null())
        .select(*_SPAN, "time_ns", "exception_type", "exception_message")
        .join(rows.lazy().select(_SPAN), on=_SPAN, how="semi")
        .collect()
        .sort("time_ns", "exception_type", "exception_message")
        .unique(_SPAN, keep="last", maintain_order=True)
        .drop("time_ns")
    )
    return rows.join(exceptions, on=_SPAN, how="left", maintain_order="left").with_columns(
        pl.coalesce("error_type", "exception_type").alias("type"),
        pl.coalesce("error_message", "exception_message").alias("message"),
    )


def _with_outcome(caused: pl.DataFrame, recorded: pl.DataFrame) -> pl.DataFrame:
    """`given_up`: the work ended with the first attempt, and what called it is recorded."""
    again = ("trace_id", "service", "operation")
    last = (
        recorded.join(caused, on=again, how="semi").group_by(again).agg(pl.col("start_ns").max().alias("last_start_ns"))
    )
    same = (*again, "detail")
    first_start, first_end = (pl.col(column).min().over(same) for column in ("start_ns", "end_ns"))
    caller_recorded = pl.col("parent_kind").is_not_null()
    after_another = (pl.col("start_ns") >= first_end) & (pl.col("start_ns") > first_start)
    called_again = pl.col("last_start_ns") >= pl.col("over_ns")
    step_ended = pl.col("passed_on") & ~called_again
    ended = (pl.col("ended") | step_ended) & ~pl.col("retried")
    return caused.join(last, on=again, maintain_order="left").with_columns(
        (ended & caller_recorded & ~after_another).fill_null(value=False).alias("given_up")
    )


def _groups(errors: pl.DataFrame) -> pl.DataFrame:
    """One row per operation and cause."""
    return (
        errors.group_by(SUBJECT)
        .agg(
            pl.len().alias("count"),
            pl.col("given_up").sum(),
            pl.col("trace_id").filter("given_up").n_unique().alias("traces"),
        )
        .sort(SUBJECT)
    )


def _examined(spans: pl.LazyFrame) -> dict[str, int]:
    """In how many traces each service took part."""
    counted = spans.filter(_KNOWN).group_by("service").agg(pl.col("trace_id").n_unique().alias("traces")).collect()
    return dict(named(counted, "service").group_by("service").agg(pl.col("traces").sum()).rows())


def _calls(spans: pl.LazyFrame, found: pl.DataFrame) -> dict[tuple[str, str], int]:
    """How many spans each of the found operations has."""
    counted = spans.filter(_KNOWN).group_by("service", "operation").agg(pl.len()).collect()
    likely = counted.filter(~_PRINTS_AS_RECORDED | pl.col("operation").is_in(found["operation"].implode()))
    summed = named(likely, "service", "operation").group_by("service", "operation").agg(pl.col("len").sum())
    return {(service, operation): count for service, operation, count in summed.rows()}


def _metric(ended: int, examined: int) -> Metric:
    return Metric(value=ended / examined, unit="share of traces ended", n=examined)


def _candidate(
    group: dict[str, Any], found: pl.DataFrame, examined: int, made: dict[tuple[str, str], int]
) -> Candidate:
    subject = subject_of(group)
    errors = found.filter(about(subject))
    given_up = errors.filter("given_up")
    first, last = seen(given_up)
    return Candidate(
        analyzer="no-retry",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(group["traces"], examined), achievable=0.0, occurrences=group["given_up"]),
        problem=_problem(group, examined, made[group["service"], group["operation"]]),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=examined,
        cost_usd_per_call=None,
        cost_unknown="what a trace that did not finish costs is not in telemetry",
        seconds_per_call=None,
        exemplars=exemplars(given_up),
        code=(*code_anchors(given_up), *code_anchors(given_up, "parent_")),
        revision=newest_revision(given_up),
        http_statuses=tuple(given_up["http_status"].drop_nulls().unique().sort().to_list()),
        quotes=_quotes(given_up),
        unknown=(
            "attempts that a client library makes by itself leave no span",
            "how many of them another attempt would have cured: that none would be left is a bound",
        ),
        affected=affected(given_up),
    )


def _problem(group: dict[str, Any], examined: int, made: int) -> str:
    return (
        f"{Name(group['operation'])} fails with a passing error ({group['detail']}) in {group['count']:,} of {made:,} "
        f"calls; in {group['traces']:,} of {examined:,} traces the work ends there without another attempt"
    )


def _quotes(errors: pl.DataFrame) -> tuple[Untrusted, ...]:
    messages = errors.filter(pl.col("message").str.len_chars() > 0)["message"]
    return tuple(Untrusted(text) for text in messages.unique(maintain_order=True).head(_QUOTES).to_list())
