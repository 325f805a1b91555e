"""Recurring errors: the same error ends trace after trace, or fails half of an operation's calls.

Bad:   `GET` fails with 429 in 9 of 60 traces; each of them ends there, its root span in error.
       `book` refuses 30 of 50 calls with the same words, and each time the model calls it again with something else.
Fine:  a 404 after which the trace goes on (an existence check); an exception event on a span that is not in error
       (a queue polled with a time-out); an error that is retried, and the retry succeeds; one unlucky trace.

Needs spans with status and parent; types, messages and stack traces come from the span, else from its exception event.
Errors of one cause are one and the same, however a provider or client words it: rate limit, overloaded, time-out,
context overflow, ... (`analyzers/errors/wordings.py`). Where the cause is the account (authentication, quota), the
whole service has one error. All others are the same by service, operation, type and HTTP status; where there is no
status, by the shape of the message (numbers, ids, quotations and addresses masked) and by the application's own
function that raised it, as well.

Errors are told apart from control flow by what follows them, never by their names. Of a chain of failing spans the
deepest is the error; the others are the same error on its way up. It *ended* its trace if every span above it failed
with it up to the root and no work followed below any of them, or if a model, tool or retrieval failed and no work
followed at all, whatever the root says. A client span without a parent ends nothing: its caller is not seen. Work is
any span but internal ones. It was *retried* if a later sibling has the same operation and, where captured, the same
input. It was *survived* if the trace went on, the same operation was called again with another input, and the call that
failed never succeeded: the work had to be done otherwise.

Ignores errors that leave no span, such as those that an HTTP library retries by itself, failures that are not
marked as errors, and survived errors without a message or without captured inputs: a search that finds nothing looks
just so.

The figure, `share of traces ended`, is: traces that it ended, over all traces that the service took part in. Of errors
that end nothing (their detail says `survived`) it is `share of calls`: survived errors, over all calls of the
operation.

Settings:
  min_count           fewer errors do not recur
  min_traces          in which it was seen
  min_share           of the service's traces that it ended
  min_share_of_calls  that failed, where it was survived
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.errors.fates import ANY_OPERATION, errors, examined_calls
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision, types
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import EVENTS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.untrusted import Name, Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, EVENTS)
RULE_VERSION: Final = 2

_QUOTES: Final = 2  # messages shown; one may be a special case
_OPERATIONS: Final = 3  # named of those that fail for one reason
_WORDS: Final = 3  # a message of fewer does not say why: an exit code alone may be a search that found nothing
_SURVIVED: Final = ", survived"
_COST_UNKNOWN: Final = {
    False: "what a trace that did not finish costs is not in telemetry",
    True: "what it cost to go on is not told apart from the work itself",
}


@dataclass(frozen=True, slots=True)
class Settings:
    min_count: int = 3
    min_traces: int = 2
    min_share: float = 0.01
    min_share_of_calls: float = 0.5


_DEFAULTS: Final = Settings()


def detect(spans: pl.LazyFrame, events: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each error that recurs and ends traces, or fails much of what the operation does."""
    found = _with_survived(errors(spans, events))
    if found.is_empty():
        return []
    often = pl.col("count") >= settings.min_count
    in_several_traces = pl.col("traces") >= settings.min_traces
    least = pl.when("survived").then(settings.min_share_of_calls).otherwise(settings.min_share)
    costs = pl.col("share") >= least
    groups = _groups(found, spans).filter(often & in_several_traces & costs)
    return [_candidate(group, found) for group in _once(groups).to_dicts()]


