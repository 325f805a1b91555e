"""Durations in bounded memory: the newest as they are, what came before them as a histogram."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

RECENT: Final = 200
BASE: Final = 2 ** (1 / 8)
"""Of the buckets: a quantile of the past is told to 4.4 %."""
_ZERO: Final = -(10**6)  # the bucket of what took no time


class Durations:
    """Milliseconds. Quantiles are of all of them; the past is what was before the last 200."""

    def __init__(self) -> None:
        self.recent: deque[float] = deque(maxlen=RECENT)
        self.past = 0
        self.total_ms = 0.0
        self.longest_ms = 0.0
        self._buckets: Counter[int] = Counter()

    @property
    def count(self) -> int:
        return self.past + len(self.recent)

    def add(self, ms: float) -> None:
        if len(self.recent) == RECENT:
            self._buckets[_bucket(self.recent[0])] += 1
            self.past += 1
        self.recent.append(ms)
        self.total_ms += ms
        self.longest_ms = max(self.longest_ms, ms)

    def quantiles(self, shares: Iterable[float]) -> list[float]:
        """Of all of them; 0 where there are none."""
        buckets = self._buckets + Counter(map(_bucket, self.recent))
        return [_quantile(buckets, self.count, share) for share in shares]

    def past_border(self, share: float) -> float:
        """What that share of the past did not exceed, surely: the upper end of the quantile's bucket."""
        bucket = _ranked(self._buckets, self.past, share)
        return 0.0 if bucket == _ZERO else BASE**bucket


def _bucket(ms: float) -> int:
    return math.ceil(math.log(ms, BASE)) if ms > 0 else _ZERO


def _quantile(buckets: Counter[int], count: int, share: float) -> float:
    """The middle of the bucket in which it lies."""
    bucket = _ranked(buckets, count, share)
    return 0.0 if bucket == _ZERO else BASE ** (bucket - 0.5)


def _ranked(buckets: Counter[int], count: int, share: float) -> int:
    """The bucket of that rank; that of what took no time where there is nothing."""
    left = math.ceil(share * count)
    for bucket in sorted(buckets):
        left -= buckets[bucket]
        if left <= 0:
            return bucket
    return _ZERO
