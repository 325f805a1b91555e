"""How often a server is asked."""

from __future__ import annotations

from metabot.generate.asking.pace import Breaker, Pace


class Time:
    """Passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_no_minute_holds_more_than_allowed() -> None:
    """Three a minute: the fourth waits until the first is a minute old, and so on."""
    time = Time()
    pace = Pace(3, clock=lambda: time.now, sleep=time.sleep)
    turns = []
    for _ in range(10):
        assert pace.turn(1e6)
        turns.append(time.now)
    assert all(later - earlier >= 60 for earlier, later in zip(turns, turns[3:], strict=False))


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    """And it is not used up either."""
    time = Time()
    pace = Pace(1, clock=lambda: time.now, sleep=time.sleep)
    assert pace.turn(10)
    assert not pace.turn(10)
    assert time.now == 1000.0
    time.sleep(60)
    assert pace.turn(0.5)


def test_the_breaker_counts_failures_in_a_row() -> None:
    """An answer in between closes the count."""
    breaker = Breaker(2)
    for answered in (False, True, False):
        breaker.heard(answered=answered)
    assert not breaker.is_open
    breaker.heard(answered=False)
    assert breaker.is_open
