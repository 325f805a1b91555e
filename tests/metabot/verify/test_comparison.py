"""Two series of runs compared: what is called better, and how often wrongly."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzers.finding import Metric
from metabot.generate.proposal import Proposal
from metabot.stopped import Stopped
from metabot.verify.comparison import LEAST_PAIRS, Comparison, Value, compare, needed, outcome, pairs
from metabot.verify.measured import CommandRun, Counts, Evaluated, Measured
from metabot.verify.verdict import verdict
from tests.proposals import measured

RECORDED = Path(__file__).parent / "recorded/same_program.json"  # benchmarks/record_noise.py made it
PAIRS = 32


def series(text: str, *, base: float = 10.0, head: float = 7.0) -> tuple[Value, ...]:
    """`bbhb` as values, each its revision's."""
    return tuple(Value("base", base) if letter == "b" else Value("head", head) for letter in text)


def noisy(text: str, spread: float, *, head: float = 7.0) -> tuple[Value, ...]:
    """The same with noise that is known: every value in turn too high and too low."""
    signs = [1, -1, -1, 1, -1, 1, 1, -1]
    shaken = enumerate(series(text, head=head))
    return tuple(Value(one.revision, one.value * math.exp(spread * signs[place % 8])) for place, one in shaken)


def test_what_runs_side_by_side_is_a_pair() -> None:
    """The base's runs before the first of the change are in none, and an odd last one is left."""
    assert pairs(series("bbbbhbbhhbb")) == [(10.0, 7.0)] * 3
    assert pairs(series("bbh")) == []
    assert pairs(series("bbbb")) == []


def test_without_noise_the_ratio_is_exact() -> None:
    """Its interval has no width."""
    found = compare(series("bb" + "hbbh" * 3))
    assert found is not None
    assert [round(value, 12) for value in (found.ratio, found.low, found.high, found.floor)] == [0.7, 0.7, 0.7, 0.0]
    assert found.pairs == 6


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(series("bbbbhb"), id="one pair"),
        pytest.param(series("bb" + "hbbh" * 3, base=0.0), id="nothing at the base"),
        pytest.param(series("bb" + "hbbh" * 3, head=math.inf), id="endless"),
        pytest.param(series("bb" + "hbbh" * 3, head=math.nan), id="no number"),
    ],
)
def test_compares_nothing(values: Sequence[Value]) -> None:
    """Where there is no ratio, or only one."""
    assert compare(values) is None


def test_nothing_left_is_as_good_as_can_be() -> None:
    """A change that takes all of it away has a ratio next to nothing, and no error."""
    found = compare(series("bb" + "hbbh" * 3, head=0.0))
    assert found is not None
    assert 0 < found.high < 0.01
    assert outcome(found, threshold=0.2) == "better"


def a_comparison(ratio: float, low: float, high: float, floor: float = 0.0) -> Comparison:
    return Comparison(ratio=ratio, low=low, high=high, floor=floor, pairs=8)


@pytest.mark.parametrize(
    ("found", "threshold", "said"),
    [
        pytest.param(a_comparison(0.7, 0.6, 0.8), 0.2, "better", id="enough and certain"),
        pytest.param(a_comparison(0.81, 0.7, 0.9), 0.2, "inconclusive", id="perhaps enough"),
        pytest.param(a_comparison(0.7, 0.4, 1.01), 0.2, "inconclusive", id="perhaps nothing at all"),
        pytest.param(a_comparison(0.7, 0.6, 0.8, floor=0.5), 0.2, "inconclusive", id="within the noise of the base"),
        pytest.param(a_comparison(0.95, 0.9, 0.98), 0.2, "too little", id="certainly less than asked"),
        pytest.param(a_comparison(1.0, 0.9, 1.1), 0.2, "too little", id="no change"),
        pytest.param(a_comparison(1.3, 1.1, 1.5), 0.2, "worse", id="worse"),
        pytest.param(a_comparison(1.0, 1.0, 1.0), 0.0, "inconclusive", id="the same, and anything would do"),
        pytest.param(a_comparison(0.99, 0.98, 0.995), 0.0, "better", id="a little, and anything would do"),
    ],
)
def test_outcomes(found: Comparison, threshold: float, said: str) -> None:
    """Better is far enough, certain, and beyond what the base differs from itself."""
    assert outcome(found, threshold=threshold) == said


