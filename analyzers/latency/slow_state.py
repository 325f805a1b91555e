"""Slow state: an agent stays far longer in one state than in its others, or longer than it used to.

Bad:   an agent is in `planning` for 71% of its working time: 12.4 s each time, where half of its other states take
       0.9 s or less. Or `curating` took 0.8 s each time in 12 sessions, and takes 2.6 s in the 9 since.
Fine:  it is idle, has ended, or waits for a person's approval; a state that is entered often and left soon; two states
       alone, which nothing can be compared with; one long stay, or one long session of many; sessions that differ for
       no reason, or drift.

Needs what a performance monitor counted (`monitor.state.entries`, `monitor.state.duration_ms`), of each session the
last export; else the events of state changes, session by session. Ignores states without a name, and the state that a
log leaves open at its end. Does not know what an agent does in a state: a long answer of the model is worth its time.

The figure, `ms per entry`, is the mean stay: over all sessions, or, where the detail says `longer`, over the sessions
since it became longer. What would do is the median of its other working states, or what it was before. Since when it is
longer is the split of the sessions, in their order, with the largest rank sum; how likely chance splits one of all
states as well is counted over fixed shuffles, corrected for neighbours that are alike (docs/statistics.md). Nothing is
said to be longer below eight sessions, nor where the median session did not grow, or is no longer that long.

Settings:
  min_entries        of the state; fewer are an accident
  min_share          of the agent's time in states in which it works
  min_times          as long as the median of the other states
  min_others         other states in which it works, to compare with
  min_entry_seconds  that it takes each time; less is not slow
  min_seconds        that it takes in all beyond what would do
  min_growth         times as long as before, to say that it became longer
  max_chance         that one of all states looks like that if none did; of the longest stay in few sessions: in all
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.exhibits import exemplars
from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import EVENTS, SAMPLES, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.latency.dwelling import stays
from analyzers.latency.lasting_change import LEAST, Values, chance, change
from analyzers.latency.longest import longest
from analyzers.latency.resting import rests

READS: Final[tuple[Frame, ...]] = (SAMPLES, EVENTS)
RULE_VERSION: Final = 1

_LONGER: Final = "longer"
_COMPARED: Final = 500  # sessions, the latest; older ones say little about now


@dataclass(frozen=True, slots=True)
class Settings:
    min_entries: int = 5
    min_share: float = 0.5
    min_times: float = 4
    min_others: int = 2
    min_entry_seconds: float = 5
    min_seconds: float = 60
    min_growth: float = 1.5
    max_chance: float = 0.005


_DEFAULTS: Final = Settings()


def detect(samples: pl.LazyFrame, events: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each state that is slow: against the agent's others, or against its own past."""
    stayed = stays(samples, events)
    if stayed.is_empty():
        return []
    longer = pl.col("detail").is_not_null()
    works = ~pl.col("rests")
    often = pl.col("entries") >= settings.min_entries
    leads = longer | (pl.col("share") >= settings.min_share)
    comparable = longer | (pl.col("others") >= settings.min_others)
    lasts = longer | (pl.col("observed_ms") >= 1000 * settings.min_entry_seconds)
    far_longer = pl.col("observed_ms") >= pl.col("usual_ms") * pl.when(longer).then(settings.min_growth).otherwise(
        settings.min_times
    )
    costs = (pl.col("observed_ms") - pl.col("usual_ms")) * pl.col("entries") >= 1000 * settings.min_seconds
    known = pl.col("sessions") >= LEAST
    grew = ~longer | ((pl.min_horizontal("grown", "grown_lately") >= settings.min_growth) & known)
    states = _states(stayed)
    found = states.filter(works & often & leads & comparable & lasts & far_longer & costs & grew)
    figures = states.filter(longer, works, known).height
    chances = [_chance(state, stayed, figures, settings.max_chance) for state in found.to_dicts()]
    likely = found.with_columns(pl.Series("chance", chances, dtype=pl.Float64))
    # A state that no session has beside others was nowhere the shorter one.
    always = ~longer & (pl.col("longest") == pl.col("beside")).fill_null(value=True)
    no_chance = always | (pl.col("chance") <= settings.max_chance)
    return [_candidate(state, stayed) for state in _once(likely.filter(no_chance)).to_dicts()]


