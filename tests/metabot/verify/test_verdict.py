"""From what was measured to a verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzers.finding import Metric
from metabot.generate.proposal import Proposal
from metabot.stopped import Stopped
from metabot.verify.measured import CommandRun, Counts, Evaluated, Measured
from metabot.verify.verdict import verdict

Revision = Literal["base", "head"]


def runs(base: Evaluated | None = None, head: Evaluated | None = None) -> dict[str, Any]:
    """The base twice, then the change: what a counted figure takes."""
    return {"evaluations": (base or BASE, base or BASE, head or HEAD)}


def run(revision: Revision = "head", **given: Any) -> CommandRun:
    known: dict[str, Any] = {"exit_code": 0, "seconds": 1.0, "limit": None, "output": "said\n"}
    return CommandRun(command=("pytest",), revision=revision, **(known | given))


def metric(value: float, **given: Any) -> Metric:
    return Metric(**({"value": value, "unit": "share of traces ended", "n": 20} | given))


def evaluated(revision: Revision, value: float, **given: Any) -> Evaluated:
    counts = Counts(
        traces=20,
        error_traces=0,
        model_calls=60,
        tool_calls=60,
        input_tokens=None,
        cached_tokens=None,
        output_tokens=None,
    )
    known: dict[str, Any] = {"run": run(revision), "score": 0.8, "cases": 20, "metric": metric(value), "counts": counts}
    return Evaluated(**(known | given))


def dearer(of: Evaluated) -> Evaluated:
    """As good, with more errors."""
    assert of.counts is not None
    return replace(of, counts=replace(of.counts, error_traces=1))


BASE, HEAD = evaluated("base", 0.15), evaluated("head", 0.0)
GOOD = Measured(
    sandbox="bwrap",
    base_tests=run("base"),
    head_tests=run(),
    new_test_on_base=run("base", exit_code=1),
    new_test_on_head=(run(), run(), run()),
    evaluations=(BASE, BASE, HEAD),
)
FAILED, TIMED_OUT, HOG = {"exit_code": 1}, {"exit_code": 137, "limit": "time"}, {"exit_code": 137, "limit": "memory"}


@pytest.mark.parametrize(
    ("changes", "stage", "reason"),
    [
        pytest.param({"base_tests": run("base", **FAILED)}, "sound", "base is red", id="red base"),
        pytest.param({"base_tests": run("base", **TIMED_OUT)}, "sound", "out of time", id="base out of time"),
        pytest.param({"head_tests": run(**FAILED)}, "sound", "head is red", id="red head"),
        pytest.param({"head_tests": run(**HOG)}, "sound", "out of memory", id="head out of memory"),
        pytest.param(
            {"new_test_on_base": run("base")}, "sound", "new test passes on base", id="new test passes on base"
        ),
        pytest.param(
            {"new_test_on_base": run("base", **TIMED_OUT)}, "sound", "out of time", id="new test out of time on base"
        ),
        pytest.param({"new_test_on_head": ()}, "sound", "new test fails on head", id="new test never run on head"),
        pytest.param(
            {"new_test_on_head": (run(), run(), run(**FAILED))}, "sound", "new test fails on head", id="fails once of 3"
        ),
        pytest.param({"new_test_on_head": (run(), run(**HOG))}, "sound", "out of memory", id="new test out of memory"),
        pytest.param({"evaluations": ()}, "better", "not measured", id="no evaluation"),
        pytest.param({"evaluations": (BASE, BASE)}, "better", "not measured", id="no evaluation of head"),
        pytest.param(
            runs(base=replace(BASE, run=run("base", **FAILED))), "better", "not measured", id="evaluation fails on base"
        ),
        pytest.param(
            runs(head=replace(HEAD, run=run(**TIMED_OUT))), "better", "out of time", id="evaluation out of time on head"
        ),
        pytest.param(runs(base=replace(BASE, metric=None)), "better", "not measured", id="no metric on base"),
        pytest.param(runs(head=replace(HEAD, metric=None)), "better", "not measured", id="no metric on head"),
        pytest.param(
            runs(head=replace(HEAD, metric=metric(0.0, n=0))), "better", "not measured", id="metric of nothing"
        ),
        pytest.param(
            runs(head=replace(HEAD, metric=metric(0.0, unit="ms per trace"))), "better", "not measured", id="other unit"
        ),
        pytest.param(runs(base=replace(BASE, metric=metric(0.0))), "better", "not measured", id="no fault on base"),
        pytest.param(runs(base=replace(BASE, metric=metric(float("nan")))), "better", "not measured", id="no number"),
        pytest.param(runs(head=evaluated("head", 0.15)), "better", "below threshold", id="no change"),
        pytest.param(runs(head=evaluated("head", 0.2)), "better", "below threshold", id="worse"),
        pytest.param(runs(head=evaluated("head", 0.121)), "better", "below threshold", id="a little better"),
        pytest.param(
            runs(head=evaluated("head", float("nan"))), "better", "below threshold", id="not a number on head"
        ),
        pytest.param({"evaluations": (BASE, HEAD)}, "better", "inconclusive", id="a base that ran once"),
        pytest.param(
            {"evaluations": (BASE, evaluated("base", 0.1), HEAD)}, "better", "inconclusive", id="a count that is none"
        ),
        pytest.param(
            {"evaluations": (BASE, BASE, HEAD, BASE, BASE, replace(HEAD, score=0.5))},
            "better",
            "answer quality fell",
            id="lower score in one of several runs",
        ),
        pytest.param(runs(head=dearer(HEAD)), "better", "guardrail worsened", id="dearer elsewhere"),
        pytest.param(runs(head=replace(HEAD, score=0.79)), "better", "answer quality fell", id="lower score"),
        pytest.param(runs(head=replace(HEAD, score=None)), "better", "answer quality fell", id="score gone"),
        pytest.param(runs(head=replace(HEAD, cases=19)), "better", "answer quality fell", id="fewer cases"),
        pytest.param(runs(head=replace(HEAD, cases=None)), "better", "answer quality fell", id="cases gone"),
    ],
)
@pytest.mark.parametrize("changes_prompt", [False, True])
def test_stops(
    a_proposal: Callable[..., Proposal], changes: dict[str, Any], stage: str, reason: str, changes_prompt: bool
) -> None:
    """Each condition that does not hold stops at its stage for its reason, whatever kind of change it is."""
    evaluations = changes.get("evaluations", GOOD.evaluations)
    if changes_prompt and HEAD.run.revision not in {one.run.revision for one in evaluations}:
        reason = "answer quality not checked"
    stopped = verdict(a_proposal(changes_prompt=changes_prompt), replace(GOOD, **changes), threshold=0.2)
    assert isinstance(stopped, Stopped)
    assert (stopped.stage, stopped.reason) == (stage, reason)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        pytest.param(BASE.counts, "traces 20, model calls", id="something else"),
        pytest.param(None, "it wrote none", id="no telemetry"),
    ],
)
def test_says_what_an_evaluation_without_the_subject_shows(a_proposal: Any, counts: Any, said: str) -> None:
    """So that a person sees whether it wrote nothing, or of something else."""
    stopped = verdict(
        a_proposal(), replace(GOOD, **runs(base=replace(BASE, metric=None, counts=counts))), threshold=0.2
    )
    assert isinstance(stopped, Stopped)
    assert said in stopped.detail


@pytest.mark.parametrize("changes_prompt", [False, True])
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="cured"),
        pytest.param(runs(head=evaluated("head", 0.12)), id="just the threshold"),
        pytest.param(runs(head=replace(HEAD, score=0.9, cases=25)), id="better answers"),
    ],
)
def test_better(a_proposal: Callable[..., Proposal], changes: dict[str, Any], changes_prompt: bool) -> None:
    """All conditions hold: at least the threshold's share of the observed value is gone, the answers are as good."""
    assert verdict(a_proposal(changes_prompt=changes_prompt), replace(GOOD, **changes), threshold=0.2) == "better"


