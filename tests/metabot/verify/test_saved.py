"""What a figure says is saved, beside what traces and runs take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from analyzers.finding import Metric, Unit
from metabot.verify.measured import Evaluated
from metabot.verify.saved import saved_unmet, unseen
from tests.proposals import evaluated

PAIRS = "bb" + "hbbh" * 3


def one(
    revision: Literal["base", "head"], figure: float, mean_ms: float | None, *, seconds: float = 4.0, **more: Any
) -> Evaluated:
    made = evaluated(revision, figure, 0)
    unit: Unit = more.pop("unit", "ms per trace")
    assert made.counts is not None
    return replace(
        made,
        run=replace(made.run, seconds=seconds),
        metric=Metric(value=figure, unit=unit, n=more.pop("n", 20)),
        counts=replace(made.counts, mean_trace_ms=mean_ms, **({"traces": 20, "beside": 1.0} | more)),
        paced=True,
    )


def runs(
    mean_ms: float | None, *, base_ms: float = 130.0, figure: float = 60.0, letters: str = PAIRS, **more: Any
) -> list[Evaluated]:
    """The figure falls to nothing, and a trace takes what is given; a percent up and down from run to run."""
    seconds = more.pop("seconds", 4.0)
    found = []
    for place, letter in enumerate(letters):
        shaken = 1 + 0.01 * (place % 3)
        if letter == "b":
            found.append(one("base", figure, base_ms * shaken, **more))
        else:
            found.append(one("head", 0.0, mean_ms and mean_ms * shaken, seconds=seconds, **more))
    return found


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(runs(130.0), id="nothing is saved"),
        pytest.param(runs(120.0), id="a sixth of it is saved"),
        pytest.param(runs(70.0, seconds=4.0), id="traces tell it, and the clock outside does not"),
        pytest.param(runs(130.0, seconds=3.6), id="the clock outside tells a third, and traces nothing"),
        pytest.param(runs(260.0, base_ms=260.0, figure=160.0, beside=2.0), id="half at a time, and none of it"),
    ],
)
def test_what_is_claimed_and_not_seen_is_below_the_threshold(known: list[Evaluated]) -> None:
    """Of 60 ms a trace, and 1.2 s of a run."""
    unmet = saved_unmet(known)
    assert unmet is not None
    assert (unmet.stage, unmet.reason) == ("better", "below threshold")


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(runs(70.0, seconds=2.8), id="all of it"),
        pytest.param(runs(105.0, seconds=3.5), id="less than half of it"),
        pytest.param(runs(130.0, seconds=3.2), id="most of it by the clock outside, as of work behind an answer"),
        pytest.param(runs(500.0, base_ms=530.0, beside=2.0, seconds=3.4), id="half of it, of calls two at a time"),
        pytest.param(runs(130.0, figure=12.0), id="less than a tenth of a trace, which noise hides"),
        pytest.param(runs(5.0, base_ms=5.0, figure=0.9), id="less than a millisecond"),
        pytest.param(runs(None), id="traces without a duration"),
        pytest.param(runs(130.0, unit="ms per call"), id="time to a first token, or of a call beside others"),
        pytest.param(runs(130.0, figure=0.0), id="a figure that does not fall"),
        pytest.param(runs(130.0, n=2), id="two traces of twenty: six milliseconds in the mean"),
    ],
)
def test_says_nothing_of(known: list[Evaluated]) -> None:
    """Where it is seen, or cannot be."""
    assert saved_unmet(known) is None


def test_traces_tell_where_the_run_is_too_short_for_the_clock_outside() -> None:
    """Of 0.24 s in all."""
    short: dict[str, Any] = {"base_ms": 30.0, "figure": 12.0}
    assert saved_unmet(runs(18.0, **short)) is None
    assert saved_unmet(runs(30.0, **short)) is not None


def test_noise_that_could_hide_it_accuses_nobody() -> None:
    """The same means, and traces that take half as long again in every other run."""
    noisy = [
        replace(run, counts=run.counts and replace(run.counts, mean_trace_ms=(run.counts.mean_trace_ms or 0) * factor))
        for run, factor in zip(
            runs(125.0, seconds=3.6), (1, 1, 2, 1, 1.5, 0.8, 0.6, 1.2, 1, 0.7, 0.5, 1, 2, 1), strict=True
        )
    ]
    assert saved_unmet(noisy) is None


def test_few_runs_leave_it_open() -> None:
    """One with the change shows nothing saved: more are asked for, and none is accused."""
    for seconds in (4.0, 3.0):  # a run that took less may have had the machine to itself
        few = runs(130.0, letters="bbh", seconds=seconds)
        unmet = saved_unmet(few)
        assert unseen(few)
        assert unmet is not None
        assert unmet.reason == "inconclusive"


def test_a_clock_outside_that_jumps_bears_nothing_out() -> None:
    """In the middle it saw half; from run to run it swings by more than that, and the traces take as long as before."""
    known = runs(130.0, seconds=3.3)
    swinging = iter((4.6, 2.4, 3.3, 2.2, 4.8, 2.6))
    jumping = [
        replace(each, run=replace(each.run, seconds=next(swinging))) if each.run.revision == "head" else each
        for each in known
    ]
    assert saved_unmet(known) is None
    unmet = saved_unmet(jumping)
    assert unmet is not None
    assert unmet.reason == "below threshold"
