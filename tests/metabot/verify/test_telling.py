"""What the telemetry must tell with a change as at the base."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest

from analyzers.finding import Metric, Unit
from metabot.verify.measured import Evaluated
from metabot.verify.telling import untold
from tests.proposals import evaluated

KNOWN = {
    "model_calls": 100, "tool_calls": 40, "waited_for": 140, "prompts": 100, "finish_reasons": 100, "inputs": 40,
    "outputs": 40,
}  # fmt: skip


def one(revision: Literal["base", "head"], *, n: int = 80, unit: Unit = "share of calls", **counts: Any) -> Evaluated:
    made = evaluated(revision, 0.5, 0)
    assert made.counts is not None
    return replace(made, metric=Metric(value=0.5, unit=unit, n=n), counts=replace(made.counts, **(KNOWN | counts)))


def said(*, unit: Unit = "share of calls", base: dict[str, Any] | None = None, **head: Any) -> str | None:
    before = one("base", unit=unit, **(base or {}))
    unmet = untold([before, before, one("head", unit=unit, **head)])
    assert unmet is None or (unmet.stage, unmet.reason) == ("better", "guardrail worsened")
    return unmet and unmet.detail


@pytest.mark.parametrize(
    ("head", "what"),
    [
        pytest.param({"prompts": 49}, "Prompts", id="prompts of every second call"),
        pytest.param({"finish_reasons": 0}, "Finish reasons", id="finish reasons"),
        pytest.param({"inputs": 0}, "Arguments", id="arguments"),
        pytest.param({"outputs": 0}, "Results", id="results"),
        pytest.param({"n": 39}, "What the finding's figure", id="calls under another name"),
        pytest.param({"n": 20, "waited_for": 115, "model_calls": 75}, "What the finding's", id="most of them"),
    ],
)
def test_what_was_told_is_told(head: dict[str, Any], what: str) -> None:
    """Less written down is no gain."""
    assert (said(**head) or "").startswith(what)


FEWER = {"model_calls": 40, "waited_for": 80, "prompts": 40, "finish_reasons": 40}


@pytest.mark.parametrize(
    "head",
    [
        pytest.param({}, id="as before"),
        pytest.param({"prompts": 50, "n": 40}, id="half"),
        pytest.param(FEWER | {"n": 20}, id="sixty calls that are asked no more"),
        pytest.param(FEWER | {"n": 20, "waited_for": 140}, id="the same, and sixty to a cache"),
        pytest.param({"n": 20, "waited_for": 110}, id="thirty, half of those that are gone"),
        pytest.param({"tool_calls": 10, "waited_for": 110, "inputs": 10, "outputs": 10}, id="fewer calls to tools"),
        pytest.param({"tool_calls": 0, "waited_for": 100, "inputs": 0, "outputs": 0}, id="no calls to tools any more"),
        pytest.param({"model_calls": 300, "waited_for": 340}, id="calls beside them that tell nothing"),
        pytest.param({"prompts": None, "waited_for": None, "n": 20}, id="an unknown number"),
    ],
)
def test_a_change_of_the_calls_themselves_passes(head: dict[str, Any]) -> None:
    """Each call that is left tells as much."""
    assert said(**head) is None


def test_what_the_base_does_not_tell_is_not_asked() -> None:
    """No prompt captured there."""
    assert said(base={"prompts": 0}, prompts=0) is None


@pytest.mark.parametrize("unit", ["ms per entry", "calls per session", "input tokens per call"])
def test_what_is_not_counted_over_calls_may_become_fewer(unit: Unit) -> None:
    """Entries of a state, or calls that offer tools: fewer of them are the change itself."""
    assert said(unit=unit, n=10) is None
