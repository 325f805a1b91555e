"""A share of a count, with the interval in which it lies."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

_Z: Final = 1.959963984540054  # of 95 %


class Share(NamedTuple):
    share: float
    low: float
    high: float


def wilson(part: int, whole: int) -> Share:
    """With Wilson's 95 % interval; `whole` is at least 1.

    https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
    """
    share = part / whole
    scale = 1 + _Z**2 / whole
    middle = (share + _Z**2 / (2 * whole)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / whole + _Z**2 / (4 * whole**2))
    return Share(share, max(middle - half, 0.0), min(middle + half, 1.0))
