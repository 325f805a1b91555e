"""Slow first token: requests wait in a server's queue, not for its computing.

Bad:   half of the requests wait 60 s for their first token, and of all that waiting 99.6 % is the queue.
Fine:  the first token takes 2 s; it takes 20 s because the prompt is long and nothing queues; a burst in which a few
       requests of hundreds queue.

Needs model calls that say when their first token came and how long the server let them queue, as vLLM and other
inference servers record it. Ignores calls that do not say both, and says how many of those there are; ignores what the
answer takes after its first token.

What the queue costs is exact. What would shorten it (more servers, fewer requests at once, a larger batch) is not in
the telemetry.

The figure, `ms per call`, is the mean time from a call's start to its first token; without the queue it would be the
rest of it.

Settings:
  min_calls    of the operation and model that say both
  min_seconds  that the slowest twentieth of the calls wait for their first token (the 95th percentile)
  min_share    of all that waiting which is queueing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import TIMED, seen
from analyzers.exhibits import CODE, affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import CALLS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of

READS: Final[tuple[Frame, ...]] = (CALLS,)
RULE_VERSION: Final = 1

_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Settings:
    min_calls: int = 20
    min_seconds: float = 5
    min_share: float = 0.5


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service, operation and model."""
    told = _told(calls)
    often = pl.col("calls") >= settings.min_calls
    slow = pl.col("p95_ns") >= settings.min_seconds * _NS
    queued = pl.col("queued_ns") >= settings.min_share * pl.col("waited_ns")
    found = _groups(told).filter(often & slow & queued)
    return [_candidate(group, told, calls) for group in found.to_dicts()]


def measure(
    calls: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no call says both."""
    groups = _groups(_told(calls).filter(about(subject)))
    return None if groups.is_empty() else _metric(groups.row(0, named=True))


def _told(calls: pl.LazyFrame) -> pl.DataFrame:
    """The calls that say both: `waited_ns` for the first token, and of it `queued_ns`."""
    waited = pl.col("first_token_ns") - pl.col("start_ns")
    both = TIMED & (waited > 0) & (pl.col("queued_ns") >= 0) & pl.all_horizontal(pl.col(_NEEDED).is_not_null())
    rows = (
        calls.filter(both)
        .select(
            *_NEEDED, "start_ns", "clock", "revision", *CODE,
            pl.col("model").alias("detail"),
            waited.alias("waited_ns"),
            pl.min_horizontal("queued_ns", waited).alias("queued_ns"),
        )
        .sort("start_ns", "trace_id", "span_id")
        .collect()
    )  # fmt: skip
    return named(rows, *SUBJECT)


_MOSTLY_QUEUED: Final = pl.col("queued_ns") > pl.col("waited_ns") / 2
_NEEDED: Final = ("trace_id", "span_id", "service", "operation")


def _groups(told: pl.DataFrame) -> pl.DataFrame:
    waited = pl.col("waited_ns")
    return (
        told.group_by(SUBJECT)
        .agg(
            pl.len().alias("calls"),
            pl.col("trace_id").n_unique().alias("traces"),
            waited.quantile(0.5, "higher").alias("p50_ns"),
            waited.quantile(0.95, "higher").alias("p95_ns"),
            waited.cast(pl.Int128).sum(),
            pl.col("queued_ns").cast(pl.Int128).sum(),
            _MOSTLY_QUEUED.sum().alias("mostly_queued"),
        )
        .sort(SUBJECT)
    )


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["waited_ns"] / 1e6 / group["calls"], unit="ms per call", n=group["calls"])


def _candidate(group: dict[str, Any], told: pl.DataFrame, calls: pl.LazyFrame) -> Candidate:
    subject = subject_of(group)
    here = told.filter(about(subject)).sort("queued_ns", descending=True, maintain_order=True)
    queueing = here.filter(_MOSTLY_QUEUED)
    first, last = seen(here)
    queued_ms = group["queued_ns"] / 1e6 / group["calls"]
    observed = _metric(group)
    return Candidate(
        analyzer="slow-first-token",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(
            observed=observed, achievable=observed.value - queued_ms, occurrences=group["mostly_queued"]
        ),
        problem=_problem(group, subject),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=queueing["trace_id"].n_unique(),
        traces_examined=group["traces"],
        cost_usd_per_call=None,
        cost_unknown="waiting has no list price",
        seconds_per_call=queued_ms / 1000,
        exemplars=exemplars(here),
        code=code_anchors(here),
        revision=newest_revision(here),
        unknown=("how many servers there were, and what else they served", *_silent(calls, group["calls"])),
        affected=affected(queueing),
    )  # fmt: skip


def _silent(calls: pl.LazyFrame, told: int) -> tuple[str, ...]:
    """How many of all calls are no part of the figure."""
    every = int(calls.select(pl.len()).collect().item())
    if every == told:
        return ()
    return (f"{every - told:,} of {every:,} calls are of other operations or do not say how long they queued",)


def _problem(group: dict[str, Any], subject: Subject) -> str:
    p50, p95 = group["p50_ns"] / _NS, group["p95_ns"] / _NS
    return (
        f"the first token of {subject.detail or subject.operation} comes after {p50:,.{_digits(p50)}f} s (median) and "
        f"{p95:,.1f} s (p95); {group['queued_ns'] / group['waited_ns']:.1%} of that waiting is the server's queue, "
        f"{(group['waited_ns'] - group['queued_ns']) / _NS / group['calls']:,.2f} s a call is computing "
        f"({group['calls']:,} calls)"
    )


def _digits(seconds: float) -> int:
    return 1 if seconds >= 1 else 2
