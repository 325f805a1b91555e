"""Gains of the figure alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from proposals import evaluated, finding, measured, proposal
from repositories import finding as found

from analyzers.finding import Metric
from metabot.generate.proposal import Proposal
from metabot.place.placement import Placed
from metabot.verify.hidden import hidden_unmet
from metabot.verify.measured import Measured


def about(analyzer: str) -> Proposal:
    known = proposal(finding(), "a" * 40)
    placed = Placed(finding=found(analyzer), revision="a" * 40, revision_known=True, locations=())
    return replace(known, placed=placed)


def runs(base: dict[str, Any], head: dict[str, Any]) -> Measured:
    told = []
    for revision, given in (("base", base), ("base", base), ("head", head)):
        known = dict(given)
        score, cases = known.pop("score", 0.75), known.pop("cases", 20)
        one = evaluated(revision, 1.0, 0)  # type: ignore[arg-type]
        assert one.counts is not None
        told.append(replace(one, score=score, cases=cases, counts=replace(one.counts, **known)))
    return replace(measured(), evaluations=tuple(told))


FAILING = {"error_traces": 5}


def test_failures_that_became_wrong_answers_are_noticed() -> None:
    """Nothing fails any more, and nothing more is right."""
    unmet = hidden_unmet(about("recurring-error"), runs(FAILING, {"error_traces": 0}))
    assert unmet is not None
    assert (unmet.reason, unmet.detail[:40]) == (
        "answer quality not checked",
        "5 fewer traces end with an error, and th",
    )


def test_a_few_right_answers_are_no_cure() -> None:
    """Of five failures one is right now: the case that the new test names, perhaps."""
    assert hidden_unmet(about("recurring-error"), runs(FAILING, {"error_traces": 0, "score": 0.8})) is not None


@pytest.mark.parametrize(
    ("base", "head"),
    [
        pytest.param(FAILING, {"error_traces": 0, "score": 1.0}, id="the score rises"),
        pytest.param({**FAILING, "score": 1.0}, {"error_traces": 0, "score": 1.0}, id="no room above it"),
        pytest.param({**FAILING, "score": 750.0}, {"error_traces": 0, "score": 750.0}, id="another scale"),
        pytest.param({**FAILING, "score": 75.0}, {"error_traces": 0, "score": 100.0}, id="in percent, and it rises"),
        pytest.param({**FAILING, "score": 100.0}, {"error_traces": 0, "score": 100.0}, id="a hundred percent before"),
        pytest.param({**FAILING, "score": 20.0}, {"error_traces": 0, "score": 20.0}, id="all of the cases before"),
        pytest.param({**FAILING, "score": None}, {"error_traces": 0, "score": None}, id="no score, by a recipe"),
        pytest.param({**FAILING, "cases": 15}, {"error_traces": 0, "cases": 20}, id="more cases are scored"),
        pytest.param(FAILING, FAILING, id="as many fail"),
        pytest.param(FAILING, {"error_traces": 0, "score": 0.9}, id="most of them are right"),
    ],
)
def test_an_honest_cure_is_let_through(base: dict[str, Any], head: dict[str, Any]) -> None:
    """Also where the evaluation cannot tell."""
    assert hidden_unmet(about("recurring-error"), runs(base, head)) is None


@pytest.mark.parametrize("score", [15.0, 75.0, 99.0])
def test_a_score_in_percent_must_rise_as_well(score: float) -> None:
    """Up to a hundred, whatever the scale: more than one is a mark out of something."""
    unmet = hidden_unmet(
        about("recurring-error"), runs({**FAILING, "score": score}, {"error_traces": 0, "score": score})
    )
    assert unmet is not None
    assert unmet.reason == "answer quality not checked"


@pytest.mark.parametrize(("failing", "noticed"), [(0, True), (4, True), (5, False)])
def test_what_a_model_cures_must_be_scored(failing: int, noticed: bool) -> None:
    """A recipe is known to answer what failed; a model may have put an apology there."""
    told = runs({**FAILING, "score": None}, {"error_traces": failing, "score": None})
    unmet = hidden_unmet(replace(about("recurring-error"), author="model"), told)
    assert (unmet is not None and "gives no score" in unmet.detail) == noticed


def ended(base: dict[str, Any], head: dict[str, Any], *, before: int, after: int, of: int = 20) -> Measured:
    """The same, with so many traces ended by the finding's own figure."""
    told = runs(base, head)
    values = {"base": before / of, "head": after / of}
    metrics = [Metric(value=values[one.run.revision], unit="share of traces ended", n=of) for one in told.evaluations]
    evaluations = (replace(one, metric=metric) for one, metric in zip(told.evaluations, metrics, strict=True))
    return replace(told, evaluations=tuple(evaluations))


@pytest.mark.parametrize(
    ("base", "head", "after"),
    [
        pytest.param(FAILING, FAILING, 0, id="as many fail, of something else"),
        pytest.param(FAILING, FAILING, 2, id="some have the old name"),
        pytest.param(FAILING, {"error_traces": 3, "score": 0.85}, 0, id="less than half fail no more"),
        pytest.param(FAILING, {"error_traces": 6}, 0, id="more fail"),
        pytest.param({"error_traces": 3}, {"error_traces": 3}, 0, id="roots tell of some"),
        pytest.param({**FAILING, "score": None}, {**FAILING, "score": None}, 0, id="no score"),
    ],
)
def test_failures_by_another_name_are_noticed(base: dict[str, Any], head: dict[str, Any], after: int) -> None:
    """The finding's error ends five traces at the base."""
    unmet = hidden_unmet(about("recurring-error"), ended(base, head, before=5, after=after))
    assert unmet is not None
    assert (unmet.reason, unmet.detail[:24]) == ("below threshold", "The finding's error ends")


@pytest.mark.parametrize(
    ("base", "head", "after"),
    [
        pytest.param(FAILING, {"error_traces": 0, "score": 1.0}, 0, id="none fails"),
        pytest.param(FAILING, {"error_traces": 2, "score": 0.9}, 0, id="half of them fail no more"),
        pytest.param({"error_traces": 0}, {"error_traces": 0}, 0, id="no root tells of it"),
        pytest.param({"error_traces": 2}, {"error_traces": 2}, 2, id="roots tell of others, perhaps"),
        pytest.param({"error_traces": 4}, {"error_traces": 4, "score": 1.0}, 0, id="others fail, and more is right"),
        pytest.param(FAILING, FAILING, 5, id="the figure stays as well"),
    ],
)
def test_failures_that_are_gone_are_let_through(base: dict[str, Any], head: dict[str, Any], after: int) -> None:
    """Also where roots do not tell what became of them."""
    assert hidden_unmet(about("recurring-error"), ended(base, head, before=5, after=after)) is None


@pytest.mark.parametrize(("tokens", "noticed"), [(80_000, False), (78_000, False), (60_000, True), (None, False)])
def test_text_that_was_left_out_is_noticed(tokens: int | None, noticed: bool) -> None:
    """A prompt whose order was the fault is as long as before."""
    unmet = hidden_unmet(about("prompt-cache-miss"), runs({}, {"input_tokens": tokens}))
    assert (unmet is not None) == noticed


def test_other_findings_may_shorten() -> None:
    """Their fault may be the length."""
    assert hidden_unmet(about("serial-calls"), runs({}, {"input_tokens": 1_000})) is None
