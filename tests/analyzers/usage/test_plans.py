"""Priorities of plans against what a gauge did after them, on logs whose effect is known."""

from __future__ import annotations

import numpy as np
import pytest

from analyzers.usage.plans import Backtest, Gauge, Plan, Settings, backtest

S = 10**9
HORIZON = Settings(horizon_ns=60 * S)


def logged(
    count: int, *, effect: float, seed: int = 1, apart: int = 100, levels: int = 3, noise: float = 1.0
) -> tuple[list[Plan], list[Gauge]]:
    """Plans `apart` seconds after each other; after each the gauge moves by effect × priority and noise."""
    draw = np.random.default_rng(seed)
    plans, times, values, level = [], [(apart - 1) * S], [0.0], 0.0
    for number in range(1, count + 1):
        priority = int(draw.integers(1, levels + 1))
        plans.append(Plan(number * apart * S, priority))
        level += effect * priority + noise * float(draw.normal())
        times.append((number * apart + 30) * S)
        values.append(level)
        times.append((number * apart + apart - 1) * S)
        values.append(level)
    return plans, [Gauge("", tuple(times), tuple(values))]


def test_an_effect_is_found() -> None:
    """With its sign, in the interval, and in words."""
    found = backtest(*logged(80, effect=1.0), HORIZON)
    assert (found.plans, found.groups, found.left_out) == (80, 80, {})
    assert found.correlation is not None
    assert found.interval is not None
    assert 0 < found.interval[0] < found.correlation < found.interval[1] < 1
    assert found.verdict == "more"
    rising = [level.mean_change for level in found.levels]
    assert rising == sorted(rising)
    assert [(level.lowest, level.highest) for level in found.levels] == [(1, 1), (2, 2), (3, 3)]
    assert sum(level.plans for level in found.levels) == 80


def test_the_opposite_effect_is_found_too() -> None:
    """Plans of high priority that do harm."""
    found = backtest(*logged(80, effect=-1.0), HORIZON)
    assert found.verdict == "less"
    assert found.correlation is not None
    assert found.correlation < 0


@pytest.mark.slow
def test_without_an_effect_hardly_a_verdict_is_given() -> None:
    """At most one of ten, of 40 logs of 30 plans; 95 % intervals would give one of twenty."""
    settings = Settings(horizon_ns=60 * S, resamples=200)
    verdicts = [backtest(*logged(30, effect=0.0, seed=seed), settings).verdict for seed in range(40)]
    assert sum(verdict is not None for verdict in verdicts) <= 4


def test_ties_share_their_ranks() -> None:
    """As Spearman has it: the correlation of mean ranks, here of a table worked out by hand."""
    plans = [Plan(at * 100 * S, priority) for at, priority in enumerate((1, 1, 2, 2), 1)]
    values = (0.0, 1.0, 1.0, 3.0, 6.0)  # changes 1, 0, 2, 3
    times = tuple(at * 100 * S + 30 * S for at in range(5))
    found = backtest(plans, [Gauge("", times, values)], Settings(horizon_ns=90 * S))
    assert found.correlation == pytest.approx(4 / (5 * 4) ** 0.5)  # ranks 1.5 1.5 3.5 3.5 and 2 1 3 4


def test_a_perfect_order_is_one() -> None:
    """And the interval ends there."""
    found = backtest(*logged(30, effect=1.0, noise=0.0), HORIZON)
    assert found.correlation == pytest.approx(1)
    assert found.interval == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("plans", "gauges"),
    [
        pytest.param([], [], id="no plan"),
        pytest.param(*logged(1, effect=1.0), id="one plan"),
        pytest.param(*logged(40, effect=1.0, levels=1), id="one priority"),
        pytest.param(*logged(40, effect=0.0, noise=0.0), id="a gauge that never moves"),
    ],
)
def test_nothing_is_said_where_nothing_can_be_told_apart(plans: list[Plan], gauges: list[Gauge]) -> None:
    """Neither a correlation nor a verdict."""
    found = backtest(plans, gauges, HORIZON)
    assert (found.correlation, found.interval, found.verdict) == (None, None, None)


def test_few_plans_get_a_figure_and_no_verdict() -> None:
    """However clear they look."""
    found = backtest(*logged(19, effect=5.0), HORIZON)
    assert found.correlation is not None
    assert found.correlation > 0.8
    assert found.verdict is None


def test_plans_that_overlap_are_one_group() -> None:
    """They see the same movement: a hundred of them at once are not a hundred observations."""
    plans, gauges = logged(80, effect=1.0)
    crowd = [Plan(plan.time_ns + number * S, plan.priority) for plan in plans[:10] for number in range(10)]
    found = backtest(crowd, gauges, HORIZON)
    assert (found.plans, found.groups, found.verdict) == (100, 10, None)


def test_a_window_that_ends_where_the_next_begins_does_not_overlap() -> None:
    """Exactly a horizon apart."""
    plans = [Plan(at * 60 * S, at) for at in range(1, 4)]
    times = tuple(at * 60 * S for at in range(5))
    assert backtest(plans, [Gauge("", times, (0.0, 1.0, 3.0, 6.0, 7.0))], HORIZON).groups == 3
    sooner = [Plan(plan.time_ns - plan_number * S, plan.priority) for plan_number, plan in enumerate(plans)]
    assert backtest(sooner, [Gauge("", times, (0.0, 1.0, 3.0, 6.0, 7.0))], HORIZON).groups == 1


def left_out(gauge: Gauge) -> Backtest:
    return backtest([Plan(1000 * S, 1)], [gauge], HORIZON)


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param((1010,), "no gauge before", id="nothing before"),
        pytest.param((900, 1010), "no gauge before", id="too long before"),
        pytest.param((990,), "no gauge after", id="nothing after"),
        pytest.param((1000,), "no gauge after", id="at the same moment is before"),
        pytest.param((990, 1061), "no gauge after", id="too long after"),
    ],
)
def test_a_plan_whose_change_is_not_known_is_left_out_and_counted(times: tuple[int, ...], why: str) -> None:
    """It moved the gauge by nobody knows what, which is not 0."""
    found = left_out(Gauge("", tuple(at * S for at in times), tuple(map(float, times))))
    assert (found.plans, found.left_out) == (0, {why: 1})


def test_the_change_is_from_the_last_value_before_to_the_last_within_the_horizon() -> None:
    """Of several series it is the mean; of the plan's own service, where that has some."""
    times = tuple(at * S for at in (950, 999, 1010, 1060, 1061))
    one, other = Gauge("a", times, (0, 1, 2, 4, 9)), Gauge("b", times, (0, 0, 0, 20, 0))
    (level,) = backtest([Plan(1000 * S, 1, "a")], [one, other], HORIZON).levels
    assert level.mean_change == 3
    (level,) = backtest([Plan(1000 * S, 1, "c")], [one, other], HORIZON).levels
    assert level.mean_change == 11.5


def test_many_priorities_are_shown_as_a_few_levels() -> None:
    """Neighbours together, none twice, none left out."""
    found = backtest(*logged(200, effect=1.0, levels=50), HORIZON)
    assert 2 <= len(found.levels) <= 6
    assert sum(level.plans for level in found.levels) == 200
    assert all(one.highest < next_one.lowest for one, next_one in zip(found.levels, found.levels[1:], strict=False))
