"""Memory growth: the memory of a process rises steadily and is not given back.

Bad:   a process holds 180 MB after it warmed up and 410 MB four hours later, 58 MB more each hour without end; its
       limit of 512 MB is reached in less than two hours.
Fine:  it rises while the application loads and fills its caches, and then levels off; a garbage collector lets it rise
       and fall; it jumps once and stays; it wanders; a process that began anew is small again; one run of many.

Needs samples of one process's memory: `monitor.memory.rss_bytes` (or `heap_bytes`) of a performance monitor's exports,
`process_resident_memory_bytes`, `process.memory.usage` or `process.runtime.cpython.memory`, else the `memory_bytes` of
agents' events. What a session, an instance or a start (`process_start_time_seconds`, `started`) tells apart is a run of
its own. Ignores the first quarter of each run, and runs too short to be judged. Does not know what the memory holds:
a cache that fills slowly looks the same, and so does a process whose restarts nothing tells as soon as it has outgrown
what it held before.

The figure, `MB per hour` (of 1,000,000 bytes), is the median over all runs of the slope of a run's floor: the least
sample of each of up to 24 windows, and of the slopes between any two of them the median (Theil–Sen). How likely chance
makes it rise so is Mann–Kendall's test, corrected for neighbours that are alike (docs/statistics.md).

Settings:
  min_samples   of a run; fewer show no trend
  min_hours     that the rising runs last, together
  min_tau       of the pairs of windows, the share that rises less the share that falls
  max_chance    that memory that wanders rises so
  min_going_on  of its rise in the first half that it rises by in the second: less is levelling off
  min_growth    of what it held after warming up
  min_mb        that it grows by in a run
  min_runs      share of the runs that rise: below, it is what some of them did
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from analyzers.finding import Candidate, Metric, Subject, Waste
from analyzers.frames import SAMPLES, Frame
from analyzers.identifiers import SUBJECT, about, subject_of
from analyzers.resources.memory_runs import runs

READS: Final[tuple[Frame, ...]] = (SAMPLES,)
RULE_VERSION: Final = 1

_MB: Final = 1e6
_RISES: Final = 0.05  # of what a run held: less is no rise
_MOST_SURE: Final = 1e12


@dataclass(frozen=True, slots=True)
class Settings:
    min_samples: int = 20
    min_hours: float = 0.25
    min_tau: float = 0.7
    max_chance: float = 0.01
    min_going_on: float = 0.5
    min_growth: float = 0.2
    min_mb: float = 16
    min_runs: float = 0.5


_DEFAULTS: Final = Settings()


def detect(samples: pl.LazyFrame, *, settings: Settings = _DEFAULTS) -> list[Candidate]:
    """One candidate for each service whose memory rises run after run, or in one long run."""
    every = runs(samples, min_samples=settings.min_samples)
    grown = pl.col("last") - pl.col("first")
    much = (pl.col("slope") > 0) & (grown >= settings.min_growth * pl.col("first"))
    rises = (pl.col("slope") > 0) & (grown >= _RISES * pl.col("first"))
    steadily = pl.col("tau") >= settings.min_tau
    no_chance = pl.col("chance") <= settings.max_chance
    goes_on = pl.col("goes_on") >= settings.min_going_on
    large = grown >= settings.min_mb * _MB
    lasting = pl.col("over").filter(rises).sum().over(SUBJECT) >= settings.min_hours
    a_habit = rises.mean().over(SUBJECT) >= settings.min_runs
    found = every.filter(steadily & no_chance & goes_on & much & large & lasting & a_habit)
    return [_candidate(rising, every) for rising in found.partition_by(SUBJECT, maintain_order=True)]


def measure(samples: pl.LazyFrame, *, subject: Subject, settings: Settings = _DEFAULTS) -> Metric | None:
    """The figure at one subject, whatever the conditions say; `None` where no run is long enough to have a slope."""
    here = runs(samples, min_samples=settings.min_samples).filter(about(subject))
    return _metric(here) if here.height else None


def _metric(every: pl.DataFrame) -> Metric:
    per_hour = float(np.median(every["slope"].to_numpy()))
    return Metric(value=per_hour / _MB, unit="MB per hour", n=every.height, exact=False)


def _candidate(rising: pl.DataFrame, every: pl.DataFrame) -> Candidate:
    subject = subject_of(rising.row(0, named=True))
    here = every.filter(about(subject))
    return Candidate(
        analyzer="memory-growth",
        rule_version=RULE_VERSION,
        subject=subject,
        evidence=Waste(observed=_metric(here), achievable=0.0, occurrences=rising.height),
        problem=_problem(rising, here.height),
        e_value=_e_value(here),
        first_ns=int(rising["begin_ns"].to_numpy().min()),
        last_ns=int(rising["end_ns"].to_numpy().max()),
        traces=rising.height,
        traces_examined=here.height,
        cost_usd_per_call=None,
        cost_unknown="memory has no list price",
        seconds_per_call=None,
        exemplars=(),
        unknown=("what the memory holds", *([] if _limited(rising) else ["how much memory the process may take"])),
    )


def _e_value(every: pl.DataFrame) -> float:
    """Of all runs, those that do not rise included: a p-value's calibrated wager of one half over its root."""
    logs = np.log(0.5) - 0.5 * np.log(np.maximum(every["chance"].to_numpy(), 1e-300))
    return float(min(np.exp(min(float(logs.sum()), 30.0)), _MOST_SURE))


def _limited(rising: pl.DataFrame) -> bool:
    return rising["limit"].null_count() < rising.height


def _problem(rising: pl.DataFrame, runs_examined: int) -> str:
    longest = rising.sort("over", "begin_ns", "run", descending=[True, False, False]).row(0, named=True)
    of = "its one run" if runs_examined == 1 else f"{rising.height:,} of {runs_examined:,} runs"
    said = (
        f"memory rises steadily in {of}: by {_mb(longest['slope'])} MB an hour in the longest, from "
        f"{_mb(longest['first'])} to {_mb(longest['last'])} MB over {longest['over']:,.1f} h"
    )
    return said + (_until_the_limit(rising) if _limited(rising) else "")


def _until_the_limit(rising: pl.DataFrame) -> str:
    """Of the latest run that has one."""
    latest: dict[str, Any] = rising.drop_nulls("limit").sort("end_ns", "run").row(-1, named=True)
    share, left = latest["last"] / latest["limit"], (latest["limit"] - latest["last"]) / latest["slope"]
    said = f"; the latest ends at {share:.0%} of its limit of {_mb(latest['limit'])} MB"
    return f"{said}, reached in {left:,.1f} h at that pace" if left > 0 else said


def _mb(value: float) -> str:
    return f"{value / _MB:,.0f}" if value >= 10 * _MB else f"{value / _MB:,.2f}"
