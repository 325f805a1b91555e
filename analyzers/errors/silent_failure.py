"""Silent failures: errors that no status tells of.

Bad:   4 of 16 requests return no token after 800,000 input tokens each, status ok; a call takes 300 s and returns
       nothing; `search` is ok though its request was answered 503 and nothing tried again; an agent is ok though its
       model call failed and nothing followed.
Fine:  an answer without text that asks for tools; a call whose usage was not recorded, as streams often leave it; an
       embedding, which has no output tokens; a request that fails and is tried again, or made good in another way;
       an existence check; a tool's error that the model reads.

Needs, of model calls, input and output tokens and the status; where recorded, the finish reason, the asked-for tool
calls and the characters of the answer decide whether nothing came. A call is empty if it has no output tokens and no
text, or if its answer is over without text and with no more tokens than it takes to end. Of spans it needs status,
parent and kind: an error of a client, a retrieval or an embedding is unnoticed if its cause is known
(`analyzers/errors/wordings.py`) and no plain answer, its parent is not in error, and neither the operation was called
again in the trace nor another of its kind succeeded afterwards under the same parent; an error of a model, if nothing
followed it and no root of the trace is in error.

Ignores calls of which more than half are empty: they have no output to count. It cannot see what a person cancelled.

The figure, `share of calls`, is: calls that were answered with nothing, or whose error went unnoticed, over all calls
of the operation (of empty ones: with this model, that did not fail and tell their usage).

Settings:
  min_count         fewer are an accident, unless they cost much
  min_traces        in which it was seen, unless they cost much
  min_input_tokens  sent in vain: so many cost much
  min_seconds       waited in vain: so many cost much
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.errors.empty_answers import answered_or_not, empty_answers
from analyzers.errors.fates import examined_calls
from analyzers.errors.unnoticed import UNNOTICED, unnoticed
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, EVENTS, SPANS, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.untrusted import Untrusted

READS: Final[tuple[Frame, ...]] = (SPANS, CALLS, EVENTS)
RULE_VERSION: Final = 1

_QUOTES: Final = 2


@dataclass(frozen=True, slots=True)
class Settings:
    min_count: int = 3
    min_traces: int = 2
    min_input_tokens: int = 50_000
    min_seconds: float = 60


_DEFAULTS: Final = Settings()


def detect(
    spans: pl.LazyFrame, calls: pl.LazyFrame, events: pl.LazyFrame, *, settings: Settings = _DEFAULTS
) -> list[Candidate]:
    """One candidate for each operation and model that answers nothing, and for each error that goes unnoticed."""
    found = pl.concat([empty_answers(calls), unnoticed(spans, events)], how="diagonal")
    if found.is_empty():
        return []
    tokens, seconds = pl.col("input_tokens"), pl.col("vain_ns") / 1e9
    costs_much = (tokens >= settings.min_input_tokens) | (seconds >= settings.min_seconds)
    often = costs_much | (pl.col("count") >= settings.min_count)
    in_several_traces = costs_much | (pl.col("traces") >= settings.min_traces)
    others_answer = pl.col("unnoticed") | (2 * pl.col("count") <= pl.col("examined"))
    groups = _groups(found, spans, calls).filter(often & in_several_traces & others_answer)
    return [_candidate(group, found) for group in groups.to_dicts()]


def measure(
    spans: pl.LazyFrame,
    calls: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` without a call of it that tells."""
    is_unnoticed = str(subject.detail).endswith(UNNOTICED)
    services = [str(subject.service)]
    examined = _made(spans, services, subject) if is_unnoticed else answered_or_not(calls, services)
    here = examined.filter(about(subject))
    if here.is_empty():
        return None
    found = unnoticed(spans, events) if is_unnoticed else empty_answers(calls)
    return _metric(found.filter(about(subject)).height, int(here["examined"].sum()))


def _made(spans: pl.LazyFrame, services: list[str], subject: Subject) -> pl.DataFrame:
    made = examined_calls(spans, services).with_columns(detail=pl.lit(subject.detail, pl.String))
    return made.rename({"calls": "examined"})


