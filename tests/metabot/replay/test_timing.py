"""Modelled times."""

from __future__ import annotations

import math
import statistics

import pytest

from metabot.replay.script import Timing
from metabot.replay.timing import draw

TIMING = Timing(
    distribution="lognormal",
    first_token_median_ms=200.0,
    first_token_sigma=0.5,
    uncached_input_token_ms=0.1,
    output_token_ms=4.0,
)


def first(digest: str = "d", *, seed: int = 0, seen: int = 1, uncached: int = 0, speed: float = 1.0) -> float:
    return draw(TIMING, seed=seed, digest=digest, seen=seen, uncached_tokens=uncached, speed=speed).first_token


def test_the_same_request_always_takes_the_same_time() -> None:
    """Seed, content and how often it came decide, nothing else."""
    assert first() == first()
    assert len({first(), first("e"), first(seed=1), first(seen=2)}) == 4


def test_the_draws_follow_the_stated_distribution() -> None:
    """Median and spread of the logarithm over 2,000 requests."""
    drawn = [first(f"request {n}") * 1000 for n in range(2000)]
    assert statistics.median(drawn) == pytest.approx(200.0, rel=0.05)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(0.5, rel=0.05)


def test_cached_tokens_save_time() -> None:
    """A thousand uncached tokens cost a hundred milliseconds."""
    assert math.isclose(first(uncached=1000) - first(), 0.1)


def test_speed_divides_every_time() -> None:
    """Also the time of a token."""
    assert math.isclose(first(speed=4.0), first() / 4)
    assert math.isclose(draw(TIMING, seed=0, digest="d", seen=1, uncached_tokens=0, speed=8.0).output_token, 0.004 / 8)


def test_constant_times_do_not_vary() -> None:
    """The other distribution."""
    timing = Timing(first_token_median_ms=50.0)
    drawn = {draw(timing, seed=n, digest="d", seen=1, uncached_tokens=0, speed=1.0).first_token for n in range(9)}
    assert drawn == {0.05}
