"""A validator that lets so many actions of each key pass in a minute.

A token bucket per key: full it holds `burst` tokens, and `requests_per_minute` tokens come in evenly. An action takes
one. So in any t minutes at most `burst + requests_per_minute × t` actions of a key pass, whatever the clock on the wall
does. Actions without a key share a bucket. The turn of one that gave up waiting is given to the next that comes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple

from pyrate_limiter import Rate, TokenBucket

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.keyed import Keyed, lock
from metabot_instrument.validation.patience import patience
from metabot_instrument.validation.settled import one_of, positive
from metabot_instrument.validation.verdict import Approved, Rejected, Retry, Verdict

OVER = "over the rate"
LATER = "waits its turn"
_MINUTE: Final = 60_000_000  # in microseconds, which the library takes for its milliseconds
_PARTS: Final = 1_000  # of a request: the library's rates are whole numbers
_LATE: Final = 0.1  # seconds that one who waits may come late without holding up those behind it
_BUCKET: Final = TokenBucket()


@dataclass(kw_only=True, eq=False)
class RateLimit:
    """`delay` lets an action wait for its turn, if its pipeline's deadline allows; `reject` ends it at once.

    Raises ValueError for settings that mean nothing.
    """

    requests_per_minute: float
    burst: int | None = None  # requests; as many as a minute's where it is not said
    on_limit: Literal["delay", "reject"] = "delay"
    keys: int = 10_000  # that have a bucket of their own
    priority: int = 50
    name: str = "rate_limit"

    can_modify = False
    quick = True
    reasons = frozenset({OVER, LATER})

    def __post_init__(self) -> None:
        positive(self, "requests_per_minute")
        positive(self, "keys", whole=True)
        one_of(self, "on_limit", ("delay", "reject"))
        burst = max(1, int(self.requests_per_minute))
        if self.burst is not None:
            positive(self, "burst", whole=True)
            burst = self.burst
        limit = max(1, round(self.requests_per_minute * _PARTS))
        spare = min(burst - 1, int(self.requests_per_minute / 60 * _LATE))
        rates, patient = ([Rate(limit, _MINUTE * _PARTS, most)] for most in (burst, burst - spare))
        self._buckets = Keyed(lambda: _Bucket(rates, patient), _Bucket.is_full, self.keys)

    def validate(self, action: Action) -> Verdict:
        waits = patience.get()
        until = waits.until if waits is not None and self.on_limit == "delay" else 0.0
        held = None if waits is None else waits.kept.pop(self, None)
        with lock:
            bucket = self._buckets.of(action.key)
            now = time.monotonic_ns() // 1_000
            if isinstance(held, _Turn):
                turn = bucket.taken(held, now)
            else:
                turn = bucket.taken_in_turn(now, until=round(until * 1e6))
        if turn.at <= now:
            return Approved()
        if self.on_limit == "reject":
            return Rejected(OVER)
        if waits is not None:
            waits.kept[self] = turn
        return Retry((turn.at - now) / 1e6, LATER)

    def take_back(self, action: Action) -> None:
        """Whose action does not run waits no longer."""
        waits = patience.get()
        held = None if waits is None else waits.kept.pop(self, None)
        if isinstance(held, _Turn):
            with lock:
                self._buckets.of(action.key).take_back(held)


class _Turn(NamedTuple):
    """When there is a token, and what one who waits for it was told that it is."""

    at: int
    due: bool = False
    promised: bool = True


class _Bucket:
    """States of the library's: of the tokens that were taken, of those that are promised as well, and of those that are
    due to whoever came when it was promised to and found none, because others before it had come late.
    """

    __slots__ = ("_due", "_free", "_patient", "_promised", "_rates", "_taken", "_waiting")

    def __init__(self, rates: list[Rate], patient: list[Rate]) -> None:
        self._rates, self._patient = rates, patient
        self._taken = self._promised = self._due = _BUCKET.initial(rates)
        self._waiting = 0  # to whom a turn is promised
        self._free: list[_Turn] = []  # that were promised and taken back, the earliest first

    def is_full(self) -> bool:
        return self._promised[0] <= time.monotonic_ns()

    def take_back(self, turn: _Turn) -> None:
        if turn.promised:
            heappush(self._free, turn)
            self._waits_no_longer()

    def taken(self, turn: _Turn, now: int) -> _Turn:
        """For whose turn has come: takes a token now, or gives when there is one, behind all to whom one is due."""
        self._due = max(self._due, self._taken)
        after, wait = _step(self._rates, self._taken if turn.due else self._due, now)
        if wait == 0:
            self._taken = after
            if turn.promised:
                self._waits_no_longer()
        else:
            self._waiting += not turn.promised
            _, wait = _step(self._rates, self._due, now)
            self._due, _ = _step(self._rates, self._due, now + wait)
        self._promised = max(self._promised, self._taken, self._due)
        return _Turn(now + wait, due=True)

    def taken_in_turn(self, now: int, *, until: int) -> _Turn:
        """For who comes anew, behind all to whom a token is promised; that is promised to it if it comes in time."""
        after, wait = _step(self._rates, self._promised, now)
        if wait == 0:
            self._promised = after
            self._taken, _ = _step(self._rates, self._taken, now)
            return _Turn(now)
        while self._free and self._free[0].at <= now:
            heappop(self._free)  # too late: who is promised the next token needs it
        if self._free and self._free[0].at < until:
            self._waiting += 1
            return heappop(self._free)
        _, patiently = _step(self._patient, self._promised, now)
        if now + patiently < until:
            self._promised, _ = _step(self._rates, self._promised, now + patiently)
            self._waiting += 1
            return _Turn(now + patiently)
        return _Turn(now + wait, promised=False)

    def _waits_no_longer(self) -> None:
        """Where nobody waits any more, nothing is promised."""
        self._waiting = max(0, self._waiting - 1)
        if not self._waiting:
            self._promised = self._due = self._taken
            self._free.clear()


def _step(rates: list[Rate], state: tuple[float, ...], now: int) -> tuple[tuple[float, ...], int]:
    after, decision = _BUCKET.step(rates, state, now, 1)
    return after, 0 if decision.allowed else max(1, decision.retry_after_ms or 0)