def measure(
    samples: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    subject: Subject,
    settings: Settings = _DEFAULTS,  # noqa: ARG001  # one signature
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where the state was never entered and left."""
    stayed = stays(samples, events)
    if stayed.is_empty():
        return None
    here = _states(stayed).filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


def _states(stayed: pl.DataFrame) -> pl.DataFrame:
    """A row for each state against its likes and one, with the detail `longer`, against its own past."""
    rows = _against_others(stayed)
    split = [_split(of) for of in stayed.partition_by("service", "operation", maintain_order=True)]
    later = pl.DataFrame([one for one in split if one], schema=_LATER, orient="row")
    known = rows.select("service", "operation", "share", "others", "rests", "sessions")
    past = later.join(known, on=("service", "operation"))
    plain = rows.join(longest(stayed), on=("service", "operation"), how="left")
    return pl.concat([plain, past], how="diagonal").sort(SUBJECT, nulls_last=False)


_LATER: Final[dict[str, type[pl.DataType]]] = {
    "service": pl.String,
    "operation": pl.String,
    "detail": pl.String,
    "entries": pl.Float64,
    "observed_ms": pl.Float64,
    "usual_ms": pl.Float64,
    "grown": pl.Float64,  # by the medians of the sessions, in medians before; the second of the latest ones
    "grown_lately": pl.Float64,
    "before": pl.Int64,  # sessions before it became longer
    "since_ns": pl.Int64,
}


def _against_others(stayed: pl.DataFrame) -> pl.DataFrame:
    rows = (
        stayed.group_by("service", "operation")
        .agg(pl.col("entries", "total_ms").sum(), pl.len().alias("sessions"))
        .with_columns(rests(pl.col("operation")).alias("rests"))
        .with_columns((pl.col("total_ms") / pl.col("entries")).alias("observed_ms"))
    )
    working = rows.filter(~pl.col("rests")).select("service", other="operation", mean="observed_ms", ms="total_ms")
    beside = (
        rows.select("service", "operation")
        .join(working, on="service")
        .group_by("service", "operation")
        .agg(
            pl.col("mean").filter(pl.col("other") != pl.col("operation")).median().alias("usual_ms"),
            (pl.col("other") != pl.col("operation")).sum().alias("others"),
            pl.col("ms").sum().alias("working_ms"),
        )
    )
    joined = rows.join(beside, on=("service", "operation"), how="left")
    return joined.with_columns(
        (pl.col("total_ms") / pl.col("working_ms")).alias("share"), pl.col("others").fill_null(0)
    )


def _split(stayed: pl.DataFrame) -> tuple[Any, ...] | None:
    """Since when the stays of one state are longer, by its sessions in their order; None of fewer than two."""
    recent = stayed.tail(_COMPARED)
    if recent.height < 2:
        return None
    found = change(_levels(recent))
    before, after = recent.head(found.at), recent.tail(recent.height - found.at)
    means = [float(part["total_ms"].sum()) / float(part["entries"].sum()) for part in (before, after)]
    of, since = recent.row(0, named=True), int(after["time_ns"].to_numpy().min())
    return (
        of["service"], of["operation"], _LONGER, float(after["entries"].sum()), means[1], means[0],
        found.grown, found.grown_lately, found.at, since,
    )  # fmt: skip


def _levels(stayed: pl.DataFrame) -> Values:
    return (stayed["total_ms"] / stayed["entries"]).to_numpy()


def _chance(state: dict[str, Any], stayed: pl.DataFrame, figures: int, enough: float) -> float | None:
    """That one of all states looks like that: of those that were compared with their past, or with their others."""
    if state["detail"] is None:
        known: float | None = state["chance"]
        return known
    here = pl.col("service").eq(state["service"]) & pl.col("operation").eq(state["operation"])
    return chance(_levels(stayed.filter(here).tail(_COMPARED)), state["before"], figures=figures, enough=enough)


def _once(found: pl.DataFrame) -> pl.DataFrame:
    """Of a state that became longer and takes most of the time as well, the first alone is said."""
    longer = found.filter(pl.col("detail").is_not_null()).select("service", "operation")
    plain = found.filter(pl.col("detail").is_null()).join(longer, on=("service", "operation"), how="anti")
    return pl.concat([found.filter(pl.col("detail").is_not_null()), plain]).sort(SUBJECT)


def _metric(state: dict[str, Any]) -> Metric:
    exact = state["detail"] is None
    return Metric(value=state["observed_ms"], unit="ms per entry", n=round(state["entries"]), exact=exact)


def _candidate(state: dict[str, Any], stayed: pl.DataFrame) -> Candidate:
    here = stayed.filter(pl.col("service") == state["service"], pl.col("operation") == state["operation"])
    if state["since_ns"] is not None:
        here = here.filter(pl.col("time_ns") >= state["since_ns"])
    traced = here.drop_nulls(("trace_id", "span_id")).sort("total_ms", "session", descending=[True, False])
    times = here["time_ns"].to_numpy()
    return Candidate(
        analyzer="slow-state",
        rule_version=RULE_VERSION,
        subject=subject_of(state),
        evidence=Waste(observed=_metric(state), achievable=state["usual_ms"], occurrences=round(state["entries"])),
        problem=_problem(state),
        e_value=None if state["detail"] is None else 0.5 / math.sqrt(state["chance"]),
        first_ns=int(times.min()),
        last_ns=int(times.max()),
        traces=here.height,
        traces_examined=stayed.filter(pl.col("service") == state["service"])["session"].n_unique(),
        cost_usd_per_call=None,
        cost_unknown="a stay in a state has no list price",
        seconds_per_call=(state["observed_ms"] - state["usual_ms"]) / 1000,
        exemplars=exemplars(traced),
        unknown=("what the agent does in that state",),
    )


def _problem(state: dict[str, Any]) -> str:
    subject, each = subject_of(state), f"{state['observed_ms'] / 1000:,.2f} s"
    usual = f"{state['usual_ms'] / 1000:,.2f} s"
    share = f"{state['share']:.0%} of the time in which"
    if state["detail"] is None:
        return (
            f"the agent is in {subject.operation} for {share} it works: {each} each time, over {state['entries']:,.0f} "
            f"times, where half of its {state['others']:,} other states take {usual} or less"
        )
    return (
        f"{subject.operation} takes {each} each time in the last {state['sessions'] - state['before']:,} of "
        f"{state['sessions']:,} sessions, where it took {usual} in the {state['before']:,} before; it is {share} the "
        "agent works"
    )
