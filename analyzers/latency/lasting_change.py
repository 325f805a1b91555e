"""Whether a figure became larger from some session on: Pettitt's test, corrected for neighbours that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analyzers.resources.trend import alike

Values = np.ndarray[Any, np.dtype[np.float64]]

LEAST: Final = 8  # of fewer any order is soon had
_SHUFFLES: Final = 2_000
_PER_FIGURE: Final = 1_000  # shuffles: the more figures are looked at, the rarer is what counts
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    at: int  # how many stand before it
    grown: float  # the median behind the change, in medians before it; the same of the latest half of what is behind
    grown_lately: float


def change(levels: Values) -> Change:
    """The best split of two levels or more, in their order."""
    at = int(_excess(_ranks(levels)[np.newaxis, :]).argmin()) + 1
    before, after = float(np.median(levels[:at])), levels[at:]
    grown, lately = float(np.median(after)), float(np.median(after[len(after) // 2 :]))
    return Change(at=at, grown=grown / before if before else np.inf, grown_lately=lately / before if before else np.inf)


def chance(levels: Values, at: int, *, figures: int, enough: float) -> float:
    """How likely some of so many figures splits as well as this one at `at` if none of them changed.

    Counted over fixed shuffles. The split of the levels counts for less as neighbours are alike around it, as they are
    in levels that drift. Counting stops where the answer is surely above `enough`.
    """
    ranks = _ranks(levels)
    rest = ranks - np.concatenate([np.full(at, ranks[:at].mean()), np.full(len(ranks) - at, ranks[at:].mean())])
    same = alike(rest)
    best = _excess(ranks[np.newaxis, :]).min() * np.sqrt((1 - same) / (1 + same)) + _ROUNDING
    random = np.random.default_rng(len(ranks))
    whole, seen, as_good = max(_SHUFFLES, _PER_FIGURE * figures), 0, 0
    while seen < whole and figures * as_good <= 2 * enough * whole:
        shuffled = random.permuted(np.tile(ranks, (_SHUFFLES, 1)), axis=1)
        as_good += int((_excess(shuffled).min(axis=1) <= best).sum())
        seen += _SHUFFLES
    return min(1.0, figures * (1 + as_good) / (1 + seen))


def _ranks(levels: Values) -> Values:
    _, place, count = np.unique(levels, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    return np.asarray(middle[place.reshape(-1)], dtype=np.float64)


def _excess(ranks: Values) -> Values:
    """What the first ranks of each row sum to beyond their mean, after each of them but the last."""
    return np.cumsum(ranks - ranks.mean(axis=1, keepdims=True), axis=1)[:, :-1]
