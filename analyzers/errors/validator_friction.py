"""Validator friction: a validator blocks a large share of an agent's actions, lets them wait, or gives no verdict.

Bad:   `rate_limit` blocks 34 of 120 actions, because the agent asks more often than it may; or lets 60 of them wait for
       78 s in all, and approves them in the end; or a judge runs into its time limit in every fifth action.
Fine:  a validator that approves nearly everything; a few blocked attacks; a wait of milliseconds; a handful of actions.

Needs events `validator_decision`: of an action with the decisions of all its validators, or of one validator each. Per
validator an action counts once: as failed if the validator gave no verdict, else as blocked if it rejected the action,
else as retried if it let it wait. Ignores modified actions, and verdicts in words that are not known. Whether a block
was right is not in telemetry: one that stops an attack is doing its work, which is why the reasons and how they spread
over keys (users, tools, hosts) are said.

The figure, `share of actions`, is the actions that were blocked (retried, failed), over all that the validator decided
on. The time is what retried actions took until they were decided.

Settings:
  min_decisions      of the validator
  min_count          actions that were blocked, retried or failed; fewer are accidents
  min_share          of all that it decided on
  min_delay_seconds  that retried actions waited, together
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.exhibits import affected, exemplars
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import EVENTS, Frame
from analyzers.identifiers import SUBJECT, about, named, subject_of
from analyzers.untrusted import Name
from analyzers.usage.decisions import decided

READS: Final[tuple[Frame, ...]] = (EVENTS,)
RULE_VERSION: Final = 1

_KINDS: Final = ("blocked", "failed", "retried")
_REASONS: Final = 3
_REASON_CHARS: Final = 60
_MOSTLY: Final = 0.5
_CALENDAR_NS: Final = (946_684_800 * 10**9, 4_102_444_800 * 10**9)  # 2000 to 2100: other times count from elsewhere


@dataclass(frozen=True, slots=True)
class Settings:
    min_decisions: int = 20
    min_count: int = 5
    min_share: float = 0.1
    min_delay_seconds: float = 5


_DEFAULTS: Final = Settings()


def detect(events: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each validator and what it does to many actions."""
    actions = _actions(events)
    if actions.is_empty():
        return []
    enough = pl.col("decisions") >= settings.min_decisions
    several = pl.col("count") >= settings.min_count
    worth_it = pl.col("share") >= settings.min_share
    waits = pl.col("delay_ms").fill_null(float("inf")) >= 1000 * settings.min_delay_seconds
    hinders = (pl.col("detail") != "retried") | waits
    found = _groups(actions).remove(pl.col("count") == 0).filter(enough & several & worth_it & hinders)
    return [_candidate(group, actions) for group in found.to_dicts()]


