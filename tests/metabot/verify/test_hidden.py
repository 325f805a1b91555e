"""Gains of the figure alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from proposals import evaluated, finding, measured, proposal
from repositories import finding as found

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
        pytest.param({**FAILING, "score": 75.0}, {"error_traces": 0, "score": 75.0}, id="another scale"),
        pytest.param({**FAILING, "score": None}, {"error_traces": 0, "score": None}, id="no score"),
        pytest.param({**FAILING, "cases": 15}, {"error_traces": 0, "cases": 20}, id="more cases are scored"),
        pytest.param(FAILING, FAILING, id="as many fail"),
        pytest.param(FAILING, {"error_traces": 0, "score": 0.9}, id="most of them are right"),
    ],
)
def test_an_honest_cure_is_let_through(base: dict[str, Any], head: dict[str, Any]) -> None:
    """Also where the evaluation cannot tell."""
    assert hidden_unmet(about("recurring-error"), runs(base, head)) is None


@pytest.mark.parametrize(("tokens", "noticed"), [(80_000, False), (78_000, False), (60_000, True), (None, False)])
def test_text_that_was_left_out_is_noticed(tokens: int | None, noticed: bool) -> None:
    """A prompt whose order was the fault is as long as before."""
    unmet = hidden_unmet(about("prompt-cache-miss"), runs({}, {"input_tokens": tokens}))
    assert (unmet is not None) == noticed


def test_other_findings_may_shorten() -> None:
    """Their fault may be the length."""
    assert hidden_unmet(about("serial-calls"), runs({}, {"input_tokens": 1_000})) is None
