"""Validators that hang: each call has its time, threads are bounded, and whoever hangs too often is not called."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from metabot_instrument.validation.action import Action
from metabot_instrument.validation.decision import Decision
from metabot_instrument.validation.errand import MOST_HUNG
from metabot_instrument.validation.pipeline import ValidationPipeline
from metabot_instrument.validation.threaded import MOST_THREADS
from metabot_instrument.validation.verdict import Approved, Rejected
from tests.instrument.validation.scripted import Awaited, Scripted

ACTION = Action("tool_call", key="ann")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What hangs, hangs until it is set; afterwards it always is."""
    gate = threading.Event()
    yield gate
    gate.set()


def hanging(gate: threading.Event, name: str = "hangs") -> Scripted:
    return Scripted((lambda _: gate.wait(60) and Approved(),), name=name, quick=False)


def threads(name: str) -> int:
    return sum(each.name == f"validator {name}" for each in threading.enumerate())


def until(true: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return bool(true())


def test_a_hanging_validator_is_given_up(gate: threading.Event) -> None:
    """After `validator_seconds` the action is rejected, or goes on, as `on_failure` says."""
    for on_failure, outcome in (("reject", "rejected"), ("approve", "approved")):
        began = time.monotonic()
        pipeline = ValidationPipeline([hanging(gate)], validator_seconds=0.05, on_failure=on_failure)  # type: ignore[arg-type]
        decision = pipeline.validate(ACTION)
        assert (decision.outcome, decision.steps[0].reason) == (outcome, "took too long")
        assert 0.04 < time.monotonic() - began < 2


def test_the_deadline_ends_a_call(gate: threading.Event) -> None:
    """It is nearer than the end of the validator's own time."""
    began = time.monotonic()
    pipeline = ValidationPipeline([hanging(gate)], validator_seconds=60, deadline_seconds=0.05)
    assert pipeline.validate(ACTION).reason == "took too long"
    assert asyncio.run(pipeline.validate_async(ACTION)).reason == "took too long"
    assert time.monotonic() - began < 5


def test_the_event_loop_goes_on_meanwhile(gate: threading.Event) -> None:
    """Another task gets its turns while a validator that waits is waited for."""

    async def beside() -> tuple[Decision, int]:
        turns = 0
        pipeline = ValidationPipeline([hanging(gate)], validator_seconds=0.2)
        deciding = asyncio.create_task(pipeline.validate_async(ACTION))
        while not deciding.done():
            turns += 1
            await asyncio.sleep(0.005)
        return await deciding, turns

    decision, turns = asyncio.run(beside())
    assert decision.reason == "took too long"
    assert turns > 5


def test_who_hangs_too_often_is_not_called_until_it_returns(gate: threading.Event) -> None:
    """No thread after the other hangs; when the first returns the validator is asked again."""
    validator = hanging(gate, "hangs often")
    pipeline = ValidationPipeline([validator], validator_seconds=0.02)
    assert [pipeline.validate(ACTION).reason for _ in range(MOST_HUNG)] == ["took too long"] * MOST_HUNG
    began = time.monotonic()
    assert {pipeline.validate(ACTION).reason for _ in range(50)} == {"is held up"}
    assert time.monotonic() - began < 3
    assert (len(validator.seen), threads("hangs often")) == (MOST_HUNG, MOST_HUNG)
    gate.set()
    assert until(lambda: pipeline.validate(ACTION).allowed)


def test_threads_are_bounded_under_many_callers(gate: threading.Event) -> None:
    """Fifty callers of a validator that hangs all get their rejection in time; what nobody waits for is not called."""
    validator = hanging(gate, "hangs for all")
    pipeline = ValidationPipeline([validator], validator_seconds=0.2)
    began = time.monotonic()
    with ThreadPoolExecutor(50) as callers:
        reasons = {decision.reason for decision in callers.map(pipeline.validate, [ACTION] * 50)}
    assert reasons <= {"took too long", "is held up"}
    assert time.monotonic() - began < 5
    assert threads("hangs for all") <= MOST_THREADS
    called = len(validator.seen)
    gate.set()
    assert until(lambda: pipeline.validate(Action("last")).allowed)
    assert validator.seen[called:].count(ACTION) == 0


def test_many_callers_share_the_threads() -> None:
    """Those that find all of them at work wait for one, within their time."""
    busy = Scripted((lambda _: time.sleep(0.005) or Approved(),), name="busy", quick=False)
    pipeline = ValidationPipeline([busy])
    with ThreadPoolExecutor(50) as callers:
        assert all(decision.allowed for decision in callers.map(pipeline.validate, [ACTION] * 150))
    assert len(busy.seen) == 150
    assert threads("busy") <= MOST_THREADS


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_coroutine_that_hangs_is_cancelled(stubborn: bool) -> None:
    """Inside a running loop and outside; one that does not let itself be cancelled is not waited for."""
    cancelled: list[bool] = []

    async def hangs() -> Approved:
        ends = time.monotonic() + 0.5
        while time.monotonic() < ends:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(True)
                if not stubborn:
                    raise
                await asyncio.sleep(0.3)
                break
        return Approved()

    pipeline = ValidationPipeline([Awaited((lambda _: hangs(),), name="awaits")], validator_seconds=0.03)
    began = time.monotonic()
    assert pipeline.validate(ACTION).reason == "took too long"
    assert asyncio.run(pipeline.validate_async(ACTION)).reason == "took too long"
    assert time.monotonic() - began < 2
    assert until(lambda: len(cancelled) >= 2)


def test_a_coroutine_that_blocks_its_loop_is_given_up(gate: threading.Event) -> None:
    """It stands in a loop of its validator's own, so nobody else waits; it is called no more until it returns."""

    async def blocks() -> Approved:
        gate.wait(60)
        return Approved()

    bad, good = Awaited((lambda _: blocks(),), name="blocks"), Awaited(name="good", priority=1)
    pipeline = ValidationPipeline([bad, good], validator_seconds=0.05)
    reasons = [pipeline.validate(ACTION).reason for _ in range(MOST_HUNG + 2)]
    assert reasons == ["took too long"] * MOST_HUNG + ["is held up"] * 2
    assert ValidationPipeline([good]).validate(ACTION).allowed
    gate.set()
    assert until(lambda: pipeline.validate(ACTION).allowed)


def test_validating_inside_a_running_loop_does_not_hang() -> None:
    """The awaited validator has a loop of its own then."""

    async def awaits() -> Approved:
        await asyncio.sleep(0.01)
        return Approved()

    async def application() -> Decision:
        return ValidationPipeline([Awaited((lambda _: awaits(),))]).validate(ACTION)

    assert asyncio.run(application()).allowed


def test_a_cancelled_caller_is_cancelled() -> None:
    """Cancellation passes through, and what the validator was about to do is cancelled with it."""
    ended: list[str] = []

    async def hangs() -> Approved:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return Approved()

    async def application() -> None:
        pipeline = ValidationPipeline([Awaited((lambda _: hangs(),))])
        deciding = asyncio.create_task(pipeline.validate_async(ACTION))
        await asyncio.sleep(0.02)
        deciding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await deciding
        await asyncio.sleep(0)
        assert ended == ["cancelled"]

    asyncio.run(application())


def test_a_validator_that_cancels_itself_has_failed() -> None:
    """It is not the caller that was cancelled, so the caller gets its rejection."""

    async def gives_up() -> Approved:
        raise asyncio.CancelledError

    pipeline = ValidationPipeline([Awaited((lambda _: gives_up(),))])
    assert pipeline.validate(ACTION).reason == "raised CancelledError"
    assert asyncio.run(pipeline.validate_async(ACTION)).reason == "raised CancelledError"


def test_a_loop_ends_with_its_pipeline() -> None:
    """An application that makes a pipeline for every request does not gather threads."""
    for _ in range(20):
        pipeline = ValidationPipeline([Awaited(name="short-lived")])
        assert pipeline.validate(ACTION).allowed
    del pipeline
    gc.collect()
    assert until(lambda: threads("short-lived") == 0)


def test_one_slow_validator_does_not_hold_up_another(gate: threading.Event) -> None:
    """Each has threads of its own."""
    pipeline = ValidationPipeline([hanging(gate)], validator_seconds=0.02)
    for _ in range(MOST_HUNG + 1):
        pipeline.validate(ACTION)
    other = Scripted((Rejected("no"),), name="other", quick=False)
    assert ValidationPipeline([other]).validate(ACTION).reason == "no"
