"""What failed and fails no more asks the model as the rest does."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from proposals import evaluated, finding, measured, proposal
from repositories import finding as found

from metabot.generate.proposal import Proposal
from metabot.place.placement import Placed
from metabot.verify.cured import cured_unmet
from metabot.verify.measured import Evaluated, Matched, Measured, Served

BASE = {"traces": 20, "error_traces": 5, "model_calls": 95, "failed_model_calls": 20}
"""A trace that ends well makes five calls, one that fails four."""


def change(analyzer: str = "recurring-error") -> Proposal:
    placed = Placed(finding=found(analyzer), revision="a" * 40, revision_known=True, locations=())
    return replace(proposal(finding(), "a" * 40), placed=placed)


def run(revision: Literal["base", "head"], requests: int | None, **told: int | None) -> Evaluated:
    one = evaluated(revision, 1.0, 0)
    assert one.counts is not None
    counted = Served(requests=requests or 0, input_tokens=1, cached_tokens=0, output_tokens=1)
    served = None if requests is None else counted
    matched = Matched(by_rule=40, by_hash=0, by_sequence=0, by_nearest=0, missing=0, late=0, served=served)
    return replace(one, counts=replace(one.counts, **told), matched=matched)


def of(head: Evaluated, *, requests: int | None = 95, **told: int | None) -> Measured:
    base = run("base", requests, **(BASE | told))
    return replace(measured(), evaluations=(base, base, head))


@pytest.mark.parametrize(
    ("requests", "left", "stopped"),
    [
        pytest.param(95, 0, True, id="none more"),
        pytest.param(97, 0, True, id="less than half"),
        pytest.param(98, 0, False, id="more than half"),
        pytest.param(100, 0, False, id="all"),
        pytest.param(96, 3, False, id="half of two that are cured"),
        pytest.param(95, 3, True, id="none of two that are cured"),
    ],
)
def test_each_that_is_cured_asks_once_more(requests: int, left: int, stopped: bool) -> None:
    """Five traces fail at the base."""
    unmet = cured_unmet(change(), of(run("head", requests, traces=20, error_traces=left)))
    assert (unmet is not None) == stopped
    assert unmet is None or unmet.reason == "answer quality not checked"


ANSWERED = run("head", 95, traces=20, error_traces=0)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(of(ANSWERED, failed_model_calls=25), id="what fails asks as often"),
        pytest.param(of(ANSWERED, failed_model_calls=None), id="an earlier record, which does not tell"),
        pytest.param(of(ANSWERED, error_traces=20, failed_model_calls=95), id="all fail"),
        pytest.param(of(run("head", 95, traces=20, error_traces=5)), id="none is cured"),
        pytest.param(of(run("head", None, traces=20, error_traces=0)), id="no server"),
        pytest.param(of(run("head", 0, traces=20, error_traces=0), requests=0), id="the model is asked elsewhere"),
        pytest.param(of(run("head", 0), requests=0, model_calls=0, failed_model_calls=0), id="no model is asked"),
    ],
)
def test_says_nothing_when(seen: Measured) -> None:
    """What the server would have to see is not known, or is nothing."""
    assert cured_unmet(change(), seen) is None


def test_calls_that_two_spans_tell_of_count_once() -> None:
    """At the base the server got half as many requests as the telemetry tells of."""
    told = {"model_calls": 190, "failed_model_calls": 40}
    assert cured_unmet(change(), of(run("head", 98, traces=20, error_traces=0), **told)) is None
    assert cured_unmet(change(), of(run("head", 97, traces=20, error_traces=0), **told)) is not None


def test_another_finding_is_left_alone() -> None:
    """What it saves may be the calls themselves."""
    assert cured_unmet(change("prompt-cache-miss"), of(ANSWERED)) is None