NO_SCORE = runs(replace(BASE, score=None, cases=None), replace(HEAD, score=None, cases=None))
NEW_SCORE = runs(replace(BASE, score=None, cases=None))


@pytest.mark.parametrize("changes", [pytest.param(NO_SCORE, id="no score"), pytest.param(NEW_SCORE, id="on head only")])
def test_what_the_model_is_told_needs_a_score(a_proposal: Callable[..., Proposal], changes: dict[str, Any]) -> None:
    """An evaluation that prints no score measures other changes, but not a changed prompt."""
    measured = replace(GOOD, **changes)
    stopped = verdict(a_proposal(changes_prompt=True), measured, threshold=0.2)
    assert isinstance(stopped, Stopped)
    assert stopped.reason == "answer quality not checked"
    assert verdict(a_proposal(changes_prompt=False), measured, threshold=0.2) == "better"


def test_the_first_condition_is_the_one_that_is_said(a_proposal: Callable[..., Proposal]) -> None:
    """Where everything is wrong, each mended condition reveals the next, in the order of the stages."""
    wrong = replace(
        GOOD,
        base_tests=run("base", **FAILED),
        head_tests=run(**FAILED),
        new_test_on_base=run("base"),
        new_test_on_head=(run(**FAILED),),
        **runs(replace(BASE, run=run("base", **FAILED)), evaluated("head", 0.14, score=0.1)),
    )
    seen = []
    for mended in ("base_tests", "head_tests", "new_test_on_base", "new_test_on_head"):
        stopped = verdict(a_proposal(), wrong, threshold=0.2)
        assert isinstance(stopped, Stopped)
        seen.append(stopped.reason)
        wrong = replace(wrong, **{mended: getattr(GOOD, mended)})
    failing = verdict(a_proposal(), wrong, threshold=0.2)
    assert isinstance(failing, Stopped)
    seen.append(failing.reason)
    wrong = replace(wrong, **runs(head=evaluated("head", 0.14, score=0.1)))
    last = verdict(a_proposal(), wrong, threshold=0.2)
    assert isinstance(last, Stopped)
    assert [*seen, last.reason] == [
        "base is red", "head is red", "new test passes on base", "new test fails on head", "not measured",
        "below threshold",
    ]  # fmt: skip


