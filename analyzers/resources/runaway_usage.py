"""Runaway usage: a few sessions take far more model calls or tokens than their peers.

Bad:   half of an operation's 60 sessions take 40,000 tokens or less, 95 of 100 take 110,000 or less, and two take
       2,400,000 and 1,900,000: half of all that was used.
Fine:  sessions that differ by a factor of ten all the time; one session of five; several large sessions, which are
       another kind of task; a largest one that is as far from the next as large ones are from each other; a small one
       beside tiny ones.

Needs model calls with their session, else their trace, and for tokens their counts; of sessions that only a performance
monitor tells of, what it counted (`monitor.llm.*`, the last export of each). Compares sessions of one service and
operation, tokens first, and calls where tokens say nothing. A session runs away if it takes several times the median,
lies far beyond it as sessions of that operation scatter (on a logarithmic scale, by the median of the distances from
the median), and takes at least twice what 95 of 100 others do. Those that run away must be few, and the gap below them
wider than the tail of the others explains (docs/statistics.md). Ignores what the sessions were for: a large task may be
worth its price, and one or two of another kind of task look the same.

The figure, `tokens per session` (or `calls per session`), is the mean over all sessions. What would do is the same with
what 95 of 100 others take at most in the place of what ran away. The money is the excess in proportion.

Settings:
  min_sessions   of the operation; of fewer nothing is usual
  min_times      as much as the median session
  min_deviation  times the usual distance from the median
  max_share      of the sessions that run away: above, it is the operation's way
  max_away       sessions that run away: more are another kind of task, unless they are one of a hundred or fewer
  max_chance     that the tail of the others leaves such a gap in any operation
  min_usage      share of all that was used that they took
  min_tokens     that they took beyond what others do, together
  min_calls      the same, in calls
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from analyzers.clock import seen
from analyzers.exhibits import affected, code_anchors, exemplars, newest_revision
from analyzers.finding import Candidate, Metric, Subject, Unit, Waste
from analyzers.frames import CALLS, SAMPLES, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.resources.session_usage import made, sessions
from analyzers.resources.tail import gap_chance

READS: Final[tuple[Frame, ...]] = (CALLS, SAMPLES)
RULE_VERSION: Final = 1

_OF_NORMAL: Final = 1.4826  # a normal distribution's standard deviation, in its median absolute deviations
_LEAST_SCATTER: Final = 0.1  # sessions that are all alike differ by a tenth another day
_TIMES_OTHERS: Final = 2
_ONE_OF_TWENTY: Final = 0.95
_RARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Settings:
    min_sessions: int = 10
    min_times: float = 10
    min_deviation: float = 4
    max_share: float = 0.15
    max_away: int = 2
    max_chance: float = 0.01
    min_usage: float = 0.2
    min_tokens: int = 50_000
    min_calls: int = 50


_DEFAULTS: Final = Settings()


def detect(calls: pl.LazyFrame, samples: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each operation of which a few sessions run away."""
    rows = made(calls)
    compared = _compared(sessions(rows, samples), settings)
    enough = pl.col("sessions") >= settings.min_sessions
    share = pl.col("away") / pl.col("sessions")
    few = (share <= settings.max_share) & ((pl.col("away") <= settings.max_away) | (share <= _RARE))
    weighs = pl.col("away_sum") >= settings.min_usage * pl.col("sum")
    least = pl.when(pl.col("detail").is_null()).then(settings.min_tokens).otherwise(settings.min_calls)
    costs = pl.col("excess") >= least
    groups = _groups(compared).filter(enough)
    large = groups.remove(pl.col("away") == 0).filter(few & weighs & costs)
    chances = [groups.height * _chance(group, compared) for group in large.to_dicts()]
    found = large.filter(pl.Series(chances, dtype=pl.Float64) <= settings.max_chance)
    return [_candidate(group, compared, rows) for group in _once(found).to_dicts()]


def measure(
    calls: pl.LazyFrame, samples: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS
) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no session took anything."""
    here = _groups(_compared(sessions(made(calls), samples), settings)).filter(about(subject))
    return _metric(here.row(0, named=True)) if here.height else None


def _compared(every: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The sessions with the `median` of their peers, what 95 of 100 `others` take at most, and `runaway`."""
    took = pl.col("took")
    away = took.log() - pl.col("median").log()
    scatter = (away.abs().median().over(SUBJECT) * _OF_NORMAL).clip(lower_bound=_LEAST_SCATTER)
    far = (took >= settings.min_times * pl.col("median")) & (away >= settings.min_deviation * scatter) & (away > 0)
    others = took.filter(~pl.col("far")).quantile(_ONE_OF_TWENTY, "higher").over(SUBJECT)
    ranked = every.with_columns(took.median().over(SUBJECT).alias("median")).with_columns(far.alias("far"))
    found = ranked.with_columns(others.alias("others"))
    return found.with_columns((pl.col("far") & (took >= _TIMES_OTHERS * pl.col("others"))).alias("runaway"))