def measure(
    spans: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a trace of the service, or a call."""
    survived = str(subject.detail).endswith(_SURVIVED)
    examined = examined_calls(spans, [str(subject.service)])
    if survived:
        examined = examined.filter(pl.col("operation") == str(subject.operation))
    if examined.is_empty():
        return None
    here = _with_survived(errors(spans, events)).filter(about(subject))
    if survived:
        return _metric(here.height, int(examined["calls"].sum()), survived=True)
    return _metric(here.filter("ended")["trace_id"].n_unique(), examined["trace_id"].n_unique(), survived=False)


def _with_survived(found: pl.DataFrame) -> pl.DataFrame:
    """The errors and, under a subject of their own, those that the trace survived at the price of others."""
    went_on = ~pl.col("ended") & pl.col("again") & pl.col("input").is_not_null() & ~pl.col("cured")
    words = pl.col("shape").str.replace_all(r"<\w+>", "")
    tells_why = pl.col("cause").is_not_null() | (words.str.count_matches(r"[A-Za-z]{2,}") >= _WORDS)
    own = pl.col("operation") == pl.col("called")
    survived = found.filter(went_on & tells_why.fill_null(value=False) & own)
    marked = survived.with_columns(
        pl.Series("detail", [Name(f"{detail[:100]}{_SURVIVED}") for detail in survived["detail"]], pl.String)
    )
    return pl.concat(
        [found.with_columns(survived=pl.lit(value=False)), marked.with_columns(survived=pl.lit(value=True))]
    )


def _groups(found: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """One row per error; of survived ones `examined` counts calls, of the others traces."""
    examined = examined_calls(spans, found["service"].unique().to_list())
    traces = examined.group_by("service").agg(pl.col("trace_id").n_unique().alias("traces_examined"))
    calls = examined.group_by("service", "operation").agg(pl.col("calls").sum())
    counted = pl.when("survived").then("count").otherwise("traces_ended")
    return (
        found.group_by(SUBJECT)
        .agg(
            pl.col("survived").first(),
            pl.len().alias("count"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("trace_id").filter("ended").n_unique().alias("traces_ended"),
            pl.col("retried").sum(),
            pl.col("called").unique().sort(),
        )
        .join(traces, on="service")
        .join(calls, on=("service", "operation"), how="left")
        .with_columns(pl.when("survived").then("calls").otherwise("traces_examined").alias("examined"))
        .with_columns((counted / pl.col("examined")).alias("share"))
        .sort(SUBJECT)
    )


def _once(groups: pl.DataFrame) -> pl.DataFrame:
    """Without the survived errors whose like ends traces: that is said already."""
    plain = groups.filter(~pl.col("survived")).select("service", "operation", pl.col("detail") + _SURVIVED)
    return groups.join(plain, on=SUBJECT, how="anti", maintain_order="left")


def _metric(counted: int, examined: int, *, survived: bool) -> Metric:
    return Metric(value=counted / examined, unit="share of calls" if survived else "share of traces ended", n=examined)


def _candidate(group: dict[str, Any], found: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    here = found.filter(about(subject))
    first, last = seen(here)
    return Candidate(
        analyzer="recurring-error",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(
            observed=_metric(
                group["count" if group["survived"] else "traces_ended"], group["examined"], survived=group["survived"]
            ),
            achievable=0.0,
            occurrences=group["count"],
        ),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown=_COST_UNKNOWN[bool(group["survived"])],
        seconds_per_call=None,
        exemplars=exemplars(here.sort("ended", descending=True, maintain_order=True)),
        code=(*code_anchors(here), *code_anchors(here, "parent_")),
        revision=newest_revision(here),
        http_statuses=tuple(here["http_status"].drop_nulls().unique().sort().to_list()),
        errors=types(here["type"]),
        quotes=_quotes(here),
        affected=affected(here),
    )


def _problem(group: dict[str, Any], subject: Subject) -> str:
    detail = str(subject.detail).removesuffix(_SURVIVED)
    if group["survived"]:
        return (
            f"{subject.operation} fails with {detail} in {group['count']:,} of {group['examined']:,} calls "
            f"({group['share']:.1%}); each time it was called again with another input, and this one never succeeded"
        )
    again = f"{group['retried']:,} of {group['count']:,} times the operation was called again afterwards"
    return (
        f"{_who(group, subject)} with {detail}: {group['traces_ended']:,} of {group['traces_examined']:,} "
        f"traces ({group['share']:.1%}) ended there; {again if group['retried'] else 'nothing retried it'}"
    )


def _who(group: dict[str, Any], subject: Subject) -> str:
    """Of an error that is the whole service's, the operations that it was seen in."""
    if subject.operation != ANY_OPERATION:
        return f"{subject.operation} fails"
    called = [Name(name) for name in group["called"]]
    others = [f"{len(called) - _OPERATIONS:,} more"] if len(called) > _OPERATIONS else []
    return " and ".join([", ".join(called[:_OPERATIONS]), *others]) + (" fail" if len(called) > 1 else " fails")


def _quotes(found: pl.DataFrame) -> tuple[Untrusted, ...]:
    messages = found.filter(pl.col("message").str.len_chars() > 0)["message"]
    return tuple(Untrusted(text) for text in messages.unique(maintain_order=True).head(_QUOTES).to_list())
