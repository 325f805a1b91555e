"""What a change to one figure may not do to the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from metabot.verify.guarding import guardrails_unmet
from metabot.verify.measured import Benchmarked, CommandRun, Evaluated, Timing
from tests.proposals import evaluated, run

MEGABYTE = 1_000_000
BASE, HEAD = evaluated("base", 1900.0, 0), evaluated("head", 400.0, 60_000)


def changed(of: Evaluated, **counts: Any) -> Evaluated:
    assert of.counts is not None
    return replace(of, counts=replace(of.counts, **counts))


def reason(*evaluations: Evaluated, benchmarks: tuple[Benchmarked, ...] = ()) -> str | None:
    unmet = guardrails_unmet(evaluations, benchmarks)
    return unmet and f"{unmet.reason}: {unmet.detail.partition(':')[0]}"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param(changed(HEAD, error_traces=2), "share of traces with an error", id="errors"),
        pytest.param(changed(HEAD, input_tokens=81_000), "input tokens per trace that ends well", id="input"),
        pytest.param(changed(HEAD, output_tokens=4_100), "output tokens per trace that ends well", id="output"),
        pytest.param(changed(BASE, cached_tokens=None, input_tokens=None), "input tokens", id="tokens not told"),
        pytest.param(changed(HEAD, traces=19), "traces recorded", id="a case left out of the telemetry"),
    ],
)
def test_counts_may_not_worsen(head: Evaluated, said: str) -> None:
    """One more error, a word more in every prompt, or telemetry that is no longer written."""
    assert reason(BASE, BASE, replace(head, run=run("head"))) == f"guardrail worsened: {said}"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(HEAD, id="better"),
        pytest.param(changed(HEAD, input_tokens=80_100), id="a word more or less"),
        pytest.param(changed(HEAD, error_traces=0, input_tokens=84_000), id="as much for each trace that ends well"),
    ],
)
def test_counts_that_are_as_good(head: Evaluated) -> None:
    """A trace that fails early costs little: those that end well are what is paid for."""
    assert reason(BASE, BASE, head) is None


def test_an_unknown_figure_guards_nothing() -> None:
    """Where the base does not tell it either."""
    unknown = {"input_tokens": None, "cached_tokens": None, "output_tokens": None}
    assert reason(changed(BASE, **unknown), changed(BASE, **unknown), changed(HEAD, **unknown)) is None


def in_turn(base: dict[str, Any], head: dict[str, Any], pairs: int = 8) -> list[Evaluated]:
    """Four runs of the base and pairs with figures that differ a little from run to run."""
    order = "bbbb" + "hbbh" * (pairs // 2)
    found = []
    for place, letter in enumerate(order):
        of, given = (BASE, base) if letter == "b" else (HEAD, head)
        shaken = {name: value * (1 + 0.01 * (place % 3)) for name, value in given.items()}
        memory = shaken.pop("memory", None)
        made = changed(of, **shaken)
        found.append(replace(made, run=replace(made.run, peak_memory_bytes=memory and int(memory))))
    return found


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        pytest.param({"trace_ms": 100.0}, {"trace_ms": 115.0}, "median ms of a trace that ends well", id="slower"),
        pytest.param(
            {"trace_ms": 100.0, "mean_trace_ms": 100.0},
            {"trace_ms": 100.0, "mean_trace_ms": 170.0},
            "mean ms of a trace that ends well",
            id="a few much slower",
        ),
        pytest.param({"memory": 50 * MEGABYTE}, {"memory": 60 * MEGABYTE}, "MB of memory at the peak", id="memory"),
    ],
)
def test_what_is_noisy_may_not_worsen_beyond_its_noise(base: dict[str, Any], head: dict[str, Any], said: str) -> None:
    """By an interval of the pairs, and by more than the base differs from itself."""
    assert reason(*in_turn(base, head)) == f"guardrail worsened: {said}"


@pytest.mark.parametrize(
    ("base", "head"),
    [
        pytest.param({"trace_ms": 100.0}, {"trace_ms": 101.0}, id="within the noise"),
        pytest.param({"trace_ms": 100.0}, {"trace_ms": 90.0}, id="faster"),
        pytest.param({"trace_ms": 0.2}, {"trace_ms": 0.5}, id="less than a millisecond"),
        pytest.param({"mean_trace_ms": 100.0}, {"mean_trace_ms": 140.0}, id="one that waits, or is drawn long"),
        pytest.param({"mean_trace_ms": 4.0}, {"mean_trace_ms": 8.0}, id="a mean by four milliseconds"),
        pytest.param({"memory": 5 * MEGABYTE}, {"memory": 7 * MEGABYTE}, id="two megabytes"),
    ],
)
def test_noise_is_no_harm(base: dict[str, Any], head: dict[str, Any]) -> None:
    """Nor is what nobody would notice."""
    assert reason(*in_turn(base, head)) is None


def test_what_looks_worse_after_one_run_is_no_pass() -> None:
    """More runs are made of it; where the budget has none, it cannot be told."""
    slow = changed(HEAD, trace_ms=150.0)
    base = changed(BASE, trace_ms=100.0)
    assert reason(base, base, slow) == "inconclusive: Guardrail median ms of a trace that ends well"


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        pytest.param({"error_traces": 0}, 0.95, id="fewer failures"),
        pytest.param({"waited_for": 81}, 0.95, id="one call more"),
        pytest.param({}, 1.0, id="better answers"),
    ],
)
def test_attempts_that_are_made_again_take_time(counts: dict[str, Any], score: float) -> None:
    """Traces that failed, or were answered badly, may be the slow ones now."""
    runs = [changed(run, waited_for=80) for run in in_turn({"mean_trace_ms": 100.0}, {"mean_trace_ms": 400.0})]
    cured = [replace(changed(run, **counts), score=score) if run.run.revision == "head" else run for run in runs]
    assert reason(*runs) is not None
    assert reason(*cured) is None


def test_a_mean_that_looks_worse_after_one_run_is_looked_at_again() -> None:
    """By more than half; a mean by less is what a loaded machine makes of it."""
    base = changed(BASE, mean_trace_ms=100.0)
    much, little = changed(HEAD, mean_trace_ms=160.0), changed(HEAD, mean_trace_ms=145.0)
    assert reason(base, base, much) == "inconclusive: Guardrail mean ms of a trace that ends well"
    assert reason(base, base, little) is None


def timed(revision: Literal["base", "head"], **seconds: float) -> Benchmarked:
    done: CommandRun = run(revision)
    return Benchmarked(run=done, timings=tuple(Timing(name, value) for name, value in seconds.items()))


def test_no_case_of_a_benchmark_pays_for_another() -> None:
    """The sum falls, and one case takes twice as long."""
    order = "bbbb" + "hbbh" * 4
    runs = tuple(
        timed("base", small=1.0, large=9.0) if letter == "b" else timed("head", small=2.0, large=3.0)
        for letter in order
    )
    assert reason(benchmarks=runs) == "guardrail worsened: seconds of small"