def measure(
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where the validator decided nothing."""
    actions = _actions(events)
    here = _groups(actions).filter(about(subject)) if actions.height else actions
    return _metric(here.row(0, named=True)) if here.height else None


def _actions(events: pl.LazyFrame) -> pl.DataFrame:
    """A row for each action and validator (`operation`), with what it came to (`detail`)."""
    rows = decided(events).filter((pl.col("outcome") != "other") & pl.col("service").is_not_null())
    outcome, whole = pl.col("outcome"), pl.coalesce("session_id", "trace_id").alias("whole")
    stopped = (outcome == "rejected").any() | (
        (pl.col("ended") == "rejected") & (pl.col("ended_by") == pl.col("validator"))
    ).any().fill_null(value=False)
    came_to = (
        pl.when((outcome == "failed").any())
        .then(pl.lit("failed"))
        .when(stopped)
        .then(pl.lit("blocked"))
        .when((outcome == "retry").any())
        .then(pl.lit("retried"))
    )
    reason = pl.col("reason").filter(outcome.is_in(["rejected", "failed", "retry"])).drop_nulls()
    first = ("session_id", "trace_id", "span_id", "time_ns", "whole_ms", "ended")
    grouped = rows.group_by("service", "n", pl.col("validator").alias("operation"), maintain_order=True).agg(
        came_to.alias("detail"),
        reason.last().alias("reason"),
        pl.coalesce("key", "action").first().alias("key"),
        pl.col("latency_ms").sum().alias("took_ms"),
        pl.col("latency_ms").null_count().alias("untimed"),
        pl.col(first).first(),
        whole.first(),
    )
    return named(grouped, "service", "operation").sort("service", "operation", "time_ns", "span_id", "n")


def _groups(actions: pl.DataFrame) -> pl.DataFrame:
    """A row for each validator and each of what it can do to an action, seen or not."""
    by = ("service", "operation")
    whole = actions.group_by(by).agg(
        pl.len().alias("decisions"),
        pl.col("key").n_unique().alias("keys_examined"),
        pl.col("whole").n_unique().alias("traces_examined"),
        pl.col("took_ms").sum(),
        pl.col("untimed").sum(),
    )
    of_kind = actions.drop_nulls("detail").group_by(SUBJECT)
    waited = pl.when(pl.col("ended").is_not_null()).then("whole_ms")
    kinds = of_kind.agg(
        pl.len().alias("count"),
        pl.col("key").n_unique().alias("keys"),
        pl.col("key").value_counts().struct.field("count").max().alias("of_one_key"),
        pl.col("whole").n_unique().alias("traces"),
        pl.col("ended").is_in(["approved", "modified"]).sum().alias("approved_later"),
        pl.when(waited.null_count() == 0).then(waited.sum()).alias("delay_ms"),
    )
    every = whole.join(pl.DataFrame({"detail": _KINDS}), how="cross").join(kinds, on=SUBJECT, how="left")
    counted = every.with_columns(pl.col("count", "traces", "keys", "of_one_key", "approved_later").fill_null(0))
    return counted.with_columns((pl.col("count") / pl.col("decisions")).alias("share")).sort(SUBJECT)


def _metric(group: dict[str, Any]) -> Metric:
    return Metric(value=group["share"], unit="share of actions", n=group["decisions"])


def _candidate(group: dict[str, Any], actions: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    here = actions.filter(about(subject))
    traced = here.drop_nulls(("trace_id", "span_id"))
    times = here["time_ns"].filter(here["time_ns"].is_between(*_CALENDAR_NS)).to_numpy()
    waited = group["detail"] == "retried" and group["delay_ms"] is not None
    return Candidate(
        analyzer="validator-friction",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(group), achievable=0.0, occurrences=group["count"]),
        problem=_problem(group, subject, here),
        e_value=None,
        first_ns=int(times.min()) if len(times) else None,
        last_ns=int(times.max()) if len(times) else None,
        traces=group["traces"],
        traces_examined=group["traces_examined"],
        cost_usd_per_call=None,
        cost_unknown="what the actions would have been worth is not in telemetry",
        seconds_per_call=group["delay_ms"] / 1000 / group["decisions"] if waited else None,
        exemplars=exemplars(traced),
        unknown=_unknown(group),
        affected=affected(traced),
    )


def _problem(group: dict[str, Any], subject: Subject, here: pl.DataFrame) -> str:
    of = f"{group['count']:,} of {group['decisions']:,} actions ({group['share']:.1%})"
    said = {
        "blocked": f"{subject.operation} blocks {of}",
        "failed": f"{subject.operation} gives no verdict on {of}",
        "retried": f"{subject.operation} lets {of} wait, {group['approved_later']:,} of which are approved in the end",
    }[group["detail"]]
    if group["detail"] == "retried" and group["delay_ms"] is not None:
        said += f"; until they are decided they take {group['delay_ms'] / 1000:,.1f} s in all"
    if group["untimed"] == 0:
        said += f"; its verdicts take {group['took_ms'] / group['decisions']:,.2f} ms an action"
    return said + _spread(group) + _reasons(here)


def _spread(group: dict[str, Any]) -> str:
    if group["of_one_key"] >= _MOSTLY * group["count"] and group["keys_examined"] > 1:
        return f"; {group['of_one_key']:,} of them are of one of {group['keys_examined']:,} keys"
    return f"; they spread over {group['keys']:,} of {group['keys_examined']:,} keys" if group["keys"] > 1 else ""


def _reasons(here: pl.DataFrame) -> str:
    told = here["reason"].drop_nulls()
    if told.is_empty():
        return "; no reason is recorded"
    counted = told.value_counts(name="times").sort("times", "reason", descending=[True, False]).head(_REASONS)
    said = [f"{Name(reason[:_REASON_CHARS])} ({times:,})" for reason, times in counted.rows()]
    return f"; reasons: {', '.join(said)}"


def _unknown(group: dict[str, Any]) -> tuple[str, ...]:
    right = "whether a person would have decided otherwise"
    waited = "how long they waited: only the validator's own verdicts were recorded"
    return (right, waited) if group["detail"] == "retried" and group["delay_ms"] is None else (right,)
