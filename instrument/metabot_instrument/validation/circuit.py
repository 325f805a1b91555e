"""One circuit: pybreaker's states, on a window of outcomes and the monotonic clock.

pybreaker counts failures in a row and reads the wall clock. Its count comes from a storage, so the storage here answers
from the window: one failure too many, or none. How long it has been open it is not asked.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn

import pybreaker

_ONE: Final = 1  # failure is too many, where the storage counts one


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    failure_ratio: float
    minimum_calls: int
    window_calls: int
    window_seconds: float
    open_seconds: float
    probes: int
    probe_seconds: float


class Change(NamedTuple):
    """A circuit opened or closed."""

    opened: bool
    failure_ratio: float  # of the window that opened it
    seconds: float  # that it was open


class Outcomes(pybreaker.CircuitBreakerStorage):
    """The last calls of the last seconds, and since when a circuit is open."""

    def __init__(self, rule: Rule) -> None:
        super().__init__("window")
        self._rule = rule
        self._state = pybreaker.STATE_CLOSED
        self._ended: deque[tuple[float, bool]] = deque()
        self._bad = 0  # of them
        self._opened = 0.0
        self._good = 0

    def add(self, *, ok: bool) -> None:
        self._ended.append((time.monotonic(), ok))
        self._bad += not ok
        if len(self._ended) > self._rule.window_calls:
            self._forget_oldest()

    def clear(self) -> None:
        self._ended.clear()
        self._bad = 0

    def ratio(self) -> float:
        """Of failures; 0 where there are too few calls to tell."""
        since = time.monotonic() - self._rule.window_seconds
        while self._ended and self._ended[0][0] < since:
            self._forget_oldest()
        if len(self._ended) < self._rule.minimum_calls:
            return 0.0
        return self._bad / len(self._ended)

    def is_empty(self) -> bool:
        self.ratio()
        return not self._ended

    def open_for(self) -> float:
        return time.monotonic() - self._opened

    def _forget_oldest(self) -> None:
        _, ok = self._ended.popleft()
        self._bad -= not ok

    @property
    def state(self) -> str:
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self._state = state

    @property
    def counter(self) -> int:
        return _ONE if self.ratio() >= self._rule.failure_ratio else 0

    @property
    def success_counter(self) -> int:
        return self._good

    def increment_success_counter(self) -> None:
        self._good += 1

    def reset_success_counter(self) -> None:
        self._good = 0

    @property
    def opened_at(self) -> None:
        """Not told: what is compared with it is the wall clock."""
        return None

    @opened_at.setter
    def opened_at(self, _: datetime) -> None:
        self._opened = time.monotonic()


class _ProviderError(Exception):
    """An outcome, as pybreaker takes it."""


class Circuit:
    """Not safe for threads: whoever has it holds a lock."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._outcomes = Outcomes(rule)
        self._probes: list[tuple[object, float]] = []  # what is probed with, and since when
        self._open_since = 0.0
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=_ONE,
            reset_timeout=rule.open_seconds,
            success_threshold=rule.probes,
            state_storage=self._outcomes,
        )

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return str(self._breaker.current_state)

    def is_idle(self) -> bool:
        return self.state == pybreaker.STATE_CLOSED and self._outcomes.is_empty()

    def lets_pass(self, call: object) -> bool:
        """Whether this call may be made. The first ones after a while of being open are probes."""
        if self.state == pybreaker.STATE_OPEN and self._outcomes.open_for() >= self._rule.open_seconds:
            self._probes.clear()
            self._breaker.half_open()
        if self.state != pybreaker.STATE_HALF_OPEN:
            return self.state == pybreaker.STATE_CLOSED
        since = time.monotonic() - self._rule.probe_seconds
        self._probes = [probe for probe in self._probes if probe[1] >= since]  # nobody tells how the others ended
        if len(self._probes) >= self._rule.probes:
            return False
        self._probes.append((call, time.monotonic()))
        return True

    def take_back(self, call: object) -> None:
        """The call was not made: if it was to be a probe, another may be."""
        self._was_probe(call)

    def ended(self, call: object, *, ok: bool) -> Change | None:
        """Takes the outcome of a call, and gives what it changes. One that was made before it opened tells nothing.

        A call is the object that `lets_pass` was asked with.
        """
        before = self.state
        if before == pybreaker.STATE_OPEN:
            return None
        if before == pybreaker.STATE_HALF_OPEN and not self._was_probe(call):
            return None
        self._outcomes.add(ok=ok)
        ratio = self._outcomes.ratio()
        opens = before == pybreaker.STATE_CLOSED and ratio >= self._rule.failure_ratio
        self._tell(ok=ok and not opens)
        return self._changed(before, ratio)

    def _was_probe(self, call: object) -> bool:
        for place, (probe, _) in enumerate(self._probes):
            if probe is call:
                del self._probes[place]
                return True
        return False

    def _tell(self, *, ok: bool) -> None:
        try:
            self._breaker.call(_well if ok else _badly)
        except (_ProviderError, pybreaker.CircuitBreakerError):
            return

    def _changed(self, before: str, ratio: float) -> Change | None:
        """A probe that failed changes nothing: the circuit stays open."""
        if before == self.state:
            return None
        self._outcomes.clear()
        now = time.monotonic()
        if before == pybreaker.STATE_CLOSED:
            self._open_since = now
            return Change(opened=True, failure_ratio=ratio, seconds=0.0)
        closed = self.state == pybreaker.STATE_CLOSED
        return Change(opened=False, failure_ratio=0.0, seconds=now - self._open_since) if closed else None


def _well(*_: Any) -> None:
    pass


def _badly(*_: Any) -> NoReturn:
    raise _ProviderError
