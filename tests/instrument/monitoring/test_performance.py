"""Durations of actions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metabot_instrument.monitoring.durations import Durations
from metabot_instrument.monitoring.observation import Observation
from metabot_instrument.monitoring.performance import Performance

NOON = 1_768_305_600.0


def watched(durations, **settings):
    monitor = Performance(**settings)
    for at, ms in enumerate(durations):
        monitor.take(Observation("tool", "search", NOON + at, ms))
    return monitor


def test_counts_and_times_of_an_action():
    """A call a second; one that does not say how long it took counts too."""
    (told,) = watched([10.0, 20.0, 30.0, None]).figures()["actions"].values()
    assert (told["counted"], told["estimate"], told["per_second"]) == (4, 4.0, 1.0)
    assert (told["mean_ms"], told["longest_ms"]) == (20.0, 30.0)
    assert told["p50_ms"] == pytest.approx(20, rel=0.045)


@given(st.lists(st.floats(0.01, 1e7), min_size=1, max_size=500))
def test_a_quantile_is_within_a_bucket(durations):
    """4.4 % of the value of that rank, in the past and among the newest."""
    told = Durations()
    for ms in durations:
        told.add(ms)
    ranked = sorted(durations)
    for share, found in zip((0.5, 0.95, 1.0), told.quantiles((0.5, 0.95, 1.0)), strict=True):
        exact = ranked[max(-int(-share * len(ranked) // 1), 1) - 1]
        assert found == pytest.approx(exact, rel=0.045)


def test_a_tail_that_became_slow_is_found():
    """With how many took longer than 95 % of those before."""
    (found,) = watched([10.0] * 1_000 + [10.0, 10.0, 10.0, 90.0] * 50).found()
    assert (found.kind, found.about, found.figures["beyond"]) == ("slow_tail", "tool:search", 50)
    assert "50 of the last 200 took longer than" in found.says


@pytest.mark.parametrize("durations", [
    pytest.param([10.0] * 100 + [90.0] * 200, id="too little past"),
    pytest.param([10.0, 10.0, 10.0, 90.0] * 300, id="it was like that before"),
    pytest.param([10.0] * 1_000 + [10.0] * 185 + [90.0] * 15, id="so few that it may be chance"),
    pytest.param([10.0] * 1_000 + [5.0] * 200, id="faster"),
    pytest.param([0.0] * 1_000, id="no time at all"),
])  # fmt: skip
def test_says_nothing_when(durations):
    """Each of these once looked like a slow tail and is not."""
    assert watched(durations).found() == []


def test_chance_is_no_finding():
    """Two hundred agents whose durations never change, looked at once each."""
    draw = random.Random(7)
    for _ in range(200):
        assert watched([draw.lognormvariate(3, 1) for _ in range(500)]).found() == []


def test_a_sample_says_what_it_stands_for():
    """What was counted over the rate."""
    told = watched([10.0] * 4_000, sample_rate=0.25).figures()
    action = told["actions"]["tool:search"]
    assert told["sample_rate"] == 0.25
    assert action["estimate"] == action["counted"] * 4
    assert action["estimate"] == pytest.approx(4_000, rel=0.15)
    assert action["per_second"] == pytest.approx(1, rel=0.15)


def test_names_without_end_stay_within_bounds():
    """Those beyond five hundred are one action."""
    monitor = Performance()
    for number in range(2_000):
        monitor.take(Observation("tool", f"\x1b{number}" + "x" * 9_999, NOON, 1.0))
    actions = monitor.figures()["actions"]
    assert (len(actions), actions["(other):(other)"]["counted"]) == (501, 1_500)
    assert all(len(name) <= 205 and name.isprintable() for name in actions)
