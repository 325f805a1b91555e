"""Whether the largest sizes lie further from the rest than the tail of the rest explains."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Sizes = np.ndarray[Any, np.dtype[np.float64]]

_SHARE: Final = 0.2  # of the others, the largest ones: their tail
_LEAST: Final = 5
_LEAST_SCATTER: Final = 0.1  # on a logarithmic scale: sizes that are all alike differ by a tenth another day


def gap_chance(others: Sizes, away: Sizes) -> float:
    """The chance of a gap like that between the `others` and those `away`, if all were of one heavy tail.

    On a logarithmic scale, the gaps between the sizes of a tail (Pareto's) are exponential and independent, the one
    below the n-th largest with a mean of one n-th of the tail's. That mean is estimated from the largest of the others
    (Hill), so the ratio of the two has an F distribution. A lighter tail makes a gap less likely than it says.
    """
    tail = np.log(np.sort(others)[::-1][: max(_LEAST, round(_SHARE * len(others))) + 1])
    known = len(tail) - 1
    if known < 1:
        return 1.0
    scatter = max(float((tail[:-1] - tail[-1]).sum()), _LEAST_SCATTER * known)
    gap = len(away) * max(0.0, float(np.log(away.min()) - tail[0]))
    return float((1 + gap / scatter) ** -known)
