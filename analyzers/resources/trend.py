"""Whether levels rise steadily, and how fast: Kendall's tau and the Theil–Sen slope, which few jumps move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Values = np.ndarray[Any, np.dtype[np.float64]]

_WINDOWS: Final = 24
_WARMING: Final = 0.25  # of the time: what is loaded and filled at the beginning says nothing about the rest
_LEAST: Final = 6  # windows behind it; of fewer no order is unlikely
_PER_WINDOW: Final = 2
_MOST_ALIKE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    tau: float  # of the pairs of windows, the share that rises less the share that falls
    chance: float  # that levels which wander as these do about no trend rise like that (Mann–Kendall)
    slope: float  # per unit of time, the median of all pairs
    first: float  # level of the first window behind the warm-up, on the fitted line
    last: float
    over: float  # the time between the two
    goes_on: float  # how much the second half rises, for each that the first one does


def trend(times: Values, levels: Values) -> Trend | None:
    """Of the floor of the levels, window by window, so that what is given back soon does not count.

    `times` ascend. None where too little is left behind the warm-up.
    """
    at, floor = _floor(times, levels)
    if len(at) < _LEAST:
        return None
    above, below = np.triu_indices(len(at), 1)[::-1]
    rises, apart = floor[above] - floor[below], at[above] - at[below]
    slope = float(np.median(rises / apart))
    line = float(np.median(floor - slope * at))
    return Trend(
        tau=float(np.sign(rises).mean()),
        chance=_chance(floor, float(np.sign(rises).sum()), floor - slope * at - line),
        slope=slope,
        first=line + slope * float(at[0]),
        last=line + slope * float(at[-1]),
        over=float(at[-1] - at[0]),
        goes_on=_goes_on(floor),
    )


def _floor(times: Values, levels: Values) -> tuple[Values, Values]:
    """The least level of each window behind the warm-up, and the middle of the window."""
    begin, whole = float(times[0]), float(times[-1] - times[0])
    count = min(_WINDOWS, len(times) // _PER_WINDOW)
    if whole <= 0 or count < _LEAST:
        return np.empty(0), np.empty(0)
    place = np.minimum(((times - begin) / whole * count).astype(np.int64), count - 1)
    floor = np.full(count, np.inf)
    np.minimum.at(floor, place, levels)
    behind = np.isfinite(floor) & (np.arange(count) >= _WARMING * count)
    return begin + (np.flatnonzero(behind) + 0.5) * whole / count, floor[behind]


def _chance(floor: Values, score: float, rest: Values) -> float:
    """Mann–Kendall's, its variance as much larger as neighbours around the line are alike."""
    n = len(floor)
    _, ties = np.unique(floor, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if variance <= 0:
        return 1.0
    same = alike(rest)
    z = (score - 1) / math.sqrt(variance * (1 + same) / (1 - same))
    return 0.5 * math.erfc(z / math.sqrt(2))


def alike(rest: Values) -> float:
    """The correlation of neighbours, without the bias that a short series and its fitted line give it."""
    n, own = len(rest), rest - rest.mean()
    square = float((own**2).sum())
    if square <= 0:
        return 0.0
    found = float((own[1:] * own[:-1]).sum()) / square
    return min(max((found + 2 / n) / (1 - 4 / n), 0.0), _MOST_ALIKE)


def _goes_on(floor: Values) -> float:
    """By the medians of the first, the middle and the last third; 0 where the first half does not rise."""
    third = len(floor) // 3
    low, middle, high = (
        float(np.median(part)) for part in (floor[:third], floor[third : len(floor) - third], floor[-third:])
    )
    return (high - middle) / (middle - low) if middle > low else 0.0