def _chance(group: dict[str, Any], compared: pl.DataFrame) -> float:
    """That a tail like that of the other sessions leaves such a gap below those that run away."""
    here = compared.filter(about(subject_of(group)))
    away, others = (here.filter(pl.col("runaway") == ran)["took"].to_numpy() for ran in (True, False))
    return gap_chance(others, away)


def _groups(compared: pl.DataFrame) -> pl.DataFrame:
    """A row for each service, operation and what is counted."""
    runaway = pl.col("runaway")
    took = pl.col("took").sort_by("whole")
    there = pl.col("took").filter(runaway).sort()
    return (
        compared.group_by(SUBJECT)
        .agg(
            pl.len().alias("sessions"),
            runaway.sum().alias("away"),
            took.sum().alias("sum"),
            there.sum().alias("away_sum"),
            (there - pl.col("others").first()).sum().alias("excess"),
            there.min().alias("least"),
            there.max().alias("most"),
            pl.col("calls").filter(runaway).max().alias("most_calls"),
            pl.col("median", "others").first(),
        )
        .sort(SUBJECT, nulls_last=False)
    )


def _once(found: pl.DataFrame) -> pl.DataFrame:
    """Without the calls of an operation whose tokens run away: they are the same sessions once more."""
    tokens = found.filter(pl.col("detail").is_null())
    calls = found.filter(pl.col("detail").is_not_null()).join(tokens, on=("service", "operation"), how="anti")
    return pl.concat([tokens, calls]).sort(SUBJECT, nulls_last=False)


def _metric(group: dict[str, Any]) -> Metric:
    unit: Unit = "tokens per session" if group["detail"] is None else "calls per session"
    return Metric(value=group["sum"] / group["sessions"], unit=unit, n=group["sessions"])


def _candidate(group: dict[str, Any], compared: pl.DataFrame, rows: pl.DataFrame) -> Candidate:
    subject = subject_of(group)
    away = compared.filter(about(subject) & pl.col("runaway")).sort("took", "whole", descending=[True, False])
    here = away.select("service", "operation", "whole", "took").join(
        rows, on=("service", "operation", "whole"), maintain_order="left"
    )
    cost, cost_unknown = _cost(away)
    times = away["at_ns"].drop_nulls().to_numpy()
    first, last = seen(here) if here.height or not len(times) else (int(times.min()), int(times.max()))
    return Candidate(
        analyzer="runaway-usage",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(
            observed=_metric(group),
            achievable=(group["sum"] - group["excess"]) / group["sessions"],
            occurrences=group["away"],
        ),
        problem=_problem(group),
        e_value=None,
        first_ns=first,
        last_ns=last,
        traces=group["away"],
        traces_examined=group["sessions"],
        cost_usd_per_call=None if cost is None else cost / group["sessions"],
        cost_unknown=cost_unknown,
        seconds_per_call=None,
        exemplars=exemplars(here.sort("took", "whole", "start_ns", "span_id", descending=[True, *[False] * 3])),
        code=code_anchors(here),
        revision=newest_revision(here.sort("start_ns", "span_id")),
        unknown=("whether their tasks were larger than others",),
        affected=affected(here),
    )


def _cost(away: pl.DataFrame) -> tuple[float | None, str | None]:
    """USD of the excess, or why it is not known."""
    excess = away["usd"] * (1 - away["others"] / away["took"])
    if not excess.null_count():
        return float(excess.sum()), None
    said = away["cost_unknown"].drop_nulls()
    return None, said.item(0) if said.len() else "no price of these calls is known"


def _problem(group: dict[str, Any]) -> str:
    what = "tokens" if group["detail"] is None else "model calls"
    one = group["away"] == 1
    took = f"{group['most']:,.0f}" if one else f"{group['least']:,.0f} to {group['most']:,.0f}"
    calls = f", in up to {group['most_calls']:,.0f} calls" if group["detail"] is None else ""
    return (
        f"{group['away']:,} of {group['sessions']:,} sessions {'takes' if one else 'take'} {took} {what}{calls}, where "
        f"half take {group['median']:,.0f} or less and 95 of 100 others {group['others']:,.0f} or less: "
        f"{group['away_sum'] / group['sum']:.0%} of all {what}"
    )