def _groups(found: pl.DataFrame, spans: pl.LazyFrame, calls: pl.LazyFrame) -> pl.DataFrame:
    """One row per subject, with what was sent, waited and paid in vain, as far as known."""
    groups = (
        found.with_columns(unnoticed=pl.col("detail").str.ends_with(UNNOTICED))
        .group_by(SUBJECT)
        .agg(
            pl.col("unnoticed").first(),
            pl.len().alias("count"),
            pl.col("trace_id").n_unique().alias("traces"),
            pl.col("input_tokens", "vain_ns", "vain_usd").cast(pl.Float64).sum(),
            pl.col("vain_ns").count().alias("timed"),
            pl.col("vain_usd").count().alias("priced"),
            pl.col("cost_unknown").drop_nulls().sort().first(),
        )
    )
    services = groups["service"].unique().to_list()
    made = (
        examined_calls(spans, services)
        .group_by("service", "operation")
        .agg(pl.col("calls").sum().alias("examined"), pl.col("trace_id").n_unique().alias("traces_examined"))
    )
    errors = groups.filter("unnoticed").join(made, on=("service", "operation"))
    empty = groups.filter(~pl.col("unnoticed")).join(answered_or_not(calls, services), on=SUBJECT)
    return pl.concat([errors, empty.select(errors.columns)]).sort(SUBJECT)


def _metric(count: int, examined: int) -> Metric:
    return Metric(value=count / examined, unit="share of calls", n=examined)


def _candidate(group: dict[str, Any], found: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    here = found.filter(about(subject))
    observed = _metric(group["count"], group["examined"])
    first, last = seen(here)
    priced = group["priced"] == group["count"]
    return Candidate(
        analyzer="silent-failure",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=observed, achievable=0.0, occurrences=group["count"]),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=group["vain_usd"] / observed.n if priced else None,
        cost_unknown=None if priced else _cost_unknown(group),
        seconds_per_call=group["vain_ns"] / 1e9 / observed.n if group["timed"] else None,
        exemplars=exemplars(here.sort("input_tokens", "vain_ns", descending=True, nulls_last=True)),
        code=code_anchors(here),
        revision=newest_revision(here),
        http_statuses=tuple(here["http_status"].drop_nulls().unique().sort().to_list()),
        quotes=_quotes(here),
        unknown=_unknown(group),
        affected=affected(here),
    )


def _cost_unknown(group: dict[str, Any]) -> str:
    if group["unnoticed"]:
        return "what goes wrong after an unnoticed error is not in telemetry"
    return str(group["cost_unknown"] or "the price of the input, or how much of it was cached, is not known")


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    if group["unnoticed"]:
        return ("whether the application goes on well without what failed",)
    untimed = group["count"] - group["timed"]
    waited = (f"how long {untimed:,} of the {group['count']:,} calls took",) if untimed else ()
    return ("whether a person cancelled the call", *waited)


def _problem(group: dict[str, Any], subject: Subject) -> str:
    calls = f"{group['count']:,} of {group['examined']:,} calls ({group['count'] / group['examined']:.2%})"
    if group["unnoticed"]:
        detail = str(subject.detail).removesuffix(UNNOTICED)
        nowhere = "nothing tries again, and what called it is not in error"
        return f"{subject.operation} fails with {detail} in {calls}; {nowhere}"
    waited = f" and {group['vain_ns'] / 1e9:,.1f} s waited" if group["timed"] else ""
    return (
        f"{subject.operation}: {subject.detail} in {calls}, and no error tells of it; "
        f"{group['input_tokens']:,.0f} input tokens were sent{waited} in vain"
    )


def _quotes(found: pl.DataFrame) -> tuple[Untrusted, ...]:
    messages = found.filter(pl.col("message").str.len_chars() > 0)["message"]
    return tuple(Untrusted(text) for text in messages.unique(maintain_order=True).head(_QUOTES).to_list())