def test_noise_takes_runs() -> None:
    """The number of pairs grows with the square of the noise, and not with what the change does."""
    few, many = (needed(noisy("bbbb" + "hbbh" * 4, spread), resolution=0.2) for spread in (0.01, 0.2))
    assert few == LEAST_PAIRS
    assert many > 3 * LEAST_PAIRS
    assert needed(noisy("bbbb" + "hbbh" * 4, 0.2, head=70.0), resolution=0.2) == many


def test_the_base_alone_tells_its_noise() -> None:
    """Before the change has run, what the base differs from itself says how many pairs it will take."""
    assert needed(noisy("bbbb", 0.2), resolution=0.2) > LEAST_PAIRS


def test_a_drift_slows_both() -> None:
    """A machine that gets slower all the time makes no change look worse, nor better."""
    drifting = tuple(
        Value(one.revision, one.value * 1.02**place) for place, one in enumerate(series("bbbb" + "hbbh" * 4, head=10.0))
    )
    found = compare(drifting)
    assert found is not None
    assert found.ratio == pytest.approx(1.0, abs=0.001)


def recorded(effect: float) -> tuple[list[Evaluated], list[Evaluated]]:
    """Each recorded run as one of the base, and as one of the change whose times are this much of what they were."""

    def evaluated(run: dict[str, Any], revision: Any, share: float) -> Evaluated:
        return Evaluated(
            run=CommandRun(
                command=("evaluate",), revision=revision, exit_code=0, seconds=run["seconds"], limit=None, output="",
                peak_memory_bytes=run["peak_memory_bytes"],
            ),
            score=1.0,
            cases=12,
            metric=Metric(value=run["ms_per_trace"] * share, unit="ms per trace", n=12),
            counts=Counts(
                traces=12, error_traces=0, model_calls=0, tool_calls=48, input_tokens=0, cached_tokens=0,
                output_tokens=0, trace_ms=run["trace_ms"],
            ),
        )  # fmt: skip

    runs = json.loads(RECORDED.read_text())["runs"]
    return [evaluated(run, "base", 1.0) for run in runs], [evaluated(run, "head", effect) for run in runs]


def better(proposal: Proposal, draws: int, *, effect: float, thresholds: tuple[float, ...]) -> list[float]:
    """Share of the draws that the pure verdict calls better, at each threshold."""
    base, head = recorded(effect)
    random = np.random.default_rng(7)
    order = "bbbb" + "hbbh" * (PAIRS // 2)
    known = measured()
    found: Counter[float] = Counter()
    for drawn in random.integers(len(base), size=(draws, len(order))):
        runs = tuple((base if letter == "b" else head)[place] for letter, place in zip(order, drawn, strict=True))
        made: Measured = replace(known, evaluations=runs)
        for threshold in thresholds:
            found[threshold] += not isinstance(verdict(proposal, made, threshold=threshold), Stopped)
    return [found[threshold] / draws for threshold in thresholds]


FEW = pytest.param(400, 0.01, id="few")
MANY = pytest.param(10_000, 0.0, id="many", marks=pytest.mark.slow)


@pytest.mark.parametrize(("draws", "allowance"), [FEW, MANY])
def test_a_program_is_not_better_than_itself(a_proposal: Callable[..., Proposal], draws: int, allowance: float) -> None:
    """Resampled from real runs of one program: at most 1 % better at the default threshold, at most 2.5 % at none."""
    default, none = better(a_proposal(), draws, effect=1.0, thresholds=(0.2, 0.0))
    assert default <= 0.01
    assert none <= 0.025 + allowance


@pytest.mark.parametrize(("draws", "allowance"), [FEW, pytest.param(4_000, 0.0, id="many", marks=pytest.mark.slow)])
def test_a_third_less_is_found(a_proposal: Callable[..., Proposal], draws: int, allowance: float) -> None:
    """The same runs with 30 % of the time taken off those of the change: at least 95 % better."""
    (found,) = better(a_proposal(), draws, effect=0.7, thresholds=(0.2,))
    assert found >= 0.95 - 2 * allowance
