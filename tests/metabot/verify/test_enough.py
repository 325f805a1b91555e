"""When more runs could still tell something, and when not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import pytest

from analyzers.finding import Finding, Metric, Unit, Waste
from metabot.verify.clocks import clocks_unmet
from metabot.verify.comparison import LEAST_PAIRS
from metabot.verify.enough import benchmarks_wanted, evaluations_wanted
from metabot.verify.measured import Benchmarked, Evaluated, Timing
from tests import proposals
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


def in_time() -> Finding:
    found = proposals.finding()
    observed = Metric(value=80.0, unit=TIMED, n=20)
    return replace(
        found, candidate=replace(found.candidate, evidence=Waste(observed=observed, achievable=0, occurrences=20))
    )


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


def paced(letters: str, *, head_seconds: float) -> list[Evaluated]:
    """The order of calls, counted: with the change the traces tell half the time, and the wall clock what is given."""
    found = []
    for letter in letters:
        told = (
            one("base", 80, TIMED, traces=20, trace_ms=300)
            if letter == "b"
            else one("head", 0, TIMED, traces=20, trace_ms=150)
        )
        seconds = 7.0 if letter == "b" else head_seconds
        found.append(replace(told, paced=True, run=replace(told.run, seconds=seconds)))
    return found


def test_clocks_that_disagree_once_are_looked_at_in_pairs() -> None:
    """Three seconds that the traces save and the wall clock does not see: noise or a lie, six pairs tell."""
    assert not wanted(paced("bbh", head_seconds=4.5))
    assert wanted(paced("bbh", head_seconds=7.2))
    assert not wanted(paced("bbhb" + "bhhb" * 3, head_seconds=7.2))


def test_few_runs_accuse_nobody() -> None:
    """The same runs are tampered with where there are six pairs, and not where there is one."""
    proposal = proposals.proposal(in_time(), "a" * 40)
    for letters, accused in (("bbh", False), ("bbhb" + "bhhb" * 3, True)):
        measured = replace(proposals.measured(), evaluations=tuple(paced(letters, head_seconds=7.2)))
        assert (clocks_unmet(proposal, measured) is not None) is accused
