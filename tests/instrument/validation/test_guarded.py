"""What runs only where its action may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from metabot_instrument.boundary import failures
from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import RejectedActionError
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.verdict import Approved, Modified, Rejected
from tests.instrument.validation.scripted import Hearing, Scripted, counted

ACTION = Action("model_call", key="provider", text="my secret question")
OTHER = Action("model_call", key="another")


def test_what_is_approved_runs_and_is_heard_of() -> None:
    """The validator hears of the action as it saw it, not as others made it later."""
    hears = Hearing(priority=9)
    modifies = Scripted((Modified(OTHER),), can_modify=True)
    with ValidationPipeline([hears, modifies]).guarded(ACTION) as decision:
        assert (decision.outcome, decision.action) == ("modified", OTHER)
        assert hears.told == []
    assert hears.told == [(ACTION, True)]


def test_what_is_rejected_does_not_run() -> None:
    """Its error says who rejected what and why, and nothing of the text; nobody hears of an end."""
    hears = Hearing(priority=9)
    guarded = ValidationPipeline([hears, Scripted((Rejected("too dear"),), name="budget")]).guarded(ACTION)
    with pytest.raises(RejectedActionError, match=r"^model_call: rejected by budget: too dear$") as raised:
        guarded.__enter__()
    assert raised.value.decision.outcome == "rejected"
    assert hears.told == []


class DownError(Exception):
    """Of the provider."""


@pytest.mark.parametrize("error", [DownError, asyncio.CancelledError, KeyboardInterrupt])
def test_an_exception_is_a_bad_end(error: type[BaseException]) -> None:
    """It goes on to the application. A cancellation is one: a caller's time limit shows nothing else of a hang."""
    hears = Hearing()
    pipeline = ValidationPipeline([hears])
    with pytest.raises(error), pipeline.guarded(ACTION):
        raise error
    assert hears.told == [(ACTION, False)]


def test_a_call_that_its_caller_gave_up_ended_badly() -> None:
    """As asyncio's time limits do it."""
    hears = Hearing()
    pipeline = ValidationPipeline([hears])

    async def application() -> None:
        async with asyncio.timeout(0.02), pipeline.guarded(ACTION):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        asyncio.run(application())
    assert hears.told == [(ACTION, False)]


def test_a_stream_that_is_not_read_to_its_end_ended_well() -> None:
    """Whoever read from it had enough."""
    hears = Hearing()
    pipeline = ValidationPipeline([hears])

    def stream() -> Iterator[int]:
        with pipeline.guarded(ACTION):
            yield from range(1000)

    reading = stream()
    next(reading)
    reading.close()
    assert hears.told == [(ACTION, True)]


def test_one_guard_may_be_used_again() -> None:
    """Each use is a decision of its own."""
    hears = Hearing((Approved(), Approved(), Rejected("enough")))
    guarded = ValidationPipeline([hears]).guarded(ACTION)
    for _ in range(2):
        with guarded:
            pass
    with pytest.raises(RejectedActionError):
        guarded.__enter__()
    assert len(hears.told) == 2


def test_who_failed_hears_nothing() -> None:
    """It has approved nothing that could end."""
    hears = Hearing((None,))
    with ValidationPipeline([hears], on_failure="approve").guarded(ACTION):
        pass
    assert hears.told == []


def test_a_validator_that_fails_to_hear_stops_nobody() -> None:
    """It is counted, and the others hear."""

    class Deaf(Hearing):
        def heard(self, action: Action, ok: bool) -> None:
            raise RuntimeError("no ears")

    hears = Hearing()
    before = failures().get("validator_heard", 0)
    with ValidationPipeline([Deaf(), hears]).guarded(ACTION):
        pass
    assert failures()["validator_heard"] == before + 1
    assert hears.told == [(ACTION, True)]


def test_what_was_rejected_has_no_end() -> None:
    """Whoever tells of one all the same tells nobody, and nothing is counted."""
    hears = Hearing(priority=9)
    pipeline = ValidationPipeline([hears, Scripted((Rejected("no"),))])
    before = counted("agent_actions_total", outcome="ok")
    pipeline.heard(pipeline.validate(ACTION), ok=True)
    assert hears.told == []
    assert counted("agent_actions_total", outcome="ok") == before


def test_an_end_may_be_told_without_a_block() -> None:
    """Where call and end lie apart, the decision is handed back."""
    hears = Hearing()
    pipeline = ValidationPipeline([hears])
    decision = pipeline.validate(ACTION)
    pipeline.heard(decision, ok=False)
    assert hears.told == [(ACTION, False)]


def test_misuse_of_a_guard_breaks_nothing() -> None:
    """What is no action is rejected like any other, and what is no decision, or was never entered, has no end."""
    pipeline = ValidationPipeline([])
    nothing: Any = None
    before = failures().get("validator_heard", 0)
    with pytest.raises(RejectedActionError, match="NoneType: rejected: is no action"), pipeline.guarded(nothing):
        raise AssertionError
    pipeline.guarded(Action("message")).__exit__(None, None, None)
    pipeline.heard(nothing, ok=True)
    assert failures()["validator_heard"] == before + 1
