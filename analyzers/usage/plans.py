"""Did plans of higher priority move a gauge more? Rank correlation of priority with the change after each plan.

The change of a plan is the gauge's last value within `horizon_ns` after it, less its last value within that time before
it; of several series it is their mean, of the plan's own service where that has some. Plans whose windows overlap see
the same movement, so they are one group: the bootstrap draws whole groups, and groups are what is counted as enough.
A correlation is no cause: whatever moves priority and the gauge together looks the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
LeftOut = Literal["no gauge before", "no gauge after"]

_SEED: Final = 20_261_122
_LEVELS: Final = 6  # rows of the picture


@dataclass(frozen=True, slots=True)
class Settings:
    horizon_ns: int = 3600 * 10**9
    min_groups: int = 20
    resamples: int = 2000
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Plan:
    time_ns: int
    priority: float
    service: str = ""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One series, in the order of its times."""

    service: str
    times_ns: tuple[int, ...]
    values: tuple[float, ...]

    def change(self, at_ns: int, horizon_ns: int) -> float | LeftOut:
        before = self._last(at_ns - horizon_ns - 1, at_ns)
        after = self._last(at_ns, at_ns + horizon_ns)
        if before is None:
            return "no gauge before"
        return "no gauge after" if after is None else after - before

    def _last(self, from_ns: int, until_ns: int) -> float | None:
        """The last value after the one moment, up to the other."""
        place = bisect_right(self.times_ns, until_ns) - 1
        return self.values[place] if place >= 0 and self.times_ns[place] > from_ns else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Plans of neighbouring priorities."""

    lowest: float
    highest: float
    plans: int
    mean_change: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    plans: int  # that are compared
    groups: int  # of them, that do not overlap
    left_out: Mapping[LeftOut, int]
    correlation: float | None  # Spearman's; None where priorities or changes are all alike
    interval: tuple[float, float] | None  # of the bootstrap
    verdict: Literal["more", "less"] | None  # None: nothing can be said
    levels: tuple[Level, ...]  # rising


def backtest(plans: Sequence[Plan], gauges: Sequence[Gauge], settings: Settings = Settings()) -> Backtest:
    compared, left_out = [], Counter[LeftOut]()
    for plan in sorted(plans, key=lambda plan: plan.time_ns):
        change = _change(plan, gauges, settings.horizon_ns)
        if isinstance(change, str):
            left_out[change] += 1
        else:
            compared.append((plan, change))
    priorities = np.array([plan.priority for plan, _ in compared], float)
    changes = np.array([change for _, change in compared], float)
    groups = _groups([plan.time_ns for plan, _ in compared], settings.horizon_ns)
    independent = len(np.unique(groups))
    correlation = _spearman(_places(priorities), _places(changes), np.ones(len(compared)))
    interval = None if correlation is None else _interval(priorities, changes, groups, settings)
    return Backtest(
        plans=len(compared),
        groups=independent,
        left_out=dict(left_out),
        correlation=correlation,
        interval=interval,
        verdict=_verdict(interval) if independent >= settings.min_groups else None,
        levels=tuple(_levels(priorities, changes)),
    )


def _change(plan: Plan, gauges: Sequence[Gauge], horizon_ns: int) -> float | LeftOut:
    own = [gauge for gauge in gauges if gauge.service == plan.service] or gauges
    found = [gauge.change(plan.time_ns, horizon_ns) for gauge in own]
    changes = [change for change in found if not isinstance(change, str)]
    if changes:
        return sum(changes) / len(changes)
    return "no gauge after" if "no gauge after" in found else "no gauge before"


def _groups(times_ns: Sequence[int], horizon_ns: int) -> NDArray[np.intp]:
    """The number of each plan's group: plans that follow each other within the horizon."""
    far = [later - sooner >= horizon_ns for sooner, later in pairwise(times_ns)]
    return np.cumsum([0, *far])[: len(times_ns)].astype(np.intp)


def _interval(
    priorities: Numbers, changes: Numbers, groups: NDArray[np.intp], settings: Settings
) -> tuple[float, float] | None:
    """Of the percentile bootstrap; a group that is drawn twice weighs twice."""
    draw, number = np.random.default_rng(_SEED), int(groups[-1]) + 1
    if number < 2:
        return None
    one, other = _places(priorities), _places(changes)
    shares = np.full(number, 1 / number)
    drawn = (draw.multinomial(number, shares)[groups].astype(float) for _ in range(settings.resamples))
    found = [correlation for weights in drawn if (correlation := _spearman(one, other, weights)) is not None]
    tail = (1 - settings.level) / 2
    low, high = np.quantile(found, [tail, 1 - tail]) if found else (-1.0, 1.0)
    return float(low), float(high)


def _places(values: Numbers) -> NDArray[np.intp]:
    """Of each value among those that there are."""
    return np.unique(values, return_inverse=True)[1]


def _spearman(one: NDArray[np.intp], other: NDArray[np.intp], weights: Numbers) -> float | None:
    """By places, of observations that stand there so many times; None where either side is all alike."""
    middle = (weights.sum() + 1) / 2
    one_ranks, other_ranks = (_ranks(places, weights) - middle for places in (one, other))
    size = float(np.sqrt((weights * one_ranks) @ one_ranks * ((weights * other_ranks) @ other_ranks)))
    return float((weights * one_ranks) @ other_ranks) / size if size > 1e-9 else None


def _ranks(places: NDArray[np.intp], weights: Numbers) -> Numbers:
    """Equal values share the mean of their ranks."""
    many = np.bincount(places, weights)
    ranks: Numbers = (np.cumsum(many) - (many - 1) / 2)[places]
    return ranks


def _verdict(interval: tuple[float, float] | None) -> Literal["more", "less"] | None:
    if interval is None or interval[0] <= 0 <= interval[1]:
        return None
    return "more" if interval[0] > 0 else "less"


def _levels(priorities: Numbers, changes: Numbers) -> Iterator[Level]:
    """Each priority, or where there are many, neighbours with about as many plans each."""
    if not len(priorities):
        return
    known = np.unique(priorities)
    edges = known if len(known) <= _LEVELS else np.unique(np.quantile(priorities, np.linspace(0, 1, _LEVELS + 1)[:-1]))
    level_of = np.searchsorted(edges, priorities, side="right")
    order = np.argsort(level_of, kind="stable")
    for _, places in groupby(order.tolist(), key=lambda place: int(level_of[place])):
        those = list(places)
        yield Level(
            lowest=float(priorities[those].min()),
            highest=float(priorities[those].max()),
            plans=len(those),
            mean_change=float(changes[those].mean()),
        )
