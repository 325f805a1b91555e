"""When more runs could still tell something, and when not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest

from analyzers.finding import Metric, Unit
from metabot.verify.comparison import LEAST_PAIRS
from metabot.verify.enough import benchmarks_wanted, evaluations_wanted
from metabot.verify.measured import Benchmarked, Evaluated, Timing
from tests.proposals import evaluated, run

COUNTED: Unit = "uncached input tokens per call"
TIMED: Unit = "ms per trace"


def one(revision: Literal["base", "head"], value: float, unit: Unit = COUNTED, **counts: Any) -> Evaluated:
    made = evaluated(revision, value, 0)
    assert made.counts is not None
    return replace(made, metric=Metric(value=value, unit=unit, n=20), counts=replace(made.counts, **counts))


def in_turn(pairs: int, *, unit: Unit = TIMED, spread: float = 0.0) -> list[Evaluated]:
    order = ("bbbb" + "hbbh" * pairs)[: 4 + 2 * pairs]
    return [
        one("base" if letter == "b" else "head", 100 * (1 + spread * (place % 3)), unit)
        for place, letter in enumerate(order)
    ]


def wanted(runs: Sequence[Evaluated], *, benchmarked: bool = False) -> bool:
    return evaluations_wanted(runs, threshold=0.2, benchmarked=benchmarked)


def test_a_count_is_told_by_one_run_with_the_change() -> None:
    """The base ran twice and agrees with itself."""
    assert not wanted([one("base", 9), one("base", 9), one("head", 5)])


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param([one("base", 9), one("base", 8), one("head", 5)], id="a count that comes out differently"),
        pytest.param([one("base", 9), one("head", 5)], id="a base that ran once"),
        pytest.param([one("base", 9, TIMED), one("base", 9, TIMED), one("head", 5, TIMED)], id="a time"),
        pytest.param(
            [one("base", 9, trace_ms=100.0), one("base", 9, trace_ms=101.0), one("head", 5, trace_ms=140.0)],
            id="traces that look much slower",
        ),
        pytest.param(in_turn(LEAST_PAIRS - 1), id="too few pairs"),
        pytest.param(in_turn(LEAST_PAIRS, spread=0.5), id="noise"),
    ],
)
def test_goes_on_for(runs: list[Evaluated]) -> None:
    """What one or two runs cannot tell."""
    assert wanted(runs)


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(in_turn(LEAST_PAIRS), id="enough pairs for no noise"),
        pytest.param(in_turn(60, spread=0.3), id="enough pairs for much noise"),
        pytest.param(
            [one("base", 9, trace_ms=0.1), one("base", 9, trace_ms=0.1), one("head", 5, trace_ms=0.4)],
            id="a fraction of a millisecond",
        ),
        pytest.param([*in_turn(2), replace(one("head", 5), run=run("head", exit_code=1))], id="a run that failed"),
        pytest.param([*in_turn(2), replace(one("head", 5), metric=None)], id="a run that shows nothing"),
    ],
)
def test_is_over_with(runs: list[Evaluated]) -> None:
    """Where another pair would not change what is said."""
    assert not wanted(runs)


def test_beside_a_benchmark_the_evaluation_guards_alone() -> None:
    """Its own figure needs no pairs then."""
    runs = [one("base", 9, TIMED), one("base", 9, TIMED), one("head", 5, TIMED)]
    assert not wanted(runs, benchmarked=True)


def timed(revision: Literal["base", "head"], seconds: float) -> Benchmarked:
    return Benchmarked(run=run(revision), timings=(Timing("seconds", seconds),) if seconds else ())


def test_a_benchmark_runs_in_pairs() -> None:
    """Six at least; one that gives no times is not asked again."""
    order = "bbbb" + "hbbh" * 3
    runs = [timed("base" if letter == "b" else "head", 1.0) for letter in order]
    assert benchmarks_wanted(runs[:-2], threshold=0.2)
    assert not benchmarks_wanted(runs, threshold=0.2)
    assert not benchmarks_wanted([*runs[:6], timed("head", 0.0)], threshold=0.2)
