"""How often a server is asked, and when not any more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

_MINUTE: Final = 60.0


class Pace:
    """So many requests in any minute, each in its turn."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock, self._sleep = clock, sleep
        self._last: deque[float] = deque(maxlen=per_minute)

    def turn(self, seconds: float) -> bool:
        """Waits for the next turn; False, at once, where it comes later than in so many seconds."""
        full = len(self._last) == self._last.maxlen
        wait = self._last[0] + _MINUTE - self._clock() if full else 0.0
        if wait > seconds:
            return False
        if wait > 0:
            self._sleep(wait)
        self._last.append(self._clock())
        return True


class Breaker:
    """Opens after so many questions in a row that no answer came to, and stays open for the pass."""

    def __init__(self, most: int) -> None:
        self._most, self.in_a_row = most, 0

    @property
    def is_open(self) -> bool:
        return self.in_a_row >= self._most

    def heard(self, *, answered: bool) -> None:
        self.in_a_row = 0 if answered else self.in_a_row + 1