def test_the_detail_quotes_the_end_of_the_output(a_proposal: Callable[..., Proposal]) -> None:
    """Command, exit code and the last lines: enough to look further."""
    measured = replace(GOOD, head_tests=run(exit_code=4, output="x" * 5_000 + "\nno such option"))
    stopped = verdict(a_proposal(), measured, threshold=0.2)
    assert isinstance(stopped, Stopped)
    assert "`pytest` at head exited with 4" in stopped.detail
    assert stopped.detail.endswith("no such option")
    assert len(stopped.detail) < 1_500


number = st.floats(allow_nan=True, allow_infinity=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.tuples(number, number), threshold=st.floats(0, 1), score=st.none() | number, told=st.booleans())
def test_never_better_without_a_gain(
    a_proposal: Callable[..., Proposal], values: tuple[float, float], threshold: float, score: float | None, told: bool
) -> None:
    """Whatever the figures: `better` only where the metric fell and the score did not."""
    before, after = values
    measured = replace(GOOD, **runs(evaluated("base", before), evaluated("head", after, score=score)))
    if verdict(a_proposal(changes_prompt=told), measured, threshold=threshold) == "better":
        assert 0 < before > after
        assert (before - after) / before >= threshold
        assert score is not None
        assert score >= 0.8


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("KeyError: 'SOME_API_KEY'", "It asks for the variable SOME_API_KEY: set it in target.environment"),
        ("urlopen error [Errno -3] Temporary failure in name resolution", "let target.model_script answer at {model}"),
        ("ValueError: no", "Make it end with exit code 0."),
    ],
)
def test_a_failing_evaluation_says_what_to_do(a_proposal: Callable[..., Proposal], output: str, advice: str) -> None:
    """What it asked for is not in the sandbox."""
    failing = evaluated("base", 0.15, run=run("base", exit_code=1, output=output))
    end = verdict(a_proposal(), replace(GOOD, evaluations=(failing, failing, HEAD)), threshold=0.2)
    assert isinstance(end, Stopped)
    assert (end.reason, advice in end.detail) == ("not measured", True)


def test_a_gain_of_exactly_what_is_asked_for_is_enough(a_proposal: Callable[..., Proposal]) -> None:
    """A quarter less a fifth is a fifth of a quarter, however floats round it."""
    quarter, fifth = evaluated("base", 0.25), evaluated("head", 0.2)
    assert verdict(a_proposal(), replace(GOOD, **runs(quarter, fifth)), threshold=0.2) == "better"
