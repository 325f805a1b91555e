"""Two series of runs of one command, base and change interleaved: by how much they differ, and how sure that is. Pure.

Runs are compared in pairs, a base and a change that ran one after the other, so that what slows the machine for a while
slows both. A pair's value is the logarithm of its ratio. The interval is a bootstrap-t: pairs are drawn again with
replacement, and what is drawn is the mean's distance from the sample's in units of its own standard error, which keeps
its promise with few pairs where the percentiles of resampled means are too narrow (docs/statistics.md). What the base
shows against itself, from run to run, is the noise floor; a difference within it is none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Outcome = Literal["better", "worse", "too little", "inconclusive"]

LEAST_PAIRS: Final = 6
FINEST: Final = 0.1  # the smallest change of a ratio that the number of runs is chosen for
_DRAWS: Final = 2_000
_SEED: Final = 20_261_121
_ERRORS_APART: Final = 5  # standard errors between no change and the one that is asked for
_FLOOR_ERRORS: Final = 2  # of the base against itself
_NEXT_TO_NOTHING: Final = 1e-3  # what a run of 0 counts as, as a share of the mean at the base


class Value(NamedTuple):
    """One figure of one run."""

    revision: Literal["base", "head"]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The change's figure as a share of the base's: 0.7 is 30 % less."""

    ratio: float  # geometric mean over the pairs
    low: float
    high: float
    floor: float  # 0.05: as many runs of the base alone differ by up to 5 %
    pairs: int


def compare(values: Sequence[Value], *, level: float = 0.95) -> Comparison | None:
    """None before there are two pairs, and where the base shows nothing to compare with."""
    logs = _log_ratios(values)
    if logs is None or len(logs) < 2:
        return None
    low, high = _interval(logs, level)
    error = noise(values) / math.sqrt(len(logs))
    return Comparison(
        ratio=math.exp(float(logs.mean())),
        low=math.exp(low),
        high=math.exp(high),
        floor=math.expm1(_FLOOR_ERRORS * error),
        pairs=len(logs),
    )


def outcome(found: Comparison, *, threshold: float) -> Outcome:
    """`better`: the estimate reaches the threshold, and neither its interval nor the noise floor reaches no change."""
    asked = 1 - threshold
    far_enough = found.ratio <= asked and found.ratio < 1
    certain = found.high < 1
    beyond_noise = found.ratio < 1 / (1 + found.floor)
    if far_enough and certain and beyond_noise:
        return "better"
    if found.low > 1:
        return "worse"
    return "too little" if found.low > asked else "inconclusive"


def needed(values: Sequence[Value], *, resolution: float) -> int:
    """How many pairs tell a change by this share from none, as far as the noise is known.

    Looks at how much values scatter and never at what they come to: stopping there tilts no interval.
    """
    logs = _log_ratios(values)
    spread = 0.0 if logs is None or len(logs) < 2 else float(logs.std(ddof=1))
    wanted = -math.log1p(-min(max(resolution, FINEST), 0.9)) / _ERRORS_APART
    return max(LEAST_PAIRS, math.ceil((max(spread, noise(values)) / wanted) ** 2))


def noise(values: Sequence[Value]) -> float:
    """Root mean square of the logarithms of the ratios of two runs of the base that came one after the other."""
    same = [(one.value, two.value) for one, two in pairwise(values) if one.revision == two.revision == "base"]
    logs = [math.log(one / two) for one, two in same if one > 0 and two > 0]
    return math.sqrt(math.fsum(log * log for log in logs) / len(logs)) if logs else 0.0


def pairs(values: Sequence[Value]) -> list[tuple[float, float]]:
    """Base and change of each pair. Runs of the base before the first of the change are in none."""
    first = next((place for place, value in enumerate(values) if value.revision == "head"), len(values))
    rest = values[first:]
    couples = [dict(rest[place : place + 2]) for place in range(0, len(rest) - 1, 2)]
    return [(couple["base"], couple["head"]) for couple in couples if len(couple) == 2]


def _log_ratios(values: Sequence[Value]) -> Floats | None:
    found = np.array(pairs(values), dtype=np.float64).reshape(-1, 2)
    if not (found[:, 0] > 0).all() or not np.isfinite(found).all():
        return None
    least = _NEXT_TO_NOTHING * found[:, 0].mean() if len(found) else 0.0
    logs: Floats = np.log(np.maximum(found[:, 1], least) / found[:, 0])
    return logs


def _interval(logs: Floats, level: float) -> tuple[float, float]:
    count = len(logs)
    mean, error = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(count)
    if error == 0:
        return mean, mean
    weights = _weights(count)
    centred = logs - mean  # digits: a variance as the difference of two large sums would lose them
    means = weights @ centred
    variances = np.maximum(weights @ centred**2 - means**2, 0) * count / (count - 1)
    errors = np.sqrt(variances / count)
    endless = np.copysign(np.inf, means)  # one pair drawn throughout has no spread: as far out as can be
    distances = np.divide(means, errors, out=endless, where=errors > 0)
    below, above = np.quantile(distances, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return mean - float(above) * error, mean - float(below) * error


@lru_cache(maxsize=128)
def _weights(count: int) -> Floats:
    """How often each pair is drawn, as a share: the same draws for every comparison of so many."""
    drawn = np.random.default_rng(_SEED).multinomial(count, np.full(count, 1 / count), size=_DRAWS)
    weights: Floats = drawn / count
    return weights
