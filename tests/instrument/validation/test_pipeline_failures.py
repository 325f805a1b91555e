"""Validators that raise, say nonsense, or do what is not theirs to do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected, Retry
from tests.instrument.validation.scripted import Awaited, Decide, Scripted

ACTION = Action("tool_call", key="ann", text="look it up")
SAFER = Action("tool_call", key="ann", text="look it up, politely")


NONSENSE = [
    pytest.param(None, id="nothing"),
    pytest.param("approved", id="a text"),
    pytest.param(True, id="a truth"),
    pytest.param(Approved, id="a class"),
    pytest.param(Modified("not an action"), id="modified to no action"),  # type: ignore[arg-type]
    pytest.param(Retry("soon"), id="a wait in words"),  # type: ignore[arg-type]
    pytest.param(Retry(True), id="a wait that is a truth"),
]


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_no_approval(decide: Decide, said: Any) -> None:
    """What is no verdict rejects the action; the step says that the validator failed."""
    wrapped = (lambda _: said) if isinstance(said, type) else said
    decision = decide(ValidationPipeline([Scripted((wrapped,), name="odd", can_modify=True)]), ACTION)
    assert (decision.outcome, decision.reason, decision.validator) == ("rejected", "gave no verdict", "odd")
    assert decision.steps[0].verdict == "failed"


def test_a_coroutine_that_nobody_was_to_await_is_no_approval(decide: Decide) -> None:
    """A function that is not declared as a coroutine function gives none."""

    async def approves() -> Approved:
        return Approved()

    assert decide(ValidationPipeline([Scripted((lambda _: approves(),))]), ACTION).reason == "gave no verdict"


def test_who_must_not_modify_does_not(decide: Decide) -> None:
    """Its modified action is not taken, and the given one does not run either."""
    decision = decide(ValidationPipeline([Scripted((Modified(SAFER),), name="meddler")]), ACTION)
    assert (decision.outcome, decision.reason) == ("rejected", "modified what it must not")
    assert decision.action == ACTION


@pytest.mark.parametrize("parts", [{"kind": None}, {"key": 7}, {"text": b"x"}, {"arguments": None}])
def test_a_modification_into_no_action_is_none(decide: Decide, parts: dict[str, Any]) -> None:
    """The validator failed."""
    modifies = Scripted((Modified(replace(ACTION, **parts)),), can_modify=True)
    assert decide(ValidationPipeline([modifies]), ACTION).reason == "gave no verdict"


def test_a_rejection_with_an_odd_reason_is_one(decide: Decide) -> None:
    """Nothing about a reason makes an approval of a no, not even where failures are approved."""
    odd = Scripted((Rejected(None),))  # type: ignore[arg-type]
    decision = decide(ValidationPipeline([odd], on_failure="approve"), ACTION)
    assert (decision.outcome, decision.reason) == ("rejected", "")


@pytest.mark.parametrize("kind", [Scripted, Awaited])
@pytest.mark.parametrize("quick", [True, False])
def test_a_validator_that_raises_rejects(decide: Decide, kind: type[Scripted], quick: bool) -> None:
    """By the type of what it raised; the exception itself stands in the step, and the failure is counted."""
    before = failures().get("validator_failed", 0)
    error = OSError("the key is 1234")
    decision = decide(ValidationPipeline([kind((error,), name="raises", quick=quick)]), ACTION)
    assert (decision.outcome, decision.reason, decision.validator) == ("rejected", "raised OSError", "raises")
    assert decision.steps[0].error is error
    assert failures()["validator_failed"] == before + 1


class Mistaken:
    """Takes no action."""

    name, priority, can_modify = "mistaken", 0, False

    def __init__(self, quick: bool) -> None:
        self.quick = quick

    def validate(self) -> Approved:
        return Approved()


class MistakenCoroutine(Mistaken):
    async def validate(self) -> Approved:  # type: ignore[override]
        return Approved()


@pytest.mark.parametrize("kind", [Mistaken, MistakenCoroutine])
@pytest.mark.parametrize("quick", [True, False])
def test_a_validator_that_cannot_be_called_rejects(decide: Decide, kind: type[Mistaken], quick: bool) -> None:
    """What its call raises is no exception of the application's."""
    assert decide(ValidationPipeline([kind(quick)]), ACTION).reason == "raised TypeError"  # type: ignore[list-item]


def test_failures_may_be_let_pass(decide: Decide) -> None:
    """With `on_failure="approve"` the others still have their say."""
    fails, nonsense, last = Scripted((ValueError(),)), Scripted((None,)), Scripted(name="last")
    pipeline = ValidationPipeline([fails, nonsense, last], on_failure="approve")
    decision = decide(pipeline, ACTION)
    assert [step.verdict for step in decision.steps] == ["failed", "failed", "approved"]
    assert decision.outcome == "approved"
    last.says = (Rejected("no"),)
    assert decide(pipeline, ACTION).reason == "no"


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("quick", [True, False])
def test_what_ends_a_program_passes_through(ends: type[BaseException], quick: bool) -> None:
    """It is nobody's verdict, in whichever thread a validator raised it."""
    pipeline = ValidationPipeline([Scripted((ends("now"),), quick=quick)])
    with pytest.raises(ends):
        pipeline.validate(ACTION)
    pipeline = ValidationPipeline([Scripted((Approved(),), quick=quick)])
    assert pipeline.validate(ACTION).allowed


class OddError(BaseException):
    """Of a library that wants nobody to catch it."""


@pytest.mark.parametrize("kind", [Scripted, Awaited])
@pytest.mark.parametrize("error", [OddError, GeneratorExit, asyncio.CancelledError])
@pytest.mark.parametrize("quick", [True, False])
def test_whatever_else_a_validator_raises_rejects(
    decide: Decide, kind: type[Scripted], error: type[BaseException], quick: bool
) -> None:
    """Only what ends a program reaches the application, from a quick validator as from one in a thread."""
    decision = decide(ValidationPipeline([kind((error(),), quick=quick)]), ACTION)
    assert (decision.outcome, decision.reason) == ("rejected", f"raised {error.__name__}")
